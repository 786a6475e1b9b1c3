// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the queues of a socket into TCP: many messages by one call, whose cost
 * they share, and never more than TCP can send in a few milliseconds.
 */

#include <linux/uio.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "compat/skbuff.h"
#include "feed.h"
#include "queue.h"
#include "trace.h"
#include "tx.h"

/* TCP's rate, in bytes a second, shifted by this: what it may hold unsent */
#define FEED_UNSENT_SHIFT	8
/* At any rate TCP has this many segments to go on with */
#define FEED_UNSENT_SEGS	4
/* What is received is read in turns with what is sent, in bytes */
#define FEED_TURN		(64 * 1024)

/* Returns false where @msg does not fit any more */
static bool feed_add(struct espintcp_feed *feed, const struct sk_buff *msg)
{
	int i, nr = skb_shinfo(msg)->nr_frags;
	struct bio_vec *bv = &feed->bv[feed->n];

	if (feed->n + 1 + nr > ESPINTCP_FEED_VECS)
		return false;

	bv->bv_page = virt_to_page(msg->data);
	bv->bv_offset = offset_in_page(msg->data);
	bv->bv_len = skb_headlen(msg);

	for (i = 0; i < nr; i++) {
		const skb_frag_t *frag = &skb_shinfo(msg)->frags[i];

		bv++;
		bv->bv_page = skb_frag_page(frag);
		bv->bv_offset = skb_frag_off(frag);
		bv->bv_len = skb_frag_size(frag);
	}
	feed->n += 1 + nr;
	feed->len += msg->len;
	return true;
}

/*
 * @off: bytes of the first message that TCP has already. Returns the bytes that
 * TCP took, -EAGAIN where it is full, or an error.
 */
static int feed_send(struct sock *sk, struct espintcp_feed *feed, u32 off, bool more)
{
	struct msghdr mh = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	int ret, err = READ_ONCE(sk->sk_err);

	if (more)
		mh.msg_flags |= MSG_MORE;
	iov_iter_bvec(&mh.msg_iter, ESPINTCP_COMPAT_ITER_BVEC_SOURCE,
		      feed->bv, feed->n, feed->len);
	iov_iter_advance(&mh.msg_iter, off);

	/* TCP would take the owner's error, and send nothing */
	if (unlikely(err))
		WRITE_ONCE(sk->sk_err, 0);
	ret = tcp_sendmsg_locked(sk, &mh, feed->len - off);
	if (unlikely(err))
		WRITE_ONCE(sk->sk_err, err);
	return ret;
}

/* Take what was queued since, behind what was taken before */
static void feed_refill(struct espintcp_tx *tx)
{
	if (skb_queue_empty_lockless(&tx->esp) ||
	    skb_queue_len(&tx->sending) >= ESPINTCP_FEED_VECS)
		return;

	spin_lock_bh(&tx->lock);
	espintcp_queue_take(tx);
	spin_unlock_bh(&tx->lock);
}

static struct sk_buff *feed_next(struct espintcp_tx *tx)
{
	struct sk_buff *msg = __skb_dequeue(&tx->ike);

	if (msg)
		return msg;

	feed_refill(tx);
	return __skb_dequeue(&tx->sending);
}

/* Tell whether the front of the queue may go */
static bool feed_front(struct espintcp_tx *tx)
{
	bool ready;

	if (skb_queue_empty_lockless(&tx->esp))
		return false;

	spin_lock_bh(&tx->lock);
	ready = espintcp_queue_front(tx);
	spin_unlock_bh(&tx->lock);
	return ready;
}

/*
 * Tell whether anything waits that may go now. What is queued after this has
 * looked is not missed: see espintcp_tx_queue().
 */
static bool feed_waits(struct espintcp_tx *tx, bool flush)
{
	if (tx->msg || !skb_queue_empty(&tx->ike))
		return true;

	return !flush && (!skb_queue_empty(&tx->sending) || feed_front(tx));
}

/*
 * What TCP has and cannot send yet waits in front of IKE, in front of any flow
 * that begins, and where nothing is dropped: this is to be short in time.
 * Returns the bytes that may go into TCP now. There are none only while segments
 * are in flight, or TCP probes a closed window: an ACK will come.
 */
static u32 feed_room(struct espintcp_sock *es)
{
	struct espintcp_tx *tx = &es->tx;
	struct sock *sk = es->sk;
	struct tcp_sock *tp = tcp_sk(sk);
	u32 unsent = tp->write_seq - tp->snd_nxt;
	unsigned long limit;

	/* TCP_NOTSENT_LOWAT is the owner's as soon as it says anything */
	if (tp->notsent_lowat != tx->lowat)
		return U32_MAX;

	limit = READ_ONCE(sk->sk_pacing_rate) >> FEED_UNSENT_SHIFT;
	tx->lowat = clamp_t(unsigned long, limit,
			    FEED_UNSENT_SEGS * tp->mss_cache, S32_MAX);
	WRITE_ONCE(tp->notsent_lowat, tx->lowat);
	return unsent < tx->lowat ? tx->lowat - unsent : 0;
}

/* Add messages, the one that crosses @room too; false if any was left out */
static bool feed_gather_list(const struct sk_buff_head *list, u32 room,
			     struct espintcp_feed *feed)
{
	struct sk_buff *msg;

	skb_queue_walk(list, msg)
		if (feed->len >= room || !feed_add(feed, msg))
			return false;
	return true;
}

/*
 * What goes next, in the order of feed_next(): nothing is taken from the queues,
 * for what TCP has no room for goes behind IKE that comes meanwhile. Returns
 * whether there is more.
 */
