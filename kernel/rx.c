// SPDX-License-Identifier: GPL-2.0-only
/*
 * From TCP's receive queue to messages (RFC 9329, section 3).
 *
 * A softirq reads the stream under the socket lock, copies every message into a
 * buffer of its own, and hands ESP to XFRM after the lock is dropped: one reader
 * for each socket, so that messages stay in order. What it does not get to stays
 * in TCP's queue and closes the window: nothing is dropped because the reader is
 * slow. Where a process has the socket, it lets the reader go on when it leaves.
 */

#include <net/tcp.h>

#include "compat/compat.h"
#include "ecn.h"
#include "esp_in.h"
#include "event.h"
#include "ike.h"
#include "netns.h"
#include "poll.h"
#include "rx.h"
#include "trace.h"
#include "wq.h"

/* Far below net.core.netdev_max_backlog, see esp_in.c */
#define RX_BATCH	64
/* A packet of this size fits half a page, with what is around it */
#define RX_FRAGMENT	1536
/* What is lost without memory is counted */
#define RX_GFP		(GFP_ATOMIC | __GFP_NOWARN)

/* How long recv() at the end of the stream waits for what came before */
#define RX_CATCH_UP	(HZ / 10)
/* Batches that a socket which is closed takes from TCP */
#define RX_ROUNDS	8

static int rx_poll(struct espintcp_poll *p, bool *more);
static void rx_abort(struct work_struct *work);
static void rx_watch(struct work_struct *work);

/**
 * espintcp_rx_init - prepare receiving
 * @es: the socket
 *
 * Context: Any.
 */
void espintcp_rx_init(struct espintcp_sock *es)
{
	es->rx.poll.read = rx_poll;
	INIT_WORK(&es->rx.abort, rx_abort);
	INIT_DELAYED_WORK(&es->rx.watch, rx_watch);
	__skb_queue_head_init(&es->rx.batch);
	es->rx.stamp = jiffies;
	espintcp_counters_init(&es->rx.counters);
}

/**
 * espintcp_rx_kick - there may be something to read
 * @es: the socket, not yet in espintcp_rx_stop()
 *
 * Context: Socket lock held, or softirq with the socket not owned.
 */
void espintcp_rx_kick(struct espintcp_sock *es)
{
	if (sock_owned_by_user_nocheck(es->sk))
		es->rx.poll.deferred = true;
	else
		espintcp_poll_kick(&es->rx.poll);
}

/**
 * espintcp_rx_catch_up - wait for the reader
 * @es: the socket
 *
 * A stream that does not pause is not waited for.
 *
 * Context: Process context, socket not locked. May sleep.
 */
void espintcp_rx_catch_up(struct espintcp_sock *es)
{
	espintcp_poll_wait(&es->rx.poll, RX_CATCH_UP);
}

static void rx_count(struct espintcp_rx *rx, enum espintcp_counter which)
{
	espintcp_counters_add(&rx->counters, which, 1);
	espintcp_event_count(container_of(rx, struct espintcp_sock, rx), which,
			     1);
}

/*
 * A buffer for a message of which @rx->head has the first bytes. Its linear
 * part is a page at most, the rest comes with the bytes: a length that is only
 * announced costs the peer nothing and us little. Inner TCP joins packets that
 * lie in page fragments, and keeps no buffer for each; but a fragment holds all of
 * its page, so it is for messages of which all is there, @avail bytes.
 */
static struct sk_buff *rx_alloc(struct espintcp_rx *rx, u32 body, u32 avail)
{
	bool esp = rx->kind == ESPINTCP_FRAME_ESP;
	/* IKE goes no further: headroom would be charged for nothing */
	u32 room = esp ? espintcp_esp_in_room() : 0;
	u32 linear = min_t(u32, body, SKB_MAX_ORDER(room, 0));
	struct sk_buff *skb;

