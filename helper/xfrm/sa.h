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
/* A request about an installed SA. NULL: out of memory. */
struct nl_msg *xfrm_sa_id_msg(struct xfrm *x, int type, const struct ike_addrs *addrs,
			      uint32_t spi, bool in);
/**
 * xfrm_sa_copy - make a request for an SA like another one, between other addresses
 * @x: the connection to the kernel
 * @from: the addresses of the one that is installed
 * @to: those of the new one
 * @spi: of both, network order
 * @in: the direction
 * @copy: set to the request, for xfrm_talk(), which wipes its keys
 *
 * It has the keys, the replay window, the lifetime and the sequence numbers, of which some
 * are left out. The old one is to be deleted soon.
 *
 * Return: 0, or -errno: -ESRCH if there is no such SA; -EKEYREJECTED if the kernel does not
 * show keys; -EOVERFLOW if there are not enough sequence numbers.
 */
int xfrm_sa_copy(struct xfrm *x, const struct ike_addrs *from, const struct ike_addrs *to,
		 uint32_t spi, bool in, struct nl_msg **copy);
int xfrm_sa_del(struct xfrm *x, const struct ike_addrs *addrs, uint32_t spi, bool in);

#endif
