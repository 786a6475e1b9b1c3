// SPDX-License-Identifier: GPL-2.0-only
/*
 * From TCP's receive queue to messages (RFC 9329, section 3).
 *
 * One work for each socket reads the stream under the socket lock, copies every
 * message into a buffer of its own, and hands ESP to XFRM after the lock is
 * dropped. What it does not get to stays in TCP's queue and closes the window:
 * nothing is dropped because the reader is slow.
 */

#include <linux/sched.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "esp_in.h"
#include "ike.h"
#include "rx.h"

/* Far below net.core.netdev_max_backlog, see esp_in.c */
#define RX_BATCH	64
/* Batches between two looks at who else wants the CPU */
#define RX_ROUNDS	8

static void rx_work(struct work_struct *work);

/**
 * espintcp_rx_init - prepare receiving
 * @es: the socket
 *
 * Context: Any.
 */
void espintcp_rx_init(struct espintcp_sock *es)
{
	INIT_WORK(&es->rx.work, rx_work);
	__skb_queue_head_init(&es->rx.batch);
	espintcp_counters_init(&es->rx.counters);
}

/**
 * espintcp_rx_kick - there may be something to read
 * @es: the socket, not yet in espintcp_rx_stop()
 *
 * Context: Any.
 */
void espintcp_rx_kick(struct espintcp_sock *es)
{
	queue_work(espintcp_wq, &es->rx.work);
}

static void rx_count(struct espintcp_rx *rx, enum espintcp_counter which)
{
	espintcp_counters_add(&rx->counters, which, 1);
}

/*
 * A buffer for a message of which @rx->head has the first bytes. Its linear
 * part is a page at most, the rest comes with the bytes: a length that is only
 * announced costs the peer nothing and us little.
 */
static struct sk_buff *rx_alloc(struct espintcp_rx *rx, u32 body)
{
	u32 room = espintcp_esp_in_room();
	u32 linear = min_t(u32, body, SKB_MAX_ORDER(room, 0));
	struct sk_buff *skb;

	skb = alloc_skb(room + linear, GFP_KERNEL | __GFP_NOWARN);
	if (!skb)
		return NULL;

	skb_reserve(skb, room);
	__skb_put_data(skb, rx->head + ESPINTCP_LEN_SIZE, ESPINTCP_MARKER_SIZE);
	return skb;
}

/* The message is lost, its bytes have still to be skipped */
static void rx_no_memory(struct espintcp_rx *rx)
{
	rx_count(rx, ESPINTCP_A_COUNTER_RX_NO_MEMORY);
	kfree_skb(rx->skb);
	rx->skb = NULL;
}

/* Bytes of @head that are wanted before the message can be told */
static u32 rx_head_want(const struct espintcp_rx *rx)
{
	u32 len;

	if (rx->head_len < ESPINTCP_LEN_SIZE)
		return ESPINTCP_LEN_SIZE - rx->head_len;

	len = get_unaligned_be16(rx->head);
	return min_t(u32, len, ESPINTCP_HEAD_SIZE) - rx->head_len;
}

static void rx_begin(struct espintcp_rx *rx)
{
	u16 body;

	rx->kind = espintcp_frame_classify(rx->head, rx->head_len, &body);
	switch (rx->kind) {
	case ESPINTCP_FRAME_MORE:
		return;
	case ESPINTCP_FRAME_BAD_LENGTH:
		rx_count(rx, ESPINTCP_A_COUNTER_RX_BAD_LENGTH);
		rx->fatal = true;
		break;
	case ESPINTCP_FRAME_SHORT:
		rx_count(rx, ESPINTCP_A_COUNTER_RX_SHORT);
		break;
	case ESPINTCP_FRAME_KEEPALIVE:
		rx_count(rx, ESPINTCP_A_COUNTER_RX_KEEPALIVE);
		break;
	case ESPINTCP_FRAME_IKE:
	case ESPINTCP_FRAME_ESP:
		rx->need = body - ESPINTCP_MARKER_SIZE;
		rx->skb = rx_alloc(rx, body);
		if (!rx->skb)
			rx_no_memory(rx);
		break;
	}
	rx->head_len = 0;
}

/* Returns the bytes that fit what is there, 0 without memory */
static u32 rx_room(struct sk_buff *skb, u32 n, void **to)
{
	int nr = skb_shinfo(skb)->nr_frags;
	skb_frag_t *frag = NULL;
	struct page *page;
	u32 room;

	if (skb_tailroom(skb) && !nr) {
		n = min_t(u32, n, skb_tailroom(skb));
		*to = __skb_put(skb, n);
		return n;
	}

	if (nr) {
		frag = &skb_shinfo(skb)->frags[nr - 1];
		room = PAGE_SIZE - skb_frag_size(frag);
	}
	if (!frag || !room) {
		page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
		if (!page)
			return 0;
		skb_add_rx_frag(skb, nr, page, 0, 0, PAGE_SIZE);
		frag = &skb_shinfo(skb)->frags[nr];
		room = PAGE_SIZE;
	}

	n = min(n, room);
	*to = skb_frag_address(frag) + skb_frag_size(frag);
	skb_frag_size_add(frag, n);
	skb->len += n;
	skb->data_len += n;
	return n;
}

