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
	[ESPINTCP_A_SOCKET_COOKIE]	= { .type = NLA_U64 },
	[ESPINTCP_A_SOCKET_PID]		= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_TX_PEAK]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_RX_IDLE]	= { .type = NLA_U64 },
	[ESPINTCP_A_SOCKET_TX_IDLE]	= { .type = NLA_U64 },
	[ESPINTCP_A_SOCKET_END]		= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_END_ERRNO]	= { .type = NLA_U32 },
	[ESPINTCP_A_SOCKET_TCP]		= { .type = NLA_NESTED },
};

static struct nla_policy tcp_policy[ESPINTCP_A_TCP_MAX + 1] = {
	[ESPINTCP_A_TCP_STATE]		= { .type = NLA_U32 },
	[ESPINTCP_A_TCP_RTT]		= { .type = NLA_U32 },
	[ESPINTCP_A_TCP_RTTVAR]		= { .type = NLA_U32 },
	[ESPINTCP_A_TCP_CWND]		= { .type = NLA_U32 },
	[ESPINTCP_A_TCP_MSS]		= { .type = NLA_U32 },
	[ESPINTCP_A_TCP_UNACKED]	= { .type = NLA_U32 },
	[ESPINTCP_A_TCP_RETRANS]	= { .type = NLA_U32 },
	[ESPINTCP_A_TCP_NOTSENT]	= { .type = NLA_U32 },
};

static struct nla_policy limits_policy[ESPINTCP_A_LIMITS_MAX + 1] = {
	[ESPINTCP_A_LIMITS_MEMORY]	= { .type = NLA_U64 },
	[ESPINTCP_A_LIMITS_TX_QUEUE]	= { .type = NLA_U32 },
	[ESPINTCP_A_LIMITS_IKE_QUEUE]	= { .type = NLA_U32 },
	[ESPINTCP_A_LIMITS_RX_TIMEOUT]	= { .type = NLA_U32 },
	[ESPINTCP_A_LIMITS_UNPRIVILEGED] = { .type = NLA_U8 },
};

static struct nla_policy stats_policy[ESPINTCP_A_STATS_MAX + 1] = {
	[ESPINTCP_A_STATS_NETNS]	= { .type = NLA_U32 },
	[ESPINTCP_A_STATS_SOCKETS]	= { .type = NLA_U32 },
	[ESPINTCP_A_STATS_MEMORY]	= { .type = NLA_U64 },
	[ESPINTCP_A_STATS_COUNTERS]	= { .type = NLA_NESTED },
};

