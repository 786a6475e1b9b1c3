// SPDX-License-Identifier: GPL-2.0-or-later
/* CREATE_CHILD_SA that rekeys the IKE SA itself (RFC 7296, 1.3.2, 2.8.2 and 2.18). */
#include <string.h>

#include "ike/followup.h"
#include "ike/notify.h"
#include "ike/sa.h"

#define TRIES_MAX	2	/* INVALID_KE_PAYLOAD */

static const uint8_t no_spi[IKE_SPI_LEN];

static int begin(struct ike_sa *sa)
{
	struct ike_create *cr = &sa->create;
	uint16_t group = cr->group ? cr->group : sa->suite.dh;

	cr->ike = ike_sa_new_successor(sa, true);
	if (cr->ike && !ike_spi_make(cr->ike->spi_i) && !ike_nonce_make(&cr->s.ni) &&
	    !ike_ke_begin(&cr->ke, group)) {
		ike_spis_add(cr->ike);
		return 0;
	}
	ike_sa_log(sa, "cannot begin to rekey the IKE SA: out of memory, or libcrypto refused");
	return -1;
}

int ike_rekey_send(struct ike_sa *sa)
{
	struct ike_out out;

	if (begin(sa)) {
		ike_create_end(sa);
		ike_create_later(sa);
		return 0;
	}
	ike_out_request(sa, &out, IKE_CREATE_CHILD_SA);
	ike_proposal_put(&out.b, IKE_PROTO_IKE, &sa->conn->ike,
			 (struct ike_bytes){ sa->create.ike->spi_i, IKE_SPI_LEN });
	ike_create_put_nonce(&out.b, &sa->create.s.ni);
	if (ike_ke_put(&sa->create.ke, &out.b))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	sa->sent_info = IKE_INFO_REKEY_IKE;
	return ike_out_send(sa, &out);
}

static int make_keys(const struct ike_sa *sa, struct ike_sa *heir, const struct ike_series *s)
{
	return ike_keys_rekey(sa->suite.prf, &sa->keys, &heir->suite, ike_shared_get(&s->shared),
			      ike_nonce_bytes(&s->ni), ike_nonce_bytes(&s->nr), heir->spi_i,
			      heir->spi_r, &heir->keys);
}

static int again(struct ike_sa *sa, uint16_t group)
{
	unsigned int tries = sa->create.tries + 1;

	ike_create_end(sa);
	sa->create.tries = tries;
	sa->create.group = group;
	return ike_rekey_send(sa);
}

static int delete_old(struct ike_sa *sa)
{
	sa->delete_wanted = true;
	/* The peer's answer is waited for, but what comes of it harms nobody */
	(void)ike_task_next(sa);
	return 0;
}

bool ike_rekey_fall_back(struct ike_sa *sa)
{
	struct ike_sa *theirs = sa->create.ike_theirs;

	if (!theirs)
		return false;
	ike_create_end(sa);
	ike_sa_succeed(sa, theirs);
	return true;
}

int ike_rekey_failed(struct ike_sa *sa, uint16_t type)
{
	char buf[32];

	if (ike_rekey_fall_back(sa))
		return 0;
	ike_sa_log(sa, "the peer refused to rekey the IKE SA: %s",
		   ike_notify_name(type, buf, sizeof(buf)));
	ike_create_end(sa);
	/* Such a peer never will: the SA lives until its lifetime is over */
	if (type == IKE_N_NO_ADDITIONAL_SAS)
		sa->rekey_wanted = false;
	else
		ike_create_later(sa);
	return 0;
}

static int refused(struct ike_sa *sa, uint16_t type, const struct ike_notify *n)
{
	uint16_t group = n->data.len == 2 ? ike_get16(n->data.p) : 0;

	if (type == IKE_N_INVALID_KE_PAYLOAD && group != sa->create.ke.method &&
	    ike_suites_have_group(&sa->conn->ike, group) && sa->create.tries < TRIES_MAX)
		return again(sa, group);
	return ike_rekey_failed(sa, type);
}

static int accept_answer(struct ike_sa *sa, const struct ike_payloads *pl)
{
	const struct ike_payload *prop = ike_payload_find(pl, IKE_PL_SA);
	const struct ike_payload *nonce = ike_payload_find(pl, IKE_PL_NONCE);
	struct ike_create *cr = &sa->create;
	struct ike_choice choice;

	if (!prop || !nonce ||
	    ike_proposal_accept(prop, IKE_PROTO_IKE, &sa->conn->ike, &choice) ||
	    choice.spi_len != IKE_SPI_LEN || !memcmp(choice.spi, no_spi, IKE_SPI_LEN))
		return -1;
	ike_nonce_keep(&cr->s.nr, nonce);
	memcpy(cr->ike->spi_r, choice.spi, IKE_SPI_LEN);
	cr->ike->suite = choice.suite;
	cr->s.suite = choice.suite;
	return ike_series_first(&cr->s, &cr->ke, ike_payload_find(pl, IKE_PL_KE));
}

int ike_rekey_response(struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_notify n;
	uint16_t error = ike_notify_error(&in->pl, &n);

	if (error)
		return refused(sa, error, &n);
	if (accept_answer(sa, &in->pl))
		return ike_create_invalid(sa, "the peer's answer is not valid");
	/* The responder's token is in the answer, ours goes by itself (RFC 6290, section 4.3) */
	ike_qcd_take(sa->create.ike, &in->pl);
	return ike_create_go_on(sa, &in->pl);
}

