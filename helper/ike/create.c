// SPDX-License-Identifier: GPL-2.0-or-later
/* What all CREATE_CHILD_SA exchanges have in common (RFC 7296, section 1.3). */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "ike/sa.h"

#define NONCE_LEN	32	/* half of the largest prf's key at least (2.10) */
#define KE_LEN		4	/* group, reserved */
#define LATER_MS	2000	/* about: 2, 4, 8 seconds ... a minute at most */
#define LATER_SHIFT_MAX	5

int ike_spi_make(uint8_t *spi)
{
	static const uint8_t none[IKE_SPI_LEN];

	do {
		if (RAND_bytes(spi, IKE_SPI_LEN) != 1)
			return -1;
	} while (!memcmp(spi, none, IKE_SPI_LEN));
	return 0;
}

int ike_nonce_make(struct ike_nonce *nonce)
{
	nonce->len = NONCE_LEN;
	return RAND_bytes(nonce->data, NONCE_LEN) == 1 ? 0 : -1;
}

void ike_nonce_keep(struct ike_nonce *nonce, const struct ike_payload *pl)
{
	memcpy(nonce->data, pl->body.p, pl->body.len);
	nonce->len = pl->body.len;
}

struct ike_bytes ike_nonce_bytes(const struct ike_nonce *nonce)
{
	return (struct ike_bytes){ nonce->data, nonce->len };
}

bool ike_nonce_is_lower(const struct ike_nonce *a, const struct ike_nonce *b)
{
	int diff = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return diff ? diff < 0 : a->len < b->len;
}

const struct ike_nonce *ike_nonce_lower(const struct ike_nonce *a, const struct ike_nonce *b)
{
	return ike_nonce_is_lower(a, b) ? a : b;
}

int ike_create_put_ke_nonce(struct ike_buf *b, const struct ike_dh *dh,
			    const struct ike_nonce *nonce)
{
	uint8_t pub[IKE_DH_MAX];
	size_t at = ike_build_payload(b, IKE_PL_NONCE);

	ike_put_bytes(b, nonce->data, nonce->len);
	ike_build_payload_end(b, at);
	if (!dh->key)
		return 0;
	if (ike_dh_public(dh, pub))
		return -1;
	at = ike_build_payload(b, IKE_PL_KE);
	ike_put_u16(b, dh->group);
	ike_put_u16(b, 0);
	ike_put_bytes(b, pub, ike_dh_public_len(dh->group));
	ike_build_payload_end(b, at);
	return 0;
}

int ike_create_shared(const struct ike_dh *dh, const struct ike_payload *ke, uint8_t *shared)
{
	return ike_dh_shared(dh, (struct ike_bytes){ ke->body.p + KE_LEN, ke->body.len - KE_LEN },
			     shared);
}

void ike_create_end(struct ike_sa *sa)
{
	struct ike_create *cr = &sa->create;

	if (cr->child && cr->child->state == IKE_CHILD_OFFERED)
		ike_childlist_drop(sa, cr->child);
	ike_sa_free(cr->ike);
	ike_dh_free(&cr->dh);
	memset(cr, 0, sizeof(*cr));
}

void ike_create_later(struct ike_sa *sa)
{
	unsigned int shift = sa->retries < LATER_SHIFT_MAX ? sa->retries : LATER_SHIFT_MAX;

	uint32_t wait = LATER_MS << shift;

	/* Two ends that hinder each other must not do so again at the same time */
	sa->retries++;
	sa->retry_at = ike_sa_now(sa) + wait / 2 + ike_random_below(wait);
}
