/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One ESP SA of a child, in one direction. */
#ifndef ESPINTCP_XFRM_SA_H
#define ESPINTCP_XFRM_SA_H

#include <stdbool.h>
#include <stdint.h>

#include "xfrm/xfrm.h"

/* Install the SA of one direction. 0 or -errno, for xfrm_explain(). */
int xfrm_sa_add(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		bool in);
int xfrm_sa_del(struct xfrm *x, const struct ike_addrs *addrs, uint32_t spi, bool in);

#endif
