// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of a socket's ESP messages: that of the sequence numbers of each SA,
 * for the sake of replay windows.
 *
 * What two CPUs send at a time, or a CPU and its softirqs, is numbered before it
 * comes here. Who takes many numbers at once takes their places, too, and
 * encrypts then; what has later numbers is not sent before that. Who has one
 * number comes when it is encrypted, and goes in front of what has later ones.
 *
 * Lifetime: a buffer belongs to who encrypts it until espintcp_queue_settle(),
 * though it has a place; the queue, where it closes, just forgets it.
 */

#include "fair.h"
#include "queue.h"
#include "sock.h"
#include "tx.h"

/* Messages that others may have queued since one got its number */
#define QUEUE_LOOK_BACK	32

static bool queue_is_ready(const struct sk_buff *msg)
{
	const struct espintcp_tx_cb *cb = (const void *)msg->cb;

	return cb->state == ESPINTCP_TX_READY;
}

/* It is last but for a moment's work of others */
static void queue_insert(struct espintcp_sock *es, struct sk_buff *msg)
{
	struct espintcp_tx_cb *cb = espintcp_tx_cb(msg);
	struct sk_buff *pos, *behind = NULL;
	struct espintcp_tx *tx = &es->tx;
	int looked = 0;

	skb_queue_reverse_walk(&tx->esp, pos) {
		if (looked++ == QUEUE_LOOK_BACK)
			break;
		if (espintcp_tx_cb(pos)->sa != cb->sa)
			continue;
		if ((s32)(cb->seq - espintcp_tx_cb(pos)->seq) >= 0)
			break;
		behind = pos;
	}
	cb->stamp = jiffies;
	espintcp_fair_enter(es, msg);
	if (unlikely(behind))
		__skb_queue_before(&tx->esp, behind, msg);
	else
		__skb_queue_tail(&tx->esp, msg);
}

/**
 * espintcp_queue_place - take a place for messages that are not encrypted yet
 * @es: the socket
 * @msg: messages in a buffer, room for it reserved; stays the caller's to
 *	encrypt, and espintcp_tx_queue() follows, with @es still there
 *
 * Context: Process or softirq, under any lock but @es's own tx lock; under that
 * of the SA since its sequence numbers were taken.
 */
void espintcp_queue_place(struct espintcp_sock *es, struct sk_buff *msg)
{
	struct espintcp_tx_cb *cb = espintcp_tx_cb(msg);
	struct espintcp_tx *tx = &es->tx;

	spin_lock_bh(&tx->lock);
	if (tx->closed) {
		cb->state = ESPINTCP_TX_GONE;
	} else {
		cb->state = ESPINTCP_TX_PLACED;
		tx->placed++;
		queue_insert(es, msg);
	}
	spin_unlock_bh(&tx->lock);
}

/**
 * espintcp_queue_settle - let messages be sent, where they have a place or get it
 * @es: the socket
 * @msg: messages in a buffer, encrypted or marked as failed; the queue's from
 *	here on, if it is not dropped
 *
 * Context: Tx lock held.
 * Return: 0, or the counter of why @msg is dropped.
 */
int espintcp_queue_settle(struct espintcp_sock *es, struct sk_buff *msg)
{
	struct espintcp_tx_cb *cb = espintcp_tx_cb(msg);
	bool failed = READ_ONCE(cb->failed);
	struct espintcp_tx *tx = &es->tx;
	bool drop = tx->closed || failed;

	lockdep_assert_held(&tx->lock);

	if (cb->state == ESPINTCP_TX_PLACED) {
		tx->placed--;
		if (drop) {
			espintcp_fair_leave(es, msg);
			__skb_unlink(msg, &tx->esp);
		}
	} else if (!drop) {
		queue_insert(es, msg);
	}
	if (!drop) {
		cb->state = ESPINTCP_TX_READY;
		return 0;
	}
	return tx->closed ? ESPINTCP_A_COUNTER_TX_CLOSED :
			    ESPINTCP_A_COUNTER_TX_CRYPTO;
}

/**
 * espintcp_queue_front - what is to be sent next
 * @tx: the socket's sending part
 *
 * Context: Tx lock held.
 * Return: a buffer, or NULL where there is none, or the first is not encrypted.
 */
struct sk_buff *espintcp_queue_front(const struct espintcp_tx *tx)
{
	struct sk_buff *msg = skb_peek(&tx->esp);

	return msg && queue_is_ready(msg) ? msg : NULL;
}

/**
 * espintcp_queue_take - move what may be sent to &struct espintcp_tx.sending
 * @tx: the socket's sending part
 *
 * Context: Socket lock and tx lock held.
 */
void espintcp_queue_take(struct espintcp_tx *tx)
{
	struct sk_buff *msg;

	lockdep_assert_held(&tx->lock);

	if (likely(!tx->placed)) {
		skb_queue_splice_tail_init(&tx->esp, &tx->sending);
		return;
	}
	while ((msg = espintcp_queue_front(tx))) {
		__skb_unlink(msg, &tx->esp);
		__skb_queue_tail(&tx->sending, msg);
	}
}

/**
 * espintcp_queue_close - let nobody add anything more
 * @es: the socket
 *
 * What is not encrypted loses its place.
 *
 * Context: Tx lock held.
 */
void espintcp_queue_close(struct espintcp_sock *es)
{
	struct espintcp_tx *tx = &es->tx;
	struct sk_buff *msg, *next;

	lockdep_assert_held(&tx->lock);

	tx->closed = true;
	skb_queue_walk_safe(&tx->esp, msg, next) {
		if (queue_is_ready(msg))
			continue;
		__skb_unlink(msg, &tx->esp);
		espintcp_fair_leave(es, msg);
		espintcp_tx_cb(msg)->state = ESPINTCP_TX_GONE;
	}
	tx->placed = 0;
}
