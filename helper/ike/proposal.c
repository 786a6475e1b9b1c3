// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ike/algo.h"
#include "ike/proposal.h"

#define PROPOSAL_LEN	8
#define TRANSFORM_LEN	8
#define MORE_PROPOSALS	2
#define MORE_TRANSFORMS	3
#define ATTR_TV		0x8000		/* the attribute is its value, not a length */
#define ATTR_KEYLEN	14

struct transform {
	uint8_t type;
	uint16_t id;
	uint16_t keylen;		/* 0: no such attribute */
	bool odd;			/* has an attribute that we do not know */
};

static bool attrs_get(const uint8_t *p, size_t len, struct transform *t)
{
	while (len) {
		uint16_t type;
		size_t alen = 4;

		if (len < 4)
			return false;
		type = ike_get16(p);
		if (!(type & ATTR_TV))
			alen += ike_get16(p + 2);
		if (alen > len)
			return false;
		if (type == (ATTR_TV | ATTR_KEYLEN) && !t->keylen)
			t->keylen = ike_get16(p + 2);
		else
			t->odd = true;
		p += alen;
		len -= alen;
	}
	return true;
}

static bool transform_get(const uint8_t *p, size_t len, bool last, struct transform *t)
{
	if (len < TRANSFORM_LEN || ike_get16(p + 2) < TRANSFORM_LEN || ike_get16(p + 2) > len)
		return false;
	if (p[0] != (last ? 0 : MORE_TRANSFORMS))
		return false;
	memset(t, 0, sizeof(*t));
	t->type = p[4];
	t->id = ike_get16(p + 6);
	return attrs_get(p + TRANSFORM_LEN, ike_get16(p + 2) - TRANSFORM_LEN, t);
}

static bool transforms_check(const uint8_t *p, size_t len, unsigned int n)
{
	for (; n; n--) {
		struct transform t;

		if (!transform_get(p, len, n == 1, &t))
			return false;
		len -= ike_get16(p + 2);
		p += ike_get16(p + 2);
	}
	return !len;
}

bool ike_proposals_check(const uint8_t *p, size_t len)
{
	bool more = true;

	while (more) {
		size_t plen;

		if (len < PROPOSAL_LEN)
			return false;
		plen = ike_get16(p + 2);
		if (plen > len || plen < PROPOSAL_LEN || p[6] > plen - PROPOSAL_LEN)
			return false;
		if (p[0] != 0 && p[0] != MORE_PROPOSALS)
			return false;
		if (!p[7] || !transforms_check(p + PROPOSAL_LEN + p[6],
					       plen - PROPOSAL_LEN - p[6], p[7]))
			return false;
		more = p[0];
		p += plen;
		len -= plen;
	}
	return !len;
}

uint8_t ike_proposal_protocol(const struct ike_payload *pl)
{
	return pl->body.p[5];
}

static bool is_addke(uint8_t type)
{
	return type >= IKE_TT_ADDKE1 && type < IKE_TT_ADDKE1 + IKE_ADDKE_MAX;
}

/* The transform ID that a suite wants of a type; -1 where the type has no business here */
static int wanted(const struct ike_suite *s, uint8_t protocol, uint8_t type)
{
	bool ike = protocol == IKE_PROTO_IKE;

	if (is_addke(type))
		return s->addke[type - IKE_TT_ADDKE1];
	switch (type) {
	case IKE_TT_ENCR:
		return s->encr;
	case IKE_TT_PRF:
		return ike ? s->prf : -1;
	case IKE_TT_INTEG:
		return s->integ;
	case IKE_TT_DH:
		return s->dh;
	case IKE_TT_ESN:
		return ike ? -1 : s->esn;
	default:
		return -1;
	}
}

/* Types without which a proposal cannot be the suite; NONE may be left out (3.3.3) */
static unsigned int needed(const struct ike_suite *s, uint8_t protocol)
{
	unsigned int bits = 1u << IKE_TT_ENCR;
	size_t i;

	for (i = 0; i < IKE_ADDKE_MAX; i++)
		if (s->addke[i])
			bits |= 1u << (IKE_TT_ADDKE1 + i);
	if (s->integ)
		bits |= 1u << IKE_TT_INTEG;
	if (s->dh)
		bits |= 1u << IKE_TT_DH;
	return bits | 1u << (protocol == IKE_PROTO_IKE ? IKE_TT_PRF : IKE_TT_ESN);
}

