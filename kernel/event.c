// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to sockets, for those who listen to the netlink group "events".
 *
 * Where nobody does, nothing is built. No socket can make a storm: what comes
 * with packets is told once a second at most.
 */

#include <linux/jiffies.h>
#include <net/genetlink.h>
#include <net/tcp_states.h>

#include "event.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "trace.h"

#define EVENT_INTERVAL	HZ
#define END_SHIFT	16

/* Counters that do not mean that a message was dropped */
#define NO_REFUSAL	(BIT_ULL(ESPINTCP_A_COUNTER_RX_ESP) |		\
			 BIT_ULL(ESPINTCP_A_COUNTER_RX_ESP_BYTES) |	\
			 BIT_ULL(ESPINTCP_A_COUNTER_RX_IKE) |		\
			 BIT_ULL(ESPINTCP_A_COUNTER_RX_IKE_BYTES) |	\
			 BIT_ULL(ESPINTCP_A_COUNTER_RX_KEEPALIVE) |	\
			 BIT_ULL(ESPINTCP_A_COUNTER_RX_BAD_LENGTH) |	\
			 BIT_ULL(ESPINTCP_A_COUNTER_RX_TRUNCATED) |	\
			 BIT_ULL(ESPINTCP_A_COUNTER_RX_TIMEOUT) |	\
			 BIT_ULL(ESPINTCP_A_COUNTER_TX_ESP) |		\
			 BIT_ULL(ESPINTCP_A_COUNTER_TX_ESP_BYTES) |	\
			 BIT_ULL(ESPINTCP_A_COUNTER_TX_IKE) |		\
			 BIT_ULL(ESPINTCP_A_COUNTER_TX_IKE_BYTES) |	\
			 BIT_ULL(ESPINTCP_A_COUNTER_TX_ASYNC))

/**
 * struct event - one event; zeros are left out
 * @kind: what happened
 * @end: why the stream ended
 * @err: errno of that
 * @queued: bytes of the ESP queue
 * @limit: its bound
 * @counter: why messages were dropped
 * @count: how many
 */
struct event {
	enum espintcp_event	kind;
	u32			end;
	u32			err;
	u32			queued;
	u32			limit;
	u32			counter;
	u32			count;
};

/**
 * espintcp_event_init - nothing has happened yet
 * @es: the socket
 *
 * Context: Any.
 */
void espintcp_event_init(struct espintcp_sock *es)
{
	struct espintcp_news *news = &es->news;

	spin_lock_init(&news->lock);
	news->congested_next = jiffies;
	news->refused_next = jiffies;
}

static bool heard(const struct espintcp_sock *es)
{
	return genl_has_listeners(&espintcp_netlink_family, es->en->net,
				  ESPINTCP_NL_GROUP_EVENTS);
}

static int put_addresses(struct sk_buff *skb, const struct espintcp_key *key)
{
	int len = key->family == AF_INET ? sizeof(__be32) :
					   sizeof(struct in6_addr);

	return nla_put_u16(skb, ESPINTCP_A_EVENT_FAMILY, key->family) ||
	       nla_put(skb, ESPINTCP_A_EVENT_LOCAL, len, &key->laddr) ||
	       nla_put(skb, ESPINTCP_A_EVENT_REMOTE, len, &key->raddr) ||
	       nla_put_be16(skb, ESPINTCP_A_EVENT_LPORT, key->lport) ||
	       nla_put_be16(skb, ESPINTCP_A_EVENT_RPORT, key->rport);
}

static int put_some(struct sk_buff *skb, int attr, u32 value)
{
	return value ? nla_put_u32(skb, attr, value) : 0;
}

static int put_event(struct sk_buff *skb, const struct espintcp_sock *es,
		     const struct event *ev)
{
	return nla_put_u32(skb, ESPINTCP_A_EVENT_KIND, ev->kind) ||
	       nla_put_u32(skb, ESPINTCP_A_EVENT_NETNS, es->en->net->ns.inum) ||
	       nla_put_u64_64bit(skb, ESPINTCP_A_EVENT_COOKIE, es->cookie,
				 ESPINTCP_A_EVENT_PAD) ||
	       nla_put_u32(skb, ESPINTCP_A_EVENT_INODE, es->inode) ||
	       put_addresses(skb, &es->key) ||
	       put_some(skb, ESPINTCP_A_EVENT_END, ev->end) ||
	       put_some(skb, ESPINTCP_A_EVENT_END_ERRNO, ev->err) ||
	       put_some(skb, ESPINTCP_A_EVENT_TX_QUEUE, ev->queued) ||
	       put_some(skb, ESPINTCP_A_EVENT_TX_LIMIT, ev->limit) ||
	       put_some(skb, ESPINTCP_A_EVENT_COUNTER, ev->counter) ||
	       put_some(skb, ESPINTCP_A_EVENT_COUNT, ev->count);
}

/* An event that finds no memory is lost: listeners see no promise in it */
static void tell(const struct espintcp_sock *es, const struct event *ev,
		 gfp_t gfp)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, gfp);
	void *hdr;

	if (!skb)
		return;

	hdr = genlmsg_put(skb, 0, 0, &espintcp_netlink_family, 0,
			  ESPINTCP_CMD_EVENT_NTF);
	if (!hdr || put_event(skb, es, ev)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&espintcp_netlink_family, es->en->net, skb, 0,
				ESPINTCP_NL_GROUP_EVENTS, gfp);
}

/**
 * espintcp_event_attached - a socket has the ULP
 * @es: the socket
 *
 * Context: Process context, socket lock held. May sleep.
 */
