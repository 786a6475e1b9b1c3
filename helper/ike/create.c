// SPDX-License-Identifier: GPL-2.0-or-later
/* What all CREATE_CHILD_SA exchanges have in common (RFC 7296, section 1.3). */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "ike/followup.h"
#include "ike/sa.h"

#define NONCE_LEN	32	/* half of the largest prf's key at least (2.10) */
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

void ike_create_put_nonce(struct ike_buf *b, const struct ike_nonce *nonce)
{
	size_t at = ike_build_payload(b, IKE_PL_NONCE);

	ike_put_bytes(b, nonce->data, nonce->len);
	ike_build_payload_end(b, at);
}

void ike_create_end(struct ike_sa *sa)
{
	struct ike_create *cr = &sa->create;

	if (cr->child && cr->child->state == IKE_CHILD_OFFERED)
		ike_childlist_drop(sa, cr->child);
	ike_sa_free(cr->ike);
	ike_ke_free(&cr->ke);
	ike_series_free(&cr->s);
	memset(cr, 0, sizeof(*cr));
}

void ike_series_free(struct ike_series *s)
{
	ike_shared_free(&s->shared);
	OPENSSL_cleanse(s, sizeof(*s));
}

/* The suite is known: which additional key exchange is the first? */
static int begin(struct ike_series *s, const uint8_t *secret, size_t len)
{
	s->next = ike_addke_from(&s->suite, 0);
	return ike_shared_first(&s->shared, secret, len);
}

int ike_series_first(struct ike_series *s, const struct ike_ke *ke, const struct ike_payload *pl)
{
	uint8_t secret[IKE_SECRET_MAX];
	int len, ret = -1;

	if (!s->suite.dh)
		return begin(s, NULL, 0);
	if (!pl || ike_ke_method(pl) != s->suite.dh || ke->method != s->suite.dh)
		return -1;
	len = ike_ke_finish(ke, ike_ke_data(pl), secret);
	if (len > 0)
		ret = begin(s, secret, (size_t)len);
	OPENSSL_cleanse(secret, sizeof(secret));
	return ret;
}

int ike_series_answer(struct ike_series *s, uint16_t method, const struct ike_payload *pl,
		      uint8_t *out, size_t *out_len)
{
	uint8_t secret[IKE_SECRET_MAX];
	int len, ret = -1;

	if (!method)
		return begin(s, NULL, 0);
	len = ike_ke_answer(method, ike_ke_data(pl), out, out_len, secret);
	if (len > 0)
		ret = begin(s, secret, (size_t)len);
	OPENSSL_cleanse(secret, sizeof(secret));
	return ret;
}

/* The lower nonce of what the peer makes of the same SA as we do; NULL: nothing */
static const struct ike_nonce *low_theirs(const struct ike_sa *sa)
{
	const struct ike_create *cr = &sa->create;
	const struct ike_pending *p = &sa->pending;

	bool done = cr->ike ? !!cr->ike_theirs : !!cr->child_theirs;
	bool under_way = cr->ike ? !!p->ike : ike_followup_replaces(sa, cr->old);

	if (done)
		return &cr->low_theirs;
	return under_way ? ike_nonce_lower(&p->s.ni, &p->s.nr) : NULL;
}

bool ike_create_lost(const struct ike_sa *sa)
{
	const struct ike_series *s = &sa->create.s;
	const struct ike_nonce *theirs = low_theirs(sa);

	return theirs && ike_nonce_is_lower(ike_nonce_lower(&s->ni, &s->nr), theirs);
}

int ike_create_failed(struct ike_sa *sa, uint16_t type)
{
	return sa->create.ike ? ike_rekey_failed(sa, type) : ike_create_child_failed(sa, type);
}

int ike_create_invalid(struct ike_sa *sa, const char *why)
{
	/* The peer may have an IKE SA now that we cannot use, and will use no other */
	if (sa->create.ike)
		return ike_sa_fail(sa, "the IKE SA could not be rekeyed: %s", why);
	return ike_create_child_invalid(sa, why);
}

int ike_create_go_on(struct ike_sa *sa, const struct ike_payloads *pl)
{
	int more = ike_followup_wanted(sa, pl);

	if (more < 0)
		return ike_create_invalid(sa, "the peer does not say what IKE_FOLLOWUP_KE is to follow");
	if (!more)
		return sa->create.ike ? ike_rekey_finish(sa) : ike_create_finish(sa);
	/* Nothing is there at either end that would have to be deleted (RFC 9370, section 2.2.4) */
	if (ike_create_lost(sa) && !ike_rekey_fall_back(sa))
		ike_create_end(sa);
	return 0;
}

void ike_create_later(struct ike_sa *sa)
{
	unsigned int shift = sa->retries < LATER_SHIFT_MAX ? sa->retries : LATER_SHIFT_MAX;

	uint32_t wait = LATER_MS << shift;

	/* Two ends that hinder each other must not do so again at the same time */
	sa->retries++;
	sa->retry_at = ike_sa_now(sa) + wait / 2 + ike_random_below(wait);
}
