/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as the kernel's XFRM messages have them. */
#ifndef ESPINTCP_XFRM_FILL_H
#define ESPINTCP_XFRM_FILL_H

#include <arpa/inet.h>
#include <string.h>

#include <linux/xfrm.h>

#include "ike/ike.h"

static inline void xfrm_fill_addr(xfrm_address_t *to, const struct conf_subnet *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from->addr, from->family == AF_INET ? 4 : 16);
}

/* What the child's packets in one direction have, as its policies say it */
static inline void xfrm_fill_selector(struct xfrm_selector *sel, const struct ike_child *child,
				      bool out)
{
	const struct conf_subnet *src = out ? &child->ts_local : &child->ts_remote;
	const struct conf_subnet *dst = out ? &child->ts_remote : &child->ts_local;

	memset(sel, 0, sizeof(*sel));
	xfrm_fill_addr(&sel->saddr, src);
	xfrm_fill_addr(&sel->daddr, dst);
	sel->family = src->family;
	sel->prefixlen_s = src->prefix;
	sel->prefixlen_d = dst->prefix;
	sel->proto = child->proto;
	sel->sport = htons(out ? child->port_local : child->port_remote);
	sel->dport = htons(out ? child->port_remote : child->port_local);
	sel->sport_mask = sel->sport ? 0xffff : 0;
	sel->dport_mask = sel->dport ? 0xffff : 0;
}

#endif
