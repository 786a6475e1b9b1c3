/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Encrypted payload (RFC 7296, section 3.14; RFC 5282 and RFC 7634 for AEADs). */
#ifndef ESPINTCP_IKE_SK_H
#define ESPINTCP_IKE_SK_H

#include "ike/build.h"
#include "ike/message.h"

#define IKE_SK_KEY_MAX		36	/* AES-256 and its salt */
#define IKE_SK_INTEG_MAX	64

/* One direction of an IKE SA */
struct ike_sk {
	uint16_t encr;
	uint16_t keylen;		/* bits */
	uint16_t integ_alg;		/* none with an AEAD */
	uint8_t key[IKE_SK_KEY_MAX];	/* with the salt behind it */
	uint8_t integ[IKE_SK_INTEG_MAX];
	uint64_t iv;			/* AEAD: next one; never used twice */
	size_t min_len;			/* messages are padded to it, as far as that goes */
};

/* Bytes of key material for an encryption algorithm, salt included */
size_t ike_sk_key_len(uint16_t encr, uint16_t keylen);
/* Bytes of key of an integrity algorithm, 0 for none */
size_t ike_sk_integ_len(uint16_t integ);

/**
 * ike_sk_begin - start the Encrypted payload; the next ones go inside
 *
 * Return: its offset, for ike_sk_seal().
 */
size_t ike_sk_begin(const struct ike_sk *sk, struct ike_buf *b);

/* The same for an Encrypted Fragment payload (RFC 7383, section 2.5) */
size_t ike_sk_begin_fragment(const struct ike_sk *sk, struct ike_buf *b, uint16_t number,
			     uint16_t total);

/**
 * ike_sk_seal - pad, encrypt and authenticate from @at to the end of the message
 *
 * The length in the IKE header is filled in. No payload may follow.
 *
 * Return: 0, or -1 if it does not fit or libcrypto refuses.
 */
int ike_sk_seal(struct ike_sk *sk, struct ike_buf *b, size_t at);

/**
 * ike_sk_open - authenticate and decrypt
 * @msg: the whole message, from its IKE header on
 * @pl: its SK or SKF payload
 * @out: at least @pl->body.len bytes; what comes out, without padding
 *
 * Return: number of bytes in @out, or -1 if the message is not authentic or
 * its padding is wrong; nothing in @out may be used then.
 */
int ike_sk_open(const struct ike_sk *sk, struct ike_bytes msg, const struct ike_payload *pl,
		uint8_t *out);

#endif
