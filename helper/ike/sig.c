// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "conf/conf.h"
#include "ike/sig.h"
#include "macros.h"

#define AUTH_LEN	4		/* method, reserved */

/* How libcrypto is to sign or verify */
struct scheme {
	const EVP_MD *md;		/* NULL: the key's own */
	bool pss;
};

bool ike_sig_method(uint8_t method)
{
	return method == IKE_AUTH_RSA || method == IKE_AUTH_DIGITAL_SIGNATURE ||
	       (method >= IKE_AUTH_ECDSA_256 && method <= IKE_AUTH_ECDSA_521);
}

static int set_scheme(EVP_PKEY_CTX *ctx, EVP_PKEY *key, struct scheme s)
{
	if (ike_sig_key_type(key) != EVP_PKEY_RSA)
		return 1;
	if (!s.pss)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING);
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1)
		return 0;
	return EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST);
}

/* Ed25519 takes the message in one piece */
static uint8_t *join(const struct ike_octets *o, size_t *len)
{
	uint8_t *all, *p;
	size_t i;

	for (i = 0, *len = 0; i < IKE_OCTETS_PARTS; i++)
		*len += o->part[i].len;
	all = malloc(*len + 1);
	for (i = 0, p = all; all && i < IKE_OCTETS_PARTS; i++) {
		if (!o->part[i].len)
			continue;
		memcpy(p, o->part[i].p, o->part[i].len);
		p += o->part[i].len;
	}
	return all;
}

/* The signature, the caller's to free; NULL if libcrypto refuses */
static uint8_t *sign(EVP_PKEY *key, struct scheme s, const struct ike_octets *o, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t *sig = NULL, *msg;
	size_t n;

	msg = join(o, &n);
	*len = 0;
	if (ctx && msg && EVP_DigestSignInit(ctx, &pctx, s.md, NULL, key) == 1 &&
	    set_scheme(pctx, key, s) == 1 && EVP_DigestSign(ctx, NULL, len, msg, n) == 1)
		sig = malloc(*len);
	if (sig && EVP_DigestSign(ctx, sig, len, msg, n) != 1) {
		free(sig);
		sig = NULL;
	}
	EVP_MD_CTX_free(ctx);
	free(msg);
	return sig;
}

static bool verify(EVP_PKEY *key, struct scheme s, const struct ike_octets *o,
		   struct ike_bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t *msg;
	size_t n;
	bool ok;

	msg = join(o, &n);
	ERR_set_mark();
	ok = ctx && msg && EVP_DigestVerifyInit(ctx, &pctx, s.md, NULL, key) == 1 &&
	     set_scheme(pctx, key, s) == 1 &&
	     EVP_DigestVerify(ctx, sig.p, sig.len, msg, n) == 1;
	ERR_pop_to_mark();
	EVP_MD_CTX_free(ctx);
	free(msg);
	return ok;
}

static void put_payload(struct ike_buf *b, uint8_t method, struct ike_bytes algorithm,
			struct ike_bytes sig)
{
	size_t at = ike_build_payload(b, IKE_PL_AUTH);

	ike_put_u8(b, method);
	ike_put_zero(b, 3);
	if (algorithm.len) {
		ike_put_u8(b, (uint8_t)algorithm.len);
		ike_put_bytes(b, algorithm.p, algorithm.len);
	}
	ike_put_bytes(b, sig.p, sig.len);
	ike_build_payload_end(b, at);
}

/* RFC 4754, section 7: one curve with its own hash for each method */
static const struct {
	uint8_t method;
	int bits;
	size_t half;			/* of the signature: r, then s */
	unsigned int auth;
} curves[] = {
	{ IKE_AUTH_ECDSA_256, 256, 32, CONF_AUTH_ECDSA_SHA2_256 },
	{ IKE_AUTH_ECDSA_384, 384, 48, CONF_AUTH_ECDSA_SHA2_384 },
	{ IKE_AUTH_ECDSA_521, 521, 66, CONF_AUTH_ECDSA_SHA2_512 },
};

