/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of IKE SAs that are not known here (RFC 7296, section 2.21.4). */
#ifndef ESPINTCP_IKE_UNKNOWN_H
#define ESPINTCP_IKE_UNKNOWN_H

#include <stddef.h>
#include <stdint.h>

#define IKE_UNKNOWN_LEN	36	/* header and one notify */

/**
 * ike_unknown_answer - INVALID_IKE_SPI for a request of an unknown SA
 * @msg: what came
 * @len: its length
 * @out: the answer, not protected, shorter than any request that is
 *
 * Return: 0, or -1 where no answer is due: not IKE, a response, IKE_SA_INIT.
 */
int ike_unknown_answer(const uint8_t *msg, size_t len, uint8_t out[IKE_UNKNOWN_LEN]);

#endif