int ike_rekey_finish(struct ike_sa *sa)
{
	struct ike_sa *heir = sa->create.ike, *theirs = sa->create.ike_theirs;
	bool lost = ike_create_lost(sa);

	if (make_keys(sa, heir, &sa->create.s))
		return ike_sa_fail(sa, "cannot make keys: libcrypto refused");
	ike_qcd_lengthen(heir);
	heir->qcd_wanted = heir->env.qcd_secret;
	sa->create.ike = NULL;
	ike_create_end(sa);
	if (lost) {
		/* Whose rekeying survives deletes the old SA, and we delete what we made */
		ike_sa_set_aside(sa, heir);
		if (theirs)
			ike_sa_succeed(sa, theirs);
		return delete_old(heir);
	}
	ike_sa_succeed(sa, heir);
	return delete_old(sa);
}

/* The rules of RFC 7296, section 2.25.2 */
static bool may_not(const struct ike_sa *sa)
{
	if (sa->spare || sa->delete_wanted || sa->create.ike_theirs || ike_sa_crowded(sa))
		return true;
	if (sa->create.child)
		return true;
	return sa->waiting && (sa->sent_info == IKE_INFO_DELETE ||
			       sa->sent_info == IKE_INFO_DELETE_CHILD);
}

static int refuse(struct ike_sa *sa, const struct ike_in *in, uint16_t type)
{
	char buf[32];

	ike_sa_log(sa, "the peer may not rekey the IKE SA: %s",
		   ike_notify_name(type, buf, sizeof(buf)));
	return ike_out_notify(sa, &in->hdr, type, NULL, 0);
}

void ike_rekey_establish(struct ike_sa *sa, struct ike_sa *heir, const struct ike_nonce *low)
{
	if (sa->create.ike) {
		ike_sa_set_aside(sa, heir);
		sa->create.ike_theirs = heir;
		sa->create.low_theirs = *low;
		return;
	}
	ike_sa_succeed(sa, heir);
}

uint16_t ike_rekey_complete(struct ike_sa *sa, struct ike_sa *heir, const struct ike_series *s)
{
	if (may_not(sa))
		return IKE_N_TEMPORARY_FAILURE;
	return make_keys(sa, heir, s) ? IKE_N_NO_PROPOSAL_CHOSEN : 0;
}

/* The answer, with keys at once or a promise of them. 0, or -1: the SA is over for it. */
static int send_answer(struct ike_sa *sa, const struct ike_in *in, struct ike_series *s,
		       struct ike_sa *heir, struct ike_out *out)
{
	struct ike_nonce low = *ike_nonce_lower(&s->ni, &s->nr);
	bool more = s->next < IKE_ADDKE_MAX;

	if (more ? ike_followup_wait(sa, s, NULL, NULL, heir, &out->b) :
		   make_keys(sa, heir, s)) {
		ike_sa_free(heir);
		return refuse(sa, in, IKE_N_NO_PROPOSAL_CHOSEN);
	}
	if (ike_out_send(sa, out)) {
		if (!more)
			ike_sa_free(heir);
		return -1;
	}
	if (!more)
		ike_rekey_establish(sa, heir, &low);
	return 0;
}

static int answer(struct ike_sa *sa, const struct ike_in *in, const struct ike_choice *choice,
		  const struct ike_payload *ke, const struct ike_payload *nonce)
{
	struct ike_sa *heir = ike_sa_new_successor(sa, false);
	struct ike_series s = { .suite = choice->suite };
	uint8_t data[IKE_KE_MAX];
	struct ike_out out;
	size_t len;
	int ret;

	if (!heir)
		return refuse(sa, in, IKE_N_TEMPORARY_FAILURE);
	memcpy(heir->spi_i, choice->spi, IKE_SPI_LEN);
	heir->suite = choice->suite;
	ike_nonce_keep(&s.ni, nonce);
	if (ike_spi_make(heir->spi_r) || ike_nonce_make(&s.nr) ||
	    ike_series_answer(&s, choice->suite.dh, ke, data, &len)) {
		ike_sa_free(heir);
		return refuse(sa, in, IKE_N_NO_PROPOSAL_CHOSEN);
	}
	ike_spis_add(heir);
	ike_out_answer(sa, &out, &in->hdr);
	ike_proposal_put_choice(&out.b, IKE_PROTO_IKE, choice,
				(struct ike_bytes){ heir->spi_r, IKE_SPI_LEN });
	ike_create_put_nonce(&out.b, &s.nr);
	ike_ke_put_data(&out.b, choice->suite.dh, (struct ike_bytes){ data, len });
	ike_qcd_give(heir, &out.b);
	ret = send_answer(sa, in, &s, heir, &out);
	ike_series_free(&s);
	return ret;
}

int ike_rekey_request(struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *prop = ike_payload_find(&in->pl, IKE_PL_SA);
	const struct ike_payload *ke = ike_payload_find(&in->pl, IKE_PL_KE);
	const struct ike_payload *nonce = ike_payload_find(&in->pl, IKE_PL_NONCE);
	struct ike_choice choice;
	uint8_t group[2];

	if (may_not(sa))
		return refuse(sa, in, IKE_N_TEMPORARY_FAILURE);
	if (!ke || !nonce ||
	    ike_proposal_choose(prop, IKE_PROTO_IKE, &sa->conn->ike, ike_get16(ke->body.p),
				&choice) ||
	    choice.spi_len != IKE_SPI_LEN || !memcmp(choice.spi, no_spi, IKE_SPI_LEN))
		return refuse(sa, in, IKE_N_NO_PROPOSAL_CHOSEN);
	ike_put16(group, choice.suite.dh);
	if (ike_get16(ke->body.p) != choice.suite.dh)
		return ike_out_notify(sa, &in->hdr, IKE_N_INVALID_KE_PAYLOAD, group,
				      sizeof(group));
	return answer(sa, in, &choice, ke, nonce);
}
