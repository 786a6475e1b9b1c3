// SPDX-License-Identifier: GPL-2.0-or-later
/* The child SA that IKE_AUTH brings (RFC 7296, sections 1.2, 1.3.1 and 2.9). */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ike/notify.h"
#include "ike/sa.h"
#include "ike/ts.h"

static struct conf_subnet subnet_of(const struct conf_end *end, const struct conf_subnet *addr)
{
	return end->subnet.family ? end->subnet : ike_ts_host(addr);
}

static void forget_keys(struct ike_child *child)
{
	OPENSSL_cleanse(child->key_in, sizeof(child->key_in));
	OPENSSL_cleanse(child->key_out, sizeof(child->key_out));
	OPENSSL_cleanse(child->integ_in, sizeof(child->integ_in));
	OPENSSL_cleanse(child->integ_out, sizeof(child->integ_out));
}

void ike_child_remove(struct ike_sa *sa)
{
	if (sa->child_up)
		sa->env.child_del(sa->env.arg, &sa->child);
	else if (sa->spi_held)
		sa->env.spi_free(sa->env.arg, sa->child.spi_in);
	sa->child_up = false;
	sa->spi_held = false;
	forget_keys(&sa->child);
}

static int spi_alloc(struct ike_sa *sa)
{
	int err = sa->env.spi_alloc(sa->env.arg, &sa->child.spi_in);

	if (err)
		return err;
	sa->spi_held = true;
	return 0;
}

static struct ike_bytes spi_bytes(const struct ike_sa *sa)
{
	return (struct ike_bytes){ (const uint8_t *)&sa->child.spi_in, sizeof(uint32_t) };
}

static void put_selectors(const struct ike_sa *sa, struct ike_buf *b)
{
	const struct ike_child *c = &sa->child;

	ike_ts_put(b, IKE_PL_TSI, sa->initiator ? &c->ts_local : &c->ts_remote);
	ike_ts_put(b, IKE_PL_TSR, sa->initiator ? &c->ts_remote : &c->ts_local);
}

