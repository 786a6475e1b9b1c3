// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the owner of the socket sees: send(), recv() and poll(), one IKE message
 * with its non-ESP marker a call, as on a datagram socket.
 */

#include <linux/sched/signal.h>
#include <linux/sockios.h>
#include <linux/uaccess.h>
#include <asm/ioctls.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "compat/proto.h"
#include "compat/skbuff.h"
#include "ike.h"
#include "netns.h"
#include "rx.h"
#include "tx.h"

/**
 * espintcp_ike_init - prepare the queue of received IKE messages
 * @es: the socket
 *
 * Context: Any.
 */
void espintcp_ike_init(struct espintcp_sock *es)
{
	skb_queue_head_init(&es->ike.queue);
}

/**
 * espintcp_ike_receive - hand an IKE message to the socket's owner
 * @es: the socket
 * @skb: the message, marker first; consumed
 *
 * The message is charged to the queue, not to the socket's receive buffer: an
 * owner that does not read must not close TCP's window for ESP.
 *
 * Context: Socket lock held, or softirq with the socket not owned.
 * Return: 0, or the counter of the bound that the message was dropped at.
 */
int espintcp_ike_receive(struct espintcp_sock *es, struct sk_buff *skb)
{
	struct espintcp_ike *ike = &es->ike;
	int full = 0;

	/* Only the caller's lock lets the queue grow */
	if (READ_ONCE(ike->bytes) + skb->truesize >
	    READ_ONCE(es->en->limits.ike_queue))
		full = ESPINTCP_A_COUNTER_RX_IKE_FULL;
	else if (!espintcp_mem_charge(&es->en->mem, skb->truesize))
		full = ESPINTCP_A_COUNTER_RX_MEMORY_FULL;
	if (full) {
		kfree_skb(skb);
		return full;
	}

	spin_lock_bh(&ike->queue.lock);
	WRITE_ONCE(ike->bytes, ike->bytes + skb->truesize);
	__skb_queue_tail(&ike->queue, skb);
	spin_unlock_bh(&ike->queue.lock);
	es->data_ready(es->sk);
	return 0;
}

/**
 * espintcp_ike_purge - drop what was not read
 * @es: the socket
 *
 * Context: Process context, nobody else uses the socket.
 */
void espintcp_ike_purge(struct espintcp_sock *es)
{
	skb_queue_purge(&es->ike.queue);
	espintcp_mem_uncharge(&es->en->mem, es->ike.bytes);
	es->ike.bytes = 0;
}

/* The length field and the message, linear where it is small */
static struct sk_buff *ike_copy_from_user(struct msghdr *msg, size_t size)
{
	size_t linear = min_t(size_t, size, SKB_MAX_ORDER(ESPINTCP_LEN_SIZE, 0));
	struct sk_buff *skb;
	int err;

	skb = alloc_skb_with_frags(ESPINTCP_LEN_SIZE + linear, size - linear,
				   PAGE_ALLOC_COSTLY_ORDER, &err, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(err);

	put_unaligned_be16(ESPINTCP_LEN_SIZE + size,
			   skb_put(skb, ESPINTCP_LEN_SIZE));
	skb_put(skb, linear);
	skb->data_len = size - linear;
	skb->len += size - linear;

	err = skb_copy_datagram_from_iter(skb, ESPINTCP_LEN_SIZE,
					  &msg->msg_iter, size);
	if (err) {
		kfree_skb(skb);
		return ERR_PTR(err);
	}
	return skb;
}

/* Socket lock held, dropped while waiting */
static int ike_wait_room(struct espintcp_sock *es, u32 len, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct sock *sk = es->sk;
	int err = 0;

	add_wait_queue(sk_sleep(sk), &wait);
	for (;;) {
		if (sk->sk_err || sk->sk_shutdown & SEND_SHUTDOWN) {
			err = -EPIPE;
			break;
		}
		if (espintcp_tx_ike_room(es, len))
			break;
		WRITE_ONCE(es->tx.ike_nospace, true);
		if (!*timeo) {
			err = -EAGAIN;
			break;
		}
		if (signal_pending(current)) {
			err = sock_intr_errno(*timeo);
			break;
		}
		release_sock(sk);
		*timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, *timeo);
		lock_sock(sk);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}

/**
 * espintcp_ike_sendmsg - sendmsg() of the protocol
 * @sk: the socket
 * @msg: one IKE message with its marker, or a keepalive; MSG_DONTWAIT and
 *	MSG_NOSIGNAL are the only flags
 * @size: its length
 *
 * A message that is accepted goes out, also where close() follows.
 *
 * Context: Process context. May sleep.
 * Return: @size, or a negative error: -EMSGSIZE over ESPINTCP_MAX_BODY bytes,
 * -EINVAL for an empty message (RFC 9329 has none), -EAGAIN, -EPIPE, ...
 */
int espintcp_ike_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	struct espintcp_sock *es = espintcp_sock_get(sk);
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	struct sk_buff_head done;
	struct sk_buff *skb;
	int err;

