// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces: their sockets, counters and what they wait for. */

#include <linux/rtnetlink.h>
#include <linux/wait_bit.h>
#include <net/netns/generic.h>

#include "netns.h"
#include "sock.h"
#include "trace.h"

static unsigned int netns_id __read_mostly;

/**
 * espintcp_netns_get - the module's part of a network namespace
 * @net: the namespace
 *
 * Context: Any; @net stays.
 */
struct espintcp_net *espintcp_netns_get(const struct net *net)
{
	return net_generic(net, netns_id);
}

/**
 * espintcp_netns_count - count one event that has no socket
 * @net: the namespace
 * @which: the counter
 *
 * Context: Any but hard interrupts.
 */
void espintcp_netns_count(const struct net *net, enum espintcp_counter which)
{
	struct espintcp_net *en = espintcp_netns_get(net);

	trace_espintcp_drop(0, which);
	spin_lock_bh(&en->lock);
	espintcp_counters_add(&en->counters, which, 1);
	spin_unlock_bh(&en->lock);
}

/**
 * espintcp_netns_async_begin - an encryption starts that may end later
 * @en: the namespace of its SA, kept until espintcp_netns_async_end()
 *
 * Context: Any.
 */
void espintcp_netns_async_begin(struct espintcp_net *en)
{
	atomic_inc(&en->async);
}

/**
 * espintcp_netns_async_end - an encryption is over
 * @en: the namespace of its SA; not to be used afterwards
 *
 * Context: Any.
 */
void espintcp_netns_async_end(struct espintcp_net *en)
{
	/* Only the address is used once the count may be zero */
	if (atomic_dec_and_test(&en->async))
		wake_up_var(&en->async);
}

/**
 * espintcp_netns_add - list an attached socket
 * @en: its namespace
 * @es: the socket
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_netns_add(struct espintcp_net *en, struct espintcp_sock *es)
{
	int err = xa_insert_bh(&en->socks, es->cookie, es, GFP_KERNEL_ACCOUNT);

	if (err)
		return err;

	spin_lock_bh(&en->lock);
	en->n_socks++;
	spin_unlock_bh(&en->lock);
	return 0;
}

/**
 * espintcp_netns_remove - take a socket off the list, keep its counters
 * @en: its namespace
 * @es: the socket, which counts nothing of its own any more
 *
 * Context: Process or softirq.
 */
void espintcp_netns_remove(struct espintcp_net *en, struct espintcp_sock *es)
{
	struct espintcp_totals t = {};
	int i;

	espintcp_counters_sum(&t, &es->rx.counters);
	espintcp_counters_sum(&t, &es->tx.counters);

	spin_lock_bh(&en->lock);
	xa_erase_bh(&en->socks, es->cookie);
	en->n_socks--;
	for (i = 0; i < __ESPINTCP_A_COUNTER_MAX; i++)
		espintcp_counters_add(&en->counters, i, t.v[i]);
	spin_unlock_bh(&en->lock);
}

/**
 * espintcp_netns_totals - sum the counters of a namespace
 * @en: the namespace
 * @t: zeroed totals
 *
 * Context: Process or softirq.
 */
void espintcp_netns_totals(struct espintcp_net *en, struct espintcp_totals *t)
{
	struct espintcp_sock *es;
	unsigned long index = 0;

	/* The lock keeps a socket from being counted twice or not at all */
	spin_lock_bh(&en->lock);
	espintcp_counters_sum(t, &en->counters);
	while ((es = xa_find(&en->socks, &index, ULONG_MAX, XA_PRESENT))) {
		espintcp_counters_sum(t, &es->rx.counters);
		espintcp_counters_sum(t, &es->tx.counters);
		index++;
	}
	spin_unlock_bh(&en->lock);
}

/**
 * espintcp_netns_quiesce_xfrm - wait until nobody is inside xfrm_init_state()
 *
 * All its callers hold xfrm_cfg_mutex of their namespace, so whoever got our
 * type before it was taken out has left when each mutex was taken once.
 *
 * Context: Process context. May sleep.
 */
void espintcp_netns_quiesce_xfrm(void)
{
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net) {
		mutex_lock(&net->xfrm.xfrm_cfg_mutex);
		mutex_unlock(&net->xfrm.xfrm_cfg_mutex);
	}
	up_read(&net_rwsem);
}

static int __net_init netns_init(struct net *net)
{
	struct espintcp_net *en = espintcp_netns_get(net);

	en->net = net;
	spin_lock_init(&en->lock);
	xa_init_flags(&en->socks, XA_FLAGS_LOCK_BH);
	espintcp_counters_init(&en->counters);
	atomic_set(&en->async, 0);
	/* The initial one comes first of all */
	if (net_eq(net, &init_net))
		espintcp_limits_default(&en->limits);
	else
		en->limits = espintcp_netns_get(&init_net)->limits;
	return espintcp_mem_init(&en->mem, &en->limits);
}

static void __net_exit netns_exit(struct net *net)
{
	struct espintcp_net *en = espintcp_netns_get(net);

	/* No socket is left, but an encryption may be on its way back */
	wait_var_event(&en->async, !atomic_read(&en->async));
	WARN_ON_ONCE(!xa_empty(&en->socks));
	espintcp_mem_exit(&en->mem);
}

static struct pernet_operations netns_ops = {
	.init	= netns_init,
	.exit	= netns_exit,
	.id	= &netns_id,
	.size	= sizeof(struct espintcp_net),
};

/**
 * espintcp_netns_init - start to follow network namespaces
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_netns_init(void)
{
	return register_pernet_subsys(&netns_ops);
}

/**
 * espintcp_netns_exit - stop to follow network namespaces
 *
 * Context: Process context. May sleep.
 */
void espintcp_netns_exit(void)
{
	unregister_pernet_subsys(&netns_ops);
}
