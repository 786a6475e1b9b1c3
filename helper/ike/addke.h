/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Additional key exchanges (RFC 9370): which of a suite come one after the other, and the
 * secrets that they gave. By IKE_INTERMEDIATE before IKE_AUTH (intermediate.h), later by
 * IKE_FOLLOWUP_KE behind a CREATE_CHILD_SA (followup.h).
 */
#ifndef ESPINTCP_IKE_ADDKE_H
#define ESPINTCP_IKE_ADDKE_H

#include <stdbool.h>

#include "ike/keys.h"
#include "ike/suite.h"

/* Index of the first one in @suite->addke from @from on; IKE_ADDKE_MAX: there is none */
size_t ike_addke_from(const struct ike_suite *suite, size_t from);

/* What key exchanges gave so far: the first, if there was one, and the additional ones */
struct ike_shared {
	uint8_t *p;
	size_t len, first;		/* bytes in all, and of the first one */
};

/* The first one, once, before the others. @len 0: there was none. 0, or -1: out of memory. */
int ike_shared_first(struct ike_shared *s, const uint8_t *secret, size_t len);
/* One more. 0, or -1: out of memory. */
int ike_shared_add(struct ike_shared *s, const uint8_t *secret, size_t len);
struct ike_secrets ike_shared_get(const struct ike_shared *s);
/* Wipe and free */
void ike_shared_free(struct ike_shared *s);

#endif
