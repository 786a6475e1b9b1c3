// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/crypto.h>

#include "ike/ke.h"
#include "ike/kem.h"
#include "ike/suite.h"
#include "macros.h"

static const struct kem {
	uint16_t method;
	const char *name;		/* libcrypto's */
	size_t public_len, cipher_len;	/* FIPS 203, table 3 */
} kems[] = {
	{ IKE_KE_ML_KEM_512, "ML-KEM-512", 800, 768 },
	{ IKE_KE_ML_KEM_768, "ML-KEM-768", 1184, 1088 },
	{ IKE_KE_ML_KEM_1024, "ML-KEM-1024", 1568, 1568 },
};

#define SECRET_LEN	32

static const struct kem *kem_find(uint16_t method)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kems); i++)
		if (kems[i].method == method)
			return &kems[i];
	return NULL;
}

bool ike_kem_known(uint16_t method)
{
	return kem_find(method);
}

bool ike_kem_available(uint16_t method)
{
	const struct kem *k = kem_find(method);
	EVP_KEM *kem = k ? EVP_KEM_fetch(NULL, k->name, NULL) : NULL;

	EVP_KEM_free(kem);
	return kem;
}

int ike_kem_generate(uint16_t method, EVP_PKEY **key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kem_find(method)->name, NULL);
	int ret = -1;

	*key = NULL;
	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, key) == 1)
		ret = 0;
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

int ike_kem_public(uint16_t method, const EVP_PKEY *key, uint8_t *out, size_t *len)
{
	*len = IKE_KE_MAX;
	if (EVP_PKEY_get_raw_public_key(key, out, len) != 1)
		return -1;
	return *len == kem_find(method)->public_len ? 0 : -1;
}

int ike_kem_encapsulate(uint16_t method, struct ike_bytes peer, uint8_t *out, size_t *out_len,
			uint8_t *secret)
{
	const struct kem *k = kem_find(method);
	size_t len = IKE_SECRET_MAX;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key;
	int ret = -1;

	if (peer.len != k->public_len)
		return -1;
	/* The modulus check is libcrypto's, as the key is read */
	key = EVP_PKEY_new_raw_public_key_ex(NULL, k->name, NULL, peer.p, peer.len);
	if (key)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	*out_len = IKE_KE_MAX;
	if (ctx && EVP_PKEY_encapsulate_init(ctx, NULL) == 1 &&
	    EVP_PKEY_encapsulate(ctx, out, out_len, secret, &len) == 1 &&
	    *out_len == k->cipher_len && len == SECRET_LEN)
		ret = SECRET_LEN;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (ret < 0)
		OPENSSL_cleanse(secret, IKE_SECRET_MAX);
	return ret;
}

int ike_kem_decapsulate(uint16_t method, EVP_PKEY *key, struct ike_bytes peer, uint8_t *secret)
{
	const struct kem *k = kem_find(method);
	size_t len = IKE_SECRET_MAX;
	EVP_PKEY_CTX *ctx;
	int ret = -1;

	if (peer.len != k->cipher_len)
		return -1;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (ctx && EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
	    EVP_PKEY_decapsulate(ctx, secret, &len, peer.p, peer.len) == 1 && len == SECRET_LEN)
		ret = SECRET_LEN;
	EVP_PKEY_CTX_free(ctx);
	if (ret < 0)
		OPENSSL_cleanse(secret, IKE_SECRET_MAX);
	return ret;
}
