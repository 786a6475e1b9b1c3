/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IKE fragmentation (RFC 7383): large messages over UDP, so that IP need not cut them. */
#ifndef ESPINTCP_IKE_FRAG_H
#define ESPINTCP_IKE_FRAG_H

#include "ike/build.h"

#define IKE_FRAGS_MAX	64	/* of one message */
#define IKE_FRAG_HEAD_LEN	(IKE_HDR_LEN + 4)

/* The fragments of one message that have come so far */
struct ike_frags {
	uint32_t id;
	bool response;
	uint16_t total, got;		/* total 0: none */
	uint8_t first;			/* type of the first payload, from fragment 1 */
	uint8_t flags;			/* of its payload header there */
	struct {
		uint8_t *p;
		size_t len;
	} part[IKE_FRAGS_MAX];
};

/* Wipe and free all parts */
void ike_frags_free(struct ike_frags *frags);

#endif
