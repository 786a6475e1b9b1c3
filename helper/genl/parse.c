// SPDX-License-Identifier: GPL-2.0-or-later
/* Replies of the espintcp netlink family to plain structs. */
#include <arpa/inet.h>
#include <string.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "genl/genl.h"

static struct nla_policy info_policy[ESPINTCP_A_INFO_MAX + 1] = {
	[ESPINTCP_A_INFO_VERSION]	= { .type = NLA_STRING },
	[ESPINTCP_A_INFO_FEATURES]	= { .type = NLA_U32 },
	[ESPINTCP_A_INFO_COUNTERS]	= { .type = NLA_NESTED },
};

static struct nla_policy socket_policy[ESPINTCP_A_SOCKET_MAX + 1] = {
	[ESPINTCP_A_SOCKET_NETNS]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_INODE]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_FAMILY]	= { .type = NLA_U16 },
	[ESPINTCP_A_SOCKET_LOCAL]	= { .minlen = 4, .maxlen = 16 },
	[ESPINTCP_A_SOCKET_REMOTE]	= { .minlen = 4, .maxlen = 16 },
	[ESPINTCP_A_SOCKET_LPORT]	= { .type = NLA_U16 },
	[ESPINTCP_A_SOCKET_RPORT]	= { .type = NLA_U16 },
	[ESPINTCP_A_SOCKET_IFINDEX]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_TX_QUEUE]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_TX_LIMIT]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_IKE_QUEUE]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_IKE_LIMIT]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_COUNTERS]	= { .type = NLA_NESTED },
};

/* A counter that this program does not know is skipped: the module may be newer */
static int parse_counters(struct nlattr *nest, struct genl_counters *out)
{
	struct nlattr *attr;
	int rem;

	memset(out, 0, sizeof(*out));
	if (!nest)
		return 0;
	nla_for_each_nested(attr, nest, rem) {
		int type = nla_type(attr);

		if (!genl_counter_name(type))
			continue;
		if (nla_len(attr) != sizeof(uint64_t))
			return -1;
		out->v[type] = nla_get_u64(attr);
	}
	return 0;
}

/**
 * genl_parse_info - read the reply to ESPINTCP_CMD_INFO_GET
 * @nlh: the message, as long as its header says
 * @info: filled in
 *
 * Return: 0, or -1 if the reply is malformed or lacks the version.
 */
int genl_parse_info(struct nlmsghdr *nlh, struct genl_info *info)
{
	struct nlattr *tb[ESPINTCP_A_INFO_MAX + 1];

	memset(info, 0, sizeof(*info));
	if (genlmsg_parse(nlh, 0, tb, ESPINTCP_A_INFO_MAX, info_policy) < 0 ||
	    !tb[ESPINTCP_A_INFO_VERSION])
		return -1;
	nla_strlcpy(info->version, tb[ESPINTCP_A_INFO_VERSION], sizeof(info->version));
	if (tb[ESPINTCP_A_INFO_FEATURES])
		info->features = nla_get_u32(tb[ESPINTCP_A_INFO_FEATURES]);
	return parse_counters(tb[ESPINTCP_A_INFO_COUNTERS], &info->counters);
}

static int parse_address(const struct nlattr *attr, uint16_t family, uint8_t *out)
{
	int want = family == AF_INET ? 4 : 16;

	if (!attr || nla_len(attr) != want)
		return -1;
	memcpy(out, nla_data(attr), want);
	return 0;
}

static uint32_t u32_or_0(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

/**
 * genl_parse_socket - read one message of the reply to ESPINTCP_CMD_SOCKET_GET
 * @nlh: the message, as long as its header says
 * @sock: filled in
 *
 * Return: 0, or -1 if it is malformed or lacks an address or a port.
 */
int genl_parse_socket(struct nlmsghdr *nlh, struct genl_socket *sock)
{
	struct nlattr *tb[ESPINTCP_A_SOCKET_MAX + 1];

	memset(sock, 0, sizeof(*sock));
	if (genlmsg_parse(nlh, 0, tb, ESPINTCP_A_SOCKET_MAX, socket_policy) < 0)
		return -1;
	if (!tb[ESPINTCP_A_SOCKET_FAMILY] || !tb[ESPINTCP_A_SOCKET_LPORT] ||
	    !tb[ESPINTCP_A_SOCKET_RPORT])
		return -1;

	sock->family = nla_get_u16(tb[ESPINTCP_A_SOCKET_FAMILY]);
	if (sock->family != AF_INET && sock->family != AF_INET6)
		return -1;
	if (parse_address(tb[ESPINTCP_A_SOCKET_LOCAL], sock->family, sock->local) ||
	    parse_address(tb[ESPINTCP_A_SOCKET_REMOTE], sock->family, sock->remote))
		return -1;

	sock->lport = ntohs(nla_get_u16(tb[ESPINTCP_A_SOCKET_LPORT]));
	sock->rport = ntohs(nla_get_u16(tb[ESPINTCP_A_SOCKET_RPORT]));
	sock->netns = u32_or_0(tb[ESPINTCP_A_SOCKET_NETNS]);
	sock->inode = u32_or_0(tb[ESPINTCP_A_SOCKET_INODE]);
	sock->ifindex = u32_or_0(tb[ESPINTCP_A_SOCKET_IFINDEX]);
	sock->tx_queue = u32_or_0(tb[ESPINTCP_A_SOCKET_TX_QUEUE]);
	sock->tx_limit = u32_or_0(tb[ESPINTCP_A_SOCKET_TX_LIMIT]);
	sock->ike_queue = u32_or_0(tb[ESPINTCP_A_SOCKET_IKE_QUEUE]);
	sock->ike_limit = u32_or_0(tb[ESPINTCP_A_SOCKET_IKE_LIMIT]);
	return parse_counters(tb[ESPINTCP_A_SOCKET_COUNTERS], &sock->counters);
}
