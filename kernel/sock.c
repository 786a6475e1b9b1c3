// SPDX-License-Identifier: GPL-2.0-only
/* Making and freeing of what belongs to an attached socket. */

#include <linux/module.h>
#include <linux/slab.h>

#include "compat/compat.h"
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
	INIT_LIST_HEAD(&es->net_node);
	init_key(&es->key, sk);
	espintcp_rx_init(es);
	espintcp_ike_init(es);
	espintcp_tx_init(es);
	return es;
}

static void sock_free_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct espintcp_sock, rcu));
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
