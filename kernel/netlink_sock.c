// SPDX-License-Identifier: GPL-2.0-only
/* Generic netlink: attached sockets, to look at and to close. */

#include <linux/pid_namespace.h>
#include <net/genetlink.h>
#include <net/tcp.h>
#include <linux/espintcp.h>

#include "compat/netlink.h"
#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "netns.h"
#include "sock.h"
#include "tx.h"

/*
 * A socket that is listed may be closed at any time, and its memory may be
 * another connection's within the same RCU section (SLAB_TYPESAFE_BY_RCU). So
 * the reference comes first, and then the question whether it is still the one.
 * The answer stays right as long as the reference is held, but for a close(),
 * which leaves what we read in place.
 */
static bool hold_sock(const struct espintcp_sock *es)
{
	struct sock *sk = es->sk;

	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return false;
	if (espintcp_sock_get(sk) == es)
		return true;
	sock_put(sk);
	return false;
}

static int put_addresses(struct sk_buff *skb, const struct espintcp_key *key)
{
	int len = key->family == AF_INET ? sizeof(__be32) :
					   sizeof(struct in6_addr);

	return nla_put_u16(skb, ESPINTCP_A_SOCKET_FAMILY, key->family) ||
	       nla_put(skb, ESPINTCP_A_SOCKET_LOCAL, len, &key->laddr) ||
	       nla_put(skb, ESPINTCP_A_SOCKET_REMOTE, len, &key->raddr) ||
	       nla_put_be16(skb, ESPINTCP_A_SOCKET_LPORT, key->lport) ||
	       nla_put_be16(skb, ESPINTCP_A_SOCKET_RPORT, key->rport);
}

static int put_queues(struct sk_buff *skb, const struct espintcp_sock *es)
{
	const struct espintcp_limits *limits = &es->en->limits;

	return nla_put_u32(skb, ESPINTCP_A_SOCKET_TX_QUEUE,
			   atomic_read(&es->tx.bytes)) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_TX_PEAK,
			   READ_ONCE(es->tx.peak)) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_TX_LIMIT,
			   READ_ONCE(limits->tx_queue)) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_IKE_QUEUE,
			   READ_ONCE(es->ike.bytes)) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_IKE_LIMIT,
			   READ_ONCE(limits->ike_queue));
}

static int put_idle(struct sk_buff *skb, int attr, unsigned long stamp)
{
	u64 idle = (u64)(jiffies - stamp) * MSEC_PER_SEC;

	do_div(idle, HZ);
	return nla_put_u64_64bit(skb, attr, idle, ESPINTCP_A_SOCKET_PAD);
}

/* The asker's name of the owner, if it has one and the process is still there */
static int put_owner(struct sk_buff *skb, const struct espintcp_sock *es)
{
	pid_t pid = 0;

	rcu_read_lock();
	if (pid_task(es->owner, PIDTYPE_TGID))
		pid = pid_nr_ns(es->owner, task_active_pid_ns(current));
	rcu_read_unlock();
	return pid ? nla_put_u32(skb, ESPINTCP_A_SOCKET_PID, pid) : 0;
}

static int put_end(struct sk_buff *skb, const struct espintcp_sock *es)
{
	u32 err, end = espintcp_event_ended(es, &err);

	if (!end)
		return 0;
	return nla_put_u32(skb, ESPINTCP_A_SOCKET_END, end) ||
	       (err && nla_put_u32(skb, ESPINTCP_A_SOCKET_END_ERRNO, err));
}

