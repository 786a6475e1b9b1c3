// SPDX-License-Identifier: GPL-2.0-or-later
/* What a child SA is to be: algorithms, selectors, mode (RFC 7296, sections 2.7, 2.9, 1.3.1). */
#include <stdio.h>
#include <string.h>

#include "ike/notify.h"
#include "ike/pairs.h"
#include "ike/sa.h"
#include "ike/ts.h"

static struct ike_bytes spi_bytes(const struct ike_child_sa *child)
{
	return (struct ike_bytes){ (const uint8_t *)&child->c.spi_in, sizeof(uint32_t) };
}

void ike_negotiate_put_selectors(const struct ike_child_sa *child, bool initiator,
				 struct ike_buf *b)
{
	struct ike_ts i = ike_child_ts(&child->c, initiator);
	struct ike_ts r = ike_child_ts(&child->c, !initiator);

	ike_ts_put(b, IKE_PL_TSI, &i);
	ike_ts_put(b, IKE_PL_TSR, &r);
}

void ike_negotiate_put_offer(const struct ike_child_sa *child, const struct ike_suite_list *list,
			     struct ike_buf *b)
{
	if (child->c.transport)
		ike_notify_put(b, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_proposal_put(b, IKE_PROTO_ESP, list, spi_bytes(child));
}

void ike_negotiate_put_choice(const struct ike_child_sa *child, const struct ike_choice *choice,
			      struct ike_buf *b)
{
	if (child->c.transport)
		ike_notify_put(b, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_proposal_put_choice(b, IKE_PROTO_ESP, choice, spi_bytes(child));
}

/* A peer's SPI must be one that ESP can carry: 0 to 255 are reserved (RFC 4303, 2.1) */
static int take_choice(struct ike_child_sa *child, const struct ike_choice *choice)
{
	memcpy(&child->c.spi_out, choice->spi, sizeof(child->c.spi_out));
	child->c.suite = choice->suite;
	return ike_get32(choice->spi) < 256 ? -1 : 0;
}

/* Both ends' selectors as far as they are in those of @ours; -1: not at all */
static int narrow_to(const struct ike_child *ours, const struct ike_payload *local,
		     const struct ike_payload *remote, struct ike_child *c)
{
	struct ike_ts l = ike_child_ts(ours, true), r = ike_child_ts(ours, false);

	if (ike_ts_narrow(local, &l, &l) || ike_ts_narrow(remote, &r, &r))
		return -1;
	/* A child SA here carries one protocol or all */
	if (l.proto != r.proto)
		return -1;
	ike_child_set_ts(c, true, &l);
	ike_child_set_ts(c, false, &r);
	return 0;
}

/* A rekeyed SA carries all that the old one did (RFC 7296, section 2.9.2) */
static uint16_t keep_selectors(const struct ike_child_sa *old, const struct ike_payload *tsi,
			       const struct ike_payload *tsr, struct ike_child *c, char *why,
			       size_t whylen)
{
	if (!narrow_to(&old->c, tsr, tsi, c) && ike_child_same_ts(c, &old->c))
		return 0;
	snprintf(why, whylen,
		 "TS_UNACCEPTABLE: the peer's traffic selectors are not those of the SA that it replaces");
	return IKE_N_TS_UNACCEPTABLE;
}

/*
 * Narrow the peer's selectors to one of our pairs (RFC 7296, section 2.9); we are the
 * responder. One for which there is no child SA yet goes first.
 */
static uint16_t narrow(const struct ike_sa *sa, const struct ike_payload *tsi,
		       const struct ike_payload *tsr, struct ike_child *c, char *why,
		       size_t whylen)
{
	size_t n, pairs = ike_pairs(sa->conn);
	struct ike_child ours, got = *c;
	bool found = false;
	char text[160];

	for (n = 0; n < pairs; n++) {
		memset(&ours, 0, sizeof(ours));
		if (!ike_pair_get(sa, n, &ours) || narrow_to(&ours, tsr, tsi, &got))
			continue;
		if (!found || !ike_childlist_same(sa, &got))
			*c = got;
		found = true;
		if (!ike_childlist_same(sa, &got))
			break;
	}
	if (found)
		return 0;
	snprintf(why, whylen,
		 "TS_UNACCEPTABLE: the peer's traffic selectors do not meet %s%s",
		 ike_child_ts_text(&ours, text, sizeof(text)),
		 pairs > 1 ? ", nor any other pair of subnets" : "");
	return IKE_N_TS_UNACCEPTABLE;
}

bool ike_sa_asks_for(const struct ike_sa *sa, const struct conf_conn *conn)
{
	struct ike_child ours, got = { 0 };

	if (!sa->asked_local || !sa->asked_remote)
		return false;
	for (size_t n = 0; n < ike_pairs(conn); n++) {
		memset(&ours, 0, sizeof(ours));
		ike_pair_of(conn, &sa->addrs, n, &ours);
		/* What it will get from us is nothing that it can ask for by its selectors */
		if (conn->remote.modecfg_client)
			ours.ts_remote = (struct conf_subnet){ .family = ours.ts_local.family };
		if (!narrow_to(&ours, sa->asked_local, sa->asked_remote, &got))
			return true;
	}
	return false;
}

uint16_t ike_negotiate_choose(const struct ike_sa *sa, const struct ike_payloads *pl,
			      const struct ike_suite_list *list, uint16_t ke,
			      const struct ike_child_sa *old, struct ike_child_sa *child,
			      struct ike_choice *choice, char *why, size_t whylen)
{
	const struct ike_payload *prop = ike_payload_find(pl, IKE_PL_SA);
	const struct ike_payload *tsi = ike_payload_find(pl, IKE_PL_TSI);
	const struct ike_payload *tsr = ike_payload_find(pl, IKE_PL_TSR);
	bool want = sa->conn->mode == CONF_MODE_TRANSPORT;
	uint16_t refused;

