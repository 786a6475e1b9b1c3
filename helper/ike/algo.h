/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Algorithms of RFC 8247 and RFC 8221, those that MUST and SHOULD be there. What they
 * forbid has no number here.
 */
#ifndef ESPINTCP_IKE_ALGO_H
#define ESPINTCP_IKE_ALGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ike_encr {
	uint16_t id;			/* transform ID */
	const char *text;		/* in libreswan's logs */
	const char *cipher[2];		/* libcrypto's, 128 and 256 bits; NULL: not in IKE */
	bool aead;
	bool fixed;			/* one length of key, without a Key Length attribute */
	uint8_t salt, iv, icv, block;	/* bytes; icv 0: by an integrity algorithm */
};

struct ike_integ {
	uint16_t id;
	const char *text;
	uint16_t prf;			/* the same function, not truncated */
	uint8_t key, icv;		/* bytes */
};

/* NULL for what is not supported */
const struct ike_encr *ike_encr_find(uint16_t id);
const struct ike_integ *ike_integ_find(uint16_t id);

/* Value of the Key Length attribute, 0 where there is none */
uint16_t ike_encr_attr(uint16_t id, uint16_t keylen);
/* Whether an integrity algorithm has no place beside it */
bool ike_encr_aead(uint16_t id);

#endif