#define CURVES ARRAY_SIZE(curves)

static const EVP_MD *curve_md(size_t i)
{
	return i == 0 ? EVP_sha256() : i == 1 ? EVP_sha384() : EVP_sha512();
}

static int put_old_ecdsa(struct ike_buf *b, size_t curve, struct ike_bytes der)
{
	uint8_t raw[2 * 66];
	const unsigned char *p = der.p;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.len);
	int half = (int)curves[curve].half, rc = -1;

	if (sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, half) == half &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, half) == half) {
		put_payload(b, curves[curve].method, (struct ike_bytes){ NULL, 0 },
			    (struct ike_bytes){ raw, 2 * curves[curve].half });
		rc = 0;
	}
	ECDSA_SIG_free(sig);
	return rc;
}

static bool old_ecdsa_ok(size_t curve, EVP_PKEY *key, const struct ike_octets *o,
			 struct ike_bytes raw)
{
	int half = (int)curves[curve].half;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.p, half, NULL), *s = BN_bin2bn(raw.p + half, half, NULL);
	unsigned char *der = NULL;
	bool ok = false;
	int len;

	if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = NULL;
		s = NULL;
		len = i2d_ECDSA_SIG(sig, &der);
		ok = len > 0 && verify(key, (struct scheme){ .md = curve_md(curve) }, o,
				       (struct ike_bytes){ der, (size_t)len });
	}
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	BN_free(r);
	BN_free(s);
	return ok;
}

/* Index into curves[] of a key that may use RFC 4754's methods; CURVES: none */
static size_t old_curve(EVP_PKEY *key, unsigned int auth)
{
	size_t i;

	for (i = 0; i < CURVES; i++)
		if (ike_sig_key_type(key) == EVP_PKEY_EC &&
		    EVP_PKEY_get_bits(key) == curves[i].bits && (auth & curves[i].auth))
			break;
	return i;
}

/* For a peer without RFC 7427: RFC 7296 has SHA-1 for RSA, which must be asked for by name */
static int put_old(struct ike_buf *b, EVP_PKEY *key, unsigned int auth,
		   const struct ike_octets *o, char *err, size_t errlen)
{
	bool rsa = ike_sig_key_type(key) == EVP_PKEY_RSA && (auth & CONF_AUTH_RSA_SHA1);
	size_t curve = old_curve(key, auth), len = 0;
	struct scheme s = { .md = rsa ? EVP_sha1() : curve_md(curve) };
	uint8_t *sig;
	int rc = 0;

	if (!rsa && curve == CURVES) {
		snprintf(err, errlen,
			 "the peer does not know RFC 7427 signatures, and authby= has no older way");
		return -1;
	}
	sig = sign(key, s, o, &len);
	if (sig && rsa)
		put_payload(b, IKE_AUTH_RSA, (struct ike_bytes){ NULL, 0 },
			    (struct ike_bytes){ sig, len });
	else if (!sig || put_old_ecdsa(b, curve, (struct ike_bytes){ sig, len }))
		rc = -1;
	free(sig);
	if (rc)
		snprintf(err, errlen, "libcrypto refused to sign");
	return rc;
}

int ike_sig_put(struct ike_buf *b, EVP_PKEY *key, unsigned int auth, unsigned int hashes,
		const struct ike_octets *octets, char *err, size_t errlen)
{
	const struct ike_sig_alg *alg = ike_sig_alg_for(key, auth, hashes);
	uint8_t der[IKE_SIG_DER_MAX], *sig;
	size_t len;

	if (!alg && !(hashes & IKE_HASHES_OURS))
		return put_old(b, key, auth, octets, err, errlen);
	if (!alg) {
		snprintf(err, errlen, "no signature of our key is one that authby= and the peer allow");
		return -1;
	}
	sig = sign(key, (struct scheme){ ike_sig_alg_md(alg), alg->pss }, octets, &len);
	if (!sig) {
		snprintf(err, errlen, "libcrypto refused to sign");
		return -1;
	}
	put_payload(b, IKE_AUTH_DIGITAL_SIGNATURE,
		    (struct ike_bytes){ der, ike_sig_alg_put(alg, der) },
		    (struct ike_bytes){ sig, len });
	free(sig);
	return 0;
}

