/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_NETNS_H
#define ESPINTCP_NETNS_H

#include <linux/spinlock.h>
#include <net/net_namespace.h>

#include "compat/xarray.h"
#include "counters.h"
#include "limits.h"

struct espintcp_sock;

/**
 * struct espintcp_net - what the module keeps for a network namespace
 * @net: the network namespace
 * @lock: protects @n_socks and @counters; taken with BH off, and before the lock
 *	of @socks
 * @socks: attached sockets, by &struct espintcp_sock.cookie; readers use RCU.
 *	A CPU of 32 bits has half of the cookie for an index: the few that such
 *	a machine ever sees do not collide
 * @n_socks: how many they are
 * @counters: events without a socket, and those of sockets that are gone
 * @limits: bounds of the sockets
 * @mem: memory that the sockets hold
 * @async: encryption requests under way that will come back here; the
 *	namespace waits for them before it goes
 */
struct espintcp_net {
	struct net			*net;
	spinlock_t			lock; /* see above */
	struct xarray			socks;
	u32				n_socks;
	struct espintcp_counters	counters;
	struct espintcp_limits		limits;
	struct espintcp_mem		mem;
	atomic_t			async;
};

struct espintcp_net *espintcp_netns_get(const struct net *net);
void espintcp_netns_count(const struct net *net, enum espintcp_counter which);
void espintcp_netns_async_begin(struct espintcp_net *en);
void espintcp_netns_async_end(struct espintcp_net *en);
int espintcp_netns_add(struct espintcp_net *en, struct espintcp_sock *es);
void espintcp_netns_remove(struct espintcp_net *en, struct espintcp_sock *es);
void espintcp_netns_totals(struct espintcp_net *en, struct espintcp_totals *t);
void espintcp_netns_quiesce_xfrm(void);
int espintcp_netns_init(void);
void espintcp_netns_exit(void);

#endif