	if (esp && body <= RX_FRAGMENT && rx->need <= avail)
		skb = __netdev_alloc_skb(NULL, room + linear, RX_GFP);
	else
		skb = alloc_skb(room + linear, RX_GFP);
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

/* @avail: bytes of the segment behind the head */
static void rx_begin(struct espintcp_rx *rx, u32 avail)
{
	u16 body;

	rx->kind = espintcp_frame_classify(rx->head, rx->head_len, &body);
	switch (rx->kind) {
	case ESPINTCP_FRAME_MORE:
		return;
	case ESPINTCP_FRAME_BAD_LENGTH:
		rx_count(rx, ESPINTCP_A_COUNTER_RX_BAD_LENGTH);
		/* RFC 9329, section 3.1: the connection MUST be closed */
		rx->fatal = EPROTO;
		break;
	case ESPINTCP_FRAME_SHORT:
		rx_count(rx, ESPINTCP_A_COUNTER_RX_SHORT);
		break;
	case ESPINTCP_FRAME_KEEPALIVE:
		trace_espintcp_rx(container_of(rx, struct espintcp_sock, rx),
				  rx->kind, body);
		rx_count(rx, ESPINTCP_A_COUNTER_RX_KEEPALIVE);
		break;
	case ESPINTCP_FRAME_IKE:
	case ESPINTCP_FRAME_ESP:
		rx->need = body - ESPINTCP_MARKER_SIZE;
		rx->skb = rx_alloc(rx, body, avail);
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
		page = alloc_page(RX_GFP);
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
	int full;

	rx->skb = NULL;
	trace_espintcp_rx(es, rx->kind, len);
	if (rx->kind == ESPINTCP_FRAME_ESP) {
		if (unlikely(rx->ce)) {
			rx_count(rx, ESPINTCP_A_COUNTER_RX_CE);
			kfree_skb(skb);
			return;
		}
		skb->skb_iif = seg->skb_iif;
		skb->mark = seg->mark;
		__skb_queue_tail(&rx->batch, skb);
		return;
	}

	full = espintcp_ike_receive(es, skb);
	if (full) {
		rx_count(rx, full);
	} else {
		rx_count(rx, ESPINTCP_A_COUNTER_RX_IKE);
		espintcp_counters_add(&rx->counters,
				      ESPINTCP_A_COUNTER_RX_IKE_BYTES, len);
	}
}

static bool rx_partial(const struct espintcp_rx *rx)
{
	return rx->skb || rx->need || rx->head_len;
}

/* Take up to @n bytes at @off of @seg, at least one */
static u32 rx_step(struct espintcp_sock *es, const struct sk_buff *seg, int off,
		   u32 n)
{
	struct espintcp_rx *rx = &es->rx;

	rx->ce |= espintcp_ecn_is_ce(seg);
	if (rx->need) {
		n = rx_append(rx, seg, off, n);
	} else {
		u32 avail = n;

		n = min(n, rx_head_want(rx));
		if (skb_copy_bits(seg, off, rx->head + rx->head_len, n)) {
			rx->fatal = EIO;
			return n;
		}
		rx->head_len += n;
		rx_begin(rx, avail - n);
	}

	if (!rx->need && rx->skb)
		rx_complete(es, seg);
	if (!rx_partial(rx))
		rx->ce = false;
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
		dst = dst_check(dst, espintcp_compat_rx_dst_cookie(sk));
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

	if (rx_partial(rx))
		rx_count(rx, ESPINTCP_A_COUNTER_RX_TRUNCATED);
	/* Pairs with the acquire in ike.c: the queue is complete before this */
	smp_store_release(&rx->done, true);
	es->data_ready(sk);
}

/* Charge a message that has to wait for its end; most never do */
static void rx_charge(struct espintcp_sock *es)
{
	struct espintcp_mem *mem = &es->en->mem;
	struct espintcp_rx *rx = &es->rx;
	u32 now = rx->skb ? rx->skb->truesize : 0;

	if (now > rx->charged && !espintcp_mem_charge(mem, now - rx->charged)) {
		rx_count(rx, ESPINTCP_A_COUNTER_RX_MEMORY_FULL);
		kfree_skb(rx->skb);
		rx->skb = NULL;
		now = 0;
	}
	if (now < rx->charged)
		espintcp_mem_uncharge(mem, rx->charged - now);
	rx->charged = now;
}

/* See that a message that is incomplete does not stay so for ever */
static void rx_arm(struct espintcp_sock *es)
{
	struct espintcp_rx *rx = &es->rx;
	u32 timeout = READ_ONCE(es->en->limits.rx_timeout);

	if (timeout && rx_partial(rx) && !rx->done && !rx->closing &&
	    !delayed_work_pending(&rx->watch))
		queue_delayed_work(espintcp_wq, &rx->watch, timeout * HZ);
}

static void rx_watch(struct work_struct *work)
{
	struct espintcp_sock *es = container_of(to_delayed_work(work),
						struct espintcp_sock, rx.watch);
	struct espintcp_rx *rx = &es->rx;
	unsigned long end;
	u32 timeout;

	lock_sock(es->sk);
	timeout = READ_ONCE(es->en->limits.rx_timeout);
	end = rx->stamp + timeout * HZ;
	if (!timeout || !rx_partial(rx) || rx->done || rx->fatal ||
	    rx->closing) {
		/* The next message that has to wait arms it again */
	} else if (time_before(jiffies, end)) {
		queue_delayed_work(espintcp_wq, &rx->watch, end - jiffies);
	} else {
		rx->fatal = ETIMEDOUT;
		espintcp_rx_kick(es);
	}
	release_sock(es->sk);
}

/* The change of state brings the reader back, to tell others */
static void rx_abort(struct work_struct *work)
{
	struct espintcp_sock *es = container_of(work, struct espintcp_sock,
						rx.abort);
	int err = READ_ONCE(es->rx.fatal);

	espintcp_event_fatal(es, err);
	tcp_abort(es->sk, err);
}

/* Once: the error is the owner's, who may have taken it already */
static void rx_fail(struct espintcp_sock *es)
{
	struct espintcp_rx *rx = &es->rx;

	if (likely(!rx->fatal) || rx->aborted || rx->closing)
		return;

	rx->aborted = true;
	if (rx->fatal == ETIMEDOUT)
		rx_count(rx, ESPINTCP_A_COUNTER_RX_TIMEOUT);
	queue_work(espintcp_wq, &rx->abort);
}

/*
 * Take one batch from TCP. Returns true if there may be more.
 */
static bool rx_read(struct espintcp_sock *es, struct dst_entry **dst)
{
	struct espintcp_rx *rx = &es->rx;
	read_descriptor_t desc = {
		.arg.data	= es,
		.count		= 1,
	};
	struct sock *sk = es->sk;
	bool more;

	/* TCP would stop in front of an urgent byte until it is read */
	if (unlikely(tcp_sk(sk)->urg_data))
		WRITE_ONCE(tcp_sk(sk)->urg_data, 0);
	if (!rx->fatal && tcp_read_sock(sk, &desc, rx_actor) > 0)
		WRITE_ONCE(rx->stamp, jiffies);
	more = !desc.count && !rx->fatal;
	if (!more) {
		rx_charge(es);
		rx_arm(es);
		rx_finish(es);
		rx_fail(es);
	}
	if (!skb_queue_empty(&rx->batch))
		*dst = rx_dst(sk);
	return more;
}

static int rx_poll(struct espintcp_poll *p, bool *more)
{
	struct espintcp_sock *es = container_of(p, struct espintcp_sock,
						rx.poll);
	struct dst_entry *dst = NULL;
	struct sock *sk = es->sk;
	int n;

	bh_lock_sock(sk);
	if (!es->rx.closing) {
		if (sock_owned_by_user_nocheck(sk))
			p->deferred = true;
		else
			*more = rx_read(es, &dst);
	}
	bh_unlock_sock(sk);

	n = skb_queue_len(&es->rx.batch);
	espintcp_esp_in(es, &es->rx.batch, dst);
	dst_release(dst);
	return n;
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
	struct dst_entry *dst = NULL;
	int rounds = RX_ROUNDS;
	bool more;

	/* From here on the reader does nothing, and nobody calls it */
	lock_sock(es->sk);
	rx->closing = true;
	rx->poll.deferred = false;
	release_sock(es->sk);
	cancel_delayed_work_sync(&rx->watch);
	espintcp_poll_stop(&rx->poll);
	cancel_work_sync(&rx->abort);

	do {
		lock_sock(es->sk);
		more = rx_read(es, &dst);
		release_sock(es->sk);
		espintcp_esp_in(es, &rx->batch, dst);
		dst_release(dst);
		dst = NULL;
	} while (more && --rounds);
	kfree_skb(rx->skb);
	rx->skb = NULL;
	espintcp_mem_uncharge(&es->en->mem, rx->charged);
	espintcp_ecn_leave(es);
}
