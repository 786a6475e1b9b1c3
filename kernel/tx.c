// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the queues of messages into TCP.
 *
 * ESP is queued in any context and fed to TCP by a work, or in softirqs where it
 * comes in bulk; IKE is queued and fed by send(), ahead of ESP. A message that
 * TCP took in part is finished before anything else. Calls into TCP never wait:
 * who may sleep is decided by who calls, in ike.c, before a message is accepted.
 */

#include <linux/module.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "event.h"
#include "feed.h"
#include "netns.h"
#include "queue.h"
#include "table.h"
#include "trace.h"
#include "tx.h"
#include "wq.h"

/* A message of any size fits while the queue is less than half full */
#define TX_IKE_LIMIT	(2 * ESPINTCP_MAX_MSG)
/* Where TCP is out of memory with nothing in flight, no ACK calls us back */
#define TX_RETRY	(HZ / 50)

/*
 * What TCP sends by one segment, more or less, is sent while it is in the cache;
 * less waits until its sender pauses
 */
#define TX_BULK		(32 * 1024)

static int tx_poll(struct espintcp_poll *p, bool *more);
static void tx_work(struct work_struct *work);
static void tx_bulk(struct work_struct *work);

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
	tx->poll.read = tx_poll;
	INIT_DELAYED_WORK(&tx->work, tx_work);
	INIT_WORK(&tx->bulk, tx_bulk);
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

	if (now == bytes) {
		WRITE_ONCE(es->tx.since, jiffies);
		WRITE_ONCE(es->tx.delay, 0);
	}
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
 * Those that were not sent are counted by us: for the kernel's own monitor of
 * drops none is one.
 *
 * Context: Process or softirq. No lock of a socket is held: the destructor of
 * the charge is foreign code.
 */
void espintcp_tx_free(struct sk_buff *msg)
{
	consume_skb(espintcp_tx_cb(msg)->charge);
	consume_skb(msg);
}

static void tx_free_list(struct sk_buff_head *list)
{
	struct sk_buff *msg;

	while ((msg = __skb_dequeue(list)))
		espintcp_tx_free(msg);
}

static bool tx_has_bulk(const struct espintcp_tx *tx)
{
	return atomic_read(&tx->bytes) >= TX_BULK;
}

/* A timer needs a CPU that stays, and no particular one */
static void tx_kick_work(struct espintcp_sock *es, unsigned long delay)
{
	queue_delayed_work_on(delay ? WORK_CPU_UNBOUND : espintcp_sock_cpu(es),
			      espintcp_wq, &es->tx.work, delay);
}

/* What two CPUs send at a time may overtake each other: see sock.h */
static void tx_kick_bulk(struct espintcp_sock *es)
{
	int cpu = espintcp_sock_cpu(es);

	if (cpu == WORK_CPU_UNBOUND || cpu == smp_processor_id())
		espintcp_poll_kick(&es->tx.poll);
	else
		queue_work_on(cpu, espintcp_wq_high, &es->tx.bulk);
}

/* Under the lock: after @closed is set, nobody is called any more */
static void tx_kick(struct espintcp_sock *es, unsigned long delay)
{
	lockdep_assert_held(&es->tx.lock);

	if (es->tx.closed)
		return;
	if (!delay && tx_has_bulk(&es->tx))
		tx_kick_bulk(es);
	else
		tx_kick_work(es, delay);
}

/**
 * espintcp_tx_queue - send ESP messages
 * @es: the socket
 * @msg: a message with its length field, or several in one buffer, room for it
 *	reserved, encrypted or marked as failed; consumed
 * @async: the last was encrypted by an asynchronous request
 *
 * No message is forgotten. Who adds to the front of the queue, or makes its front
 * ready, does so first and kicks the work then: the work, which is no longer
 * pending when it begins, sees it either in this run or in another one. Others
 * need no kick, for the work ends with nothing ready at the front, or with
 * @blocked set, and then sk_write_space() or a timer kicks; see tx_push(). They
 * give one for speed alone, see wq.c. All of this is about the order of adding
 * and kicking: the work looks for messages without the lock.
 *
 * Context: Process or softirq, under any lock but @es's own tx lock.
 */