static int wrong(char *err, size_t errlen, const char *why)
{
	snprintf(err, errlen, "%s", why);
	return -1;
}

static int check_new(struct ike_bytes data, EVP_PKEY *key, unsigned int auth,
		     const struct ike_octets *o, char *err, size_t errlen)
{
	size_t len = data.len ? data.p[0] : 0;
	const struct ike_sig_alg *alg;

	if (!len || data.len < 1 + len)
		return wrong(err, errlen, "its signature cannot be read");
	alg = ike_sig_alg_get((struct ike_bytes){ data.p + 1, len });
	if (!alg)
		return wrong(err, errlen, "its signature algorithm is not supported");
	if (alg->key != ike_sig_key_type(key))
		return wrong(err, errlen, "its signature is not of its key's kind");
	if (!(alg->auth & auth))
		return wrong(err, errlen, "its signature algorithm is not one of authby=");
	if (!verify(key, (struct scheme){ ike_sig_alg_md(alg), alg->pss }, o,
		    (struct ike_bytes){ data.p + 1 + len, data.len - 1 - len }))
		return wrong(err, errlen, "its signature is wrong");
	return 0;
}

/* RFC 7296, section 3.8: the hash is in the signature, so each that is allowed is tried */
static int check_old_rsa(struct ike_bytes sig, EVP_PKEY *key, unsigned int auth,
			 const struct ike_octets *o, char *err, size_t errlen)
{
	const struct {
		unsigned int auth;
		const EVP_MD *md;
	} tries[] = {
		{ CONF_AUTH_RSA_SHA1, EVP_sha1() },
		{ CONF_AUTH_RSA_SHA2_256, EVP_sha256() },
		{ CONF_AUTH_RSA_SHA2_384, EVP_sha384() },
		{ CONF_AUTH_RSA_SHA2_512, EVP_sha512() },
	};
	size_t i;

	if (ike_sig_key_type(key) != EVP_PKEY_RSA)
		return wrong(err, errlen, "its signature is not of its key's kind");
	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		struct scheme s = { .md = tries[i].md };

		if ((tries[i].auth & auth) && verify(key, s, o, sig))
			return 0;
	}
	return wrong(err, errlen, "its signature is wrong, or by a hash that authby= has not");
}

static int check_old_ecdsa(struct ike_bytes sig, uint8_t method, EVP_PKEY *key,
			   unsigned int auth, const struct ike_octets *o, char *err, size_t errlen)
{
	size_t curve = old_curve(key, auth);

	if (curve == CURVES || curves[curve].method != method)
		return wrong(err, errlen, "its signature is not of its key's kind, or not one of authby=");
	if (sig.len != 2 * curves[curve].half || !old_ecdsa_ok(curve, key, o, sig))
		return wrong(err, errlen, "its signature is wrong");
	return 0;
}

int ike_sig_check(struct ike_bytes body, EVP_PKEY *key, unsigned int auth,
		  const struct ike_octets *octets, char *err, size_t errlen)
{
	struct ike_bytes data = { body.p + AUTH_LEN, body.len - AUTH_LEN };
	int rc;

	ERR_set_mark();
	switch (body.p[0]) {
	case IKE_AUTH_DIGITAL_SIGNATURE:
		rc = check_new(data, key, auth, octets, err, errlen);
		break;
	case IKE_AUTH_RSA:
		rc = check_old_rsa(data, key, auth, octets, err, errlen);
		break;
	case IKE_AUTH_ECDSA_256:
	case IKE_AUTH_ECDSA_384:
	case IKE_AUTH_ECDSA_521:
		rc = check_old_ecdsa(data, body.p[0], key, auth, octets, err, errlen);
		break;
	default:
		rc = wrong(err, errlen, "it does not sign");
		break;
	}
	ERR_pop_to_mark();
	return rc;
}