static struct nla_policy event_policy[ESPINTCP_A_EVENT_MAX + 1] = {
	[ESPINTCP_A_EVENT_KIND]		= { .type = NLA_U32 },
	[ESPINTCP_A_EVENT_NETNS]	= { .type = NLA_U32 },
	[ESPINTCP_A_EVENT_COOKIE]	= { .type = NLA_U64 },
	[ESPINTCP_A_EVENT_INODE]	= { .type = NLA_U32 },
	[ESPINTCP_A_EVENT_FAMILY]	= { .type = NLA_U16 },
	[ESPINTCP_A_EVENT_LOCAL]	= { .minlen = 4, .maxlen = 16 },
	[ESPINTCP_A_EVENT_REMOTE]	= { .minlen = 4, .maxlen = 16 },
	[ESPINTCP_A_EVENT_LPORT]	= { .type = NLA_U16 },
	[ESPINTCP_A_EVENT_RPORT]	= { .type = NLA_U16 },
	[ESPINTCP_A_EVENT_END]		= { .type = NLA_U32 },
	[ESPINTCP_A_EVENT_END_ERRNO]	= { .type = NLA_U32 },
	[ESPINTCP_A_EVENT_TX_QUEUE]	= { .type = NLA_U32 },
	[ESPINTCP_A_EVENT_TX_LIMIT]	= { .type = NLA_U32 },
	[ESPINTCP_A_EVENT_COUNTER]	= { .type = NLA_U32 },
	[ESPINTCP_A_EVENT_COUNT]	= { .type = NLA_U32 },
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

static uint64_t u64_or_0(const struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

static int parse_tcp(struct nlattr *nest, struct genl_tcp *out)
{
	struct nlattr *tb[ESPINTCP_A_TCP_MAX + 1];

	if (!nest)
		return 0;
	if (nla_parse_nested(tb, ESPINTCP_A_TCP_MAX, nest, tcp_policy) < 0)
		return -1;
	out->state = u32_or_0(tb[ESPINTCP_A_TCP_STATE]);
	out->rtt = u32_or_0(tb[ESPINTCP_A_TCP_RTT]);
	out->rttvar = u32_or_0(tb[ESPINTCP_A_TCP_RTTVAR]);
	out->cwnd = u32_or_0(tb[ESPINTCP_A_TCP_CWND]);
	out->mss = u32_or_0(tb[ESPINTCP_A_TCP_MSS]);
	out->unacked = u32_or_0(tb[ESPINTCP_A_TCP_UNACKED]);
	out->retrans = u32_or_0(tb[ESPINTCP_A_TCP_RETRANS]);
	out->notsent = u32_or_0(tb[ESPINTCP_A_TCP_NOTSENT]);
	return 0;
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
	sock->cookie = u64_or_0(tb[ESPINTCP_A_SOCKET_COOKIE]);
	sock->pid = u32_or_0(tb[ESPINTCP_A_SOCKET_PID]);
	sock->tx_peak = u32_or_0(tb[ESPINTCP_A_SOCKET_TX_PEAK]);
	sock->rx_idle = u64_or_0(tb[ESPINTCP_A_SOCKET_RX_IDLE]);
	sock->tx_idle = u64_or_0(tb[ESPINTCP_A_SOCKET_TX_IDLE]);
	sock->end = u32_or_0(tb[ESPINTCP_A_SOCKET_END]);
	sock->end_errno = u32_or_0(tb[ESPINTCP_A_SOCKET_END_ERRNO]);
	if (parse_tcp(tb[ESPINTCP_A_SOCKET_TCP], &sock->tcp))
		return -1;
	return parse_counters(tb[ESPINTCP_A_SOCKET_COUNTERS], &sock->counters);
}

/**
 * genl_parse_limits - read the reply to ESPINTCP_CMD_LIMITS_GET
 * @nlh: the message, as long as its header says
 * @limits: filled in, with those that the module told
 *
 * Return: 0, or -1 if the reply is malformed.
 */
int genl_parse_limits(struct nlmsghdr *nlh, struct genl_limits *limits)
{
	struct nlattr *tb[ESPINTCP_A_LIMITS_MAX + 1];

	memset(limits, 0, sizeof(*limits));
	if (genlmsg_parse(nlh, 0, tb, ESPINTCP_A_LIMITS_MAX, limits_policy) < 0)
		return -1;
	for (int i = 0; i <= ESPINTCP_A_LIMITS_MAX; i++) {
		if (!tb[i] || !genl_limit_names[i])
			continue;
		limits->has[i] = true;
		if (limits_policy[i].type == NLA_U64)
			limits->v[i] = nla_get_u64(tb[i]);
		else if (limits_policy[i].type == NLA_U32)
			limits->v[i] = nla_get_u32(tb[i]);
		else
			limits->v[i] = nla_get_u8(tb[i]);
	}
	return 0;
}

/**
 * genl_parse_stats - read the reply to ESPINTCP_CMD_STATS_GET
 * @nlh: the message, as long as its header says
 * @stats: filled in
 *
 * Return: 0, or -1 if the reply is malformed or lacks the counters.
 */
int genl_parse_stats(struct nlmsghdr *nlh, struct genl_stats *stats)
{
	struct nlattr *tb[ESPINTCP_A_STATS_MAX + 1];

	memset(stats, 0, sizeof(*stats));
	if (genlmsg_parse(nlh, 0, tb, ESPINTCP_A_STATS_MAX, stats_policy) < 0 ||
	    !tb[ESPINTCP_A_STATS_COUNTERS])
		return -1;
	stats->netns = u32_or_0(tb[ESPINTCP_A_STATS_NETNS]);
	stats->sockets = u32_or_0(tb[ESPINTCP_A_STATS_SOCKETS]);
	stats->memory = u64_or_0(tb[ESPINTCP_A_STATS_MEMORY]);
	return parse_counters(tb[ESPINTCP_A_STATS_COUNTERS], &stats->counters);
}

/**
 * genl_parse_event - read one ESPINTCP_CMD_EVENT_NTF
 * @nlh: the message, as long as its header says
 * @ev: filled in
 *
 * Return: 0, or -1 if it is malformed or lacks its kind, an address or a port.
 */
int genl_parse_event(struct nlmsghdr *nlh, struct genl_event *ev)
{
	struct nlattr *tb[ESPINTCP_A_EVENT_MAX + 1];

	memset(ev, 0, sizeof(*ev));
	if (genlmsg_parse(nlh, 0, tb, ESPINTCP_A_EVENT_MAX, event_policy) < 0)
		return -1;
	if (!tb[ESPINTCP_A_EVENT_KIND] || !tb[ESPINTCP_A_EVENT_FAMILY] ||
	    !tb[ESPINTCP_A_EVENT_LPORT] || !tb[ESPINTCP_A_EVENT_RPORT])
		return -1;

	ev->kind = nla_get_u32(tb[ESPINTCP_A_EVENT_KIND]);
	ev->family = nla_get_u16(tb[ESPINTCP_A_EVENT_FAMILY]);
	if (ev->family != AF_INET && ev->family != AF_INET6)
		return -1;
	if (parse_address(tb[ESPINTCP_A_EVENT_LOCAL], ev->family, ev->local) ||
	    parse_address(tb[ESPINTCP_A_EVENT_REMOTE], ev->family, ev->remote))
		return -1;

	ev->lport = ntohs(nla_get_u16(tb[ESPINTCP_A_EVENT_LPORT]));
	ev->rport = ntohs(nla_get_u16(tb[ESPINTCP_A_EVENT_RPORT]));
	ev->netns = u32_or_0(tb[ESPINTCP_A_EVENT_NETNS]);
	ev->cookie = u64_or_0(tb[ESPINTCP_A_EVENT_COOKIE]);
	ev->inode = u32_or_0(tb[ESPINTCP_A_EVENT_INODE]);
	ev->end = u32_or_0(tb[ESPINTCP_A_EVENT_END]);
	ev->end_errno = u32_or_0(tb[ESPINTCP_A_EVENT_END_ERRNO]);
	ev->tx_queue = u32_or_0(tb[ESPINTCP_A_EVENT_TX_QUEUE]);
	ev->tx_limit = u32_or_0(tb[ESPINTCP_A_EVENT_TX_LIMIT]);
	ev->counter = u32_or_0(tb[ESPINTCP_A_EVENT_COUNTER]);
	ev->count = u32_or_0(tb[ESPINTCP_A_EVENT_COUNT]);
	return 0;
}

/**
 * genl_parse_error - the sentence that comes with an error
 * @nlh: an NLMSG_ERROR, as long as its header says
 *
 * Return: the sentence, which lies in @nlh, or NULL.
 */
const char *genl_parse_error(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);
	struct nlattr *attr;
	size_t off = sizeof(*e);
	const char *text;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || nlmsg_datalen(nlh) < (int)off)
		return NULL;
	/* The request lies before the attributes, unless it was cut off */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (e->msg.nlmsg_len < NLMSG_HDRLEN)
			return NULL;
		off += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	}
	if (off >= (size_t)nlmsg_datalen(nlh))
		return NULL;
	attr = nla_find((struct nlattr *)((char *)nlmsg_data(nlh) + off),
			nlmsg_datalen(nlh) - off, NLMSGERR_ATTR_MSG);
	if (!attr || nla_len(attr) < 2)
		return NULL;
	text = nla_data(attr);
	return text[nla_len(attr) - 1] ? NULL : text;
}
