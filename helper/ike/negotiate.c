// SPDX-License-Identifier: GPL-2.0-or-later
/* What a child SA is to be: algorithms, selectors, mode (RFC 7296, sections 2.7, 2.9, 1.3.1). */
#include <stdio.h>
#include <string.h>

#include "ike/notify.h"
#include "ike/sa.h"
#include "ike/ts.h"

static struct ike_bytes spi_bytes(const struct ike_child_sa *child)
{
	return (struct ike_bytes){ (const uint8_t *)&child->c.spi_in, sizeof(uint32_t) };
}

void ike_negotiate_put_selectors(const struct ike_child_sa *child, bool initiator,
				 struct ike_buf *b)
{
	const struct ike_child *c = &child->c;

	ike_ts_put(b, IKE_PL_TSI, initiator ? &c->ts_local : &c->ts_remote);
	ike_ts_put(b, IKE_PL_TSR, initiator ? &c->ts_remote : &c->ts_local);
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

static struct conf_subnet subnet_of(const struct conf_end *end, const struct conf_subnet *addr)
{
	return end->subnet.family ? end->subnet : ike_ts_host(addr);
}

static bool same_net(const struct conf_subnet *a, const struct conf_subnet *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

/* A rekeyed SA carries all that the old one did (RFC 7296, section 2.9.2) */
static uint16_t keep_selectors(const struct ike_child_sa *old, const struct ike_payload *tsi,
			       const struct ike_payload *tsr, struct ike_child *c)
{
	if (ike_ts_narrow(tsr, &old->c.ts_local, &c->ts_local) ||
	    ike_ts_narrow(tsi, &old->c.ts_remote, &c->ts_remote) ||
	    !same_net(&c->ts_local, &old->c.ts_local) ||
	    !same_net(&c->ts_remote, &old->c.ts_remote))
		return IKE_N_TS_UNACCEPTABLE;
	return 0;
}

/* Narrow the peer's selectors to ours (RFC 7296, section 2.9); we are the responder */
static uint16_t narrow(const struct ike_sa *sa, const struct ike_payload *tsi,
		       const struct ike_payload *tsr, struct ike_child *c, char *why,
		       size_t whylen)
{
	struct conf_subnet local = subnet_of(&sa->conn->local, &sa->addrs.local);
	struct conf_subnet remote = subnet_of(&sa->conn->remote, &sa->addrs.remote);
	char l[64], r[64];

	if (!ike_ts_narrow(tsr, &local, &c->ts_local) &&
	    !ike_ts_narrow(tsi, &remote, &c->ts_remote))
		return 0;
	snprintf(why, whylen,
		 "TS_UNACCEPTABLE: the peer's traffic selectors do not meet %s === %s",
		 ike_ts_text(&local, l, sizeof(l)), ike_ts_text(&remote, r, sizeof(r)));
	return IKE_N_TS_UNACCEPTABLE;
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
	refused = old ? keep_selectors(old, tsi, tsr, &child->c) :
			narrow(sa, tsi, tsr, &child->c, why, whylen);
	if (refused) {
		if (old)
			snprintf(why, whylen,
				 "TS_UNACCEPTABLE: the peer's traffic selectors are not those of the SA that it replaces");
		return refused;
	}
	/* Tunnel where either end wants one, unless we are told to use transport mode */
	if (want && !ike_notify_find(pl, IKE_N_USE_TRANSPORT_MODE, NULL)) {
		snprintf(why, whylen,
			 "NO_PROPOSAL_CHOSEN: the peer wants tunnel mode, not type=transport");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	child->c.transport = want;
	return 0;
}

/* The responder may narrow to one subnet inside ours, not widen or split (section 2.9) */
static int take_selector(const struct ike_payload *pl, struct conf_subnet *ts)
{
	struct conf_subnet ours = *ts;

	if (ike_ts_count(pl) != 1)
		return -1;
	return ike_ts_narrow(pl, &ours, ts);
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
	if (take_selector(tsi, &child->c.ts_local) || take_selector(tsr, &child->c.ts_remote)) {
		snprintf(why, whylen,
			 "the peer's traffic selectors are not one subnet of ours each");
		return -1;
	}
	if (old && (!same_net(&child->c.ts_local, &old->c.ts_local) ||
		    !same_net(&child->c.ts_remote, &old->c.ts_remote))) {
		snprintf(why, whylen, "the peer narrowed the traffic selectors of a rekeyed SA");
		return -1;
	}
	return 0;
}
