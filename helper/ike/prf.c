// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ike/prf.h"
#include "ike/suite.h"
#include "ike/xcbc.h"

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
	case IKE_PRF_AES128_XCBC:
		return IKE_XCBC_LEN;
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

/* One of the two */
struct ike_prf_ctx {
	EVP_MAC_CTX *hmac;
	struct ike_xcbc xcbc;
};

static EVP_MAC_CTX *hmac_new(const char *digest)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx && !EVP_MAC_CTX_set_params(ctx, params)) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static int ctx_open(struct ike_prf_ctx *ctx, uint16_t prf)
{
	const char *digest = digest_of(prf);

	memset(ctx, 0, sizeof(*ctx));
	if (prf == IKE_PRF_AES128_XCBC)
		return ike_xcbc_new(&ctx->xcbc);
	if (digest)
		ctx->hmac = hmac_new(digest);
	return ctx->hmac ? 0 : -1;
}

static void ctx_close(struct ike_prf_ctx *ctx)
{
	EVP_MAC_CTX_free(ctx->hmac);
	ike_xcbc_free(&ctx->xcbc);
}

static int take_key(struct ike_prf_ctx *ctx, struct ike_bytes key)
{
	if (!ctx->hmac)
		return ike_xcbc_key(&ctx->xcbc, key);
	/* No key at all would mean "the key of before": an empty one is meant */
	return EVP_MAC_init(ctx->hmac, key.len ? key.p : (const uint8_t *)"", key.len, NULL) ? 0 :
	       -1;
}

static int take_data(struct ike_prf_ctx *ctx, struct ike_bytes data)
{
	if (!ctx->hmac)
		return ike_xcbc_update(&ctx->xcbc, data);
	return !data.len || EVP_MAC_update(ctx->hmac, data.p, data.len) ? 0 : -1;
}

static int give(struct ike_prf_ctx *ctx, uint8_t *out)
{
	size_t want, len;

	if (!ctx->hmac)
		return ike_xcbc_final(&ctx->xcbc, out);
	want = EVP_MAC_CTX_get_mac_size(ctx->hmac);
	return EVP_MAC_final(ctx->hmac, out, &len, want) && len == want ? 0 : -1;
}

struct ike_prf_ctx *ike_prf_begin(uint16_t prf)
{
	struct ike_prf_ctx *ctx = malloc(sizeof(*ctx));

	if (ctx && ctx_open(ctx, prf)) {
		ike_prf_end(ctx);
		return NULL;
	}
	return ctx;
}

void ike_prf_end(struct ike_prf_ctx *ctx)
{
	if (ctx)
		ctx_close(ctx);
	free(ctx);
}

int ike_prf_next(struct ike_prf_ctx *ctx, struct ike_bytes key, struct ike_bytes data, uint8_t *out)
{
	return take_key(ctx, key) || take_data(ctx, data) ? -1 : give(ctx, out);
}

int ike_prf(uint16_t prf, struct ike_bytes key, const struct ike_bytes *parts, size_t n,
	    uint8_t *out)
{
	struct ike_prf_ctx ctx;
	int ret = -1;
	size_t i;

	if (ctx_open(&ctx, prf) || take_key(&ctx, key))
		goto out;
	for (i = 0; i < n; i++)
		if (take_data(&ctx, parts[i]))
			goto out;
	ret = give(&ctx, out);
out:
	ctx_close(&ctx);
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
