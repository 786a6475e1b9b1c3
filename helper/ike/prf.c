// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ike/prf.h"
#include "ike/suite.h"

static const char *digest_of(uint16_t prf)
{
	switch (prf) {
	case IKE_PRF_HMAC_SHA1:
		return "SHA1";
	case IKE_PRF_HMAC_SHA2_256:
		return "SHA256";
	case IKE_PRF_HMAC_SHA2_384:
		return "SHA384";
	case IKE_PRF_HMAC_SHA2_512:
		return "SHA512";
	default:
		return NULL;
	}
}

size_t ike_prf_len(uint16_t prf)
{
	switch (prf) {
	case IKE_PRF_HMAC_SHA1:
		return 20;
	case IKE_PRF_HMAC_SHA2_256:
		return 32;
	case IKE_PRF_HMAC_SHA2_384:
		return 48;
	case IKE_PRF_HMAC_SHA2_512:
		return 64;
	default:
		return 0;
	}
}

static EVP_MAC_CTX *hmac_new(uint16_t prf, struct ike_bytes key)
{
	const char *digest = digest_of(prf);
	OSSL_PARAM params[2];
	EVP_MAC_CTX *ctx;
	EVP_MAC *mac;

	if (!digest)
		return NULL;
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!mac)
		return NULL;
	ctx = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	if (!ctx)
		return NULL;

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	/* No key at all would mean "the key of before": an empty one is meant */
	if (!EVP_MAC_init(ctx, key.len ? key.p : (const uint8_t *)"", key.len, params)) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

int ike_prf(uint16_t prf, struct ike_bytes key, const struct ike_bytes *parts, size_t n,
	    uint8_t *out)
{
	EVP_MAC_CTX *ctx = hmac_new(prf, key);
	int ret = -1;
	size_t i, len;

	if (!ctx)
		return -1;
	for (i = 0; i < n; i++)
		if (parts[i].len && !EVP_MAC_update(ctx, parts[i].p, parts[i].len))
			goto out;
	if (EVP_MAC_final(ctx, out, &len, ike_prf_len(prf)) && len == ike_prf_len(prf))
		ret = 0;
out:
	EVP_MAC_CTX_free(ctx);
	return ret;
}

int ike_prf_plus(uint16_t prf, struct ike_bytes key, struct ike_bytes seed,
		 uint8_t *out, size_t len)
{
	size_t block = ike_prf_len(prf);
	uint8_t t[IKE_PRF_MAX];
	uint8_t count = 0;
	int ret = -1;

	if (!block || len > 255 * block)
		return -1;

	while (len) {
		struct ike_bytes parts[] = {
			{ t, count ? block : 0 }, seed, { &count, 1 },
		};
		size_t take = len < block ? len : block;

		count++;
		if (ike_prf(prf, key, parts, 3, t))
			goto out;
		memcpy(out, t, take);
		out += take;
		len -= take;
	}
	ret = 0;
out:
	OPENSSL_cleanse(t, sizeof(t));
	return ret;
}
