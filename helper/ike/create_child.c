// SPDX-License-Identifier: GPL-2.0-or-later
/* CREATE_CHILD_SA for child SAs: new ones and rekeyed ones (RFC 7296, 1.3.1, 1.3.3, 2.8). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ike/followup.h"
#include "ike/notify.h"
#include "ike/pairs.h"
#include "ike/sa.h"

#define SWITCH_MS	10000	/* for the peer's DELETE of the SA that it replaced */
#define TRIES_MAX	2	/* INVALID_KE_PAYLOAD */
#define NEVER		UINT64_MAX

static void suites(const struct ike_sa *sa, struct ike_suite_list *list)
{
	ike_suites_set_group(&sa->conn->esp, sa->conn->pfs, sa->suite.dh, list);
}

/*
 * As the answering end: the peer may leave the key exchange out where we do not insist on one,
 * and there is no reason to refuse one that we did not ask for.
 */
static void answer_suites(const struct ike_sa *sa, struct ike_suite_list *list)
{
	struct ike_suite_list with;
	size_t i;

	suites(sa, list);
	if (sa->conn->pfs)
		return;
	ike_suites_set_group(&sa->conn->esp, true, sa->suite.dh, &with);
	for (i = 0; i < with.n && list->n < IKE_SUITES_MAX; i++)
		list->s[list->n++] = with.s[i];
}

/* The key pair of the offer: of the group that the peer asked for, or our first one */
static int make_ke(struct ike_create *cr, const struct ike_suite_list *list)
{
	uint16_t group = cr->group ? cr->group : list->s[0].dh;

	return group ? ike_ke_begin(&cr->ke, group) : 0;
}

static int begin(struct ike_sa *sa, struct ike_child_sa *old, const struct ike_child *like,
		 const struct ike_suite_list *list)
{
	struct ike_create *cr = &sa->create;
	int err;

	cr->old = old;
	cr->rekeys = old;
	cr->child = ike_childlist_new(sa, &err);
	if (!cr->child) {
		ike_sa_log(sa, "cannot reserve a SPI: %s", strerror(-err));
		return -1;
	}
	cr->child->c.transport = like->transport;
	cr->child->c.ts_local = like->ts_local;
	cr->child->c.ts_remote = like->ts_remote;
	cr->child->c.proto = like->proto;
	cr->child->c.port_local = like->port_local;
	cr->child->c.port_remote = like->port_remote;
	if (old)
		cr->child->c.reqid = old->c.reqid;
	if (ike_nonce_make(&cr->s.ni) || make_ke(cr, list)) {
		ike_sa_log(sa, "cannot make a key exchange: libcrypto refused");
		return -1;
	}
	return 0;
}

int ike_create_send(struct ike_sa *sa, struct ike_child_sa *old, const struct ike_child *like)
{
	struct ike_suite_list list;
	struct ike_out out;

	suites(sa, &list);
	if (begin(sa, old, like, &list)) {
		ike_create_end(sa);
		ike_create_later(sa);
		return 0;
	}
	ike_out_request(sa, &out, IKE_CREATE_CHILD_SA);
	if (old && !old->unknown)
		ike_notify_put_esp(&out.b, IKE_N_REKEY_SA, old->c.spi_in);
	ike_negotiate_put_offer(sa->create.child, &list, &out.b);
	ike_create_put_nonce(&out.b, &sa->create.s.ni);
	if (sa->create.ke.key && ike_ke_put(&sa->create.ke, &out.b))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	ike_negotiate_put_selectors(sa->create.child, true, &out.b);
	sa->sent_info = IKE_INFO_REKEY_CHILD;
	return ike_out_send(sa, &out);
}

/* INVALID_KE_PAYLOAD: once more, with the group that it names (RFC 7296, section 1.3) */
static bool retry_group(struct ike_sa *sa, const struct ike_notify *n)
{
	uint16_t group = n->data.len == 2 ? ike_get16(n->data.p) : 0;
	struct ike_suite_list list;

	suites(sa, &list);
	if (!group || group == sa->create.ke.method || !ike_suites_have_group(&list, group) ||
	    ++sa->create.tries > TRIES_MAX)
		return false;
	sa->create.group = group;
	return true;
}

/* The same exchange from its start */
static int again(struct ike_sa *sa)
{
	struct ike_child_sa *old = sa->create.old;
	struct ike_child like = sa->create.child->c;
	unsigned int tries = sa->create.tries;
	uint16_t group = sa->create.group;

	ike_create_end(sa);
	sa->create.tries = tries;
	sa->create.group = group;
	return ike_create_send(sa, old, &like);
}

