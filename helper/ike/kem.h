/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ML-KEM (FIPS 203) as a key exchange of IKEv2 (draft-ietf-ipsecme-ikev2-mlkem): the
 * initiator sends an encapsulation key, the responder a ciphertext. libcrypto has it or has
 * not, which is asked at run time.
 */
#ifndef ESPINTCP_IKE_KEM_H
#define ESPINTCP_IKE_KEM_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "ike/wire.h"

/* Is the method one of these? */
bool ike_kem_known(uint16_t method);
/* And does libcrypto have it? */
bool ike_kem_available(uint16_t method);

/* A fresh key pair. Return: 0 or -1. */
int ike_kem_generate(uint16_t method, EVP_PKEY **key);

/* Its encapsulation key into @out, of IKE_KE_MAX bytes. Return: 0 or -1. */
int ike_kem_public(uint16_t method, const EVP_PKEY *key, uint8_t *out, size_t *len);

/**
 * ike_kem_encapsulate - a secret for whoever has the other half of the peer's key
 * @peer: its encapsulation key; checked for length and modulus (FIPS 203, section 7.2)
 * @out: IKE_KE_MAX bytes for the ciphertext
 * @secret: IKE_SECRET_MAX bytes; wiped on error
 *
 * Return: length of the secret, or -1.
 */
int ike_kem_encapsulate(uint16_t method, struct ike_bytes peer, uint8_t *out, size_t *out_len,
			uint8_t *secret);

/**
 * ike_kem_decapsulate - the secret in the peer's ciphertext
 * @peer: the ciphertext; its length is checked
 * @secret: IKE_SECRET_MAX bytes; wiped on error
 *
 * A ciphertext of the right length that is not for this key gives another secret, not an
 * error (implicit rejection, FIPS 203, section 6.3): AUTH tells.
 *
 * Return: length of the secret, or -1.
 */
int ike_kem_decapsulate(uint16_t method, EVP_PKEY *key, struct ike_bytes peer, uint8_t *secret);

#endif