	/* MSG_BATCH is sendmmsg()'s own */
	if (msg->msg_flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL | MSG_BATCH))
		return -EOPNOTSUPP;
	if (msg->msg_controllen)
		return -EOPNOTSUPP;
	if (size > ESPINTCP_MAX_BODY)
		return -EMSGSIZE;
	if (!size)
		return -EINVAL;

	/* Copied before the lock: a page fault holds up nobody's ESP */
	skb = ike_copy_from_user(msg, size);
	if (IS_ERR(skb))
		return PTR_ERR(skb);

	__skb_queue_head_init(&done);
	lock_sock(sk);
	err = ike_wait_room(es, skb->len, &timeo);
	if (err)
		err = sk_stream_error(sk, msg->msg_flags, err);
	else
		espintcp_tx_ike(es, skb, &done);
	release_sock(sk);

	if (err)
		kfree_skb(skb);
	while ((skb = __skb_dequeue(&done)))
		espintcp_tx_free(skb);
	return err ?: size;
}

static struct sk_buff *ike_dequeue(struct espintcp_sock *es, int flags)
{
	struct espintcp_ike *ike = &es->ike;
	struct sk_buff *skb;

	spin_lock_bh(&ike->queue.lock);
	skb = skb_peek(&ike->queue);
	if (skb && flags & MSG_PEEK) {
		skb_get(skb);
	} else if (skb) {
		__skb_unlink(skb, &ike->queue);
		WRITE_ONCE(ike->bytes, ike->bytes - skb->truesize);
		espintcp_mem_uncharge(&es->en->mem, skb->truesize);
	}
	spin_unlock_bh(&ike->queue.lock);
	return skb;
}

/*
 * The ICMP error that IP_RECVERR asks for: the connection goes on. The error
 * that ended it has to wait for what TCP still holds.
 */
static int ike_icmp_error(struct sock *sk)
{
	int err = 0;

	if (likely(!READ_ONCE(sk->sk_err)))
		return 0;

	lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE)
		err = sock_error(sk);
	release_sock(sk);
	return err;
}

/*
 * poll() tells the end of TCP at once: who asks then is not sent away to ask
 * again, over and over, until the reader has been there.
 */
static void ike_catch_up(struct espintcp_sock *es)
{
	struct sock *sk = es->sk;

	if (likely(!(READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) &&
		   inet_sk_state_load(sk) != TCP_CLOSE))
		return;
	if (READ_ONCE(es->rx.done))
		return;

	/* With the lock free, the change of state has called the reader */
	lock_sock(sk);
	release_sock(sk);
	espintcp_rx_catch_up(es);
}