int ike_child_offer(struct ike_sa *sa, struct ike_buf *b)
{
	const struct conf_conn *conn = sa->conn;
	int err = spi_alloc(sa);

	if (err)
		return ike_sa_fail(sa, "cannot reserve a SPI: %s", strerror(-err));
	sa->child.transport = conn->mode == CONF_MODE_TRANSPORT;
	sa->child.ts_local = subnet_of(&conn->local, &sa->addrs.local);
	sa->child.ts_remote = subnet_of(&conn->remote, &sa->addrs.remote);

	if (sa->child.transport)
		ike_notify_put(b, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_proposal_put(b, IKE_PROTO_ESP, &conn->esp, spi_bytes(sa));
	put_selectors(sa, b);
	return 0;
}

/* A peer's SPI must be one that ESP can carry: 0 to 255 are reserved (RFC 4303, 2.1) */
static int take_choice(struct ike_sa *sa, const struct ike_choice *choice)
{
	memcpy(&sa->child.spi_out, choice->spi, sizeof(sa->child.spi_out));
	if (ike_get32(choice->spi) < 256)
		return -1;
	sa->child.suite = choice->suite;
	return ike_keys_child(sa->suite.prf, &sa->keys,
			      (struct ike_bytes){ sa->ni.data, sa->ni.len },
			      (struct ike_bytes){ sa->nr.data, sa->nr.len },
			      sa->initiator, &sa->child);
}

static int install(struct ike_sa *sa, char *err, size_t errlen)
{
	int ret;

	err[0] = '\0';
	ret = sa->env.child_add(sa->env.arg, &sa->child, err, errlen);
	if (ret && !err[0])
		snprintf(err, errlen, "%s", strerror(-ret));
	if (ret)
		return -1;
	sa->spi_held = false;
	sa->child_up = true;
	forget_keys(&sa->child);
	return 0;
}

/* Narrow the peer's selectors to ours (RFC 7296, section 2.9); we are the responder */
static int narrow(struct ike_sa *sa, const struct ike_payload *tsi, const struct ike_payload *tsr)
{
	struct conf_subnet local = subnet_of(&sa->conn->local, &sa->addrs.local);
	struct conf_subnet remote = subnet_of(&sa->conn->remote, &sa->addrs.remote);
	char l[64], r[64];

	if (!ike_ts_narrow(tsr, &local, &sa->child.ts_local) &&
	    !ike_ts_narrow(tsi, &remote, &sa->child.ts_remote))
		return 0;
	ike_sa_reason(sa, "TS_UNACCEPTABLE: the peer's traffic selectors do not meet %s === %s",
		      ike_ts_text(&local, l, sizeof(l)), ike_ts_text(&remote, r, sizeof(r)));
	return -1;
}

/* Tunnel where either end wants one, unless we are told to use transport mode */
static int agree_mode(struct ike_sa *sa, const struct ike_payloads *pl)
{
	bool want = sa->conn->mode == CONF_MODE_TRANSPORT;

	if (want && !ike_notify_find(pl, IKE_N_USE_TRANSPORT_MODE, NULL)) {
		ike_sa_reason(sa, "NO_PROPOSAL_CHOSEN: the peer wants tunnel mode, not type=transport");
		return -1;
	}
	sa->child.transport = want;
	return 0;
}

static uint16_t answer(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_choice *choice)
{
	const struct ike_payload *prop = ike_payload_find(pl, IKE_PL_SA);
	const struct ike_payload *tsi = ike_payload_find(pl, IKE_PL_TSI);
	const struct ike_payload *tsr = ike_payload_find(pl, IKE_PL_TSR);
	char err[160];

	if (!prop || !tsi || !tsr) {
		ike_sa_reason(sa, "the peer asks for no child SA");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	if (ike_proposal_choose(prop, IKE_PROTO_ESP, &sa->conn->esp, 0, choice)) {
		ike_sa_reason(sa, "NO_PROPOSAL_CHOSEN: the peer offers nothing that esp= has");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	if (narrow(sa, tsi, tsr))
		return IKE_N_TS_UNACCEPTABLE;
	if (agree_mode(sa, pl))
		return IKE_N_NO_PROPOSAL_CHOSEN;
	if (spi_alloc(sa) || take_choice(sa, choice)) {
		ike_sa_reason(sa, "cannot make keys and SPI for the child SA");
		return IKE_N_TEMPORARY_FAILURE;
	}
	if (install(sa, err, sizeof(err))) {
		ike_sa_reason(sa, "%s", err);
		return IKE_N_TEMPORARY_FAILURE;
	}
	return 0;
}

uint16_t ike_child_answer(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_buf *b)
{
	struct ike_choice choice;
	uint16_t refused = answer(sa, pl, &choice);

	if (refused) {
		ike_child_remove(sa);
		return refused;
	}
	if (sa->child.transport)
		ike_notify_put(b, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_proposal_put_choice(b, IKE_PROTO_ESP, &choice, spi_bytes(sa));
	put_selectors(sa, b);
	return 0;
}

static const char *refusal_hint(uint16_t type)
{
	switch (type) {
	case IKE_N_NO_PROPOSAL_CHOSEN:
		return ": it has no algorithms, or no mode, in common with esp= and type=";
	case IKE_N_TS_UNACCEPTABLE:
		return ": its subnets do not meet leftsubnet= and rightsubnet=";
	default:
		return "";
	}
}

/* The responder may narrow to one subnet inside ours, not widen or split (section 2.9) */
static int take_selector(const struct ike_payload *pl, struct conf_subnet *ts)
{
	struct conf_subnet ours = *ts;

	if (ike_ts_count(pl) != 1)
		return -1;
	return ike_ts_narrow(pl, &ours, ts);
}

int ike_child_accept(struct ike_sa *sa, const struct ike_payloads *pl)
{
	const struct ike_payload *prop = ike_payload_find(pl, IKE_PL_SA);
	const struct ike_payload *tsi = ike_payload_find(pl, IKE_PL_TSI);
	const struct ike_payload *tsr = ike_payload_find(pl, IKE_PL_TSR);
	uint16_t error = ike_notify_error(pl, NULL);
	struct ike_choice choice;
	char buf[160];

	if (error) {
		ike_sa_reason(sa, "the peer refused the child SA: %s%s",
			      ike_notify_name(error, buf, sizeof(buf)), refusal_hint(error));
		return -1;
	}
	if (!prop || !tsi || !tsr) {
		ike_sa_reason(sa, "the peer's IKE_AUTH lacks SA or traffic selectors");
		return -1;
	}
	if (sa->child.transport && !ike_notify_find(pl, IKE_N_USE_TRANSPORT_MODE, NULL)) {
		ike_sa_reason(sa, "the peer wants tunnel mode, not type=transport");
		return -1;
	}
	if (ike_proposal_accept(prop, IKE_PROTO_ESP, &sa->conn->esp, &choice) ||
	    take_choice(sa, &choice)) {
		ike_sa_reason(sa, "the peer chose a child SA that esp= does not offer");
		return -1;
	}
	if (take_selector(tsi, &sa->child.ts_local) || take_selector(tsr, &sa->child.ts_remote)) {
		ike_sa_reason(sa, "the peer's traffic selectors are not one subnet of ours each");
		return -1;
	}
	if (install(sa, buf, sizeof(buf))) {
		ike_sa_reason(sa, "%s", buf);
		return -1;
	}
	return 0;
}
