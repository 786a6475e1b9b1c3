/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AUTH by a pre-shared key (RFC 7296, section 2.15). */
#ifndef ESPINTCP_IKE_PSK_H
#define ESPINTCP_IKE_PSK_H

#include "conf/conf.h"
#include "ike/build.h"
#include "ike/sig.h"

/* Append an AUTH payload. 0, or -1 if libcrypto refuses. */
int ike_psk_put(struct ike_buf *b, uint16_t prf, const struct conf_secret *secret,
		const struct ike_octets *octets);
/* Is the body of a peer's AUTH payload the right one? */
bool ike_psk_ok(struct ike_bytes body, uint16_t prf, const struct conf_secret *secret,
		const struct ike_octets *octets);

#endif
