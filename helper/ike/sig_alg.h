/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signature algorithms and their AlgorithmIdentifiers (RFC 7427, appendix A; RFC 8420). */
#ifndef ESPINTCP_IKE_SIG_ALG_H
#define ESPINTCP_IKE_SIG_ALG_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "ike/wire.h"

#define IKE_SIG_DER_MAX 80

/* Hash algorithms of RFC 7427, section 7, as bits of a set */
enum ike_hash {
	IKE_HASH_SHA1 = 1 << 1,
	IKE_HASH_SHA2_256 = 1 << 2,
	IKE_HASH_SHA2_384 = 1 << 3,
	IKE_HASH_SHA2_512 = 1 << 4,
	IKE_HASH_IDENTITY = 1 << 5,
};

#define IKE_HASHES_OURS \
	(IKE_HASH_SHA2_256 | IKE_HASH_SHA2_384 | IKE_HASH_SHA2_512 | IKE_HASH_IDENTITY)

struct ike_sig_alg {
	int key;			/* EVP_PKEY_RSA, EVP_PKEY_EC, EVP_PKEY_ED25519 */
	bool pss;
	unsigned int auth;		/* the one of enum conf_auth that allows it */
	unsigned int hash;		/* an enum ike_hash */
	int bits;			/* of the curve whose own hash it is, 0: no such */
};

/* NULL for Ed25519, which hashes itself */
const EVP_MD *ike_sig_alg_md(const struct ike_sig_alg *alg);

/* The AlgorithmIdentifier; its length, at most IKE_SIG_DER_MAX */
size_t ike_sig_alg_put(const struct ike_sig_alg *alg, uint8_t *der);

/* Read one, as a peer encodes it. NULL where it is not one that we know. */
const struct ike_sig_alg *ike_sig_alg_get(struct ike_bytes der);

/**
 * ike_sig_alg_for - the algorithm to sign with
 * @key: private key
 * @auth: set of enum conf_auth that the configuration allows
 * @hashes: set of hashes that the peer takes
 *
 * Return: NULL if there is none.
 */
const struct ike_sig_alg *ike_sig_alg_for(EVP_PKEY *key, unsigned int auth, unsigned int hashes);

/* EVP_PKEY_RSA for a key that is for PSS alone, too */
int ike_sig_key_type(EVP_PKEY *key);

#endif
