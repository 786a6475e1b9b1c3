/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_NETNS_H
#define ESPINTCP_NETNS_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>

#include "counters.h"
#include "limits.h"

struct espintcp_sock;

/**
 * struct espintcp_net - what the module keeps for a network namespace
 * @lock: protects @socks against writers, and @counters; taken with BH off
 * @socks: attached sockets, by &struct espintcp_sock.net_node; readers use RCU
 * @counters: events without a socket, and those of sockets that are gone
 * @limits: bounds of the sockets
 * @mem: memory that the sockets hold
 * @async: encryption requests under way that will come back here; the
 *	namespace waits for them before it goes
 */
struct espintcp_net {
	spinlock_t			lock; /* see above */
	struct list_head		socks;
	struct espintcp_counters	counters;
	struct espintcp_limits		limits;
	struct espintcp_mem		mem;
	atomic_t			async;
};

struct espintcp_net *espintcp_netns_get(const struct net *net);
void espintcp_netns_count(const struct net *net, enum espintcp_counter which);
void espintcp_netns_async_begin(struct espintcp_net *en);
void espintcp_netns_async_end(struct espintcp_net *en);
void espintcp_netns_add(struct espintcp_net *en, struct espintcp_sock *es);
void espintcp_netns_remove(struct espintcp_net *en, struct espintcp_sock *es);
void espintcp_netns_totals(struct espintcp_net *en, struct espintcp_totals *t);
void espintcp_netns_quiesce_xfrm(void);
int espintcp_netns_init(void);
void espintcp_netns_exit(void);

#endif
