// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/dh.h>
#include <openssl/param_build.h>

#include "ike/dh.h"
#include "ike/suite.h"
#include "macros.h"

/* SEC 1's uncompressed point is 4, X, Y; RFC 5903 sends X and Y alone */
#define EC_UNCOMPRESSED	4

static const struct group {
	uint16_t id;
	const char *type;		/* of the EVP key */
	const char *name;		/* of the group, NULL if the type says it */
	size_t public_len, secret_len;
} groups[] = {
	{ IKE_DH_MODP2048, "DH", "modp_2048", 256, 256 },
	{ IKE_DH_MODP3072, "DH", "modp_3072", 384, 384 },
	{ IKE_DH_MODP4096, "DH", "modp_4096", 512, 512 },
	{ IKE_DH_MODP8192, "DH", "modp_8192", 1024, 1024 },
	{ IKE_DH_ECP256, "EC", "P-256", 64, 32 },
	{ IKE_DH_ECP384, "EC", "P-384", 96, 48 },
	{ IKE_DH_ECP521, "EC", "P-521", 132, 66 },
	{ IKE_DH_X25519, "X25519", NULL, 32, 32 },
};

static const struct group *group_find(uint16_t id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

static bool is_modp(const struct group *g)
{
	return !strcmp(g->type, "DH");
}

static bool is_ecp(const struct group *g)
{
	return !strcmp(g->type, "EC");
}

size_t ike_dh_public_len(uint16_t group)
{
	const struct group *g = group_find(group);

	return g ? g->public_len : 0;
}

int ike_dh_generate(struct ike_dh *dh, uint16_t group)
{
	const struct group *g = group_find(group);
	OSSL_PARAM params[2];
	EVP_PKEY_CTX *ctx;
	int ret = -1;

	dh->group = group;
	dh->key = NULL;
	if (!g)
		return -1;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, g->type, NULL);
	if (!ctx)
		return -1;

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						     (char *)g->name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (EVP_PKEY_keygen_init(ctx) == 1 &&
	    (!g->name || EVP_PKEY_CTX_set_params(ctx, params) == 1) &&
	    EVP_PKEY_generate(ctx, &dh->key) == 1)
		ret = 0;
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

void ike_dh_free(struct ike_dh *dh)
{
	EVP_PKEY_free(dh->key);
	dh->key = NULL;
}

static int modp_public(const struct ike_dh *dh, uint8_t *out, size_t len)
{
	BIGNUM *pub = NULL;
	int ret = -1;

	if (EVP_PKEY_get_bn_param(dh->key, OSSL_PKEY_PARAM_PUB_KEY, &pub) == 1 &&
	    BN_bn2binpad(pub, out, (int)len) == (int)len)
		ret = 0;
	BN_free(pub);
	return ret;
}

static int ecp_public(const struct ike_dh *dh, uint8_t *out, size_t len)
{
	uint8_t point[1 + IKE_DH_MAX];
	size_t n;

	if (EVP_PKEY_get_octet_string_param(dh->key, OSSL_PKEY_PARAM_PUB_KEY, point,
					    sizeof(point), &n) != 1 ||
	    n != len + 1 || point[0] != EC_UNCOMPRESSED)
		return -1;
	memcpy(out, point + 1, len);
	return 0;
}

int ike_dh_public(const struct ike_dh *dh, uint8_t *out)
{
	const struct group *g = group_find(dh->group);
	size_t len = g->public_len, n = len;

	if (is_modp(g))
		return modp_public(dh, out, len);
	if (is_ecp(g))
		return ecp_public(dh, out, len);
	if (EVP_PKEY_get_raw_public_key(dh->key, out, &n) != 1 || n != len)
		return -1;
	return 0;
}

/* @point is what EVP wants to see of the public value; @bld only points to it */
static int peer_params(const struct group *g, struct ike_bytes point, OSSL_PARAM_BLD *bld,
		       BIGNUM **num)
{
	if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, g->name, 0) != 1)
		return -1;
	if (is_ecp(g))
		return OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point.p,
							point.len) == 1 ? 0 : -1;
	*num = BN_bin2bn(point.p, (int)point.len, NULL);
	if (!*num || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, *num) != 1)
		return -1;
	return 0;
}

static EVP_PKEY *peer_from_params(const struct group *g, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, g->type, NULL);
	EVP_PKEY *key = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *peer_key(const struct group *g, struct ike_bytes peer)
{
	OSSL_PARAM_BLD *bld = NULL;
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	BIGNUM *num = NULL;
	uint8_t point[1 + IKE_DH_MAX] = { EC_UNCOMPRESSED };

	if (!g->name)
		return EVP_PKEY_new_raw_public_key_ex(NULL, g->type, NULL, peer.p, peer.len);

	memcpy(point + 1, peer.p, peer.len);
	if (is_ecp(g))
		peer = (struct ike_bytes){ point, peer.len + 1 };
	bld = OSSL_PARAM_BLD_new();
	if (bld && !peer_params(g, peer, bld, &num)) {
		params = OSSL_PARAM_BLD_to_param(bld);
		key = peer_from_params(g, params);
	}
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(num);
	return key;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum |= p[i];
	return !sum;
}

static int derive(const struct ike_dh *dh, const struct group *g, EVP_PKEY *peer, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, dh->key, NULL);
	size_t len = g->secret_len;
	int ret = -1;

	if (!ctx || EVP_PKEY_derive_init(ctx) != 1)
		goto out;
	/* g^ir has the length of the modulus, leading zeros included (2.14) */
	if (is_modp(g) && EVP_PKEY_CTX_set_dh_pad(ctx, 1) != 1)
		goto out;
	/* peer_ok() has looked at it */
	if (EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) != 1 || EVP_PKEY_derive(ctx, out, &len) != 1)
		goto out;
	if (len == g->secret_len && !all_zero(out, len))
		ret = (int)len;
out:
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

/*
 * RFC 6989: in range, and on the curve. Whether a point has the order of the group costs as much
 * as the key exchange, and on curves with a cofactor of one, as all of ours, it has.
 */
static bool peer_ok(const struct group *g, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
	bool ok = ctx && (is_ecp(g) ? EVP_PKEY_public_check_quick(ctx) :
				      EVP_PKEY_public_check(ctx)) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

int ike_dh_shared(const struct ike_dh *dh, struct ike_bytes peer, uint8_t *out)
{
	const struct group *g = group_find(dh->group);
	EVP_PKEY *key;
	int ret = -1;

	if (!g || peer.len != g->public_len)
		return -1;
	key = peer_key(g, peer);
	if (key && peer_ok(g, key))
		ret = derive(dh, g, key, out);
	EVP_PKEY_free(key);
	if (ret < 0)
		OPENSSL_cleanse(out, IKE_DH_MAX);
	return ret;
}
