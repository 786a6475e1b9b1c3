/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Algorithms by the names that libreswan reads; for key exchanges see ke_names.h. */
#ifndef ESPINTCP_IKE_SUITE_NAMES_H
#define ESPINTCP_IKE_SUITE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct ike_name {
	const char *name;
	uint16_t id;			/* transform ID */
};

/* A name of NULL ends each of them */
extern const struct ike_name ike_encr_names[];
extern const struct ike_name ike_prf_names[];
extern const struct ike_name ike_integ_names[];
/* Of an AEAD's integrity algorithm */
extern const struct ike_name ike_none_names[];

/* Is @text, in upper or lower case, one of @names? @id is set if so. */
bool ike_name_find(const struct ike_name *names, const char *text, uint16_t *id);

#endif
