// SPDX-License-Identifier: GPL-2.0-only
/* Generated from
 * Documentation/netlink/specs/espintcp.yaml
 * by Documentation/netlink/generate: do not edit.
 */

#include <net/genetlink.h>
#include <linux/espintcp.h>

#include "netlink_gen.h"

static const struct espintcp_compat_policy info_get_policy[ESPINTCP_A_INFO_MAX + 1] = {
	[ESPINTCP_A_INFO_VERSION] = { .type = ESPINTCP_COMPAT_NLA_REJECT },
};

static const struct espintcp_compat_policy socket_get_policy[ESPINTCP_A_SOCKET_MAX + 1] = {
	[ESPINTCP_A_SOCKET_COOKIE] = { .type = NLA_U64 },
	[ESPINTCP_A_SOCKET_ALL_NETNS] = { .type = NLA_FLAG },
};

static const struct espintcp_compat_policy limits_get_policy[ESPINTCP_A_LIMITS_MAX + 1] = {
	[ESPINTCP_A_LIMITS_PAD] = { .type = ESPINTCP_COMPAT_NLA_REJECT },
};

static struct espintcp_compat_range limits_set_memory_range = {
	.min = 262144ULL,
	.max = 18446744073709551615ULL,
};

static struct espintcp_compat_range limits_set_tx_queue_range = {
	.min = 65536ULL,
	.max = 1073741824ULL,
};

static struct espintcp_compat_range limits_set_ike_queue_range = {
	.min = 131072ULL,
	.max = 1073741824ULL,
};

static struct espintcp_compat_range limits_set_rx_timeout_range = {
	.max = 86400ULL,
};

static struct espintcp_compat_range limits_set_unprivileged_range = {
	.max = 1ULL,
};

static const struct espintcp_compat_policy limits_set_policy[ESPINTCP_A_LIMITS_MAX + 1] = {
	[ESPINTCP_A_LIMITS_MEMORY] =
		ESPINTCP_COMPAT_POLICY_RANGE(NLA_U64, &limits_set_memory_range),
	[ESPINTCP_A_LIMITS_TX_QUEUE] =
		ESPINTCP_COMPAT_POLICY_RANGE(NLA_U32, &limits_set_tx_queue_range),
	[ESPINTCP_A_LIMITS_IKE_QUEUE] =
		ESPINTCP_COMPAT_POLICY_RANGE(NLA_U32, &limits_set_ike_queue_range),
	[ESPINTCP_A_LIMITS_RX_TIMEOUT] =
		ESPINTCP_COMPAT_POLICY_RANGE(NLA_U32, &limits_set_rx_timeout_range),
	[ESPINTCP_A_LIMITS_UNPRIVILEGED] =
		ESPINTCP_COMPAT_POLICY_RANGE(NLA_U8, &limits_set_unprivileged_range),
};

static const struct espintcp_compat_policy stats_get_policy[ESPINTCP_A_STATS_MAX + 1] = {
	[ESPINTCP_A_STATS_PAD] = { .type = ESPINTCP_COMPAT_NLA_REJECT },
};

static struct espintcp_compat_range socket_close_close_range = {
	.max = 1ULL,
};

static const struct espintcp_compat_policy socket_close_policy[ESPINTCP_A_SOCKET_MAX + 1] = {
	[ESPINTCP_A_SOCKET_COOKIE] = { .type = NLA_U64 },
	[ESPINTCP_A_SOCKET_CLOSE] =
		ESPINTCP_COMPAT_POLICY_RANGE(NLA_U32, &socket_close_close_range),
};

const struct espintcp_compat_genl_ops espintcp_nl_ops[ESPINTCP_NL_OPS] = {
	{
		.cmd		= ESPINTCP_CMD_INFO_GET,
		.doit		= espintcp_nl_info_get_doit,
		.policy		= info_get_policy,
		.maxattr	= ARRAY_SIZE(info_get_policy) - 1,
	},
	{
		.cmd		= ESPINTCP_CMD_SOCKET_GET,
		.doit		= espintcp_nl_socket_get_doit,
		.dumpit		= espintcp_nl_socket_get_dumpit,
		.policy		= socket_get_policy,
		.maxattr	= ARRAY_SIZE(socket_get_policy) - 1,
	},
	{
		.cmd		= ESPINTCP_CMD_LIMITS_GET,
		.doit		= espintcp_nl_limits_get_doit,
		.policy		= limits_get_policy,
		.maxattr	= ARRAY_SIZE(limits_get_policy) - 1,
	},
	{
		.cmd		= ESPINTCP_CMD_LIMITS_SET,
		.doit		= espintcp_nl_limits_set_doit,
		.policy		= limits_set_policy,
		.maxattr	= ARRAY_SIZE(limits_set_policy) - 1,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= ESPINTCP_CMD_STATS_GET,
		.doit		= espintcp_nl_stats_get_doit,
		.policy		= stats_get_policy,
		.maxattr	= ARRAY_SIZE(stats_get_policy) - 1,
	},
	{
		.cmd		= ESPINTCP_CMD_SOCKET_CLOSE,
		.doit		= espintcp_nl_socket_close_doit,
		.policy		= socket_close_policy,
		.maxattr	= ARRAY_SIZE(socket_close_policy) - 1,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

const struct genl_multicast_group espintcp_nl_groups[ESPINTCP_NL_GROUPS] = {
	[ESPINTCP_NL_GROUP_EVENTS] = { .name = ESPINTCP_MCGRP_EVENTS },
};