/* What was received is handed out before the end of the stream is told */
static struct sk_buff *ike_wait_message(struct espintcp_sock *es, int flags,
					int *err)
{
	long timeo = sock_rcvtimeo(es->sk, flags & MSG_DONTWAIT);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct sock *sk = es->sk;
	struct sk_buff *skb;
	bool end;

	*err = 0;
	add_wait_queue(sk_sleep(sk), &wait);
	for (;;) {
		ike_catch_up(es);
		/* Pairs with the release in rx.c: the queue is read after it */
		end = smp_load_acquire(&es->rx.done);
		skb = ike_dequeue(es, flags);
		if (skb)
			break;
		if (end) {
			*err = sock_error(sk);
			break;
		}
		*err = ike_icmp_error(sk);
		if (*err)
			break;
		if (!timeo) {
			*err = -EAGAIN;
			break;
		}
		if (signal_pending(current)) {
			*err = sock_intr_errno(timeo);
			break;
		}
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return skb;
}

/**
 * espintcp_ike_recvmsg - recvmsg() of the protocol
 * @sk: the socket
 * @msg: gets one IKE message with its marker; MSG_TRUNC is set where it did
 *	not fit
 * @len: room in @msg
 * @flags: MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC (return the true length),
 *	MSG_ERRQUEUE
 * @addr_len: left alone, the peer is getpeername()'s
 *
 * Context: Process context. May sleep.
 * Return: bytes of the message, 0 at the end of the stream, or a negative
 * error; the error that ended the connection is told once.
 */
int espintcp_ike_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
			 int flags, int *addr_len)
{
	struct espintcp_sock *es = espintcp_sock_get(sk);
	struct sk_buff *skb;
	int copied, err;

	if (flags & MSG_ERRQUEUE)
		return espintcp_compat_recvmsg(es->proto, sk, msg, len, flags,
					       addr_len);
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;

	skb = ike_wait_message(es, flags, &err);
	if (!skb)
		return err;

	copied = min_t(size_t, len, skb->len);
	if (copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;

	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (!err)
		err = flags & MSG_TRUNC ? skb->len : copied;
	consume_skb(skb);
	return err;
}

static int ike_next_len(struct espintcp_ike *ike)
{
	struct sk_buff *skb;
	int len;

	spin_lock_bh(&ike->queue.lock);
	skb = skb_peek(&ike->queue);
	len = skb ? skb->len : 0;
	spin_unlock_bh(&ike->queue.lock);
	return len;
}

/* As TCP tells it, and what waits before TCP; length fields included */
static int ike_outq(struct espintcp_sock *es, bool unsent)
{
	struct sock *sk = es->sk;
	struct tcp_sock *tp = tcp_sk(sk);
	int bytes;

	lock_sock(sk);
	bytes = tp->write_seq - (unsent ? tp->snd_nxt : tp->snd_una);
	bytes += espintcp_tx_waiting(es);
	release_sock(sk);
	return bytes;
}

/**
 * espintcp_ike_ioctl - ioctl() of the protocol
 * @sock: the socket
 * @cmd: SIOCINQ (FIONREAD): length of the next message, as a datagram socket;
 *	SIOCOUTQ, SIOCOUTQNSD: bytes not acknowledged, not sent; SIOCATMARK:
 *	0, there is no urgent data; the others are the stock ones
 * @arg: as @cmd wants it
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_ike_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct espintcp_sock *es = espintcp_sock_get(sock->sk);
	int answer;

	switch (cmd) {
	case SIOCINQ:
		answer = ike_next_len(&es->ike);
		break;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		answer = ike_outq(es, cmd == SIOCOUTQNSD);
		break;
	case SIOCATMARK:
		answer = 0;
		break;
	default:
		return es->ops->ioctl(sock, cmd, arg);
	}
	return put_user(answer, (int __user *)arg);
}

/**
 * espintcp_ike_poll - poll() of the protocol
 * @file: the socket's file
 * @sock: the socket
 * @wait: where to wait
 *
 * Context: Process context.
 * Return: readable by IKE messages and by the end of the stream, writable by
 * room for an IKE message, EPOLLHUP and EPOLLERR as TCP.
 */
__poll_t espintcp_ike_poll(struct file *file, struct socket *sock,
			   poll_table *wait)
{
	struct sock *sk = sock->sk;
	struct espintcp_sock *es = espintcp_sock_get(sk);
	__poll_t mask = 0;
	bool end;
	u8 shut;

	sock_poll_wait(file, sock, wait);
	/* Pairs with the release in rx.c */
	end = smp_load_acquire(&es->rx.done);
	shut = READ_ONCE(sk->sk_shutdown);

	if (shut == SHUTDOWN_MASK || inet_sk_state_load(sk) == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (end)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (!skb_queue_empty_lockless(&es->ike.queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (shut & SEND_SHUTDOWN || espintcp_tx_ike_poll(es))
		mask |= EPOLLOUT | EPOLLWRNORM;

	/* Pairs with the barrier of tcp_done_with_error() */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) ||
	    !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
