/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AES-XCBC-MAC (RFC 3566) with keys of any length (RFC 4434), out of libcrypto's AES-CBC. */
#ifndef ESPINTCP_IKE_XCBC_H
#define ESPINTCP_IKE_XCBC_H

#include "ike/wire.h"

#define IKE_XCBC_LEN 16			/* bytes of a block, of a key and of the output */

struct ike_xcbc {
	struct evp_cipher_ctx_st *ctx;
	struct evp_cipher_st *ecb, *cbc;	/* fetched once: there may be many keys */
	uint8_t k2[IKE_XCBC_LEN];	/* for a last block that is full */
	uint8_t k3[IKE_XCBC_LEN];	/* for one that is not */
	uint8_t block[IKE_XCBC_LEN];	/* the last one so far: what follows tells how it ends */
	size_t n;			/* bytes of it */
};

/* All return 0, or -1 if libcrypto refuses; ike_xcbc_free() follows in any case */
int ike_xcbc_new(struct ike_xcbc *x);
int ike_xcbc_key(struct ike_xcbc *x, struct ike_bytes key);
int ike_xcbc_update(struct ike_xcbc *x, struct ike_bytes data);
/* @out: IKE_XCBC_LEN bytes. Another key may follow. */
int ike_xcbc_final(struct ike_xcbc *x, uint8_t *out);
void ike_xcbc_free(struct ike_xcbc *x);

#endif
