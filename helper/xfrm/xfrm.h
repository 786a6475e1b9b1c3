/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SAs and policies in the kernel, through libnl-xfrm. */
#ifndef ESPINTCP_XFRM_H
#define ESPINTCP_XFRM_H

#include "ike/ike.h"

struct xfrm;

/* NULL with a sentence in err */
struct xfrm *xfrm_open(char *err, size_t errlen);
void xfrm_close(struct xfrm *x);

/*
 * With the parts of a child: its policies take the place of those of an older tunnel, which
 * is removed then. No packet finds a moment without policy and leaves in the clear.
 */
#define XFRM_REPLACE	0x100

/* Functions with the meaning of struct ike_env's, for SAs between addrs */
int xfrm_spi_alloc(struct xfrm *x, const struct ike_addrs *addrs, uint32_t *spi);
void xfrm_spi_free(struct xfrm *x, const struct ike_addrs *addrs, uint32_t spi);
int xfrm_child_add(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		   unsigned int parts, char *err, size_t errlen);
int xfrm_child_move(struct xfrm *x, const struct ike_addrs *from, const struct ike_addrs *to,
		    const struct ike_child *child, unsigned int parts, char *err, size_t errlen);
void xfrm_child_del(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		    unsigned int parts);

/* Bytes that an SA of the child has carried; 0 if the kernel does not have it */
uint64_t xfrm_child_bytes(struct xfrm *x, const struct ike_addrs *addrs,
			  const struct ike_child *child, bool in);

/* Let fd's own packets, in and out, pass every policy. 0 or -errno. */
int xfrm_bypass(int fd);

#endif