/* A pair of subnets beside the first one: the peer does not want it, or not now */
static int refused_new(struct ike_sa *sa, uint16_t type)
{
	char buf[32], text[160];

	ike_sa_log(sa, "the peer refused a child SA for %s: %s",
		   ike_child_ts_text(&sa->create.child->c, text, sizeof(text)),
		   ike_notify_name(type, buf, sizeof(buf)));
	ike_create_end(sa);
	if (type == IKE_N_TEMPORARY_FAILURE)
		ike_create_later(sa);
	else if (type == IKE_N_NO_ADDITIONAL_SAS)
		sa->pair_next = sa->pairs_wanted;
	else
		sa->pair_next++;
	return 0;
}

int ike_create_child_failed(struct ike_sa *sa, uint16_t type)
{
	struct ike_child_sa *old = sa->create.old;
	char buf[32];

	if (!sa->create.rekeys)
		return refused_new(sa, type);
	/* Had the peer done it meanwhile, it would not know the old SA any more (2.8.1) */
	if (sa->create.child_theirs || !old) {
		ike_create_end(sa);
		return 0;
	}
	ike_sa_log(sa, "the peer refused to rekey a child SA: %s",
		   ike_notify_name(type, buf, sizeof(buf)));
	ike_create_end(sa);
	if (old && type == IKE_N_CHILD_SA_NOT_FOUND)
		old->unknown = true;	/* another one takes its place, made from scratch (2.25) */
	/* Such a peer never will: it lives until its lifetime is over */
	if (old && type == IKE_N_NO_ADDITIONAL_SAS)
		old->rekey_wanted = false;
	else
		ike_create_later(sa);
	return 0;
}

static int refused(struct ike_sa *sa, uint16_t type, const struct ike_notify *n)
{
	if (type == IKE_N_INVALID_KE_PAYLOAD && retry_group(sa, n))
		return again(sa);
	return ike_create_child_failed(sa, type);
}

static int make_keys(struct ike_sa *sa, struct ike_child_sa *child, const struct ike_series *s,
		     bool initiator)
{
	return ike_keys_child(sa->suite.prf, &sa->keys, ike_shared_get(&s->shared),
			      ike_nonce_bytes(&s->ni), ike_nonce_bytes(&s->nr), initiator,
			      &child->c);
}

static int accept_answer(struct ike_sa *sa, const struct ike_payloads *pl, char *why,
			 size_t whylen)
{
	const struct ike_payload *nonce = ike_payload_find(pl, IKE_PL_NONCE);
	struct ike_create *cr = &sa->create;
	struct ike_suite_list list;

	suites(sa, &list);
	if (!nonce) {
		snprintf(why, whylen, "the peer's answer has no nonce");
		return -1;
	}
	ike_nonce_keep(&cr->s.nr, nonce);
	if (ike_negotiate_accept(pl, &list, cr->old, cr->child, why, whylen))
		return -1;
	cr->s.suite = cr->child->c.suite;
	if (ike_series_first(&cr->s, &cr->ke, ike_payload_find(pl, IKE_PL_KE))) {
		snprintf(why, whylen, "the peer's key exchange is not valid");
		return -1;
	}
	return 0;
}

/* The peer has it, we do not want it: it may send through it until our DELETE is there */
static void give_back(struct ike_sa *sa, struct ike_child_sa *child)
{
	child->state = IKE_CHILD_REPLACED;
	child->delete_wanted = true;
	child->gone_at = NEVER;
	if (sa->create.child == child)
		sa->create.child = NULL;
}

/* Both ends rekeyed the same SA, and ours has the lowest nonce (RFC 7296, section 2.8.1) */
static int lose(struct ike_sa *sa, struct ike_child_sa *child)
{
	char err[160];

	if (ike_childlist_install(sa, child, IKE_PART_IN, NULL, err, sizeof(err)))
		ike_sa_log(sa, "%s", err);
	give_back(sa, child);
	ike_create_end(sa);
	return 0;
}

static void more_up(struct ike_sa *sa, const struct ike_child_sa *child)
{
	char text[160];

	ike_sa_log(sa, "one more child SA is up: %s",
		   ike_child_ts_text(&child->c, text, sizeof(text)));
}

