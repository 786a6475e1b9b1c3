/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Security Association payloads: building, checking and choosing (RFC 7296, 2.7 and 3.3). */
#ifndef ESPINTCP_IKE_PROPOSAL_H
#define ESPINTCP_IKE_PROPOSAL_H

#include "ike/build.h"
#include "ike/message.h"
#include "ike/suite.h"

/* One proposal of a peer's SA payload that fits a suite of ours */
struct ike_choice {
	uint8_t number;
	const uint8_t *spi;		/* into the peer's message */
	uint8_t spi_len;		/* ESP: 4; IKE: 0, or 8 where one is rekeyed */
	struct ike_suite suite;
	bool integ_none;		/* the proposal spells NONE out: so does the answer */
	bool dh_none;
	unsigned int addke_none;	/* likewise; a bit for each */
};

/* Is the body of an SA payload well formed? ike_payloads_parse() has asked already. */
bool ike_proposals_check(const uint8_t *p, size_t len);

/* IKE_PROTO_* of the first proposal */
uint8_t ike_proposal_protocol(const struct ike_payload *pl);

/**
 * ike_proposal_choose - take the first suite of ours that the peer proposes
 * @protocol: IKE_PROTO_IKE or IKE_PROTO_ESP; others are passed over
 * @ke: group of the peer's KE payload: preferred among suites that differ in
 *	their group alone, since it saves a round trip; 0 if there is none
 *
 * Return: 0, or -1 if there is none (NO_PROPOSAL_CHOSEN).
 */
int ike_proposal_choose(const struct ike_payload *pl, uint8_t protocol,
			const struct ike_suite_list *ours, uint16_t ke, struct ike_choice *out);

/**
 * ike_proposal_accept - check the responder's answer against what we offered
 *
 * It must be one proposal with one transform of each type, be among @ours and
 * have the number under which we offered it.
 *
 * Return: 0 or -1.
 */
int ike_proposal_accept(const struct ike_payload *pl, uint8_t protocol,
			const struct ike_suite_list *ours, struct ike_choice *out);

/* Append an SA payload that offers the list, in its order. @spi: of the sender; len 0, 4 or 8. */
void ike_proposal_put(struct ike_buf *b, uint8_t protocol, const struct ike_suite_list *list,
		      struct ike_bytes spi);

/* Append an SA payload that answers with the choice */
void ike_proposal_put_choice(struct ike_buf *b, uint8_t protocol,
			     const struct ike_choice *choice, struct ike_bytes spi);

#endif
