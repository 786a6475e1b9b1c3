// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "ike/build.h"
#include "ike/cookie.h"
#include "ike/notify.h"

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

/* Address, SPI and nonce, as section 2.6 has it */
static int make(const struct ike_cookies *c, uint8_t version, const struct ike_addrs *addrs,
		const struct ike_hdr *hdr, const struct ike_payload *nonce,
		uint8_t cookie[IKE_COOKIE_LEN])
{
	uint8_t in[IKE_SPI_LEN + sizeof(addrs->remote.addr) + IKE_NONCE_MAX];
	size_t len = sizeof(addrs->remote.addr);
	unsigned int maclen;

	memcpy(in, addrs->remote.addr, len);
	memcpy(in + len, hdr->spi_i, IKE_SPI_LEN);
	len += IKE_SPI_LEN;
	memcpy(in + len, nonce->body.p, nonce->body.len);
	len += nonce->body.len;
	cookie[0] = version;
	return HMAC(EVP_sha256(), c->secret[version & 1], IKE_COOKIE_SECRET, in, len, cookie + 1,
		    &maclen) ? 0 : -1;
}

static bool good(const struct ike_cookies *c, const struct ike_addrs *addrs,
		 const struct ike_hdr *hdr, const struct ike_payload *nonce,
		 const struct ike_bytes *cookie)
{
	uint8_t version, want[IKE_COOKIE_LEN];

	if (cookie->len != IKE_COOKIE_LEN)
		return false;
	version = cookie->p[0];
	if (version != c->version && version != (uint8_t)(c->version - 1))
		return false;
	return !make(c, version, addrs, hdr, nonce, want) &&
	       !CRYPTO_memcmp(want, cookie->p, IKE_COOKIE_LEN);
}

enum ike_cookie_verdict ike_cookie_check(struct ike_cookies *c, uint64_t now,
					 const struct ike_addrs *addrs, const uint8_t *msg,
					 size_t len, uint8_t out[IKE_COOKIE_ANSWER])
{
	const struct ike_payload *nonce;
	struct ike_payloads pl;
	struct ike_notify n;
	struct ike_hdr hdr;
	struct ike_buf b;
	uint8_t cookie[IKE_COOKIE_LEN];

	if (ike_hdr_parse(msg, len, &hdr) || hdr.exchange != IKE_SA_INIT || hdr.response ||
	    len < IKE_COOKIE_ANSWER ||
	    ike_payloads_parse(hdr.next, msg + IKE_HDR_LEN, len - IKE_HDR_LEN, &pl))
		return IKE_COOKIE_JUNK;
	nonce = ike_payload_find(&pl, IKE_PL_NONCE);
	if (!nonce || nonce->body.len > IKE_NONCE_MAX || renew(c, now))
		return IKE_COOKIE_JUNK;
	if (ike_notify_find(&pl, IKE_N_COOKIE, &n) && good(c, addrs, &hdr, nonce, &n.data))
		return IKE_COOKIE_GOOD;
	if (make(c, c->version, addrs, &hdr, nonce, cookie))
		return IKE_COOKIE_JUNK;
	hdr.response = true;
	hdr.initiator = false;
	ike_build_begin(&b, out, IKE_COOKIE_ANSWER, &hdr);
	ike_notify_put(&b, IKE_N_COOKIE, cookie, sizeof(cookie));
	return ike_build_end(&b) ? IKE_COOKIE_JUNK : IKE_COOKIE_ASK;
}