static int win(struct ike_sa *sa, struct ike_child_sa *child)
{
	struct ike_child_sa *old = sa->create.old, *theirs = sa->create.child_theirs;
	char err[160];

	ike_task_child_lifetime(sa, child);
	if (ike_childlist_switch(sa, old, child, err, sizeof(err))) {
		ike_sa_log(sa, "%s", err);
		give_back(sa, child);
		ike_create_end(sa);
		ike_create_later(sa);
		return 0;
	}
	if (theirs) {
		/* The peer deletes it */
		theirs->state = IKE_CHILD_REPLACED;
		theirs->gone_at = ike_sa_now(sa) + SWITCH_MS;
	}
	if (!sa->create.rekeys) {
		sa->pair_next++;
		more_up(sa, child);
	}
	ike_create_end(sa);
	sa->retries = 0;
	if (!old)
		return 0;
	/* What the peer has begun to make of it as well goes no further */
	if (ike_followup_replaces(sa, old))
		ike_followup_drop(sa);
	if (old->unknown)
		ike_childlist_linger(sa, old);
	else
		give_back(sa, old);
	return 0;
}

int ike_create_child_invalid(struct ike_sa *sa, const char *why)
{
	ike_sa_log(sa, "a child SA could not be rekeyed: %s", why);
	give_back(sa, sa->create.child);
	ike_create_end(sa);
	ike_create_later(sa);
	return 0;
}

int ike_create_response(struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_notify n;
	uint16_t error = ike_notify_error(&in->pl, &n);
	char why[200];

	if (error)
		return refused(sa, error, &n);
	if (accept_answer(sa, &in->pl, why, sizeof(why)))
		return ike_create_child_invalid(sa, why);
	return ike_create_go_on(sa, &in->pl);
}

int ike_create_finish(struct ike_sa *sa)
{
	struct ike_child_sa *child = sa->create.child;

	if (make_keys(sa, child, &sa->create.s, true))
		return ike_create_child_invalid(sa, "cannot make keys: libcrypto refused");
	return ike_create_lost(sa) ? lose(sa, child) : win(sa, child);
}

/* A request of the peer on its way to an answer */
struct request {
	const struct ike_in *in;
	struct ike_child_sa *old, *child;
	struct ike_choice choice;
	struct ike_series s;
	uint8_t ke[IKE_KE_MAX];		/* our answer to the key exchange */
	size_t ke_len;
	uint16_t group;			/* to ask for with INVALID_KE_PAYLOAD; 0: none */
	char why[200];
};

static bool find_old(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_child_sa **old,
		     uint32_t *spi)
{
	struct ike_notify n;

	*old = NULL;
	if (!ike_notify_find(pl, IKE_N_REKEY_SA, &n))
		return true;
	if (n.protocol != IKE_PROTO_ESP || n.spi.len != sizeof(*spi))
		return false;
	memcpy(spi, n.spi.p, sizeof(*spi));
	*old = ike_childlist_find(sa, *spi);
	return *old;
}

/* The rules of RFC 7296, section 2.25 */
static uint16_t may_not(const struct ike_sa *sa, const struct ike_child_sa *old)
{
	if (sa->spare || sa->delete_wanted)
		return IKE_N_TEMPORARY_FAILURE;
	if (sa->create.ike || (sa->waiting && sa->sent_info == IKE_INFO_DELETE))
		return IKE_N_TEMPORARY_FAILURE;
	if (old && (old->delete_wanted || old == sa->sent_child || old->heir ||
		    old->state != IKE_CHILD_UP))
		return IKE_N_TEMPORARY_FAILURE;
	return 0;
}

