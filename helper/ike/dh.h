/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key exchange groups: 14, 15, 16, 18 (RFC 3526), 19 to 21 (RFC 5903), 31 (RFC 8031). */
#ifndef ESPINTCP_IKE_DH_H
#define ESPINTCP_IKE_DH_H

#include <openssl/evp.h>

#include "ike/wire.h"

#define IKE_DH_MAX 1024			/* bytes of a public value or a secret */

struct ike_dh {
	uint16_t group;
	EVP_PKEY *key;
};

/* Bytes of a public value in a KE payload; 0 for a group that is not supported */
size_t ike_dh_public_len(uint16_t group);

/* Make a fresh key pair. Return: 0 or -1. */
int ike_dh_generate(struct ike_dh *dh, uint16_t group);
void ike_dh_free(struct ike_dh *dh);

/* Our public value as a KE payload has it, ike_dh_public_len() bytes. Return: 0 or -1. */
int ike_dh_public(const struct ike_dh *dh, uint8_t *out);

/**
 * ike_dh_shared - the shared secret with the peer's public value
 * @out: IKE_DH_MAX bytes; wiped on error
 *
 * The peer's value is validated as RFC 6989 asks for: its length, the range
 * and order or the curve, and no secret that is all zero.
 *
 * Return: length of the secret, or -1 if the value is not acceptable.
 */
int ike_dh_shared(const struct ike_dh *dh, struct ike_bytes peer, uint8_t *out);

#endif
