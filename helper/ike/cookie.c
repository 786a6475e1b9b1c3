// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "ike/build.h"
#include "ike/cookie.h"
#include "ike/notify.h"
#include "ike/proposal.h"

static int renew(struct ike_cookies *c, uint64_t now)
{
	if (c->since && now - c->since < IKE_COOKIE_LIFE_MS)
		return 0;
	c->version++;
	/* A secret that nobody has seen for two lives is no secret of ours any more */
	if ((!c->since || now - c->since >= 2 * IKE_COOKIE_LIFE_MS) &&
	    RAND_bytes(c->secret[!(c->version & 1)], IKE_COOKIE_SECRET) != 1)
		return -1;
	if (RAND_bytes(c->secret[c->version & 1], IKE_COOKIE_SECRET) != 1)
		return -1;
	c->since = now ? now : 1;
	return 0;
}

/* A request, and what its cookie tells of the puzzle that it came with */
struct request {
	const struct ike_addrs *addrs;
	struct ike_hdr hdr;
	struct ike_payloads pl;
	const struct ike_payload *nonce;
	unsigned int bits;		/* 0: there was none */
	uint16_t prf;
	uint32_t since;			/* ms */
};

static void info_put(uint8_t *p, uint8_t version, unsigned int bits, uint16_t prf, uint32_t since)
{
	p[0] = version;
	p[1] = (uint8_t)bits;
	ike_put16(p + 2, prf);
	ike_put32(p + 4, since);
}

/* Address, SPI and nonce, as section 2.6 has it, and the information in front of @cookie */
static int make(const struct ike_cookies *c, const struct request *rq,
		uint8_t cookie[IKE_COOKIE_LEN])
{
	uint8_t in[IKE_COOKIE_INFO + IKE_SPI_LEN + sizeof(rq->addrs->remote.addr) + IKE_NONCE_MAX];
	size_t len = sizeof(rq->addrs->remote.addr);
	unsigned int maclen;

	memcpy(in, rq->addrs->remote.addr, len);
	memcpy(in + len, rq->hdr.spi_i, IKE_SPI_LEN);
	len += IKE_SPI_LEN;
	memcpy(in + len, cookie, IKE_COOKIE_INFO);
	len += IKE_COOKIE_INFO;
	memcpy(in + len, rq->nonce->body.p, rq->nonce->body.len);
	len += rq->nonce->body.len;
	return HMAC(EVP_sha256(), c->secret[cookie[0] & 1], IKE_COOKIE_SECRET, in, len,
		    cookie + IKE_COOKIE_INFO, &maclen) ? 0 : -1;
}

/* Is it one of ours, for this request? */
static bool genuine(const struct ike_cookies *c, struct request *rq, const struct ike_bytes *cookie)
{
	uint8_t want[IKE_COOKIE_LEN];

	if (cookie->len != IKE_COOKIE_LEN)
		return false;
	if (cookie->p[0] != c->version && cookie->p[0] != (uint8_t)(c->version - 1))
		return false;
	memcpy(want, cookie->p, IKE_COOKIE_INFO);
	if (make(c, rq, want) || CRYPTO_memcmp(want, cookie->p, IKE_COOKIE_LEN))
		return false;
	rq->bits = want[1];
	rq->prf = ike_get16(want + 2);
	rq->since = ike_get32(want + 4);
	return true;
}

/* Whoever solved a puzzle is to have one IKE SA for it (RFC 8019, section 10) */
static bool first_use(struct ike_cookies *c, const struct ike_bytes *cookie)
{
	const uint8_t *tag = cookie->p + IKE_COOKIE_INFO;

	for (size_t i = 0; i < IKE_COOKIE_USED_MAX; i++)
		if (!memcmp(c->used[i], tag, IKE_COOKIE_USED_LEN))
			return false;
	memcpy(c->used[c->next_used], tag, IKE_COOKIE_USED_LEN);
	c->next_used = (c->next_used + 1) % IKE_COOKIE_USED_MAX;
	return true;
}