	if (!prop || !tsi || !tsr) {
		snprintf(why, whylen, "the peer asks for no child SA");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	if (ike_proposal_choose(prop, IKE_PROTO_ESP, list, ke, choice) ||
	    take_choice(child, choice)) {
		snprintf(why, whylen,
			 "NO_PROPOSAL_CHOSEN: the peer offers nothing that esp= has");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	refused = old ? keep_selectors(old, tsi, tsr, &child->c, why, whylen) :
			narrow(sa, tsi, tsr, &child->c, why, whylen);
	if (refused)
		return refused;
	/* Tunnel where either end wants one, unless we are told to use transport mode */
	if (want && !ike_notify_find(pl, IKE_N_USE_TRANSPORT_MODE, NULL)) {
		snprintf(why, whylen,
			 "NO_PROPOSAL_CHOSEN: the peer wants tunnel mode, not type=transport");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	child->c.transport = want;
	return 0;
}

int ike_negotiate_accept(const struct ike_payloads *pl, const struct ike_suite_list *list,
			 const struct ike_child_sa *old, struct ike_child_sa *child, char *why,
			 size_t whylen)
{
	const struct ike_payload *prop = ike_payload_find(pl, IKE_PL_SA);
	const struct ike_payload *tsi = ike_payload_find(pl, IKE_PL_TSI);
	const struct ike_payload *tsr = ike_payload_find(pl, IKE_PL_TSR);
	struct ike_choice choice;

	if (!prop || !tsi || !tsr) {
		snprintf(why, whylen, "the peer's answer lacks SA or traffic selectors");
		return -1;
	}
	if (child->c.transport && !ike_notify_find(pl, IKE_N_USE_TRANSPORT_MODE, NULL)) {
		snprintf(why, whylen, "the peer wants tunnel mode, not type=transport");
		return -1;
	}
	if (ike_proposal_accept(prop, IKE_PROTO_ESP, list, &choice) ||
	    take_choice(child, &choice)) {
		snprintf(why, whylen, "the peer chose a child SA that esp= does not offer");
		return -1;
	}
	/* The responder may narrow to a part of ours, not widen or split (section 2.9) */
	if (ike_ts_count(tsi) != 1 || ike_ts_count(tsr) != 1 ||
	    narrow_to(&child->c, tsi, tsr, &child->c)) {
		snprintf(why, whylen,
			 "the peer's traffic selectors are not one subnet of ours each");
		return -1;
	}
	if (old && !ike_child_same_ts(&child->c, &old->c)) {
		snprintf(why, whylen, "the peer narrowed the traffic selectors of a rekeyed SA");
		return -1;
	}
	return 0;
}
