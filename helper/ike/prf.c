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

EVP_MAC_CTX *ike_prf_begin(uint16_t prf)
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
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx && !EVP_MAC_CTX_set_params(ctx, params)) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

void ike_prf_end(EVP_MAC_CTX *ctx)
{
	EVP_MAC_CTX_free(ctx);
}

static int take_key(EVP_MAC_CTX *ctx, struct ike_bytes key)
{
	/* No key at all would mean "the key of before": an empty one is meant */
	return EVP_MAC_init(ctx, key.len ? key.p : (const uint8_t *)"", key.len, NULL) ? 0 : -1;
}

static int give(EVP_MAC_CTX *ctx, uint8_t *out)
{
	size_t want = EVP_MAC_CTX_get_mac_size(ctx), len;

	return EVP_MAC_final(ctx, out, &len, want) && len == want ? 0 : -1;
}

int ike_prf_next(EVP_MAC_CTX *ctx, struct ike_bytes key, struct ike_bytes data, uint8_t *out)
{
	if (take_key(ctx, key) || !EVP_MAC_update(ctx, data.p, data.len))
		return -1;
	return give(ctx, out);
}

int ike_prf(uint16_t prf, struct ike_bytes key, const struct ike_bytes *parts, size_t n,
	    uint8_t *out)
{
	EVP_MAC_CTX *ctx = ike_prf_begin(prf);
	int ret = -1;
	size_t i;

	if (!ctx || take_key(ctx, key))
		goto out;
	for (i = 0; i < n; i++)
		if (parts[i].len && !EVP_MAC_update(ctx, parts[i].p, parts[i].len))
			goto out;
	ret = give(ctx, out);
out:
	ike_prf_end(ctx);
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
