/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as the kernel's XFRM messages have them. */
#ifndef ESPINTCP_XFRM_FILL_H
#define ESPINTCP_XFRM_FILL_H

#include <string.h>

#include <linux/xfrm.h>

#include "conf/conf.h"

static inline void xfrm_fill_addr(xfrm_address_t *to, const struct conf_subnet *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from->addr, from->family == AF_INET ? 4 : 16);
}

static inline void xfrm_fill_selector(struct xfrm_selector *sel, const struct conf_subnet *src,
				      const struct conf_subnet *dst)
{
	memset(sel, 0, sizeof(*sel));
	xfrm_fill_addr(&sel->saddr, src);
	xfrm_fill_addr(&sel->daddr, dst);
	sel->family = src->family;
	sel->prefixlen_s = src->prefix;
	sel->prefixlen_d = dst->prefix;
}

#endif
