/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Post-quantum preshared keys in IKE_AUTH (RFC 8784, section 3). */
#ifndef ESPINTCP_IKE_PPK_H
#define ESPINTCP_IKE_PPK_H

#include "ike/build.h"
#include "ike/keys.h"

/**
 * ike_ppk_mix - run SK_d, SK_pi and SK_pr through prf+ with the PPK
 * @prf: of the IKE SA
 * @ppk: the PPK
 * @keys: as IKE_SA_INIT made them; changed in place
 *
 * Return: 0, or -1 if libcrypto refuses, with @keys as they were.
 */
int ike_ppk_mix(uint16_t prf, const struct conf_secret *ppk, struct ike_keys *keys);

/* Append PPK_IDENTITY; without @ppk the empty one that says that it is used */
void ike_ppk_put_id(struct ike_buf *b, const struct conf_secret *ppk);

/**
 * ike_ppk_find - the PPK that a peer named
 * @list: secrets
 * @local: our identity
 * @remote: the peer's
 * @pl: payloads of its IKE_AUTH request
 * @named: set to whether it named one
 *
 * Return: the PPK, or NULL if it named none that is for the two.
 */
const struct conf_secret *ike_ppk_find(const struct conf_secret *list,
				       const struct conf_id *local, const struct conf_id *remote,
				       const struct ike_payloads *pl, bool *named);

#endif