void espintcp_tx_queue(struct espintcp_sock *es, struct sk_buff *msg,
		       bool async)
{
	struct espintcp_tx_cb *cb = espintcp_tx_cb(msg);
	struct espintcp_tx *tx = &es->tx;
	const struct sk_buff *front;
	int dropped;

	trace_espintcp_queue(es, msg->len, atomic_read(&tx->bytes));
	spin_lock_bh(&tx->lock);
	if (async)
		espintcp_counters_add(&tx->counters,
				      ESPINTCP_A_COUNTER_TX_ASYNC, 1 + cb->more);
	dropped = espintcp_queue_settle(es, msg);
	if (unlikely(dropped))
		espintcp_counters_add(&tx->counters, dropped, 1 + cb->more);
	front = espintcp_queue_front(tx);
	if (front && (front == msg || dropped ||
		      (tx_has_bulk(tx) && !READ_ONCE(tx->blocked))))
		tx_kick(es, 0);
	spin_unlock_bh(&tx->lock);

	if (unlikely(dropped)) {
		if (dropped != ESPINTCP_A_COUNTER_TX_CLOSED)
			espintcp_event_count(es, dropped, 1 + cb->more);
		/* The charge goes with the messages, whatever came of them */
		espintcp_tx_release(es, cb->reserved);
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

/*
 * Nothing can be sent any more: drop what waits, and let output see it. What
 * was dropped is left on @done.
 */
static void tx_close(struct espintcp_sock *es, struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	u32 dropped;

	espintcp_table_remove(es);

	spin_lock_bh(&tx->lock);
	espintcp_queue_close(es);
	spin_unlock_bh(&tx->lock);

	dropped = espintcp_feed_drop(es, done);
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
		tx_kick(es, TX_RETRY);
		spin_unlock_bh(&tx->lock);
		return;
	}
	tx->drain = false;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	es->proto->shutdown(sk, SEND_SHUTDOWN);
	sk->sk_state_change(sk);
}

/*
 * Feed TCP until it is full, nothing is left, or it is the reader's turn; returns
 * true in the last case. Sent messages are left on @done, for the caller to free
 * when it has dropped the socket lock.
 *
 * Where something is left, the socket stays locked until @blocked and the bit
 * that makes TCP call sk_write_space() are set, so that no ACK is missed.
 * ACKs come as long as TCP has anything: it is in flight, or TCP's own timer
 * sends it. Where it has nothing, our timer tries again.
 */
static bool tx_push(struct espintcp_sock *es, struct sk_buff_head *done)
{
	struct espintcp_tx *tx = &es->tx;
	struct sock *sk = es->sk;
	enum espintcp_feed_end end;

	if (!tx_sendable(sk)) {
		tx_close(es, done);
		return false;
	}

	end = espintcp_feed_push(es, false, done);
	WRITE_ONCE(tx->blocked, end == ESPINTCP_FEED_FULL);
	if (tx->blocked) {
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		if (tcp_rtx_and_write_queues_empty(sk)) {
			spin_lock_bh(&tx->lock);
			tx_kick(es, TX_RETRY);
			spin_unlock_bh(&tx->lock);
		}
	} else if (unlikely(tx->drain) && end == ESPINTCP_FEED_EMPTY) {
		tx_fin(es);
	}

	/* Pairs with espintcp_tx_ike_poll() */
	smp_mb();
	if (READ_ONCE(tx->ike_nospace) && tx_ike_writable(es)) {
		WRITE_ONCE(tx->ike_nospace, false);
		wake_up_interruptible_poll(sk_sleep(sk),
					   EPOLLOUT | EPOLLWRNORM);
	}
	return end == ESPINTCP_FEED_MORE;
}

static void tx_run(struct espintcp_sock *es)
{
	struct sk_buff_head done;
	bool more;

	__skb_queue_head_init(&done);
	do {
		lock_sock(es->sk);
		more = tx_push(es, &done);
		release_sock(es->sk);
		tx_free_list(&done);
	} while (more);
}

static void tx_work(struct work_struct *work)
{
	tx_run(container_of(to_delayed_work(work), struct espintcp_sock,
			    tx.work));
}

static void tx_bulk(struct work_struct *work)
{
	tx_run(container_of(work, struct espintcp_sock, tx.bulk));
}

static int tx_poll(struct espintcp_poll *p, bool *more)
{
	struct espintcp_sock *es = container_of(p, struct espintcp_sock,
						tx.poll);
	struct sk_buff_head done;
	int n;

	__skb_queue_head_init(&done);
	bh_lock_sock(es->sk);
	if (!READ_ONCE(es->tx.closed)) {
		if (sock_owned_by_user_nocheck(es->sk))
			p->deferred = true;
		else
			*more = tx_push(es, &done);
	}
	bh_unlock_sock(es->sk);

	n = skb_queue_len(&done);
	tx_free_list(&done);
	return n;
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
	espintcp_feed_ike_bytes(es, msg->len);
	__skb_queue_tail(&tx->ike, msg);
	while (tx_push(es, done))
		;
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

	/* Not at every ACK, but once half of what TCP should have is sent */
	if (!tx->blocked || !__sk_stream_is_writeable(es->sk, 1))
		return;

	spin_lock_bh(&tx->lock);
	tx_kick(es, 0);
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
	tx_kick(es, 0);
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
	tx_kick(es, 0);
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
	struct sock *sk = es->sk;
	struct tcp_sock *tp = tcp_sk(sk);
	u32 lowat = tp->notsent_lowat;
	int sndbuf = sk->sk_sndbuf;

	sock_owned_by_me(sk);
	if (!tx_sendable(sk))
		return;

	WRITE_ONCE(sk->sk_sndbuf, INT_MAX);
	WRITE_ONCE(tp->notsent_lowat, U32_MAX);
	espintcp_feed_push(es, true, done);
	WRITE_ONCE(sk->sk_sndbuf, sndbuf);
	WRITE_ONCE(tp->notsent_lowat, lowat);
}

/**
 * espintcp_tx_stop - accept nothing more and let those who send end
 * @es: the socket, no longer in the table
 *
 * Context: Process context, socket not locked. May sleep.
 */
void espintcp_tx_stop(struct espintcp_sock *es)
{
	spin_lock_bh(&es->tx.lock);
	es->tx.closed = true;
	spin_unlock_bh(&es->tx.lock);

	/* Who has the socket next sees @closed: this is the last one deferred */
	lock_sock(es->sk);
	es->tx.poll.deferred = false;
	release_sock(es->sk);
	espintcp_poll_stop(&es->tx.poll);
	cancel_delayed_work_sync(&es->tx.work);
	cancel_work_sync(&es->tx.bulk);
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
