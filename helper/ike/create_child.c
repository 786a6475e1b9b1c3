// SPDX-License-Identifier: GPL-2.0-or-later
/* CREATE_CHILD_SA for child SAs: new ones and rekeyed ones (RFC 7296, 1.3.1, 1.3.3, 2.8). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

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
static int make_dh(struct ike_create *cr, const struct ike_suite_list *list)
{
	uint16_t group = cr->group ? cr->group : list->s[0].dh;

	return group ? ike_dh_generate(&cr->dh, group) : 0;
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
	if (ike_nonce_make(&cr->ni) || make_dh(cr, list)) {
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
	if (ike_create_put_ke_nonce(&out.b, &sa->create.dh, &sa->create.ni))
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
	if (!group || group == sa->create.dh.group || !ike_suites_have_group(&list, group) ||
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

static int refused(struct ike_sa *sa, uint16_t type, const struct ike_notify *n)
{
	struct ike_child_sa *old = sa->create.old;
	char buf[32];

	if (type == IKE_N_INVALID_KE_PAYLOAD && retry_group(sa, n))
		return again(sa);
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

static int make_keys(struct ike_sa *sa, struct ike_child_sa *child, const struct ike_dh *dh,
		     const struct ike_payload *ke, const struct ike_nonce *ni,
		     const struct ike_nonce *nr, bool initiator)
{
	uint8_t shared[IKE_DH_MAX];
	int len = 0, ret = -1;

	if (child->c.suite.dh)
		len = ike_create_shared(dh, ke, shared);
	if (len >= 0)
		ret = ike_keys_child(sa->suite.prf, &sa->keys,
				     (struct ike_bytes){ shared, (size_t)len },
				     ike_nonce_bytes(ni), ike_nonce_bytes(nr), initiator,
				     &child->c);
	OPENSSL_cleanse(shared, sizeof(shared));
	return ret;
}

/* The KE payload is there if the suite has a group, and of this group */
static bool ke_fits(const struct ike_payload *ke, uint16_t group)
{
	return group ? ke && ike_get16(ke->body.p) == group : true;
}

static int accept_answer(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_nonce *nr,
			 char *why, size_t whylen)
{
	const struct ike_payload *nonce = ike_payload_find(pl, IKE_PL_NONCE);
	const struct ike_payload *ke = ike_payload_find(pl, IKE_PL_KE);
	struct ike_create *cr = &sa->create;
	struct ike_suite_list list;

	suites(sa, &list);
	if (!nonce) {
		snprintf(why, whylen, "the peer's answer has no nonce");
		return -1;
	}
	ike_nonce_keep(nr, nonce);
	if (ike_negotiate_accept(pl, &list, cr->old, cr->child, why, whylen))
		return -1;
	if (!ke_fits(ke, cr->child->c.suite.dh) ||
	    (cr->child->c.suite.dh && cr->child->c.suite.dh != cr->dh.group) ||
	    make_keys(sa, cr->child, &cr->dh, ke, &cr->ni, nr, true)) {
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
	if (old->unknown)
		ike_childlist_linger(sa, old);
	else
		give_back(sa, old);
	return 0;
}

int ike_create_response(struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_create *cr = &sa->create;
	struct ike_child_sa *child = cr->child;
	struct ike_nonce nr;
	struct ike_notify n;
	uint16_t error = ike_notify_error(&in->pl, &n);
	char why[200];

	if (error)
		return refused(sa, error, &n);
	if (accept_answer(sa, &in->pl, &nr, why, sizeof(why))) {
		ike_sa_log(sa, "a child SA could not be rekeyed: %s", why);
		give_back(sa, child);
		ike_create_end(sa);
		ike_create_later(sa);
		return 0;
	}
	if (cr->child_theirs &&
	    ike_nonce_is_lower(ike_nonce_lower(&cr->ni, &nr), &cr->low_theirs))
		return lose(sa, child);
	return win(sa, child);
}

/* A request of the peer on its way to an answer */
struct request {
	const struct ike_in *in;
	struct ike_child_sa *old, *child;
	struct ike_choice choice;
	struct ike_dh dh;
	struct ike_nonce ni, nr;
	uint16_t group;			/* to ask for with INVALID_KE_PAYLOAD */
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
	if (sa->waiting &&
	    (sa->sent_info == IKE_INFO_DELETE || sa->sent_info == IKE_INFO_REKEY_IKE))
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
	uint16_t refused, ke_group = ke ? ike_get16(ke->body.p) : IKE_DH_NONE;
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
	rq->group = rq->choice.suite.dh;
	if (!ke_fits(ke, rq->group)) {
		snprintf(rq->why, sizeof(rq->why), "another DH group is needed");
		return IKE_N_INVALID_KE_PAYLOAD;
	}
	ike_nonce_keep(&rq->ni, ni);
	if (ike_nonce_make(&rq->nr) || (rq->group && ike_dh_generate(&rq->dh, rq->group)) ||
	    make_keys(sa, rq->child, &rq->dh, ke, &rq->ni, &rq->nr, false)) {
		snprintf(rq->why, sizeof(rq->why), "the peer's key exchange is not valid");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	return 0;
}

/* What it replaces, told by the peer or not: the policies can be there once only */
static uint16_t install(struct ike_sa *sa, struct request *rq)
{
	struct ike_child_sa *child = rq->child;
	unsigned int parts = IKE_PART_IN;
	int err;

	if (!rq->old)
		rq->old = ike_childlist_same(sa, &child->c);
	if (rq->old)
		child->c.reqid = rq->old->c.reqid;
	else
		parts = IKE_PART_ALL;
	ike_task_child_lifetime(sa, child);
	err = ike_childlist_install(sa, child, parts, NULL, rq->why, sizeof(rq->why));
	if (err)
		return IKE_N_TEMPORARY_FAILURE;
	child->state = rq->old ? IKE_CHILD_INBOUND : IKE_CHILD_UP;
	if (!rq->old) {
		more_up(sa, child);
		return 0;
	}
	child->switch_at = ike_sa_now(sa) + SWITCH_MS;
	rq->old->heir = child;
	rq->old->rekey_wanted = false;
	if (sa->waiting && sa->sent_info == IKE_INFO_REKEY_CHILD && sa->create.old == rq->old) {
		sa->create.child_theirs = child;
		sa->create.low_theirs = *ike_nonce_lower(&rq->ni, &rq->nr);
	}
	return 0;
}

static int send_answer(struct ike_sa *sa, struct request *rq)
{
	struct ike_out out;

	ike_out_answer(sa, &out, &rq->in->hdr);
	ike_negotiate_put_choice(rq->child, &rq->choice, &out.b);
	if (ike_create_put_ke_nonce(&out.b, &rq->dh, &rq->nr))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	ike_negotiate_put_selectors(rq->child, false, &out.b);
	return ike_out_send(sa, &out);
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
	uint16_t refused;
	uint32_t spi = 0;
	int ret;

	if (!find_old(sa, &in->pl, &rq.old, &spi) && !sa->spare)
		return not_found(sa, in, spi);
	refused = may_not(sa, rq.old);
	if (!refused)
		refused = negotiate(sa, &rq);
	if (!refused)
		refused = install(sa, &rq);
	ret = refused ? refuse(sa, &rq, refused) : send_answer(sa, &rq);
	ike_dh_free(&rq.dh);
	OPENSSL_cleanse(&rq, sizeof(rq));
	return ret;
}
