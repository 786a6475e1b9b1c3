// SPDX-License-Identifier: GPL-2.0-only
/* The TCP upper layer protocol: attaching to a socket, and its close(). */

#include <linux/capability.h>
#include <linux/module.h>
#include <net/tcp.h>
#include <linux/espintcp.h>

#include "compat/compat.h"
#include "ecn.h"
#include "event.h"
#include "ike.h"
#include "netns.h"
#include "proto.h"
#include "rx.h"
#include "table.h"
#include "takeover.h"
#include "tx.h"
#include "ulp.h"

static void ulp_data_ready(struct sock *sk)
{
	struct espintcp_sock *es = espintcp_sock_get(sk);

	espintcp_ecn_segment(es);
	espintcp_rx_kick(es);
}

static void ulp_write_space(struct sock *sk)
{
	struct espintcp_sock *es = espintcp_sock_get(sk);

	es->write_space(sk);
	espintcp_tx_write_space(es);
}

static void ulp_state_change(struct sock *sk)
{
	struct espintcp_sock *es = espintcp_sock_get(sk);

	es->state_change(sk);
	espintcp_event_state(es);
	espintcp_tx_state(es);
	/* The end of the stream is told after what is still to be read */
	espintcp_rx_kick(es);
}

static void callbacks_enter(struct espintcp_sock *es)
{
	struct sock *sk = es->sk;

	write_lock_bh(&sk->sk_callback_lock);
	es->data_ready = sk->sk_data_ready;
	es->write_space = sk->sk_write_space;
	es->state_change = sk->sk_state_change;
	WRITE_ONCE(sk->sk_data_ready, ulp_data_ready);
	WRITE_ONCE(sk->sk_write_space, ulp_write_space);
	WRITE_ONCE(sk->sk_state_change, ulp_state_change);
	write_unlock_bh(&sk->sk_callback_lock);
}

/* TCP calls them under the socket lock: none runs when this returns */
static void callbacks_leave(struct espintcp_sock *es)
{
	struct sock *sk = es->sk;

	write_lock_bh(&sk->sk_callback_lock);
	WRITE_ONCE(sk->sk_data_ready, es->data_ready);
	WRITE_ONCE(sk->sk_write_space, es->write_space);
	WRITE_ONCE(sk->sk_state_change, es->state_change);
	write_unlock_bh(&sk->sk_callback_lock);
}