static uint16_t negotiate(struct ike_sa *sa, struct request *rq)
{
	const struct ike_payload *ke = ike_payload_find(&rq->in->pl, IKE_PL_KE);
	const struct ike_payload *ni = ike_payload_find(&rq->in->pl, IKE_PL_NONCE);
	uint16_t refused, ke_group = ke ? ike_ke_method(ke) : IKE_DH_NONE;
	struct ike_suite_list list;
	int err;

	rq->child = ike_childlist_new(sa, &err);
	if (!rq->child) {
		snprintf(rq->why, sizeof(rq->why), "cannot reserve a SPI: %s", strerror(-err));
		return err == -ENOSPC ? IKE_N_NO_ADDITIONAL_SAS : IKE_N_TEMPORARY_FAILURE;
	}
	answer_suites(sa, &list);
	refused = ike_negotiate_choose(sa, &rq->in->pl, &list, ke_group, rq->old, rq->child,
				       &rq->choice, rq->why, sizeof(rq->why));
	if (refused)
		return refused;
	if (!ni) {
		snprintf(rq->why, sizeof(rq->why), "the peer's request has no nonce");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	rq->s.suite = rq->choice.suite;
	rq->group = rq->choice.suite.dh;
	if (rq->group && rq->group != ke_group) {
		snprintf(rq->why, sizeof(rq->why), "another DH group is needed");
		return IKE_N_INVALID_KE_PAYLOAD;
	}
	ike_nonce_keep(&rq->s.ni, ni);
	if (ike_nonce_make(&rq->s.nr) ||
	    ike_series_answer(&rq->s, rq->group, ke, rq->ke, &rq->ke_len)) {
		snprintf(rq->why, sizeof(rq->why), "the peer's key exchange is not valid");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	return 0;
}

/* What it replaces, told by the peer or not: the policies can be there once only */
static uint16_t install(struct ike_sa *sa, struct ike_child_sa *child, struct ike_child_sa *old,
			const struct ike_series *s, char *why, size_t whylen)
{
	if (!old)
		old = ike_childlist_same(sa, &child->c);
	if (old)
		child->c.reqid = old->c.reqid;
	ike_task_child_lifetime(sa, child);
	if (ike_childlist_install(sa, child, old ? IKE_PART_IN : IKE_PART_ALL, NULL, why, whylen))
		return IKE_N_TEMPORARY_FAILURE;
	child->state = old ? IKE_CHILD_INBOUND : IKE_CHILD_UP;
	if (!old) {
		more_up(sa, child);
		return 0;
	}
	child->switch_at = ike_sa_now(sa) + SWITCH_MS;
	old->heir = child;
	old->rekey_wanted = false;
	if (sa->create.child && sa->create.old == old) {
		sa->create.child_theirs = child;
		sa->create.low_theirs = *ike_nonce_lower(&s->ni, &s->nr);
	}
	return 0;
}

uint16_t ike_create_complete(struct ike_sa *sa, struct ike_child_sa *child,
			     struct ike_child_sa *old, const struct ike_series *s, char *why,
			     size_t whylen)
{
	/* Things may have changed since the peer began */
	uint16_t refused = may_not(sa, old);

	if (refused)
		return refused;
	if (make_keys(sa, child, s, false)) {
		snprintf(why, whylen, "cannot make keys: libcrypto refused");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	return install(sa, child, old, s, why, whylen);
}

static void put_answer(const struct request *rq, struct ike_buf *b)
{
	ike_negotiate_put_choice(rq->child, &rq->choice, b);
	ike_create_put_nonce(b, &rq->s.nr);
	if (rq->group)
		ike_ke_put_data(b, rq->group, (struct ike_bytes){ rq->ke, rq->ke_len });
	ike_negotiate_put_selectors(rq->child, false, b);
}

/* Into the kernel before the answer is out, or to wait for more key exchanges behind it */
static uint16_t agree(struct ike_sa *sa, struct request *rq, struct ike_buf *b)
{
	put_answer(rq, b);
	if (rq->s.next == IKE_ADDKE_MAX)
		return ike_create_complete(sa, rq->child, rq->old, &rq->s, rq->why,
					   sizeof(rq->why));
	if (!ike_followup_wait(sa, &rq->s, rq->child, rq->old, NULL, b))
		return 0;
	snprintf(rq->why, sizeof(rq->why), "no random numbers: libcrypto refused");
	return IKE_N_TEMPORARY_FAILURE;
}

static int refuse(struct ike_sa *sa, struct request *rq, uint16_t type)
{
	uint8_t group[2];
	char buf[32];

	if (rq->child)
		ike_childlist_drop(sa, rq->child);
	ike_put16(group, rq->group);
	if (type == IKE_N_INVALID_KE_PAYLOAD)
		return ike_out_notify(sa, &rq->in->hdr, type, group, sizeof(group));
	ike_sa_log(sa, "CREATE_CHILD_SA of the peer refused: %s%s%s",
		   ike_notify_name(type, buf, sizeof(buf)), rq->why[0] ? ": " : "", rq->why);
	return ike_out_notify(sa, &rq->in->hdr, type, NULL, 0);
}

static int not_found(struct ike_sa *sa, const struct ike_in *in, uint32_t spi)
{
	struct ike_out out;

	ike_out_answer(sa, &out, &in->hdr);
	ike_notify_put_esp(&out.b, IKE_N_CHILD_SA_NOT_FOUND, spi);
	return ike_out_send(sa, &out);
}

int ike_create_request(struct ike_sa *sa, const struct ike_in *in)
{
	struct request rq = { .in = in };
	struct ike_out out;
	uint16_t refused;
	uint32_t spi = 0;
	int ret;

	if (!find_old(sa, &in->pl, &rq.old, &spi) && !sa->spare)
		return not_found(sa, in, spi);
	refused = may_not(sa, rq.old);
	if (!refused)
		refused = negotiate(sa, &rq);
	ike_out_answer(sa, &out, &in->hdr);
	if (!refused)
		refused = agree(sa, &rq, &out.b);
	ret = refused ? refuse(sa, &rq, refused) : ike_out_send(sa, &out);
	ike_series_free(&rq.s);
	return ret;
}
