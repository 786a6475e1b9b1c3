/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pseudo-random functions (RFC 7296, sections 2.13 and 2.14; RFC 4868, RFC 4434). */
#ifndef ESPINTCP_IKE_PRF_H
#define ESPINTCP_IKE_PRF_H

#include "ike/wire.h"

#define IKE_PRF_MAX 64			/* bytes of output, and of a preferred key */

/* Bytes of output of a prf; 0 for one that is not supported */
size_t ike_prf_len(uint16_t prf);

/**
 * ike_prf - prf(key, parts[0] | parts[1] | ...)
 * @out: ike_prf_len() bytes
 *
 * Return: 0, or -1 if libcrypto refuses.
 */
int ike_prf(uint16_t prf, struct ike_bytes key, const struct ike_bytes *parts, size_t n,
	    uint8_t *out);

/**
 * ike_prf_begin - the same with one key after the other: libcrypto's share of it once
 *
 * Return: for ike_prf_next() and ike_prf_end(); NULL if libcrypto refuses.
 */
struct ike_prf_ctx *ike_prf_begin(uint16_t prf);
/* @out: ike_prf_len() bytes. Return: 0, or -1 if libcrypto refuses. */
int ike_prf_next(struct ike_prf_ctx *ctx, struct ike_bytes key, struct ike_bytes data,
		 uint8_t *out);
void ike_prf_end(struct ike_prf_ctx *ctx);

/**
 * ike_prf_plus - prf+(key, seed) of RFC 7296, section 2.13
 *
 * Return: 0, or -1 if libcrypto refuses or @len is over 255 blocks.
 */
int ike_prf_plus(uint16_t prf, struct ike_bytes key, struct ike_bytes seed,
		 uint8_t *out, size_t len);

#endif
