// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocol of an attached socket: TCP's, with messages instead of bytes.
 *
 * All ways to the raw stream are closed: the owner would read or write in the
 * middle of a message.
 */

#include <linux/mutex.h>
#include <linux/net.h>
#include <net/tcp.h>
#include <net/inet_common.h>

#include "compat/proto.h"
#include "ike.h"
#include "proto.h"
#include "tx.h"
#include "ulp.h"

/**
 * struct proto_set - what replaces sk_prot and sk_socket->ops in a family
 * @base: sk_prot that @proto was made from; NULL until then. Written once with
 *	release semantics under build_lock, readers acquire
 * @base_ops: likewise for @ops
 * @proto: replaces sk_prot
 * @ops: replaces sk_socket->ops
 */
struct proto_set {
	struct proto		*base;
	const struct proto_ops	*base_ops;
	struct proto		proto;
	struct proto_ops	ops;
};

static struct proto_set set4, set6;
static DEFINE_MUTEX(build_lock);

static int no_disconnect(struct sock *sk, int flags)
{
	return -EOPNOTSUPP;
}

static int no_rcvlowat(struct sock *sk, int val)
{
	return -EOPNOTSUPP;
}

/* TCP_ZEROCOPY_RECEIVE reads the stream, TCP_REPAIR opens its queues */
static bool raw_option(int level, int optname)
{
	return level == SOL_TCP && (optname == TCP_ZEROCOPY_RECEIVE ||
				    optname == TCP_REPAIR);
}

/* Messages are sent whole, and ESP waits for nobody's cork */
static bool hold_option(int level, int optname)
{
	return level == SOL_TCP && (optname == TCP_CORK ||
				    optname == TCP_NODELAY);
}

static int no_hold(sockptr_t optval, unsigned int optlen)
{
	int val;

	if (optlen < sizeof(val))
		return -EINVAL;
	return copy_from_sockptr(&val, optval, sizeof(val)) ? -EFAULT : 0;
}

static int no_raw_setsockopt(struct sock *sk, int level, int optname,
			     sockptr_t optval, unsigned int optlen)
{
	if (raw_option(level, optname))
		return -EOPNOTSUPP;
	if (hold_option(level, optname))
		return no_hold(optval, optlen);
	return espintcp_sock_get(sk)->proto->setsockopt(sk, level, optname,
							optval, optlen);
}

static int no_raw_getsockopt(struct sock *sk, int level, int optname,
			     char __user *optval, int __user *optlen)
{
	if (raw_option(level, optname))
		return -EOPNOTSUPP;
	return espintcp_sock_get(sk)->proto->getsockopt(sk, level, optname,
							optval, optlen);
}

/* What send() answered for goes out before the FIN */
static int flush_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	struct sk_buff_head done;
	struct sk_buff *skb;

	if (how == SHUT_WR || how == SHUT_RDWR) {
		__skb_queue_head_init(&done);
		lock_sock(sk);
		espintcp_tx_flush(espintcp_sock_get(sk), &done);
		release_sock(sk);
		while ((skb = __skb_dequeue(&done)))
			espintcp_tx_free(skb);
	}
	return inet_shutdown(sock, how);
}

/* What softirqs could not do while a process had the socket */
static void release_deferred(struct sock *sk)
{
	struct espintcp_sock *es = espintcp_sock_get(sk);

	es->proto->release_cb(sk);
	espintcp_poll_resume(&es->rx.poll);
	espintcp_poll_resume(&es->tx.poll);
}

ESPINTCP_COMPAT_RECVMSG(recv_message, espintcp_ike_recvmsg)

static void build(struct proto_set *set, struct proto *base,
		  const struct proto_ops *base_ops)
{
	set->proto = *base;
	set->proto.close = espintcp_ulp_close;
	set->proto.sendmsg = espintcp_ike_sendmsg;
	set->proto.recvmsg = recv_message;
	set->proto.release_cb = release_deferred;
	set->proto.disconnect = no_disconnect;
	set->proto.setsockopt = no_raw_setsockopt;
	set->proto.getsockopt = no_raw_getsockopt;
	espintcp_compat_close_proto(&set->proto);

	set->ops = *base_ops;
	set->ops.poll = espintcp_ike_poll;
	set->ops.shutdown = flush_shutdown;
	set->ops.ioctl = espintcp_ike_ioctl;
	set->ops.listen = sock_no_listen;
	set->ops.mmap = sock_no_mmap;
	set->ops.splice_read = NULL;
	set->ops.read_sock = NULL;
	set->ops.sendmsg_locked = NULL;
	set->ops.peek_len = NULL;
	set->ops.set_peek_off = NULL;
	set->ops.set_rcvlowat = no_rcvlowat;
	espintcp_compat_close_ops(&set->ops);

	set->base_ops = base_ops;
	/* Pairs with get_set() */
	smp_store_release(&set->base, base);
}

/* A proto that is TCP's own and not that of another ULP, sockmap or MPTCP */
static bool plain_tcp(const struct sock *sk)
{
	const struct proto *p = READ_ONCE(sk->sk_prot);

	return p->sendmsg == tcp_prot.sendmsg &&
	       p->recvmsg == tcp_prot.recvmsg && p->close == tcp_prot.close;
}

static struct proto_set *get_set(struct sock *sk)
{
	struct proto_set *set = sk->sk_family == AF_INET6 ? &set6 : &set4;
	const struct proto_ops *ops = sk->sk_socket->ops;

	if (!plain_tcp(sk))
		return NULL;

	/* Pairs with build() */
	if (!smp_load_acquire(&set->base)) {
		mutex_lock(&build_lock);
		if (!set->base)
			build(set, sk->sk_prot, ops);
		mutex_unlock(&build_lock);
	}
	/* What was copied is right for this socket too, or it is not ours */
	return set->base == sk->sk_prot && set->base_ops == ops ? set : NULL;
}

/**
 * espintcp_proto_enter - give a socket our protocol
 * @es: the socket
 *
 * Context: Process context, socket lock held. May sleep.
 * Return: 0, or -EBUSY where something else has replaced TCP's protocol.
 */
int espintcp_proto_enter(struct espintcp_sock *es)
{
	struct sock *sk = es->sk;
	struct proto_set *set = get_set(sk);

	if (!set)
		return -EBUSY;

	es->proto = sk->sk_prot;
	es->ops = sk->sk_socket->ops;
	WRITE_ONCE(sk->sk_prot, &set->proto);
	WRITE_ONCE(sk->sk_socket->ops, &set->ops);
	return 0;
}

/**
 * espintcp_proto_leave - give a socket its own protocol back
 * @es: the socket
 *
 * Context: Process context, socket lock held.
 */
void espintcp_proto_leave(struct espintcp_sock *es)
{
	struct sock *sk = es->sk;

	WRITE_ONCE(sk->sk_prot, es->proto);
	if (sk->sk_socket)
		WRITE_ONCE(sk->sk_socket->ops, es->ops);
}