/* Does a (checked) proposal allow the suite? Every type that it lists must. */
static bool allows(const uint8_t *p, uint8_t protocol, const struct ike_suite *s)
{
	const uint8_t *t = p + PROPOSAL_LEN + p[6];
	unsigned int seen = 0, found = 0, n;

	for (n = p[7]; n; n--, t += ike_get16(t + 2)) {
		struct transform tr;
		int want;

		transform_get(t, ike_get16(t + 2), n == 1, &tr);
		want = wanted(s, protocol, tr.type);
		if (want < 0)
			return false;
		seen |= 1u << tr.type;
		if (tr.odd || tr.id != want)
			continue;
		if (tr.keylen == (tr.type == IKE_TT_ENCR ? ike_encr_attr(s->encr, s->keylen) : 0))
			found |= 1u << tr.type;
	}
	return seen == found && !(needed(s, protocol) & ~found);
}

static bool lists_type(const uint8_t *p, uint8_t type)
{
	const uint8_t *t = p + PROPOSAL_LEN + p[6];
	unsigned int n;

	for (n = p[7]; n; n--, t += ike_get16(t + 2))
		if (t[4] == type)
			return true;
	return false;
}

/* A proposal for an IKE SA has a SPI when one is rekeyed (3.3.1); callers know which it is */
static bool spi_ok(const uint8_t *p, uint8_t protocol)
{
	if (protocol == IKE_PROTO_ESP)
		return p[6] == 4;
	return p[6] == 0 || p[6] == IKE_SPI_LEN;
}

/* The peer's first proposal that allows the suite */
static const uint8_t *proposal_with(const struct ike_payload *pl, uint8_t protocol,
				    const struct ike_suite *s)
{
	const uint8_t *p = pl->body.p;

	for (;; p += ike_get16(p + 2)) {
		if (p[5] == protocol && spi_ok(p, protocol) && allows(p, protocol, s))
			return p;
		if (!p[0])
			return NULL;
	}
}

static void choice_set(const uint8_t *p, const struct ike_suite *s, struct ike_choice *out)
{
	size_t i;

	out->number = p[4];
	out->spi = p + PROPOSAL_LEN;
	out->spi_len = p[6];
	out->suite = *s;
	out->integ_none = !s->integ && lists_type(p, IKE_TT_INTEG);
	out->dh_none = !s->dh && lists_type(p, IKE_TT_DH);
	out->addke_none = 0;
	for (i = 0; i < IKE_ADDKE_MAX; i++)
		if (!s->addke[i] && lists_type(p, (uint8_t)(IKE_TT_ADDKE1 + i)))
			out->addke_none |= 1u << i;
}

static bool same_algorithms(const struct ike_suite *a, const struct ike_suite *b)
{
	return a->encr == b->encr && a->keylen == b->keylen && a->prf == b->prf &&
	       a->integ == b->integ && !memcmp(a->addke, b->addke, sizeof(a->addke));
}

/* Suites of one proposal of ours: they differ in their last transform, group or ESN, alone */
static bool same_proposal(const struct ike_suite *a, const struct ike_suite *b, uint8_t protocol)
{
	return same_algorithms(a, b) && (protocol == IKE_PROTO_IKE || a->dh == b->dh);
}

int ike_proposal_choose(const struct ike_payload *pl, uint8_t protocol,
			const struct ike_suite_list *ours, uint16_t ke, struct ike_choice *out)
{
	const struct ike_suite *best = NULL;
	const uint8_t *p = NULL;
	size_t i;

	for (i = 0; i < ours->n; i++) {
		const struct ike_suite *s = &ours->s[i];
		const uint8_t *with;

		if (best && !(same_algorithms(s, best) && s->dh == ke && best->dh != ke))
			continue;
		with = proposal_with(pl, protocol, s);
		if (!with)
			continue;
		best = s;
		p = with;
	}
	if (!best)
		return -1;
	choice_set(p, best, out);
	return 0;
}

/* The suites from i on that go into one proposal */
static size_t group_len(const struct ike_suite_list *list, size_t i, uint8_t protocol)
{
	size_t n = 1;

	while (i + n < list->n && same_proposal(&list->s[i], &list->s[i + n], protocol))
		n++;
	return n;
}

int ike_proposal_accept(const struct ike_payload *pl, uint8_t protocol,
			const struct ike_suite_list *ours, struct ike_choice *out)
{
	const uint8_t *p = pl->body.p;
	unsigned int number = 0;
	size_t i, j, n;

	if (p[0] || p[5] != protocol || !spi_ok(p, protocol))
		return -1;
	for (i = 0; i < ours->n; i += n) {
		n = group_len(ours, i, protocol);
		number++;
		for (j = i; j < i + n; j++) {
			unsigned int types;

			if (number != p[4] || !allows(p, protocol, &ours->s[j]))
				continue;
			choice_set(p, &ours->s[j], out);
			types = (unsigned int)__builtin_popcount(needed(&ours->s[j], protocol)) +
				out->integ_none + out->dh_none +
				(unsigned int)__builtin_popcount(out->addke_none);
			return p[7] == types ? 0 : -1;
		}
	}
	return -1;
}