/* Without the socket lock, which could be waited for: each value is a snapshot */
static int put_tcp(struct sk_buff *skb, const struct sock *sk)
{
	struct nlattr *nest = nla_nest_start(skb, ESPINTCP_A_SOCKET_TCP);
	const struct tcp_sock *tp = tcp_sk(sk);
	s32 notsent = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_nxt);

	if (!nest ||
	    nla_put_u32(skb, ESPINTCP_A_TCP_STATE, READ_ONCE(sk->sk_state)) ||
	    nla_put_u32(skb, ESPINTCP_A_TCP_RTT, READ_ONCE(tp->srtt_us) >> 3) ||
	    nla_put_u32(skb, ESPINTCP_A_TCP_RTTVAR,
			READ_ONCE(tp->mdev_us) >> 2) ||
	    nla_put_u32(skb, ESPINTCP_A_TCP_CWND, READ_ONCE(tp->snd_cwnd)) ||
	    nla_put_u32(skb, ESPINTCP_A_TCP_MSS, READ_ONCE(tp->mss_cache)) ||
	    nla_put_u32(skb, ESPINTCP_A_TCP_UNACKED,
			READ_ONCE(tp->packets_out)) ||
	    nla_put_u32(skb, ESPINTCP_A_TCP_RETRANS,
			READ_ONCE(tp->total_retrans)) ||
	    nla_put_u32(skb, ESPINTCP_A_TCP_NOTSENT, max(notsent, 0)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_socket(struct sk_buff *skb, const struct espintcp_sock *es)
{
	struct espintcp_totals totals = {};

	espintcp_counters_sum(&totals, &es->rx.counters);
	espintcp_counters_sum(&totals, &es->tx.counters);
	return nla_put_u32(skb, ESPINTCP_A_SOCKET_NETNS,
			   es->en->net->ns.inum) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_INODE, es->inode) ||
	       nla_put_u64_64bit(skb, ESPINTCP_A_SOCKET_COOKIE, es->cookie,
				 ESPINTCP_A_SOCKET_PAD) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_IFINDEX,
			   READ_ONCE(es->sk->sk_bound_dev_if)) ||
	       put_addresses(skb, &es->key) || put_queues(skb, es) ||
	       put_owner(skb, es) || put_end(skb, es) ||
	       put_idle(skb, ESPINTCP_A_SOCKET_RX_IDLE,
			READ_ONCE(es->rx.stamp)) ||
	       put_idle(skb, ESPINTCP_A_SOCKET_TX_IDLE,
			READ_ONCE(es->tx.stamp)) ||
	       put_tcp(skb, es->sk) ||
	       espintcp_counters_put(skb, ESPINTCP_A_SOCKET_COUNTERS, &totals);
}

static u64 asked_cookie(struct genl_info *info)
{
	return nla_get_u64(info->attrs[ESPINTCP_A_SOCKET_COOKIE]);
}

/* Within an RCU section; NULL where there is none, or where it is going */
static struct espintcp_sock *find(struct genl_info *info)
{
	struct espintcp_net *en = espintcp_netns_get(genl_info_net(info));
	u64 cookie = asked_cookie(info);
	struct espintcp_sock *es = xa_load(&en->socks, cookie);

	if (es && es->cookie == cookie && hold_sock(es))
		return es;
	NL_SET_ERR_MSG(info->extack, "no attached socket has this cookie");
	return NULL;
}

/**
 * espintcp_nl_socket_get_doit - ESPINTCP_CMD_SOCKET_GET, one socket
 * @req: the request
 * @info: likewise
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_nl_socket_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct espintcp_sock *es;
	int err = -ENOENT;
	struct sk_buff *skb;
	void *hdr;

	if (espintcp_compat_attr_missing(info, ESPINTCP_A_SOCKET_COOKIE))
		return -EINVAL;
	if (info->attrs[ESPINTCP_A_SOCKET_ALL_NETNS]) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[ESPINTCP_A_SOCKET_ALL_NETNS],
				    "a cookie is of one network namespace");
		return -EINVAL;
	}

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;

	rcu_read_lock();
	es = find(info);
	if (es) {
		err = -EMSGSIZE;
		hdr = genlmsg_put_reply(skb, info, &espintcp_netlink_family, 0,
					ESPINTCP_CMD_SOCKET_GET);
		if (hdr && !put_socket(skb, es)) {
			genlmsg_end(skb, hdr);
			err = 0;
		}
		sock_put(es->sk);
	}
	rcu_read_unlock();

	if (!err)
		return genlmsg_reply(skb, info);
	nlmsg_free(skb);
	return err;
}

static int dump_socket(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct espintcp_sock *es)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, &espintcp_netlink_family,
				NLM_F_MULTI, ESPINTCP_CMD_SOCKET_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (put_socket(skb, es)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* args[1]: the next cookie. Cookies grow: none is told twice or left out */
static int dump_net(struct sk_buff *skb, struct netlink_callback *cb,
		    struct espintcp_net *en)
{
	struct espintcp_sock *es;
	unsigned long index = cb->args[1];
	int err;

