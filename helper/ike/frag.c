// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ike/frag.h"
#include "ike/sa.h"

#define GENERIC_LEN	4
#define FRAG_LEN	4	/* number, total */
/* What fits the smallest packet of IPv6 behind its header, UDP and the non-ESP marker */
#define MESSAGE_MAX	(1280 - 40 - 8 - 4)
/* Without header, IV, padding and ICV of the largest algorithm */
#define CHUNK_MAX	(MESSAGE_MAX - IKE_HDR_LEN - GENERIC_LEN - FRAG_LEN - 16 - 16 - 32)

void ike_frags_free(struct ike_frags *frags)
{
	size_t i;

	for (i = 0; i < frags->total; i++) {
		if (frags->part[i].p)
			OPENSSL_cleanse(frags->part[i].p, frags->part[i].len);
		free(frags->part[i].p);
	}
	memset(frags, 0, sizeof(*frags));
}

bool ike_frag_wanted(const struct ike_sa *sa, const struct ike_out *out)
{
	return sa->unreliable && sa->fragments && out->sk &&
	       out->b.len - out->plain > CHUNK_MAX;
}

/* One fragment at the end of @all */
static int put_fragment(struct ike_sk *sk, const struct ike_out *out, uint16_t number,
			uint16_t total, struct ike_bytes chunk, struct ike_buf *all)
{
	struct ike_buf b;
	size_t at;

	ike_build_begin(&b, all->data + all->len, all->cap - all->len, &out->hdr);
	at = ike_sk_begin_fragment(sk, &b, number, total);
	/* Only the first one tells the type of the first payload */
	if (!b.overflow)
		b.data[at] = number == 1 ? out->b.data[out->sk] : IKE_PL_NONE;
	ike_put_bytes(&b, chunk.p, chunk.len);
	if (ike_sk_seal(sk, &b, at))
		return -1;
	all->len += b.len;
	return 0;
}

int ike_frag_seal(struct ike_sk *sk, const struct ike_out *out, struct ike_buf *all)
{
	size_t len = out->b.len - out->plain, n = (len + CHUNK_MAX - 1) / CHUNK_MAX, i;

	memset(all, 0, sizeof(*all));
	if (out->b.overflow || n > IKE_FRAGS_MAX)
		return -1;
	all->cap = n * MESSAGE_MAX;
	all->data = malloc(all->cap);
	if (!all->data)
		return -1;
	for (i = 0; i < n; i++) {
		size_t at = i * CHUNK_MAX, rest = len - at;
		struct ike_bytes chunk = {
			out->b.data + out->plain + at, rest < CHUNK_MAX ? rest : CHUNK_MAX,
		};

		if (put_fragment(sk, out, (uint16_t)(i + 1), (uint16_t)n, chunk, all))
			return -1;
	}
	return 0;
}

/* The fragments are those of another message: a newer one, or another way to cut it (2.6) */
static bool begins_anew(const struct ike_frags *f, const struct ike_hdr *hdr, uint16_t total)
{
	return !f->total || f->id != hdr->id || f->response != hdr->response || total > f->total;
}

static int keep(struct ike_frags *f, uint16_t number, const uint8_t *plain, size_t len,
		uint8_t first, uint8_t flags)
{
	uint8_t *copy = malloc(len + 1);

	if (!copy)
		return -1;
	memcpy(copy, plain, len);
	f->part[number - 1].p = copy;
	f->part[number - 1].len = len;
	f->got++;
	if (number == 1) {
		f->first = first;
		f->flags = flags;
	}
	return 0;
}

int ike_frag_add(struct ike_frags *f, const struct ike_hdr *hdr, const struct ike_payload *pl,
		 uint8_t inner, const uint8_t *plain, size_t len)
{
	uint16_t number = ike_get16(pl->body.p), total = ike_get16(pl->body.p + 2);

	if (!number || number > total || total > IKE_FRAGS_MAX)
		return -1;
	if (begins_anew(f, hdr, total)) {
		ike_frags_free(f);
		f->id = hdr->id;
		f->response = hdr->response;
		f->total = total;
	}
	if (total != f->total || f->part[number - 1].p)
		return 0;
	/* The generic header is in front of the body */
	if (keep(f, number, plain, len, inner, pl->body.p[1 - GENERIC_LEN]))
		return -1;
	return f->got == f->total;
}

void ike_frag_head(const struct ike_frags *f, const uint8_t *msg, uint8_t *head)
{
	memcpy(head, msg, IKE_HDR_LEN);
	head[16] = IKE_PL_SK;
	head[IKE_HDR_LEN] = f->first;
	head[IKE_HDR_LEN + 1] = f->flags;
	ike_put16(head + IKE_HDR_LEN + 2, 0);
}

uint8_t *ike_frag_join(const struct ike_frags *f, size_t *len)
{
	uint8_t *whole;
	size_t i, at = 0;

	*len = 0;
	for (i = 0; i < f->total; i++)
		*len += f->part[i].len;
	whole = *len <= IKE_MSG_MAX ? malloc(*len + 1) : NULL;
	for (i = 0; whole && i < f->total; i++) {
		memcpy(whole + at, f->part[i].p, f->part[i].len);
		at += f->part[i].len;
	}
	return whole;
}
