// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/crypto.h>

#include "ike/prf.h"
#include "ike/psk.h"

#define AUTH_LEN	4		/* method, reserved */

/* prf(prf(secret, "Key Pad for IKEv2"), octets) */
static int value(uint16_t prf, const struct conf_secret *secret, const struct ike_octets *octets,
		 uint8_t *out)
{
	static const char pad[] = "Key Pad for IKEv2";
	struct ike_bytes pad_part = { (const uint8_t *)pad, sizeof(pad) - 1 };
	uint8_t key[IKE_PRF_MAX];
	int ret = -1;

	if (!ike_prf(prf, (struct ike_bytes){ secret->key, secret->len }, &pad_part, 1, key) &&
	    !ike_prf(prf, (struct ike_bytes){ key, ike_prf_len(prf) }, octets->part,
		     IKE_OCTETS_PARTS, out))
		ret = 0;
	OPENSSL_cleanse(key, sizeof(key));
	return ret;
}

int ike_psk_put(struct ike_buf *b, uint16_t prf, const struct conf_secret *secret,
		const struct ike_octets *octets)
{
	uint8_t auth[IKE_PRF_MAX];
	size_t at;

	if (value(prf, secret, octets, auth))
		return -1;
	at = ike_build_payload(b, IKE_PL_AUTH);
	ike_put_u8(b, IKE_AUTH_SHARED_KEY);
	ike_put_zero(b, 3);
	ike_put_bytes(b, auth, ike_prf_len(prf));
	ike_build_payload_end(b, at);
	return 0;
}

bool ike_psk_ok(struct ike_bytes body, uint16_t prf, const struct conf_secret *secret,
		const struct ike_octets *octets)
{
	size_t len = ike_prf_len(prf);
	uint8_t auth[IKE_PRF_MAX];
	bool ok;

	if (body.p[0] != IKE_AUTH_SHARED_KEY || body.len != AUTH_LEN + len)
		return false;
	ok = !value(prf, secret, octets, auth) && !CRYPTO_memcmp(auth, body.p + AUTH_LEN, len);
	OPENSSL_cleanse(auth, sizeof(auth));
	return ok;
}
