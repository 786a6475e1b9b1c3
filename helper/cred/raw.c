// SPDX-License-Identifier: GPL-2.0-or-later
/* Raw public keys as ipsec.conf(5) writes them, and what a key must be. */
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "cred/priv.h"

#define RSA_BITS_MIN	2048		/* RFC 8247, section 4.1.2 */

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *bld)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY *key = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* RFC 3110, section 2: length of the exponent in one byte or three, exponent, modulus */
static EVP_PKEY *rsa_key(const uint8_t *p, size_t len)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *e = NULL, *n = NULL;
	EVP_PKEY *key = NULL;
	size_t skip = 1, elen = len ? p[0] : 0;

	if (!elen && len > 3) {
		skip = 3;
		elen = (size_t)p[1] << 8 | p[2];
	}
	if (!bld || !elen || len <= skip || elen >= len - skip)
		goto out;
	e = BN_bin2bn(p + skip, (int)elen, NULL);
	n = BN_bin2bn(p + skip + elen, (int)(len - skip - elen), NULL);
	if (e && n && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1)
		key = from_params("RSA", bld);
out:
	BN_free(e);
	BN_free(n);
	OSSL_PARAM_BLD_free(bld);
	return key;
}

/* X and Y of a point, whose length tells the curve (RFC 4754's order; libreswan writes that) */
static EVP_PKEY *ecdsa_key(const uint8_t *p, size_t len)
{
	const char *group = len == 64 ? "P-256" : len == 96 ? "P-384" : len == 132 ? "P-521" : NULL;
	uint8_t point[133] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM_BLD *bld = group ? OSSL_PARAM_BLD_new() : NULL;
	EVP_PKEY *key = NULL;

	if (!bld)
		return NULL;
	memcpy(point + 1, p, len);
	if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, len + 1) == 1)
		key = from_params("EC", bld);
	OSSL_PARAM_BLD_free(bld);
	return key;
}

static EVP_PKEY *spki_key(const uint8_t *p, size_t len)
{
	const unsigned char *at = p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);

	if (key && at != p + len) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

/**
 * cred_raw_key - make a public key of the bytes of ipsec.conf(5)
 * @form: of leftrsasigkey=, leftecdsakey= or leftpubkey=
 * @data: the bytes
 * @len: their number
 *
 * Return: the key, or NULL where it is none.
 */
EVP_PKEY *cred_raw_key(enum conf_pubkey form, const uint8_t *data, size_t len)
{
	EVP_PKEY *key = NULL;

	if (form == CONF_PUBKEY_RSA)
		key = rsa_key(data, len);
	else if (form == CONF_PUBKEY_ECDSA)
		key = ecdsa_key(data, len);
	else if (form == CONF_PUBKEY_SPKI)
		key = spki_key(data, len);
	ERR_clear_error();
	return key;
}

static bool good_curve(EVP_PKEY *key)
{
	static const char *const good[] = { "prime256v1", "secp384r1", "secp521r1" };
	char name[32];

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!strcmp(name, good[i]))
			return true;
	return false;
}

/**
 * cred_key_weak - what is wrong with a key
 * @key: public or private
 *
 * Return: NULL if it may sign in IKE, else a few words.
 */
const char *cred_key_weak(EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return EVP_PKEY_get_bits(key) < RSA_BITS_MIN ? "an RSA key under 2048 bits" : NULL;
	case EVP_PKEY_EC:
		return good_curve(key) ? NULL :
		       "an EC key on another curve than P-256, P-384 and P-521";
	case EVP_PKEY_ED25519:
		return NULL;
	default:
		return "a key that is not RSA, ECDSA or Ed25519";
	}
}
