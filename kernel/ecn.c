// SPDX-License-Identifier: GPL-2.0-only
/*
 * Explicit congestion notification of the connection (RFC 9329, section 9.5).
 *
 * Our packets are not-ECT. A peer that negotiated ECN before the ULP was
 * attached may still send ECT, and routers mark it: an ESP message of which a
 * byte came in a marked packet is dropped, the signal that its inner sender
 * understands.
 */

#include <net/inet_ecn.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "ecn.h"

/**
 * espintcp_ecn_enter - stop using ECN on a connection
 * @es: the socket
 *
 * Context: Process context, socket lock held.
 */
void espintcp_ecn_enter(struct espintcp_sock *es)
{
	struct tcp_sock *tp = tcp_sk(es->sk);

	es->rx.ecn = tp->ecn_flags & ESPINTCP_COMPAT_ECN_ANY;
	tp->ecn_flags &= ~(ESPINTCP_COMPAT_ECN_ANY | TCP_ECN_QUEUE_CWR |
			   TCP_ECN_DEMAND_CWR);
	INET_ECN_dontxmit(es->sk);
}

/**
 * espintcp_ecn_segment - keep the mark of the segment that just came
 * @es: the socket
 *
 * TCP appends the next segment to the last one that was not read, whatever
 * their marks are, but not where that is cloned. In a hole that was filled,
 * segments are joined before anybody is told: there the loss is the signal.
 *
 * Context: Socket lock held, or softirq with the socket not owned.
 */
void espintcp_ecn_segment(struct espintcp_sock *es)
{
	struct sk_buff *tail;

	if (likely(!es->rx.ecn))
		return;

	tail = skb_peek_tail(&es->sk->sk_receive_queue);
	kfree_skb(es->rx.pin);
	es->rx.pin = tail ? skb_clone(tail, GFP_ATOMIC) : NULL;
}

/**
 * espintcp_ecn_is_ce - tell whether a router marked a segment
 * @seg: from TCP's receive queue
 *
 * Context: Socket lock held.
 */
bool espintcp_ecn_is_ce(const struct sk_buff *seg)
{
	return INET_ECN_is_ce(TCP_SKB_CB(seg)->ip_dsfield);
}

/**
 * espintcp_ecn_leave - let go what is kept
 * @es: the socket, whose callbacks are no longer ours
 *
 * Context: Process context.
 */
void espintcp_ecn_leave(struct espintcp_sock *es)
{
	kfree_skb(es->rx.pin);
	es->rx.pin = NULL;
}
