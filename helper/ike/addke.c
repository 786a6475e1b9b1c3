// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>

#include "ike/addke.h"

size_t ike_addke_from(const struct ike_suite *suite, size_t from)
{
	while (from < IKE_ADDKE_MAX && !suite->addke[from])
		from++;
	return from;
}

int ike_shared_add(struct ike_shared *s, const uint8_t *secret, size_t len)
{
	uint8_t *p;

	if (!len)
		return 0;
	/* Not realloc(), which leaves copies behind */
	p = OPENSSL_clear_realloc(s->p, s->len, s->len + len);
	if (!p)
		return -1;
	memcpy(p + s->len, secret, len);
	s->p = p;
	s->len += len;
	return 0;
}

int ike_shared_first(struct ike_shared *s, const uint8_t *secret, size_t len)
{
	s->first = len;
	return ike_shared_add(s, secret, len);
}

struct ike_secrets ike_shared_get(const struct ike_shared *s)
{
	struct ike_secrets out = { .first = { s->p, s->first } };

	if (s->len > s->first)
		out.more = (struct ike_bytes){ s->p + s->first, s->len - s->first };
	return out;
}

void ike_shared_free(struct ike_shared *s)
{
	OPENSSL_clear_free(s->p, s->len);
	memset(s, 0, sizeof(*s));
}