static int may_attach(struct sock *sk)
{
	struct espintcp_net *en = espintcp_netns_get(sock_net(sk));

	if (!READ_ONCE(en->limits.unprivileged) &&
	    !ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (sk->sk_state != TCP_ESTABLISHED)
		return -ENOTCONN;
	/* sockmap, an in-kernel user, or a stream whose queues are open */
	if (sk->sk_user_data || !sk->sk_socket || tcp_sk(sk)->repair)
		return -EBUSY;
	return 0;
}

static int ulp_attach(struct sock *sk)
{
	struct espintcp_sock *es;
	int err;

	sock_owned_by_me(sk);
	err = may_attach(sk);
	if (err)
		return err;

	es = espintcp_sock_alloc(sk);
	if (!es)
		return -ENOMEM;

	es->inode = SOCK_INODE(sk->sk_socket)->i_ino;
	err = espintcp_proto_enter(es);
	if (err)
		goto free;

	err = espintcp_netns_add(es->en, es);
	if (err)
		goto leave;

	err = espintcp_table_add(es);
	if (err)
		goto remove;

	rcu_assign_pointer(inet_csk(sk)->icsk_ulp_data, es);
	espintcp_ecn_enter(es);
	callbacks_enter(es);

	/* TCP is called in softirqs, too */
	es->allocation = sk->sk_allocation;
	sk->sk_allocation = GFP_ATOMIC;
	es->task_frag = espintcp_compat_task_frag(sk, false);

	/* A message is written whole: waiting for more of it is of no use */
	tcp_sk(sk)->nonagle &= ~TCP_NAGLE_CORK;
	tcp_sk(sk)->nonagle |= TCP_NAGLE_OFF;
	/* TCP must call us for every byte */
	WRITE_ONCE(sk->sk_rcvlowat, 1);
	/* A byte that the peer calls urgent is a byte of a message */
	sock_set_flag(sk, SOCK_URGINLINE);
	espintcp_event_attached(es);

	/* What came before us, behind the stream prefix */
	espintcp_rx_kick(es);
	return 0;

remove:
	espintcp_netns_remove(es->en, es);
	espintcp_proto_leave(es);
	/* Readers of the list may have it: it goes with a reference of its own */
	__module_get(THIS_MODULE);
	espintcp_sock_put(es);
	return err;
leave:
	espintcp_proto_leave(es);
free:
	/* Nobody has seen it, and tcp_set_ulp() puts the module itself */
	espintcp_sock_free(es);
	return err;
}

/* Take the ULP off; the module reference that it had is now @es's alone */
static void ulp_detach(struct espintcp_sock *es)
{
	struct inet_connection_sock *icsk = inet_csk(es->sk);

	icsk->icsk_ulp_ops = NULL;
	rcu_assign_pointer(icsk->icsk_ulp_data, NULL);
}

/**
 * espintcp_ulp_close - close() of the protocol
 * @sk: the socket
 * @timeout: for TCP
 *
 * TCP may keep the socket for minutes after this (FIN_WAIT), so all of ours
 * leaves it here and not in sk_destruct or release.
 *
 * Context: Process context. May sleep.
 */
void espintcp_ulp_close(struct sock *sk, long timeout)
{
	struct espintcp_sock *es = espintcp_sock_get(sk);
	void (*close)(struct sock *sk, long timeout);
	struct sk_buff_head done;
	struct sk_buff *skb;

	lock_sock(sk);
	espintcp_table_remove(es);
	callbacks_leave(es);
	release_sock(sk);

	/* All that runs takes the socket lock: wait for it without that */
	espintcp_tx_stop(es);
	espintcp_rx_stop(es);

	__skb_queue_head_init(&done);
	lock_sock(sk);
	espintcp_tx_flush(es, &done);
	espintcp_proto_leave(es);
	sk->sk_allocation = es->allocation;
	espintcp_compat_task_frag(sk, es->task_frag);
	ulp_detach(es);
	release_sock(sk);

	while ((skb = __skb_dequeue(&done)))
		espintcp_tx_free(skb);
	espintcp_tx_purge(es);
	espintcp_ike_purge(es);
	espintcp_netns_remove(es->en, es);
	espintcp_event_detached(es);

	close = es->proto->close;
	close(sk, timeout);
	/* Keeps the module, and so this text, for a grace period */
	espintcp_sock_put(es);
}

static struct tcp_ulp_ops ulp_ops __read_mostly = {
	.name	= ESPINTCP_ULP_NAME,
	.owner	= THIS_MODULE,
	.init	= ulp_attach,
};

/**
 * espintcp_ulp_init - register with TCP
 *
 * Where the kernel has an espintcp of its own, that one keeps the name until
 * espintcp_ulp_enter().
 *
 * Context: Process context. May sleep.
 * Return: 0, or -EBUSY where the name is taken and may not be taken over.
 */
int espintcp_ulp_init(void)
{
	int err;

	espintcp_compat_ulp_prepare(&ulp_ops);
	err = tcp_register_ulp(&ulp_ops);
	return err == -EEXIST ? espintcp_takeover_init(&ulp_ops) : err;
}

/**
 * espintcp_ulp_enter - let sockets attach, whoever had the name
 *
 * Context: Process context. May sleep.
 */
void espintcp_ulp_enter(void)
{
	espintcp_takeover_enter(&ulp_ops);
}

/**
 * espintcp_ulp_exit - let no socket attach any more
 *
 * Context: Process context. No socket is attached. May sleep.
 */
void espintcp_ulp_exit(void)
{
	espintcp_takeover_leave(&ulp_ops);
}
