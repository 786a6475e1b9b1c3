// SPDX-License-Identifier: GPL-2.0-only
/*
 * Active management of the queue of ESP, for packets without a local sender.
 *
 * A local socket is charged until TCP has its packets: that slows it down, and
 * nothing of it is dropped. Who sends what this host forwards sees nothing but
 * losses. Once packets wait too long, flows that have more than their share
 * lose what they send. What was encrypted stays in order, for the sake of
 * replay windows: the decision is made before.
 */

#include <linux/jiffies.h>
#include <net/ip.h>
#include <net/xfrm.h>

#include "compat/skbuff.h"
#include "fair.h"
#include "sock.h"
#include "tx.h"

/* What a packet may wait: TCP flows behind need about a round trip of queue */
#define FAIR_DELAY	(HZ / 20)

/* The flow of the inner packet; what is not a tunnel's is one flow */
static u32 flow_hash(struct xfrm_state *x, const struct sk_buff *skb, u8 next)
{
	__be16 proto = htons(ETH_P_IP);
	struct flow_keys keys;

	if (skb->l4_hash)
		return skb->hash;

	switch (next) {
	case IPPROTO_IPIP:
		break;
	case IPPROTO_IPV6:
		proto = htons(ETH_P_IPV6);
		break;
	default:
		return 0;
	}
	memset(&keys, 0, sizeof(keys));
	espintcp_compat_flow_dissect(xs_net(x), skb, proto, &keys);
	return flow_hash_from_keys(&keys);
}

/**
 * espintcp_fair_flow - the flow that a packet belongs to
 * @x: the SA
 * @skb: the packet: data is what is to be encrypted
 * @proto: the next header of ESP
 *
 * Context: Process or softirq.
 * Return: 1 to ESPINTCP_FAIR_FLOWS, 0 for a packet whose sender is slowed down
 * otherwise.
 */
u8 espintcp_fair_flow(struct xfrm_state *x, const struct sk_buff *skb, u8 proto)
{
	return skb->destructor ? 0 :
	       1 + flow_hash(x, skb, proto) % ESPINTCP_FAIR_FLOWS;
}

/* Packets wait for too long: those that were sent last, or all for a stall */
static bool late(const struct espintcp_tx *tx)
{
	unsigned long since = READ_ONCE(tx->since);
	unsigned long stamp = READ_ONCE(tx->stamp);

	if (!atomic_read(&tx->bytes))
		return false;
	if (READ_ONCE(tx->delay) > FAIR_DELAY)
		return true;
	if (time_after(stamp, since))
		since = stamp;
	return time_after(jiffies, since + FAIR_DELAY);
}

/**
 * espintcp_fair_admits - tell whether a packet may join the queue
 * @es: the socket
 * @flow: from espintcp_fair_flow()
 *
 * Context: Any.
 * Return: false if it is to be dropped.
 */
bool espintcp_fair_admits(const struct espintcp_sock *es, u8 flow)
{
	const struct espintcp_fair *fair = &es->tx.fair;
	u64 mine;

	if (likely(!flow || !late(&es->tx)))
		return true;

	/* A flow that has nothing here loses nothing */
	mine = atomic_read(&fair->bytes[flow - 1]);
	return mine * atomic_read(&fair->active) < atomic_read(&fair->total) ||
	       !mine;
}

/**
 * espintcp_fair_enter - a message joins the queue
 * @es: the socket
 * @msg: the message
 *
 * Context: Any.
 */
void espintcp_fair_enter(struct espintcp_sock *es, const struct sk_buff *msg)
{
	const struct espintcp_tx_cb *cb = (const void *)msg->cb;
	struct espintcp_fair *fair = &es->tx.fair;

	if (likely(!cb->flow))
		return;

	if (atomic_add_return(msg->len, &fair->bytes[cb->flow - 1]) == msg->len)
		atomic_inc(&fair->active);
	atomic_add(msg->len, &fair->total);
}

/**
 * espintcp_fair_leave - a message leaves the queue
 * @es: the socket
 * @msg: the message
 *
 * Context: Any.
 */
void espintcp_fair_leave(struct espintcp_sock *es, const struct sk_buff *msg)
{
	const struct espintcp_tx_cb *cb = (const void *)msg->cb;
	struct espintcp_fair *fair = &es->tx.fair;

	if (likely(!cb->flow))
		return;

	atomic_sub(msg->len, &fair->total);
	if (!atomic_sub_return(msg->len, &fair->bytes[cb->flow - 1]))
		atomic_dec(&fair->active);
}
