/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All IKE SAs of a responder by the SPIs that it chose for itself, which are random: the one
 * that a message is for is found at once among thousands.
 */
#ifndef ESPINTCP_IKE_SPIS_H
#define ESPINTCP_IKE_SPIS_H

#include <stdint.h>
#include <sys/queue.h>

struct ike_sa;

#define IKE_SPIS_BUCKETS 4096

LIST_HEAD(ike_sas, ike_sa);

/* All zero: none */
struct ike_spis {
	struct ike_sas bucket[IKE_SPIS_BUCKETS];
};

/* Our SPI of the SA is set: into the table of its env, if there is one */
void ike_spis_add(struct ike_sa *sa);
/* Also of one that is in none */
void ike_spis_del(struct ike_sa *sa);
/* The SA with these SPIs, in whichever order they are ours and the peer's. NULL: none. */
const struct ike_sa *ike_spis_find(const struct ike_spis *spis, const uint8_t *spi_i,
				   const uint8_t *spi_r);

#endif
