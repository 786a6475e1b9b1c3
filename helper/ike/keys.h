/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keying material of an IKE SA and of its children (RFC 7296, 2.14, 2.17 and 2.18). */
#ifndef ESPINTCP_IKE_KEYS_H
#define ESPINTCP_IKE_KEYS_H

#include "ike/ike.h"
#include "ike/prf.h"
#include "ike/sk.h"

struct ike_keys {
	uint8_t d[IKE_PRF_MAX];		/* SK_d, of the length of the prf, like SK_p* */
	uint8_t pi[IKE_PRF_MAX];
	uint8_t pr[IKE_PRF_MAX];
	struct ike_sk i, r;		/* SK_ei with SK_ai, SK_er with SK_ar */
};

/* What key exchanges gave: the one of KE itself, and those that followed it (RFC 9370) */
struct ike_secrets {
	struct ike_bytes first;		/* len 0: there was none, which a child SA may do without */
	struct ike_bytes more;		/* SK(1) | SK(2) | ...; len 0: nothing followed */
};

/**
 * ike_keys_derive - SKEYSEED and all SK_* from the shared secret
 *
 * Return: 0, or -1 if libcrypto refuses.
 */
int ike_keys_derive(const struct ike_suite *suite, struct ike_bytes shared,
		    struct ike_bytes ni, struct ike_bytes nr,
		    const uint8_t *spi_i, const uint8_t *spi_r, struct ike_keys *keys);

/**
 * ike_keys_rekey - the keys of an IKE SA that replaces another one (RFC 7296, 2.18)
 * @old_prf: of the IKE SA that is replaced
 * @old: its keys
 *
 * The same makes new keys of those of one IKE SA, by an additional key exchange before
 * IKE_AUTH (RFC 9370, section 2.2.2): @old and @keys may be the same.
 *
 * Return: 0, or -1 if libcrypto refuses.
 */
int ike_keys_rekey(uint16_t old_prf, const struct ike_keys *old, const struct ike_suite *suite,
		   struct ike_secrets secrets, struct ike_bytes ni, struct ike_bytes nr,
		   const uint8_t *spi_i, const uint8_t *spi_r, struct ike_keys *keys);

/**
 * ike_keys_child - KEYMAT of a child SA into @child, by its suite
 * @secrets: of key exchanges of its own
 * @initiator: whether we are the initiator of the exchange that made it
 *
 * Return: 0, or -1 if libcrypto refuses.
 */
int ike_keys_child(uint16_t prf, const struct ike_keys *keys, struct ike_secrets secrets,
		   struct ike_bytes ni, struct ike_bytes nr, bool initiator,
		   struct ike_child *child);

#endif
