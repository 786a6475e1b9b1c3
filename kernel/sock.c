// SPDX-License-Identifier: GPL-2.0-only
/* Making and freeing of what belongs to an attached socket. */

#include <linux/module.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/sock_diag.h>

#include "compat/compat.h"
#include "event.h"
#include "ike.h"
#include "netns.h"
#include "rx.h"
#include "sock.h"
#include "tx.h"

static void init_key(struct espintcp_key *key, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	key->net = sock_net(sk);
	key->lport = inet->inet_sport;
	key->rport = inet->inet_dport;

	if (espintcp_compat_addrs6(sk, &key->laddr, &key->raddr)) {
		key->family = AF_INET6;
		return;
	}
	key->family = AF_INET;
	key->laddr.s6_addr32[0] = inet->inet_saddr;
	key->raddr.s6_addr32[0] = inet->inet_daddr;
}

static u64 cookie_of(struct sock *sk)
{
	u32 half[2];

	sock_diag_save_cookie(sk, half);
	return (u64)half[1] << 32 | half[0];
}

/**
 * espintcp_sock_alloc - make the ULP's data for a connected socket
 * @sk: the socket
 *
 * The caller's reference of the module goes over to the result.
 *
 * Context: Process context, socket lock held. May sleep.
 * Return: the data with one reference, or NULL.
 */
struct espintcp_sock *espintcp_sock_alloc(struct sock *sk)
{
	struct espintcp_sock *es = kzalloc(sizeof(*es), GFP_KERNEL_ACCOUNT);

	if (!es)
		return NULL;

	es->sk = sk;
	es->en = espintcp_netns_get(sock_net(sk));
	refcount_set(&es->refcnt, 1);
	es->cookie = cookie_of(sk);
	es->owner = get_pid(task_tgid(current));
	init_key(&es->key, sk);
	espintcp_event_init(es);
	espintcp_rx_init(es);
	espintcp_ike_init(es);
	espintcp_tx_init(es);
	return es;
}

/**
 * espintcp_sock_free - free what nobody else has seen
 * @es: the data
 *
 * Context: Any.
 */
void espintcp_sock_free(struct espintcp_sock *es)
{
	put_pid(es->owner);
	kfree(es);
}

static void sock_free_rcu(struct rcu_head *rcu)
{
	espintcp_sock_free(container_of(rcu, struct espintcp_sock, rcu));
	/* main.c waits for this function with rcu_barrier() */
	module_put(THIS_MODULE);
}

/**
 * espintcp_sock_put - drop a reference
 * @es: the data; freed after a grace period if this was the last one
 *
 * Context: Any.
 */
void espintcp_sock_put(struct espintcp_sock *es)
{
	if (refcount_dec_and_test(&es->refcnt))
		call_rcu(&es->rcu, sock_free_rcu);
}
