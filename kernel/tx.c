// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the queues of messages into TCP.
 *
 * ESP is queued in any context and fed to TCP by one work alone; IKE is queued
 * and fed by send(), ahead of ESP. A message that TCP took in part is finished
 * before anything else. Calls into TCP never wait: who may sleep is decided by
 * who calls, in ike.c, before a message is accepted.
 */

#include <linux/bvec.h>
#include <linux/module.h>
#include <linux/uio.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "event.h"
#include "netns.h"
#include "table.h"
#include "trace.h"
#include "tx.h"

/* A message of any size fits while the queue is less than half full */
#define TX_IKE_LIMIT	(2 * ESPINTCP_MAX_MSG)
/* Where TCP is out of memory with nothing in flight, no ACK calls us back */
#define TX_RETRY	(HZ / 50)

static void tx_work(struct work_struct *work);

/**
 * espintcp_tx_init - prepare sending
 * @es: the socket
 *
 * Context: Any.
 */
void espintcp_tx_init(struct espintcp_sock *es)
{
	struct espintcp_tx *tx = &es->tx;

	spin_lock_init(&tx->lock);
	__skb_queue_head_init(&tx->esp);
	__skb_queue_head_init(&tx->sending);
	__skb_queue_head_init(&tx->ike);
	atomic_set(&tx->bytes, 0);
	INIT_DELAYED_WORK(&tx->work, tx_work);
	tx->stamp = jiffies;
	espintcp_counters_init(&tx->counters);
}

/**
 * espintcp_tx_count - count one event of the sending side
 * @es: the socket
 * @which: the counter
 *
 * Context: Process or softirq.
 */
void espintcp_tx_count(struct espintcp_sock *es, enum espintcp_counter which)
{
	spin_lock_bh(&es->tx.lock);
	espintcp_counters_add(&es->tx.counters, which, 1);
	spin_unlock_bh(&es->tx.lock);
	espintcp_event_count(es, which, 1);
}

/**
 * espintcp_tx_reserve - ask for room in the queue
 * @es: the socket
 * @bytes: length of the message to come
 *
 * Context: Any.
 * Return: 0, or the counter of the bound that is reached.
 */
int espintcp_tx_reserve(struct espintcp_sock *es, u32 bytes)
{
	struct espintcp_net *en = es->en;
	u32 now = atomic_add_return(bytes, &es->tx.bytes);
	int full = ESPINTCP_A_COUNTER_TX_QUEUE_FULL;

	if (now <= READ_ONCE(en->limits.tx_queue)) {
		full = ESPINTCP_A_COUNTER_TX_MEMORY_FULL;
		if (espintcp_mem_charge(&en->mem, bytes)) {
			/* May be missed by a moment: it is for people */
			if (now > READ_ONCE(es->tx.peak))
				WRITE_ONCE(es->tx.peak, now);
			espintcp_event_queued(es, now);
			return 0;
		}
	}
	atomic_sub(bytes, &es->tx.bytes);
	return full;
}

/**
 * espintcp_tx_release - give back room in the queue
 * @es: the socket
 * @bytes: as reserved
 *
 * Context: Any.
 */
void espintcp_tx_release(struct espintcp_sock *es, u32 bytes)
{
	espintcp_event_released(es, atomic_sub_return(bytes, &es->tx.bytes));
	espintcp_mem_uncharge(&es->en->mem, bytes);
}

/**
 * espintcp_tx_free - free a message and the charge it carries
 * @msg: the message; consumed
 *
 * Context: Process or softirq. No lock of a socket is held: the destructor of
 * the charge is foreign code.
 */
void espintcp_tx_free(struct sk_buff *msg)
{
	kfree_skb(espintcp_tx_cb(msg)->charge);
	kfree_skb(msg);
}

static void tx_free_list(struct sk_buff_head *list)
{
	struct sk_buff *msg;

	while ((msg = __skb_dequeue(list)))
		espintcp_tx_free(msg);
}

/* @tx->lock is held: after @closed is set, nothing schedules the work */
static void tx_kick(struct espintcp_tx *tx, unsigned long delay)
{
	lockdep_assert_held(&tx->lock);

	if (!tx->closed)
		queue_delayed_work(espintcp_wq, &tx->work, delay);
}

/**
 * espintcp_tx_queue - send an ESP message
 * @es: the socket
 * @msg: the message with its length field, room for it reserved; consumed
 * @async: it was encrypted by an asynchronous request
 *
 * Context: Process or softirq, under any lock but @es's own tx lock.
 */