/* A cookie is there, and a puzzle is asked for */
static enum ike_cookie_verdict puzzled(struct ike_cookies *c, const struct request *rq,
				       uint64_t now, const struct ike_bytes *cookie)
{
	const struct ike_payload *ps = ike_payload_find(&rq->pl, IKE_PL_PS);

	if (!rq->bits)
		return IKE_COOKIE_ASK;
	if (!ps)
		return IKE_COOKIE_UNSOLVED;
	if ((uint32_t)now - rq->since > IKE_COOKIE_PUZZLE_MS ||
	    !ike_puzzle_check(rq->prf, *cookie, ps->body, rq->bits))
		return IKE_COOKIE_ASK;
	return first_use(c, cookie) ? IKE_COOKIE_GOOD : IKE_COOKIE_ASK;
}

/* The prf of what would be chosen. 0: nothing would. */
static uint16_t choose_prf(const struct request *rq, const struct ike_suite_list *offer)
{
	const struct ike_payload *prop = ike_payload_find(&rq->pl, IKE_PL_SA);
	struct ike_choice choice;

	if (!prop || ike_proposal_choose(prop, IKE_PROTO_IKE, offer, 0, &choice))
		return 0;
	return choice.suite.prf;
}

static int put_cookie(const struct ike_cookies *c, const struct request *rq, unsigned int bits,
		      uint16_t prf, uint64_t now, struct ike_buf *b)
{
	uint8_t cookie[IKE_COOKIE_LEN], puzzle[IKE_PUZZLE_LEN];

	info_put(cookie, c->version, bits, prf, (uint32_t)now);
	if (make(c, rq, cookie))
		return -1;
	ike_notify_put(b, IKE_N_COOKIE, cookie, sizeof(cookie));
	if (!bits)
		return 0;
	ike_put16(puzzle, prf);
	puzzle[2] = (uint8_t)bits;
	ike_notify_put(b, IKE_N_PUZZLE, puzzle, sizeof(puzzle));
	return 0;
}

static int put_answer(const struct ike_cookies *c, const struct request *rq,
		      const struct ike_suite_list *offer, unsigned int bits, uint64_t now,
		      struct ike_cookie_answer *answer)
{
	uint16_t prf = bits ? choose_prf(rq, offer) : 0;
	struct ike_hdr hdr = rq->hdr;
	struct ike_buf b;

	hdr.response = true;
	hdr.initiator = false;
	ike_build_begin(&b, answer->data, sizeof(answer->data), &hdr);
	if (bits && !prf)
		ike_notify_put(&b, IKE_N_NO_PROPOSAL_CHOSEN, NULL, 0);
	else if (put_cookie(c, rq, bits, prf, now, &b))
		return -1;
	if (ike_build_end(&b))
		return -1;
	answer->len = b.len;
	return 0;
}

static bool readable(struct request *rq, struct ike_bytes msg)
{
	if (ike_hdr_parse(msg.p, msg.len, &rq->hdr) || rq->hdr.exchange != IKE_SA_INIT ||
	    rq->hdr.response || msg.len < IKE_COOKIE_ANSWER ||
	    ike_payloads_parse(rq->hdr.next, msg.p + IKE_HDR_LEN, msg.len - IKE_HDR_LEN, &rq->pl))
		return false;
	rq->nonce = ike_payload_find(&rq->pl, IKE_PL_NONCE);
	return rq->nonce && rq->nonce->body.len <= IKE_NONCE_MAX;
}

enum ike_cookie_verdict ike_cookie_check(struct ike_cookies *c, uint64_t now,
					 const struct ike_addrs *addrs, struct ike_bytes msg,
					 const struct ike_suite_list *offer, unsigned int bits,
					 struct ike_cookie_answer *answer)
{
	enum ike_cookie_verdict verdict = IKE_COOKIE_ASK;
	struct request rq = { .addrs = addrs };
	struct ike_notify n;

	if (!readable(&rq, msg) || renew(c, now))
		return IKE_COOKIE_JUNK;
	if (ike_notify_find(&rq.pl, IKE_N_COOKIE, &n) && genuine(c, &rq, &n.data))
		verdict = bits ? puzzled(c, &rq, now, &n.data) : IKE_COOKIE_GOOD;
	if (verdict != IKE_COOKIE_GOOD && put_answer(c, &rq, offer, bits, now, answer))
		return IKE_COOKIE_JUNK;
	return verdict;
}