	for (; (es = xa_find(&en->socks, &index, ULONG_MAX, XA_PRESENT)); index++) {
		if (!hold_sock(es))
			continue;
		err = dump_socket(skb, cb, es);
		sock_put(es->sk);
		cb->args[1] = index;
		if (err)
			return err;
		cb->args[1]++;
	}
	return 0;
}

/* The namespace with sockets that has the lowest number from @from on */
static struct net *next_net(unsigned int from)
{
	struct net *net, *next = NULL;

	for_each_net_rcu(net) {
		if (net->ns.inum < from ||
		    xa_empty(&espintcp_netns_get(net)->socks))
			continue;
		if (!next || net->ns.inum < next->ns.inum)
			next = net;
	}
	return next;
}

/* args[0]: the number of the namespace under way, whatever comes and goes */
static void dump_all(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct net *net;

	while ((net = next_net(cb->args[0]))) {
		if (net->ns.inum != cb->args[0])
			cb->args[1] = 0;
		cb->args[0] = net->ns.inum;
		if (dump_net(skb, cb, espintcp_netns_get(net)))
			return;
		cb->args[0]++;
		cb->args[1] = 0;
	}
}

/* Of a request for a dump, which its policy has let through */
static bool asked(const struct netlink_callback *cb, int attr)
{
	return nlmsg_find_attr(cb->nlh, GENL_HDRLEN, attr);
}

/**
 * espintcp_nl_socket_get_dumpit - ESPINTCP_CMD_SOCKET_GET, all sockets
 * @skb: gets as many as it has room for
 * @cb: the request, and how far it got
 *
 * Context: Process context. RCU is held for one @skb at a time.
 * Return: bytes in @skb, 0 at the end, or a negative error.
 */
int espintcp_nl_socket_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb)
{
	bool all = asked(cb, ESPINTCP_A_SOCKET_ALL_NETNS);

	if (asked(cb, ESPINTCP_A_SOCKET_COOKIE))
		return -EINVAL;
	if (all && !netlink_capable(cb->skb, CAP_NET_ADMIN))
		return -EPERM;

	rcu_read_lock();
	if (all)
		dump_all(skb, cb);
	else
		dump_net(skb, cb, espintcp_netns_get(sock_net(cb->skb->sk)));
	rcu_read_unlock();
	return skb->len;
}

static bool connected(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
}

/* The socket lock says that it is still attached: its owner may close it */
static int close_socket(struct espintcp_sock *es, enum espintcp_close how)
{
	struct sock *sk = es->sk;
	int err = 0;

	lock_sock(sk);
	if (espintcp_sock_get(sk) != es) {
		err = -ENOENT;
	} else if (!connected(sk)) {
		err = -ENOTCONN;
	} else {
		espintcp_event_end(es, ESPINTCP_END_ADMINISTRATOR, 0);
		if (how == ESPINTCP_CLOSE_DRAIN)
			espintcp_tx_drain(es);
	}
	release_sock(sk);

	if (!err && how == ESPINTCP_CLOSE_ABORT)
		err = tcp_abort(sk, ECONNABORTED);
	return err;
}

/**
 * espintcp_nl_socket_close_doit - ESPINTCP_CMD_SOCKET_CLOSE
 * @skb: the request; the caller has CAP_NET_ADMIN over the namespace
 * @info: likewise
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOENT where no socket has the cookie, -ENOTCONN where its
 * connection has ended already.
 */
int espintcp_nl_socket_close_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct espintcp_sock *es;
	struct sock *sk;
	int err;

	if (espintcp_compat_attr_missing(info, ESPINTCP_A_SOCKET_COOKIE) ||
	    espintcp_compat_attr_missing(info, ESPINTCP_A_SOCKET_CLOSE))
		return -EINVAL;

	rcu_read_lock();
	es = find(info);
	sk = es ? es->sk : NULL;
	/* Memory that is held cannot be another attachment's */
	if (es && !refcount_inc_not_zero(&es->refcnt)) {
		sock_put(sk);
		es = NULL;
	}
	rcu_read_unlock();
	if (!es)
		return -ENOENT;

	err = close_socket(es,
			   nla_get_u32(info->attrs[ESPINTCP_A_SOCKET_CLOSE]));
	if (err == -ENOTCONN)
		NL_SET_ERR_MSG(info->extack, "the connection has ended");
	espintcp_sock_put(es);
	sock_put(sk);
	return err;
}
