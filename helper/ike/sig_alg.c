// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "conf/conf.h"
#include "ike/sig_alg.h"
#include "macros.h"

/* In the order in which we like to sign */
static const struct ike_sig_alg algs[] = {
	{ EVP_PKEY_RSA, true, CONF_AUTH_RSA_SHA2_256, IKE_HASH_SHA2_256, 0 },
	{ EVP_PKEY_RSA, true, CONF_AUTH_RSA_SHA2_384, IKE_HASH_SHA2_384, 0 },
	{ EVP_PKEY_RSA, true, CONF_AUTH_RSA_SHA2_512, IKE_HASH_SHA2_512, 0 },
	{ EVP_PKEY_RSA, false, CONF_AUTH_RSA_SHA2_256, IKE_HASH_SHA2_256, 0 },
	{ EVP_PKEY_RSA, false, CONF_AUTH_RSA_SHA2_384, IKE_HASH_SHA2_384, 0 },
	{ EVP_PKEY_RSA, false, CONF_AUTH_RSA_SHA2_512, IKE_HASH_SHA2_512, 0 },
	{ EVP_PKEY_EC, false, CONF_AUTH_ECDSA_SHA2_256, IKE_HASH_SHA2_256, 256 },
	{ EVP_PKEY_EC, false, CONF_AUTH_ECDSA_SHA2_384, IKE_HASH_SHA2_384, 384 },
	{ EVP_PKEY_EC, false, CONF_AUTH_ECDSA_SHA2_512, IKE_HASH_SHA2_512, 521 },
	{ EVP_PKEY_ED25519, false, CONF_AUTH_EDDSA, IKE_HASH_IDENTITY, 256 },
};

const EVP_MD *ike_sig_alg_md(const struct ike_sig_alg *alg)
{
	switch (alg->hash) {
	case IKE_HASH_SHA2_256:
		return EVP_sha256();
	case IKE_HASH_SHA2_384:
		return EVP_sha384();
	case IKE_HASH_SHA2_512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

/* The number of the hash among SHA-2's: 0 is SHA2-256 */
static unsigned int nth(const struct ike_sig_alg *alg)
{
	return alg->hash == IKE_HASH_SHA2_256 ? 0 : alg->hash == IKE_HASH_SHA2_384 ? 1 : 2;
}

/*
 * Peers compare these byte by byte, so they are the very ones of RFC 7427: hash and
 * mask with NULL parameters, which libcrypto would leave out.
 */
static size_t put_pss(const struct ike_sig_alg *alg, uint8_t *der)
{
	static const uint8_t pss[] = {
		0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30,
		0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
		0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
		0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
		0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20,
	};

	memcpy(der, pss, sizeof(pss));
	der[29] += nth(alg);			/* SHA-2's object identifiers, twice */
	der[59] += nth(alg);
	der[66] = (uint8_t)EVP_MD_get_size(ike_sig_alg_md(alg));
	return sizeof(pss);
}

size_t ike_sig_alg_put(const struct ike_sig_alg *alg, uint8_t *der)
{
	static const uint8_t rsa[] = {
		0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05,
		0x00,
	};
	static const uint8_t ecdsa[] = {
		0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
	};
	static const uint8_t ed25519[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };

	if (alg->pss)
		return put_pss(alg, der);
	switch (alg->key) {
	case EVP_PKEY_RSA:
		memcpy(der, rsa, sizeof(rsa));
		der[12] += nth(alg);
		return sizeof(rsa);
	case EVP_PKEY_EC:
		memcpy(der, ecdsa, sizeof(ecdsa));
		der[11] += nth(alg);
		return sizeof(ecdsa);
	default:
		memcpy(der, ed25519, sizeof(ed25519));
		return sizeof(ed25519);
	}
}

static const struct ike_sig_alg *find(int key, bool pss, int md)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(algs); i++) {
		const EVP_MD *own = ike_sig_alg_md(&algs[i]);

		if (algs[i].key == key && algs[i].pss == pss &&
		    (own ? EVP_MD_get_type(own) : NID_undef) == md)
			return &algs[i];
	}
	return NULL;
}

