/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AUTH by a signature: RFC 7427's method, and those of RFC 7296 and RFC 4754. */
#ifndef ESPINTCP_IKE_SIG_H
#define ESPINTCP_IKE_SIG_H

#include <openssl/evp.h>

#include "ike/build.h"
#include "ike/sig_alg.h"

#define IKE_OCTETS_PARTS 4

/*
 * What is signed (RFC 7296, section 2.15): message, nonce, prf(SK_p, ID), and IntAuth (RFC
 * 9242, section 3.3.2), which may be empty
 */
struct ike_octets {
	struct ike_bytes part[IKE_OCTETS_PARTS];
};

/**
 * ike_sig_put - append an AUTH payload
 * @b: message
 * @key: our private key
 * @auth: set of enum conf_auth that the configuration allows us
 * @hashes: those that the peer announced; 0: it does not know RFC 7427
 * @octets: what is signed
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * Return: 0 or -1.
 */
int ike_sig_put(struct ike_buf *b, EVP_PKEY *key, unsigned int auth, unsigned int hashes,
		const struct ike_octets *octets, char *err, size_t errlen);

/**
 * ike_sig_check - check a peer's AUTH payload
 * @body: of the payload, of more than 4 bytes
 * @key: the peer's public key
 * @auth: set of enum conf_auth that the configuration allows the peer
 * @octets: what the peer signed
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * Return: 0 or -1.
 */
int ike_sig_check(struct ike_bytes body, EVP_PKEY *key, unsigned int auth,
		  const struct ike_octets *octets, char *err, size_t errlen);

/* Whether an AUTH method is by a signature */
bool ike_sig_method(uint8_t method);

#endif
