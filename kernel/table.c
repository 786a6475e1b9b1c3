// SPDX-License-Identifier: GPL-2.0-only
/* The table of attached sockets, by network namespace and connection. */

#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/netdevice.h>
#include <linux/rhashtable.h>
#include <net/l3mdev.h>

#include "table.h"

/* An IPv4 key is mostly zeros, and every packet asks */
static u32 key_hash(const void *data, u32 len, u32 seed)
{
	const struct espintcp_key *key = data;
	u32 ports = (__force u32)key->lport << 16 | (__force u32)key->rport;

	if (key->family != AF_INET)
		return jhash2(data, len / sizeof(u32), seed);

	return jhash_3words((__force u32)key->laddr.s6_addr32[0],
			    (__force u32)key->raddr.s6_addr32[0],
			    ports, seed ^ hash32_ptr(key->net));
}

static const struct rhashtable_params table_params = {
	.head_offset		= offsetof(struct espintcp_sock, node),
	.key_offset		= offsetof(struct espintcp_sock, key),
	.key_len		= sizeof(struct espintcp_key),
	.hashfn			= key_hash,
	.automatic_shrinking	= true,
};

static struct rhltable table;

/**
 * espintcp_table_add - let SAs find a socket
 * @es: the socket; a key may be there more than once (VRFs, dying sockets)
 *
 * Context: Process context, socket lock held. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_table_add(struct espintcp_sock *es)
{
	int err = rhltable_insert(&table, &es->node, table_params);

	es->hashed = !err;
	return err;
}

/**
 * espintcp_table_remove - let no SA find a socket any more
 * @es: the socket; readers may use it till the end of a grace period
 *
 * Context: Process or softirq, socket lock held.
 */
void espintcp_table_remove(struct espintcp_sock *es)
{
	if (!es->hashed)
		return;

	es->hashed = false;
	rhltable_remove(&table, &es->node, table_params);
}

/**
 * espintcp_table_find - find the socket that an SA sends through
 * @key: the connection
 * @dev: device that the packet's route leaves by, NULL if not known
 *
 * A socket bound to a device or VRF carries only what is routed through it and
 * is preferred there, as in the lookup of TCP itself.
 *
 * Context: RCU read side.
 * Return: the socket, valid within the RCU section, or NULL.
 */
struct espintcp_sock *espintcp_table_find(const struct espintcp_key *key,
					  const struct net_device *dev)
{
	struct rhlist_head *list = rhltable_lookup(&table, key, table_params);
	struct espintcp_sock *es, *any = NULL;
	struct rhlist_head *pos;
	int bound;

	rhl_for_each_entry_rcu(es, pos, list, node) {
		bound = READ_ONCE(es->sk->sk_bound_dev_if);
		if (!bound) {
			any = any ?: es;
			continue;
		}
		if (dev && (bound == dev->ifindex ||
			    bound == l3mdev_master_ifindex_rcu(dev)))
			return es;
	}
	return any;
}

/**
 * espintcp_table_init - make the table
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_table_init(void)
{
	return rhltable_init(&table, &table_params);
}

/**
 * espintcp_table_exit - free the table, which is empty
 *
 * Context: Process context. May sleep.
 */
void espintcp_table_exit(void)
{
	rhltable_destroy(&table);
}
