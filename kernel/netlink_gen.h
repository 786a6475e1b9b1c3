/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated from
 * Documentation/netlink/specs/espintcp.yaml
 * by Documentation/netlink/generate: do not edit.
 */
#ifndef ESPINTCP_NETLINK_GEN_H
#define ESPINTCP_NETLINK_GEN_H

#include <net/genetlink.h>

#include "compat/netlink.h"

enum {
	ESPINTCP_NL_GROUP_EVENTS,
	ESPINTCP_NL_GROUPS
};

#define ESPINTCP_NL_OPS	6

int espintcp_nl_info_get_doit(struct sk_buff *skb, struct genl_info *info);
int espintcp_nl_socket_get_doit(struct sk_buff *skb, struct genl_info *info);
int espintcp_nl_socket_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int espintcp_nl_limits_get_doit(struct sk_buff *skb, struct genl_info *info);
int espintcp_nl_limits_set_doit(struct sk_buff *skb, struct genl_info *info);
int espintcp_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int espintcp_nl_socket_close_doit(struct sk_buff *skb, struct genl_info *info);

extern const struct espintcp_compat_genl_ops
	espintcp_nl_ops[ESPINTCP_NL_OPS];
extern const struct genl_multicast_group
	espintcp_nl_groups[ESPINTCP_NL_GROUPS];

/* For __print_symbolic(): numbers, which readers of the format know */
#define ESPINTCP_COUNTER_NAMES \
	{ 2, "rx_esp" }, \
	{ 3, "rx_esp_bytes" }, \
	{ 4, "rx_ike" }, \
	{ 5, "rx_ike_bytes" }, \
	{ 6, "rx_keepalive" }, \
	{ 7, "rx_short" }, \
	{ 8, "rx_bad_length" }, \
	{ 9, "rx_ike_full" }, \
	{ 10, "rx_no_memory" }, \
	{ 11, "rx_no_device" }, \
	{ 12, "rx_truncated" }, \
	{ 13, "rx_memory_full" }, \
	{ 14, "rx_ce" }, \
	{ 15, "rx_timeout" }, \
	{ 16, "tx_esp" }, \
	{ 17, "tx_esp_bytes" }, \
	{ 18, "tx_ike" }, \
	{ 19, "tx_ike_bytes" }, \
	{ 20, "tx_async" }, \
	{ 21, "tx_queue_full" }, \
	{ 22, "tx_memory_full" }, \
	{ 23, "tx_no_memory" }, \
	{ 24, "tx_no_socket" }, \
	{ 25, "tx_loop" }, \
	{ 26, "tx_crypto" }, \
	{ 27, "tx_too_big" }, \
	{ 28, "tx_closed" }, \
	{ 29, "tx_aqm" }, \
	{ 30, "rx_unknown_spi" }, \
	{ 31, "tx_gso" }

#endif