static bool feed_gather(struct espintcp_tx *tx, u32 room, bool flush)
{
	struct espintcp_feed *feed = &tx->feed;

	feed->n = 0;
	feed->len = 0;
	if (tx->msg)
		feed_add(feed, tx->msg);
	if (!feed_gather_list(&tx->ike, room, feed))
		return true;
	if (flush)
		return false;

	feed_refill(tx);
	return !feed_gather_list(&tx->sending, room, feed) ||
	       feed_front(tx);
}

/*
 * TCP has all of @tx->msg, or never will. Returns what is to be given back for
 * it.
 */
static u32 feed_done(struct espintcp_sock *es, struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	u32 reserved = espintcp_tx_cb(tx->msg)->reserved;

	if (!reserved)
		espintcp_feed_ike_bytes(es, -tx->msg->len);
	else
		espintcp_fair_leave(es, tx->msg);

	__skb_queue_tail(done, tx->msg);
	tx->msg = NULL;
	tx->off = 0;
	return reserved;
}

/* One event for each message of a buffer */
static void feed_trace(struct espintcp_sock *es, bool esp,
		       const struct sk_buff *msg)
{
	u8 head[ESPINTCP_LEN_SIZE];
	u32 off, len;

	for (off = 0; !skb_copy_bits(msg, off, head, sizeof(head)); off += len) {
		len = get_unaligned_be16(head);
		trace_espintcp_tx(es, esp ? ESPINTCP_FRAME_ESP : ESPINTCP_FRAME_IKE,
				  len - ESPINTCP_LEN_SIZE);
	}
}

struct feed_sums {
	u32	esp, esp_bytes, ike, ike_bytes;
};

static void feed_sum(struct espintcp_sock *es, struct feed_sums *sums,
		     struct sk_buff *msg)
{
	bool esp = espintcp_tx_cb(msg)->reserved;

	if (trace_espintcp_tx_enabled())
		feed_trace(es, esp, msg);
	if (esp) {
		sums->esp += 1 + espintcp_tx_cb(msg)->more;
		sums->esp_bytes += msg->len;
	} else {
		sums->ike++;
		sums->ike_bytes += msg->len;
	}
}

static void feed_count_sums(struct espintcp_tx *tx, const struct feed_sums *sums)
{
	struct espintcp_counters *c = &tx->counters;

	if (!sums->esp && !sums->ike)
		return;

	WRITE_ONCE(tx->stamp, jiffies);
	spin_lock_bh(&tx->lock);
	espintcp_counters_add(c, ESPINTCP_A_COUNTER_TX_ESP, sums->esp);
	espintcp_counters_add(c, ESPINTCP_A_COUNTER_TX_ESP_BYTES,
			      sums->esp_bytes);
	espintcp_counters_add(c, ESPINTCP_A_COUNTER_TX_IKE, sums->ike);
	espintcp_counters_add(c, ESPINTCP_A_COUNTER_TX_IKE_BYTES,
			      sums->ike_bytes);
	spin_unlock_bh(&tx->lock);
}

/* TCP took @n bytes */
static void feed_took(struct espintcp_sock *es, u32 n, struct feed_sums *sums,
		      struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	u32 released = 0, delay = 0;

	while (n) {
		u32 left;

		if (!tx->msg)
			tx->msg = feed_next(tx);
		left = tx->msg->len - tx->off;
		if (n < left) {
			tx->off += n;
			break;
		}
		n -= left;
		if (espintcp_tx_cb(tx->msg)->reserved)
			delay = (u32)jiffies - espintcp_tx_cb(tx->msg)->stamp;
		feed_sum(es, sums, tx->msg);
		released += feed_done(es, done);
	}
	if (released) {
		WRITE_ONCE(tx->delay, delay);
		espintcp_tx_release(es, released);
	}
}

/**
 * espintcp_feed_push - give TCP what waits, as much as it should have
 * @es: the socket
 * @flush: only IKE and what was begun, whatever TCP has already
 * @done: gets the messages that TCP has, for the caller to free with the socket
 *	unlocked
 *
 * Context: Socket lock held, or softirq with the socket not owned. Does not wait
 * for TCP.
 * Return: see &enum espintcp_feed_end.
 */
enum espintcp_feed_end espintcp_feed_push(struct espintcp_sock *es, bool flush,
					  struct sk_buff_head *done)
{
	enum espintcp_feed_end end = ESPINTCP_FEED_EMPTY;
	struct espintcp_tx *tx = &es->tx;
	struct feed_sums sums = {};
	u32 turn = 0;

	while (feed_waits(tx, flush)) {
		u32 room = U32_MAX;
		int ret = 0;

		if (!flush) {
			if (turn >= FEED_TURN) {
				end = ESPINTCP_FEED_MORE;
				break;
			}
			room = feed_room(es);
		}
		if (room) {
			bool more = feed_gather(tx, room, flush);

			ret = feed_send(es->sk, &tx->feed, tx->off, more);
		}
		if (ret <= 0) {
			end = ESPINTCP_FEED_FULL;
			break;
		}
		feed_took(es, ret, &sums, done);
		turn += ret;
	}
	feed_count_sums(tx, &sums);
	return end;
}

/**
 * espintcp_feed_drop - take all from the queues that TCP will not get
 * @es: the socket
 * @done: as for espintcp_feed_push()
 *
 * Context: as espintcp_feed_push(), or nobody else uses the socket.
 * Return: the number of messages.
 */
u32 espintcp_feed_drop(struct espintcp_sock *es, struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	u32 dropped = 0, released = 0;

	while (tx->msg || (tx->msg = feed_next(tx))) {
		dropped += 1 + espintcp_tx_cb(tx->msg)->more;
		released += feed_done(es, done);
	}
	if (released)
		espintcp_tx_release(es, released);
	return dropped;
}