static void put_transform(struct ike_buf *b, bool last, uint8_t type, uint16_t id,
			  uint16_t keylen)
{
	ike_put_u8(b, last ? 0 : MORE_TRANSFORMS);
	ike_put_u8(b, 0);
	ike_put_u16(b, TRANSFORM_LEN + (keylen ? 4 : 0));
	ike_put_u8(b, type);
	ike_put_u8(b, 0);
	ike_put_u16(b, id);
	if (keylen) {
		ike_put_u16(b, ATTR_TV | ATTR_KEYLEN);
		ike_put_u16(b, keylen);
	}
}

/* Additional key exchanges (RFC 9370, section 2.2.1); @none: those that are spelled out */
static void put_addkes(struct ike_buf *b, const struct ike_suite *s, unsigned int none)
{
	size_t i;

	for (i = 0; i < IKE_ADDKE_MAX; i++)
		if (s->addke[i] || none & 1u << i)
			put_transform(b, false, (uint8_t)(IKE_TT_ADDKE1 + i), s->addke[i], 0);
}

static unsigned int addkes(const struct ike_suite *s)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < IKE_ADDKE_MAX; i++)
		n += s->addke[i] ? 1 : 0;
	return n;
}

static size_t proposal_begin(struct ike_buf *b, bool last, uint8_t number, uint8_t protocol,
			     struct ike_bytes spi, size_t transforms)
{
	size_t at = b->len;

	ike_put_u8(b, last ? 0 : MORE_PROPOSALS);
	ike_put_u8(b, 0);
	ike_put_u16(b, 0);
	ike_put_u8(b, number);
	ike_put_u8(b, protocol);
	ike_put_u8(b, (uint8_t)spi.len);
	ike_put_u8(b, (uint8_t)transforms);
	ike_put_bytes(b, spi.p, spi.len);
	return at;
}

/* One proposal of n suites that differ in their last transform alone */
static void put_group(struct ike_buf *b, bool last, uint8_t number, uint8_t protocol,
		      const struct ike_suite *s, size_t n, struct ike_bytes spi)
{
	bool ike = protocol == IKE_PROTO_IKE, group = !ike && s->dh;
	size_t at, i;

	at = proposal_begin(b, last, number, protocol, spi,
			    1 + ike + (s->integ ? 1 : 0) + group + addkes(s) + n);
	put_transform(b, false, IKE_TT_ENCR, s->encr, ike_encr_attr(s->encr, s->keylen));
	if (ike)
		put_transform(b, false, IKE_TT_PRF, s->prf, 0);
	if (s->integ)
		put_transform(b, false, IKE_TT_INTEG, s->integ, 0);
	if (group)
		put_transform(b, false, IKE_TT_DH, s->dh, 0);
	put_addkes(b, s, 0);
	for (i = 0; i < n; i++)
		put_transform(b, i == n - 1, ike ? IKE_TT_DH : IKE_TT_ESN,
			      ike ? s[i].dh : s[i].esn, 0);
	ike_build_len16(b, at + 2, b->len - at);
}

void ike_proposal_put(struct ike_buf *b, uint8_t protocol, const struct ike_suite_list *list,
		      struct ike_bytes spi)
{
	size_t pl = ike_build_payload(b, IKE_PL_SA);
	uint8_t number = 0;
	size_t i, n;

	for (i = 0; i < list->n; i += n) {
		n = group_len(list, i, protocol);
		put_group(b, i + n == list->n, ++number, protocol, &list->s[i], n, spi);
	}
	ike_build_payload_end(b, pl);
}

void ike_proposal_put_choice(struct ike_buf *b, uint8_t protocol,
			     const struct ike_choice *choice, struct ike_bytes spi)
{
	const struct ike_suite *s = &choice->suite;
	bool ike = protocol == IKE_PROTO_IKE, integ = s->integ || choice->integ_none;
	bool group = !ike && (s->dh || choice->dh_none);
	size_t pl = ike_build_payload(b, IKE_PL_SA);
	size_t at = proposal_begin(b, true, choice->number, protocol, spi,
				   2 + ike + (integ ? 1 : 0) + group + addkes(s) +
				   (unsigned int)__builtin_popcount(choice->addke_none));

	put_transform(b, false, IKE_TT_ENCR, s->encr, ike_encr_attr(s->encr, s->keylen));
	if (ike)
		put_transform(b, false, IKE_TT_PRF, s->prf, 0);
	if (integ)
		put_transform(b, false, IKE_TT_INTEG, s->integ, 0);
	if (group)
		put_transform(b, false, IKE_TT_DH, s->dh, 0);
	put_addkes(b, s, choice->addke_none);
	put_transform(b, true, ike ? IKE_TT_DH : IKE_TT_ESN, ike ? s->dh : s->esn, 0);
	ike_build_len16(b, at + 2, b->len - at);
	ike_build_payload_end(b, pl);
}