static u32 rx_append(struct espintcp_rx *rx, const struct sk_buff *seg,
		     int off, u32 n)
{
	void *to;

	n = min(n, rx->need);
	if (rx->skb) {
		u32 got = rx_room(rx->skb, n, &to);

		if (got && !skb_copy_bits(seg, off, to, got))
			n = got;
		else
			rx_no_memory(rx);
	}
	rx->need -= n;
	return n;
}

static void rx_complete(struct espintcp_sock *es, const struct sk_buff *seg)
{
	struct espintcp_rx *rx = &es->rx;
	struct sk_buff *skb = rx->skb;
	u32 len = skb->len;

	rx->skb = NULL;
	if (rx->kind == ESPINTCP_FRAME_ESP) {
		skb->skb_iif = seg->skb_iif;
		skb->mark = seg->mark;
		__skb_queue_tail(&rx->batch, skb);
		return;
	}

	if (espintcp_ike_receive(es, skb)) {
		rx_count(rx, ESPINTCP_A_COUNTER_RX_IKE);
		espintcp_counters_add(&rx->counters,
				      ESPINTCP_A_COUNTER_RX_IKE_BYTES, len);
	} else {
		rx_count(rx, ESPINTCP_A_COUNTER_RX_IKE_FULL);
	}
}

/* Take up to @n bytes at @off of @seg, at least one */
static u32 rx_step(struct espintcp_sock *es, const struct sk_buff *seg, int off,
		   u32 n)
{
	struct espintcp_rx *rx = &es->rx;

	if (rx->need) {
		n = rx_append(rx, seg, off, n);
	} else {
		n = min(n, rx_head_want(rx));
		if (skb_copy_bits(seg, off, rx->head + rx->head_len, n)) {
			rx->fatal = true;
			return n;
		}
		rx->head_len += n;
		rx_begin(rx);
	}

	if (!rx->need && rx->skb)
		rx_complete(es, seg);
	return n;
}

static int rx_actor(read_descriptor_t *desc, struct sk_buff *seg,
		    unsigned int off, size_t len)
{
	struct espintcp_sock *es = desc->arg.data;
	struct espintcp_rx *rx = &es->rx;
	size_t used = 0;

	while (used < len && !rx->fatal &&
	       skb_queue_len(&rx->batch) < RX_BATCH)
		used += rx_step(es, seg, off + used, len - used);

	if (rx->fatal || skb_queue_len(&rx->batch) >= RX_BATCH)
		desc->count = 0;
	return used;
}

/* The input route that TCP checked, for packets that have none of their own */
static struct dst_entry *rx_dst(struct sock *sk)
{
	struct dst_entry *dst;

	rcu_read_lock();
	dst = rcu_dereference(sk->sk_rx_dst);
	if (dst)
		dst = dst_check(dst, sk->sk_rx_dst_cookie);
	if (dst && !dst_hold_safe(dst))
		dst = NULL;
	rcu_read_unlock();
	return dst;
}

/* Tell readers of IKE messages that no more will come */
static void rx_finish(struct espintcp_sock *es)
{
	struct espintcp_rx *rx = &es->rx;
	struct sock *sk = es->sk;

	if (rx->done)
		return;
	if (!(sk->sk_shutdown & RCV_SHUTDOWN) && sk->sk_state != TCP_CLOSE)
		return;

	if (rx->skb || rx->need || rx->head_len)
		rx_count(rx, ESPINTCP_A_COUNTER_RX_TRUNCATED);
	/* Pairs with the acquire in ike.c: the queue is complete before this */
	smp_store_release(&rx->done, true);
	es->data_ready(sk);
}

/*
 * Read one batch and hand it on. Returns true if there may be more.
 */
static bool rx_round(struct espintcp_sock *es)
{
	struct espintcp_rx *rx = &es->rx;
	read_descriptor_t desc = {
		.arg.data	= es,
		.count		= 1,
	};
	struct dst_entry *dst = NULL;
	struct sock *sk = es->sk;
	bool more;

	lock_sock(sk);
	if (!rx->fatal)
		tcp_read_sock(sk, &desc, rx_actor);
	more = !desc.count && !rx->fatal;
	if (!skb_queue_empty(&rx->batch))
		dst = rx_dst(sk);
	if (!more)
		rx_finish(es);
	release_sock(sk);

	espintcp_esp_in(es, &rx->batch, dst);
	dst_release(dst);
	return more;
}

static void rx_work(struct work_struct *work)
{
	struct espintcp_sock *es = container_of(work, struct espintcp_sock,
						rx.work);
	int rounds = RX_ROUNDS;

	while (rx_round(es)) {
		if (!--rounds) {
			espintcp_rx_kick(es);
			return;
		}
		cond_resched();
	}

	/*
	 * RFC 9329, section 3.1: the connection MUST be closed. The change of
	 * state brings us back here, to tell readers.
	 */
	if (es->rx.fatal)
		tcp_abort(es->sk, EPROTO);
}

/**
 * espintcp_rx_stop - stop receiving
 * @es: the socket, whose callbacks are no longer ours
 *
 * What TCP has received by now is still handed on: unread bytes would make
 * tcp_close() send a RST, which can overtake what we sent last.
 *
 * Context: Process context, socket not locked. May sleep.
 */
void espintcp_rx_stop(struct espintcp_sock *es)
{
	struct espintcp_rx *rx = &es->rx;
	int rounds = RX_ROUNDS;

	cancel_work_sync(&rx->work);
	while (rx_round(es) && --rounds)
		;
	kfree_skb(rx->skb);
	rx->skb = NULL;
}
