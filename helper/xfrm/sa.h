/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One ESP SA of a child, in one direction. */
#ifndef ESPINTCP_XFRM_SA_H
#define ESPINTCP_XFRM_SA_H

#include <stdbool.h>
#include <stdint.h>

#include "xfrm/xfrm.h"

struct nl_msg;

/* Add what carries ESP between addrs in one direction to a request. 0 or -ENOMEM. */
int xfrm_encap_put(struct nl_msg *msg, const struct ike_addrs *addrs, bool in);

/* Install the SA of one direction. 0 or -errno, for xfrm_explain(). */
int xfrm_sa_add(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		bool in);
/* Give an installed SA the ports of addrs; the child's keys may be wiped. 0 or -errno. */
int xfrm_sa_set_ports(struct xfrm *x, const struct ike_addrs *addrs,
		      const struct ike_child *child, bool in);
int xfrm_sa_del(struct xfrm *x, const struct ike_addrs *addrs, uint32_t spi, bool in);

#endif
