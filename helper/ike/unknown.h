/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of IKE SAs that are not known here (RFC 7296, section 2.21.4; RFC 6290). */
#ifndef ESPINTCP_IKE_UNKNOWN_H
#define ESPINTCP_IKE_UNKNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "ike/qcd.h"

#define IKE_UNKNOWN_LEN	36	/* header and one notify */
#define IKE_UNKNOWN_MAX	(IKE_UNKNOWN_LEN + 8 + IKE_QCD_LEN)

/**
 * ike_unknown_answer - INVALID_IKE_SPI for a request of an unknown SA
 * @msg: what came
 * @len: its length
 * @secret: what our tokens are made of; NULL: none is to be shown
 * @out: the answer, not protected, never longer than the request
 *
 * A request that is shorter than an answer with a token gets one without. A token must not
 * be shown for an SA that lives, whoever has it: it would let anybody end that.
 *
 * Return: length of the answer, or 0 where none is due: not IKE, a response, IKE_SA_INIT.
 */
size_t ike_unknown_answer(const uint8_t *msg, size_t len, const uint8_t *secret,
			  uint8_t out[IKE_UNKNOWN_MAX]);

/* How many answers leave: they cost, and anybody can ask for them. All zero at the start. */
struct ike_unknown_limit {
	uint64_t second;		/* when the last ones left */
	unsigned int n;
};

#define IKE_UNKNOWN_EACH_S	100

/* Whether one more may leave at this time, ms; it is counted */
bool ike_unknown_may_leave(struct ike_unknown_limit *limit, uint64_t now);

#endif