void espintcp_event_attached(struct espintcp_sock *es)
{
	struct event ev = { .kind = ESPINTCP_EVENT_ATTACHED };

	trace_espintcp_attach(es);
	if (heard(es))
		tell(es, &ev, GFP_KERNEL);
}

/**
 * espintcp_event_detached - a socket is closed
 * @es: the socket
 *
 * Context: Process context. May sleep.
 */
void espintcp_event_detached(struct espintcp_sock *es)
{
	struct event ev = { .kind = ESPINTCP_EVENT_DETACHED };

	/* The first reason counts: this one is only for a stream without */
	espintcp_event_end(es, ESPINTCP_END_OWNER, 0);
	ev.end = espintcp_event_ended(es, &ev.err);
	trace_espintcp_detach(es, ev.end, ev.err);
	if (heard(es))
		tell(es, &ev, GFP_KERNEL);
}

/**
 * espintcp_event_end - note why a stream ended, if nothing ended it before
 * @es: the socket
 * @why: the reason
 * @err: errno of ESPINTCP_END_ERROR, else 0
 *
 * Context: Any.
 */
void espintcp_event_end(struct espintcp_sock *es, enum espintcp_end why,
			int err)
{
	cmpxchg(&es->news.end, 0, (u32)why << END_SHIFT | err);
}

/**
 * espintcp_event_ended - why a stream ended
 * @es: the socket
 * @err: gets the errno, 0 if none
 *
 * Context: Any.
 * Return: the reason, ESPINTCP_END_NONE while it goes on.
 */
enum espintcp_end espintcp_event_ended(const struct espintcp_sock *es,
				       u32 *err)
{
	u32 end = READ_ONCE(es->news.end);

	*err = end & GENMASK(END_SHIFT - 1, 0);
	return end >> END_SHIFT;
}

/**
 * espintcp_event_fatal - the receiver gives the stream up
 * @es: the socket
 * @err: errno that the owner will see
 *
 * Context: Any.
 */
void espintcp_event_fatal(struct espintcp_sock *es, int err)
{
	if (err == EPROTO)
		espintcp_event_end(es, ESPINTCP_END_BAD_LENGTH, 0);
	else if (err == ETIMEDOUT)
		espintcp_event_end(es, ESPINTCP_END_TIMEOUT, 0);
	else
		espintcp_event_end(es, ESPINTCP_END_ERROR, err);
}

/**
 * espintcp_event_state - the connection changed its state
 * @es: the socket
 *
 * Context: Socket lock held, or softirq with the socket not owned.
 */
void espintcp_event_state(struct espintcp_sock *es)
{
	struct sock *sk = es->sk;
	int err = READ_ONCE(sk->sk_err);

	if (err)
		espintcp_event_end(es, ESPINTCP_END_ERROR, err);
	else if (sock_flag(sk, SOCK_DONE))
		espintcp_event_end(es, ESPINTCP_END_PEER, 0);
}

/* Under the lock, so that they are told in the order in which they came */
static void tell_queue(struct espintcp_sock *es, enum espintcp_event kind,
		       u32 queued)
{
	struct event ev = {
		.kind	= kind,
		.queued	= queued,
		.limit	= READ_ONCE(es->en->limits.tx_queue),
	};

	lockdep_assert_held(&es->news.lock);
	if (heard(es))
		tell(es, &ev, GFP_ATOMIC);
}

/**
 * espintcp_event_congested - three quarters of the ESP queue are in use
 * @es: the socket
 * @queued: its bytes
 *
 * Context: Process or softirq.
 */
void espintcp_event_congested(struct espintcp_sock *es, u32 queued)
{
	struct espintcp_news *news = &es->news;

	spin_lock_bh(&news->lock);
	if (!news->congested && time_after_eq(jiffies, news->congested_next)) {
		news->congested_next = jiffies + EVENT_INTERVAL;
		WRITE_ONCE(news->congested, true);
		tell_queue(es, ESPINTCP_EVENT_CONGESTED, queued);
	}
	spin_unlock_bh(&news->lock);
}

/**
 * espintcp_event_resumed - the ESP queue has room again
 * @es: the socket
 * @queued: its bytes
 *
 * Context: Process or softirq.
 */
void espintcp_event_resumed(struct espintcp_sock *es, u32 queued)
{
	struct espintcp_news *news = &es->news;

	spin_lock_bh(&news->lock);
	if (news->congested) {
		WRITE_ONCE(news->congested, false);
		tell_queue(es, ESPINTCP_EVENT_RESUMED, queued);
	}
	spin_unlock_bh(&news->lock);
}

/**
 * espintcp_event_count - something of a socket was counted
 * @es: the socket
 * @which: the counter; one that is no drop is not news
 * @n: how many
 *
 * Context: Process or softirq.
 */
void espintcp_event_count(struct espintcp_sock *es, enum espintcp_counter which,
			  u32 n)
{
	struct event ev = {
		.kind		= ESPINTCP_EVENT_REFUSED,
		.counter	= which,
	};
	struct espintcp_news *news = &es->news;

	BUILD_BUG_ON(__ESPINTCP_A_COUNTER_MAX > 64);
	if (BIT_ULL(which) & NO_REFUSAL)
		return;

	trace_espintcp_drop(es->cookie, which);
	if (!heard(es))
		return;

	spin_lock_bh(&news->lock);
	news->refused += n;
	if (time_after_eq(jiffies, news->refused_next)) {
		news->refused_next = jiffies + EVENT_INTERVAL;
		ev.count = news->refused;
		news->refused = 0;
		tell(es, &ev, GFP_ATOMIC);
	}
	spin_unlock_bh(&news->lock);
}