/* An algorithm whose parameters are NULL or not there; NID_undef for others */
static int plain_nid(const X509_ALGOR *id)
{
	const ASN1_OBJECT *obj;
	int type;

	X509_ALGOR_get0(&obj, &type, NULL, id);
	return type == V_ASN1_NULL || type == V_ASN1_UNDEF ? OBJ_obj2nid(obj) : NID_undef;
}

/* The hash of a mask generation function, which must be MGF1; NID_undef for others */
static int mask_hash(const X509_ALGOR *mgf)
{
	const ASN1_OBJECT *obj;
	int md = NID_undef;
	X509_ALGOR *hash;

	X509_ALGOR_get0(&obj, NULL, NULL, mgf);
	if (OBJ_obj2nid(obj) != NID_mgf1 || !mgf->parameter)
		return NID_undef;
	hash = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), mgf->parameter);
	if (hash)
		md = plain_nid(hash);
	X509_ALGOR_free(hash);
	return md;
}

/* One hash for message and mask, and a salt of its length, as RFC 8247, section 4.1.2 has it */
static const struct ike_sig_alg *get_pss(const X509_ALGOR *id)
{
	RSA_PSS_PARAMS *p = id->parameter ?
		ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), id->parameter) : NULL;
	const struct ike_sig_alg *alg = NULL;

	/* What is left out stands for SHA-1, but for the trailer, which has one value */
	if (p && p->hashAlgorithm && p->maskGenAlgorithm && p->saltLength && !p->trailerField)
		alg = find(EVP_PKEY_RSA, true, plain_nid(p->hashAlgorithm));
	if (alg && (mask_hash(p->maskGenAlgorithm) != EVP_MD_get_type(ike_sig_alg_md(alg)) ||
		    ASN1_INTEGER_get(p->saltLength) != EVP_MD_get_size(ike_sig_alg_md(alg))))
		alg = NULL;
	RSA_PSS_PARAMS_free(p);
	return alg;
}

const struct ike_sig_alg *ike_sig_alg_get(struct ike_bytes der)
{
	const unsigned char *p = der.p;
	const struct ike_sig_alg *alg = NULL;
	const ASN1_OBJECT *obj;
	int nid, md, key;
	X509_ALGOR *id;

	ERR_set_mark();
	id = d2i_X509_ALGOR(NULL, &p, (long)der.len);
	if (id && p == der.p + der.len) {
		X509_ALGOR_get0(&obj, NULL, NULL, id);
		nid = plain_nid(id);
		if (OBJ_obj2nid(obj) == NID_rsassaPss)
			alg = get_pss(id);
		else if (nid == NID_ED25519)
			alg = find(EVP_PKEY_ED25519, false, NID_undef);
		else if (OBJ_find_sigid_algs(nid, &md, &key) == 1)
			alg = find(key, false, md);
	}
	X509_ALGOR_free(id);
	ERR_pop_to_mark();
	return alg;
}

int ike_sig_key_type(EVP_PKEY *key)
{
	int type = EVP_PKEY_get_base_id(key);

	return type == EVP_PKEY_RSA_PSS ? EVP_PKEY_RSA : type;
}

const struct ike_sig_alg *ike_sig_alg_for(EVP_PKEY *key, unsigned int auth, unsigned int hashes)
{
	const struct ike_sig_alg *found = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(algs); i++) {
		const struct ike_sig_alg *a = &algs[i];

		if (a->key != ike_sig_key_type(key) || !(a->auth & auth) || !(a->hash & hashes))
			continue;
		/* A curve's own hash, or the first that will do */
		if (!found || (a->bits && a->bits == EVP_PKEY_get_bits(key)))
			found = a;
	}
	return found;
}