void espintcp_tx_queue(struct espintcp_sock *es, struct sk_buff *msg,
		       bool async)
{
	struct espintcp_tx *tx = &es->tx;
	bool closed;

	trace_espintcp_queue(es, msg->len, atomic_read(&tx->bytes));
	spin_lock_bh(&tx->lock);
	closed = tx->closed;
	if (async)
		espintcp_counters_add(&tx->counters,
				      ESPINTCP_A_COUNTER_TX_ASYNC, 1);
	if (closed) {
		espintcp_counters_add(&tx->counters,
				      ESPINTCP_A_COUNTER_TX_CLOSED, 1);
	} else {
		__skb_queue_tail(&tx->esp, msg);
		tx_kick(tx, 0);
	}
	spin_unlock_bh(&tx->lock);

	if (closed) {
		espintcp_tx_release(es, espintcp_tx_cb(msg)->reserved);
		espintcp_tx_free(msg);
	}
}

/*
 * TCP answers EPIPE elsewhere. sk_err says nothing: on a connection that lives
 * it is an ICMP error, for the owner who asked for those (IP_RECVERR).
 */
static bool tx_sendable(const struct sock *sk)
{
	return !(sk->sk_shutdown & SEND_SHUTDOWN) &&
	       (1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
}

/* Returns the bytes that TCP took, -EAGAIN where it is full, or an error */
static int tx_send(struct sock *sk, struct sk_buff *msg, u32 off, bool more)
{
	struct msghdr mh = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct bio_vec bv[MAX_SKB_FRAGS + 1];
	int i, ret, err = READ_ONCE(sk->sk_err);
	unsigned int n = 0;

	bv[n].bv_page = virt_to_page(msg->data);
	bv[n].bv_offset = offset_in_page(msg->data);
	bv[n++].bv_len = skb_headlen(msg);

	for (i = 0; i < skb_shinfo(msg)->nr_frags; i++, n++) {
		const skb_frag_t *frag = &skb_shinfo(msg)->frags[i];

		bv[n].bv_page = skb_frag_page(frag);
		bv[n].bv_offset = skb_frag_off(frag);
		bv[n].bv_len = skb_frag_size(frag);
	}

	if (more)
		mh.msg_flags |= MSG_MORE;
	iov_iter_bvec(&mh.msg_iter, ITER_SOURCE, bv, n, msg->len);
	iov_iter_advance(&mh.msg_iter, off);

	/* TCP would take the owner's error, and send nothing */
	if (unlikely(err))
		WRITE_ONCE(sk->sk_err, 0);
	ret = tcp_sendmsg_locked(sk, &mh, msg->len - off);
	if (unlikely(err))
		WRITE_ONCE(sk->sk_err, err);
	return ret;
}

static struct sk_buff *tx_next(struct espintcp_tx *tx)
{
	struct sk_buff *msg = __skb_dequeue(&tx->ike);

	if (msg)
		return msg;

	if (skb_queue_empty(&tx->sending)) {
		spin_lock_bh(&tx->lock);
		skb_queue_splice_tail_init(&tx->esp, &tx->sending);
		spin_unlock_bh(&tx->lock);
	}
	return __skb_dequeue(&tx->sending);
}

static bool tx_backlog(const struct espintcp_tx *tx)
{
	return !skb_queue_empty(&tx->ike) || !skb_queue_empty(&tx->sending) ||
	       !skb_queue_empty_lockless(&tx->esp);
}

/* IKE is charged, but not refused: its own bound is small */
static void tx_ike_bytes(struct espintcp_sock *es, int bytes)
{
	WRITE_ONCE(es->tx.ike_bytes, es->tx.ike_bytes + bytes);
	espintcp_mem_force(&es->en->mem, bytes);
}

/* TCP has all of @tx->msg, or never will */
static void tx_done(struct espintcp_sock *es, struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	u32 reserved = espintcp_tx_cb(tx->msg)->reserved;

	if (reserved)
		espintcp_tx_release(es, reserved);
	else
		tx_ike_bytes(es, -tx->msg->len);

	__skb_queue_tail(done, tx->msg);
	tx->msg = NULL;
	tx->off = 0;
}

struct tx_sums {
	u32	esp, esp_bytes, ike, ike_bytes;
};

static void tx_sum(struct espintcp_sock *es, struct tx_sums *sums,
		   struct sk_buff *msg)
{
	bool esp = espintcp_tx_cb(msg)->reserved;

	trace_espintcp_tx(es, esp ? ESPINTCP_FRAME_ESP : ESPINTCP_FRAME_IKE,
			  msg->len - ESPINTCP_LEN_SIZE);
	if (esp) {
		sums->esp++;
		sums->esp_bytes += msg->len;
	} else {
		sums->ike++;
		sums->ike_bytes += msg->len;
	}
}

static void tx_count_sums(struct espintcp_tx *tx, const struct tx_sums *sums)
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

/*
 * Nothing can be sent any more: drop what waits, and let output see it. What
 * was dropped is left on @done.
 */
static void tx_close(struct espintcp_sock *es, struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	u32 dropped = 0;

	espintcp_table_remove(es);

	spin_lock_bh(&tx->lock);
	tx->closed = true;
	skb_queue_splice_tail_init(&tx->esp, &tx->sending);
	spin_unlock_bh(&tx->lock);

	while (tx->msg || (tx->msg = tx_next(tx))) {
		tx_done(es, done);
		dropped++;
	}

	spin_lock_bh(&tx->lock);
	espintcp_counters_add(&tx->counters, ESPINTCP_A_COUNTER_TX_CLOSED,
			      dropped);
	spin_unlock_bh(&tx->lock);
}

/**
 * espintcp_tx_ike_room - tell whether send() may accept a message
 * @es: the socket
 * @len: its length; any length fits an empty queue
 *
 * Context: Any; the answer is stable only under the socket lock.
 */
bool espintcp_tx_ike_room(const struct espintcp_sock *es, u32 len)
{
	u32 bytes = READ_ONCE(es->tx.ike_bytes);

	return !bytes || bytes + len <= TX_IKE_LIMIT;
}

/* Room for whatever comes: else poll() would say yes and send() no */
static bool tx_ike_writable(const struct espintcp_sock *es)
{
	return espintcp_tx_ike_room(es, ESPINTCP_MAX_MSG);
}

/* A FIN behind the last message, once nothing is being encrypted either */
static void tx_fin(struct espintcp_sock *es)
{
	struct espintcp_tx *tx = &es->tx;
	struct sock *sk = es->sk;

	if (atomic_read(&tx->bytes)) {
		spin_lock_bh(&tx->lock);
		tx_kick(tx, TX_RETRY);
		spin_unlock_bh(&tx->lock);
		return;
	}
	tx->drain = false;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	es->proto->shutdown(sk, SEND_SHUTDOWN);
	sk->sk_state_change(sk);
}

/*
 * Feed TCP until it is full or nothing is left. Sent messages are left on
 * @done, for the caller to free when it has dropped the socket lock.
 */
static void tx_push(struct espintcp_sock *es, struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	struct sock *sk = es->sk;
	struct tx_sums sums = {};
	int ret;

	if (!tx_sendable(sk)) {
		tx_close(es, done);
		return;
	}

	tx->blocked = false;
	while (tx->msg || (tx->msg = tx_next(tx))) {
		ret = tx_send(sk, tx->msg, tx->off, tx_backlog(tx));
		if (ret <= 0) {
			tx->blocked = true;
			break;
		}
		tx->off += ret;
		if (tx->off < tx->msg->len)
			continue;
		tx_sum(es, &sums, tx->msg);
		tx_done(es, done);
	}
	tx_count_sums(tx, &sums);
	if (unlikely(tx->drain) && !tx->blocked)
		tx_fin(es);

	if (tx->blocked && tcp_rtx_and_write_queues_empty(sk)) {
		spin_lock_bh(&tx->lock);
		tx_kick(tx, TX_RETRY);
		spin_unlock_bh(&tx->lock);
	}

	/* Pairs with espintcp_tx_ike_poll() */
	smp_mb();
	if (READ_ONCE(tx->ike_nospace) && tx_ike_writable(es)) {
		WRITE_ONCE(tx->ike_nospace, false);
		wake_up_interruptible_poll(sk_sleep(sk),
					   EPOLLOUT | EPOLLWRNORM);
	}
}

static void tx_work(struct work_struct *work)
{
	struct espintcp_sock *es = container_of(to_delayed_work(work),
						struct espintcp_sock, tx.work);
	struct sk_buff_head done;

	__skb_queue_head_init(&done);
	lock_sock(es->sk);
	tx_push(es, &done);
	release_sock(es->sk);
	tx_free_list(&done);
}

/**
 * espintcp_tx_ike_poll - tell whether there is room for any message
 * @es: the socket
 *
 * Where there is not, the socket's wait queue is woken when there is.
 *
 * Context: Process context, the caller waits on the socket's wait queue.
 */
bool espintcp_tx_ike_poll(struct espintcp_sock *es)
{
	if (tx_ike_writable(es))
		return true;

	WRITE_ONCE(es->tx.ike_nospace, true);
	/* Room made before the flag was seen wakes nobody: look again */
	smp_mb();
	return tx_ike_writable(es);
}

/**
 * espintcp_tx_ike - send an IKE message that there is room for
 * @es: the socket
 * @msg: the message with its length field; consumed
 * @done: gets what is to be freed with the socket unlocked
 *
 * Context: Process context, socket lock held. Does not wait for TCP.
 */
void espintcp_tx_ike(struct espintcp_sock *es, struct sk_buff *msg,
		     struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;

	sock_owned_by_me(es->sk);
	memset(espintcp_tx_cb(msg), 0, sizeof(struct espintcp_tx_cb));
	tx_ike_bytes(es, msg->len);
	__skb_queue_tail(&tx->ike, msg);
	tx_push(es, done);
}

/**
 * espintcp_tx_write_space - TCP has room again
 * @es: the socket
 *
 * Context: Socket lock held, or softirq with the socket not owned.
 */
void espintcp_tx_write_space(struct espintcp_sock *es)
{
	struct espintcp_tx *tx = &es->tx;

	/* Not at every ACK: what fits then is hardly worth the work */
	if (!tx->blocked || !sk_stream_is_writeable(es->sk))
		return;

	spin_lock_bh(&tx->lock);
	tx_kick(tx, 0);
	spin_unlock_bh(&tx->lock);
}

/**
 * espintcp_tx_state - the connection changed its state
 * @es: the socket
 *
 * Context: as espintcp_tx_write_space().
 */
void espintcp_tx_state(struct espintcp_sock *es)
{
	if (tx_sendable(es->sk))
		return;

	/* The work drops what waits; SAs stop to find the socket right now */
	espintcp_table_remove(es);
	spin_lock_bh(&es->tx.lock);
	tx_kick(&es->tx, 0);
	spin_unlock_bh(&es->tx.lock);
}

/**
 * espintcp_tx_drain - send what waits, then a FIN
 * @es: the socket
 *
 * SAs find the socket no more; what they queued before still goes out.
 *
 * Context: Process context, socket lock held.
 */
void espintcp_tx_drain(struct espintcp_sock *es)
{
	struct espintcp_tx *tx = &es->tx;

	sock_owned_by_me(es->sk);
	espintcp_table_remove(es);
	tx->drain = true;
	spin_lock_bh(&tx->lock);
	tx_kick(tx, 0);
	spin_unlock_bh(&tx->lock);
}

/**
 * espintcp_tx_flush - put all that was begun or accepted into TCP
 * @es: the socket
 * @done: gets what is to be freed with the socket unlocked
 *
 * For close() and shutdown(): the rest of a message that TCP has in part, and
 * IKE messages that send() answered for, go into TCP over the limit of the send
 * buffer (by TX_IKE_LIMIT and one message at most). ESP is not waited for.
 *
 * Context: Process context, socket lock held. Does not wait for TCP.
 */
void espintcp_tx_flush(struct espintcp_sock *es, struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	struct sock *sk = es->sk;
	struct tx_sums sums = {};
	int sndbuf = sk->sk_sndbuf;
	int ret;

	sock_owned_by_me(sk);
	if (!tx_sendable(sk))
		return;

	WRITE_ONCE(sk->sk_sndbuf, INT_MAX);
	while (tx->msg || (tx->msg = __skb_dequeue(&tx->ike))) {
		ret = tx_send(sk, tx->msg, tx->off, !skb_queue_empty(&tx->ike));
		if (ret <= 0)
			break;
		tx->off += ret;
		if (tx->off < tx->msg->len)
			continue;
		tx_sum(es, &sums, tx->msg);
		tx_done(es, done);
	}
	WRITE_ONCE(sk->sk_sndbuf, sndbuf);
	tx_count_sums(tx, &sums);
}

/**
 * espintcp_tx_stop - accept nothing more and let the work end
 * @es: the socket, no longer in the table
 *
 * Context: Process context, socket not locked. May sleep.
 */
void espintcp_tx_stop(struct espintcp_sock *es)
{
	spin_lock_bh(&es->tx.lock);
	es->tx.closed = true;
	spin_unlock_bh(&es->tx.lock);
	cancel_delayed_work_sync(&es->tx.work);
}

/**
 * espintcp_tx_purge - drop what was not sent
 * @es: the socket, after espintcp_tx_stop()
 *
 * Context: Process context, nobody else uses the socket, socket not locked.
 */
void espintcp_tx_purge(struct espintcp_sock *es)
{
	struct sk_buff_head done;

	__skb_queue_head_init(&done);
	tx_close(es, &done);
	tx_free_list(&done);
}
