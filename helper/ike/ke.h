/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One key exchange as two moves: the initiator makes a key pair and sends its public half,
 * the responder answers and has the secret, the initiator reads the answer and has it, too.
 * Diffie-Hellman (dh.h) and key encapsulation (kem.h) both are that.
 */
#ifndef ESPINTCP_IKE_KE_H
#define ESPINTCP_IKE_KE_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "ike/build.h"
#include "ike/wire.h"

#define IKE_KE_MAX	1568		/* bytes of what is sent, either way */
#define IKE_SECRET_MAX	1024

/* The initiator's end of one that is under way */
struct ike_ke {
	uint16_t method;		/* transform ID */
	EVP_PKEY *key;			/* NULL: none is under way */
};

/* Is a method of this number there? libcrypto may be too old for one that has a name. */
bool ike_ke_available(uint16_t method);

/* Make a fresh key pair. Return: 0 or -1. */
int ike_ke_begin(struct ike_ke *ke, uint16_t method);
void ike_ke_free(struct ike_ke *ke);

/* Append the initiator's KE payload (RFC 7296, section 3.4). Return: 0 or -1. */
int ike_ke_put(const struct ike_ke *ke, struct ike_buf *b);

/* Append a KE payload with these data */
void ike_ke_put_data(struct ike_buf *b, uint16_t method, struct ike_bytes data);

/* What the body of a KE payload, which has been checked, is of and says */
uint16_t ike_ke_method(const struct ike_payload *pl);
struct ike_bytes ike_ke_data(const struct ike_payload *pl);

/**
 * ike_ke_answer - the responder's move
 * @peer: what the initiator sent; validated here, its length included (RFC 6989, FIPS 203)
 * @out: IKE_KE_MAX bytes for the answer
 * @out_len: bytes of it
 * @secret: IKE_SECRET_MAX bytes; to be wiped by the caller
 *
 * Return: length of the secret, or -1 if @peer is not acceptable or libcrypto refuses.
 */
int ike_ke_answer(uint16_t method, struct ike_bytes peer, uint8_t *out, size_t *out_len,
		  uint8_t *secret);

/**
 * ike_ke_finish - the initiator's second move
 * @peer: what the responder answered; validated likewise
 * @secret: IKE_SECRET_MAX bytes; to be wiped by the caller
 *
 * Return: length of the secret, or -1.
 */
int ike_ke_finish(const struct ike_ke *ke, struct ike_bytes peer, uint8_t *secret);

#endif
