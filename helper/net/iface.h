/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The xfrm interface of a tunnel with ipsec-interface=: made when it is not there, shared by all
 * tunnels that have it, also those of other processes with the same run directory, and deleted
 * with the last one of them.
 */
#ifndef ESPINTCP_NET_IFACE_H
#define ESPINTCP_NET_IFACE_H

#include "net/changes.h"

struct iface;				/* what one tunnel has of an interface */

/* NULL with err set */
struct iface *iface_take(struct changes_home *home, uint32_t if_id, char *err, size_t errlen);
/* With all routes. NULL is fine. */
void iface_put(struct iface *i);
const char *iface_name(const struct iface *i);

/**
 * iface_route - lead a network into the interface
 * @tag: of a child SA, for iface_unroute()
 * @net: the network; all of them are two halves, beside the default route
 * @src: the address that packets have; family 0: the kernel's choice
 * @peer: the outer connection's far end, whose way stays as it is, where @net covers it
 *
 * Return: 0; 1 if there is another route, which stays, or @net is the peer alone; -1 with err
 * set.
 */
int iface_route(struct iface *i, uint32_t tag, const struct conf_subnet *net,
		const struct conf_subnet *src, const struct conf_subnet *peer, char *err,
		size_t errlen);
void iface_unroute(struct iface *i, uint32_t tag);
/* The outer connection takes another road. i may be NULL. */
void iface_follow(struct iface *i, const struct conf_subnet *peer);

#endif
