/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leftsourceip: an address of ours that the tunnel is used with. It is put on
 * lo unless the host has it, with routes to the remote subnet that prefer it.
 */
#ifndef ESPINTCP_NET_SOURCEIP_H
#define ESPINTCP_NET_SOURCEIP_H

#include "ike/ike.h"
#include "net/changes.h"

struct sourceip_host;		/* what all tunnels of this process added */
struct sourceip;		/* what one tunnel added */

/* NULL: out of memory. Freed after the last sourceip_del(), before changes. */
struct sourceip_host *sourceip_host_new(struct changes_home *changes);
void sourceip_host_free(struct sourceip_host *host);

/**
 * sourceip_add - make a tunnel's traffic leave with an address
 * @host: where shared addresses are counted
 * @ip: the address
 * @remote: the subnet behind the tunnel; NULL: routes to it are somebody else's
 * @peer: address of the outer connection's far end; packets take the same road
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * A route to everything is added as two halves, beside the default route that
 * the outer connection may need. A peer inside the subnet gets a route of its own.
 *
 * Return: for sourceip_del(), or NULL, with nothing left behind.
 */
struct sourceip *sourceip_add(struct sourceip_host *host, const struct conf_subnet *ip,
			      const struct conf_subnet *remote, const struct conf_subnet *peer,
			      char *err, size_t errlen);
void sourceip_del(struct sourceip *s);
/* The outer connection takes another road: so do the routes, if there is one. s may be NULL. */
void sourceip_follow(struct sourceip *s, const struct conf_subnet *peer);

#endif
