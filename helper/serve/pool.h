/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses of rightaddresspool= and who has them. Connections with the same range share
 * them. Who comes again gets the address that it had, as long as nobody else needed it.
 */
#ifndef ESPINTCP_SERVE_POOL_H
#define ESPINTCP_SERVE_POOL_H

#include <sys/queue.h>

#include "conf/conf.h"

/* Of one pool, used and remembered: what clients can make this process hold */
#define POOL_LEASES_MAX	65536

struct pool;
LIST_HEAD(pools, pool);

/* The pool of a range, made if need be. NULL with err: it overlaps another one, or no memory. */
struct pool *pool_get(struct pools *pools, const struct conf_range *range, char *err,
		      size_t errlen);
void pools_free(struct pools *pools);

/**
 * pool_lease - an address for a client
 * @owner: the connection that it comes by; with @id, who the client is
 * @id: its identity, which it has proved
 * @want: that it would like to have; family 0: whatever
 * @ip: set on success
 *
 * The same client gets the same address, also a second time at once: a new connection of it
 * beside one that is dead. Otherwise it is the wanted one, if nobody has it, then one that
 * nobody had, then the one that was given back the longest time ago.
 *
 * Return: 0, -ENOSPC or -ENOMEM.
 */
int pool_lease(struct pool *pool, const void *owner, const struct conf_id *id,
	       const struct conf_subnet *want, struct conf_subnet *ip);
/* One of its leases ends */
void pool_release(struct pool *pool, const struct conf_subnet *ip);

#endif
