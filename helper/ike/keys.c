// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>

#include "ike/keys.h"

static const uint8_t *take(const uint8_t *from, void *to, size_t len)
{
	memcpy(to, from, len);
	return from + len;
}

/* Cut prf+ into the keys, in the order of RFC 7296, section 2.14 */
static void cut(const struct ike_suite *suite, const uint8_t *p, struct ike_keys *keys)
{
	size_t prf = ike_prf_len(suite->prf);
	size_t integ = ike_sk_integ_len(suite->integ);
	size_t encr = ike_sk_key_len(suite->encr, suite->keylen);

	memset(keys, 0, sizeof(*keys));
	keys->i.encr = suite->encr;
	keys->i.integ_alg = suite->integ;
	keys->i.keylen = suite->keylen;
	keys->r.encr = suite->encr;
	keys->r.integ_alg = suite->integ;
	keys->r.keylen = suite->keylen;
	p = take(p, keys->d, prf);
	p = take(p, keys->i.integ, integ);
	p = take(p, keys->r.integ, integ);
	p = take(p, keys->i.key, encr);
	p = take(p, keys->r.key, encr);
	p = take(p, keys->pi, prf);
	take(p, keys->pr, prf);
}

/* SK_* from SKEYSEED, which is wiped */
static int expand(const struct ike_suite *suite, uint8_t *skeyseed, size_t seed_len,
		  struct ike_bytes ni, struct ike_bytes nr,
		  const uint8_t *spi_i, const uint8_t *spi_r, struct ike_keys *keys)
{
	uint8_t seed[2 * IKE_NONCE_MAX + 2 * IKE_SPI_LEN];
	uint8_t out[3 * IKE_PRF_MAX + 2 * IKE_SK_INTEG_MAX + 2 * IKE_SK_KEY_MAX];
	size_t n = ni.len + nr.len, prf = ike_prf_len(suite->prf);
	size_t len = 3 * prf + 2 * ike_sk_integ_len(suite->integ) +
		     2 * ike_sk_key_len(suite->encr, suite->keylen);
	int ret = -1;

	memcpy(seed, ni.p, ni.len);
	memcpy(seed + ni.len, nr.p, nr.len);
	memcpy(seed + n, spi_i, IKE_SPI_LEN);
	memcpy(seed + n + IKE_SPI_LEN, spi_r, IKE_SPI_LEN);
	if (prf && len <= sizeof(out) &&
	    !ike_prf_plus(suite->prf, (struct ike_bytes){ skeyseed, seed_len },
			  (struct ike_bytes){ seed, n + 2 * IKE_SPI_LEN }, out, len)) {
		cut(suite, out, keys);
		ret = 0;
	}
	OPENSSL_cleanse(skeyseed, seed_len);
	OPENSSL_cleanse(out, sizeof(out));
	return ret;
}

int ike_keys_derive(const struct ike_suite *suite, struct ike_bytes shared,
		    struct ike_bytes ni, struct ike_bytes nr,
		    const uint8_t *spi_i, const uint8_t *spi_r, struct ike_keys *keys)
{
	uint8_t nonces[2 * IKE_NONCE_MAX], skeyseed[IKE_PRF_MAX];
	size_t i = ni.len, r = nr.len;

	if (ni.len > IKE_NONCE_MAX || nr.len > IKE_NONCE_MAX)
		return -1;
	/* RFC 7296, section 2.14: a prf with a key of one length gets half of it from each */
	if (suite->prf == IKE_PRF_AES128_XCBC) {
		size_t half = ike_prf_len(suite->prf) / 2;

		i = i < half ? i : half;
		r = r < half ? r : half;
	}
	memcpy(nonces, ni.p, i);
	memcpy(nonces + i, nr.p, r);
	if (ike_prf(suite->prf, (struct ike_bytes){ nonces, i + r }, &shared, 1, skeyseed))
		return -1;
	return expand(suite, skeyseed, ike_prf_len(suite->prf), ni, nr, spi_i, spi_r, keys);
}

int ike_keys_rekey(uint16_t old_prf, const struct ike_keys *old, const struct ike_suite *suite,
		   struct ike_secrets secrets, struct ike_bytes ni, struct ike_bytes nr,
		   const uint8_t *spi_i, const uint8_t *spi_r, struct ike_keys *keys)
{
	struct ike_bytes parts[] = { secrets.first, ni, nr, secrets.more };
	size_t len = ike_prf_len(old_prf);
	uint8_t skeyseed[IKE_PRF_MAX];

	if (ni.len > IKE_NONCE_MAX || nr.len > IKE_NONCE_MAX ||
	    ike_prf(old_prf, (struct ike_bytes){ old->d, len }, parts, 4, skeyseed))
		return -1;
	return expand(suite, skeyseed, len, ni, nr, spi_i, spi_r, keys);
}

/* KEYMAT: prf+ (SK_d, SK(0) | Ni | Nr | SK(1) | ...) (RFC 7296, 2.17; RFC 9370, 2.2.4) */
static int keymat(uint16_t prf, const struct ike_keys *keys, const struct ike_bytes *parts,
		  size_t n, uint8_t *out, size_t out_len)
{
	struct ike_bytes seed = { NULL, 0 };
	uint8_t *p;
	size_t i;
	int err;

	for (i = 0; i < n; i++)
		seed.len += parts[i].len;
	p = OPENSSL_malloc(seed.len + 1);
	if (!p)
		return -1;
	seed.p = p;
	for (i = 0; i < n; i++) {
		if (parts[i].len)
			memcpy(p, parts[i].p, parts[i].len);
		p += parts[i].len;
	}
	err = ike_prf_plus(prf, (struct ike_bytes){ keys->d, ike_prf_len(prf) }, seed, out,
			   out_len);
	OPENSSL_clear_free((void *)seed.p, seed.len + 1);
	if (err)
		OPENSSL_cleanse(out, out_len);
	return err;
}

int ike_keys_child(uint16_t prf, const struct ike_keys *keys, struct ike_secrets secrets,
		   struct ike_bytes ni, struct ike_bytes nr, bool initiator,
		   struct ike_child *child)
{
	struct ike_bytes parts[] = { secrets.first, ni, nr, secrets.more };
	uint8_t out[2 * (IKE_SK_KEY_MAX + IKE_SK_INTEG_MAX)];
	const uint8_t *p = out;

	child->key_len = ike_sk_key_len(child->suite.encr, child->suite.keylen);
	child->integ_len = ike_sk_integ_len(child->suite.integ);
	if (2 * (child->key_len + child->integ_len) > sizeof(out) ||
	    keymat(prf, keys, parts, 4, out, 2 * (child->key_len + child->integ_len)))
		return -1;

	/* First what goes from the initiator to the responder (section 2.17) */
	p = take(p, initiator ? child->key_out : child->key_in, child->key_len);
	p = take(p, initiator ? child->integ_out : child->integ_in, child->integ_len);
	p = take(p, initiator ? child->key_in : child->key_out, child->key_len);
	take(p, initiator ? child->integ_in : child->integ_out, child->integ_len);
	OPENSSL_cleanse(out, sizeof(out));
	return 0;
}
