// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The INFORMATIONAL exchange: liveness and DELETE (RFC 7296, sections 1.4 and 2.4). What it
 * says of addresses is in mobike.c.
 */
#include <stdlib.h>
#include <string.h>

#include "ike/notify.h"
#include "ike/redirect.h"
#include "ike/sa.h"

/* Once: whether the peer goes is its own affair */
static void put_redirect(struct ike_sa *sa, struct ike_buf *b)
{
	ike_redirect_put(b, sa->redirect_to, (struct ike_bytes){ NULL, 0 });
	free(sa->redirect_to);
	sa->redirect_to = NULL;
}

int ike_info_send(struct ike_sa *sa, enum ike_info what)
{
	struct ike_out out;

	ike_out_request(sa, &out, IKE_INFORMATIONAL);
	if (what == IKE_INFO_DELETE)
		ike_delete_put_ike(&out.b);
	else if (what == IKE_INFO_DELETE_CHILD)
		ike_delete_put_esp(&out.b, sa->sent_child->c.spi_in);
	else if (what == IKE_INFO_QCD)
		ike_qcd_give(sa, &out.b);
	else if (what == IKE_INFO_REDIRECT)
		put_redirect(sa, &out.b);
	else if (ike_mobike_put(sa, what, &out.b))
		return ike_sa_fail(sa, "no random numbers: libcrypto refused");
	sa->sent_info = what;
	sa->liveness_wanted = false;
	if (what == IKE_INFO_DELETE_CHILD)
		sa->sent_child->delete_wanted = false;
	if (what == IKE_INFO_DELETE)
		sa->delete_wanted = false;
	if (what == IKE_INFO_QCD)
		sa->qcd_wanted = false;
	return ike_out_send(sa, &out);
}

static bool sent(const struct ike_sa *sa, enum ike_info what)
{
	return sa->waiting && sa->sent_info == what;
}

/* An SA of two directions goes as a whole: our end of it is in the answer (section 1.4.1) */
static int delete_child(struct ike_sa *sa, struct ike_child_sa *child, struct ike_buf *b)
{
	char err[160];

	/* If our own DELETE of it is under way, that one tells our SPI */
	if (!(sent(sa, IKE_INFO_DELETE_CHILD) && sa->sent_child == child))
		ike_delete_put_esp(b, child->c.spi_in);
	/* The peer is ready to receive through the new one, and sends through it */
	if (child->heir && ike_childlist_switch(sa, child, child->heir, err, sizeof(err)))
		return ike_sa_fail(sa, "%s", err);
	if (child->state != IKE_CHILD_UP) {
		ike_childlist_linger(sa, child);
		return 0;
	}
	ike_childlist_drop(sa, child);
	ike_sa_log(sa, "the peer deleted the child SA");
	return 0;
}

/* The peer names the SPIs of what it receives with: ours for sending */
static int delete_children(struct ike_sa *sa, const struct ike_delete *d, struct ike_buf *b)
{
	unsigned int i;

	if (d->protocol != IKE_PROTO_ESP)
		return 0;
	for (i = 0; i < d->n; i++) {
		struct ike_child_sa *child;
		uint32_t spi;

		memcpy(&spi, d->spis + i * sizeof(spi), sizeof(spi));
		child = ike_childlist_find(sa, spi);
		if (child && delete_child(sa, child, b))
			return -1;
	}
	return 0;
}

/* The tunnel stays till there is another one, and where that does not come about */
static void take_redirect(struct ike_sa *sa, const struct ike_in *in)
{
	char why[256];

	if (!sa->spare &&
	    ike_redirect_follow(sa, &in->pl, (struct ike_bytes){ NULL, 0 }, why, sizeof(why)))
		ike_sa_log(sa, "%s", why);
}

int ike_info_request(struct ike_sa *sa, const struct ike_in *in)
{
	uint16_t error = ike_notify_error(&in->pl, NULL);
	bool gone = false;
	struct ike_out out;
	char buf[32];
	size_t i;

	ike_qcd_take(sa, &in->pl);
	ike_out_answer(sa, &out, &in->hdr);
	for (i = 0; i < in->pl.n; i++) {
		struct ike_delete d;

		if (in->pl.p[i].type != IKE_PL_DELETE)
			continue;
		ike_delete_get(&in->pl.p[i], &d);
		gone |= d.protocol == IKE_PROTO_IKE;
		if (delete_children(sa, &d, &out.b))
			return -1;
	}
	ike_mobike_request(sa, in, &out.b);
	if (ike_out_send(sa, &out))
		return -1;
	take_redirect(sa, in);

	/* What our AUTH or our payloads met with at the peer (RFC 7296, section 2.21.2) */
	if (error == IKE_N_AUTHENTICATION_FAILED)
		return ike_sa_fail(sa,
			"the peer says AUTHENTICATION_FAILED: wrong PSK, or an ID that it did not expect?");
	if (error == IKE_N_INVALID_SYNTAX)
		return ike_sa_fail(sa, "the peer says INVALID_SYNTAX");
	if (error)
		ike_sa_log(sa, "the peer says %s", ike_notify_name(error, buf, sizeof(buf)));
	if (gone && (sent(sa, IKE_INFO_DELETE) || ike_rekey_fall_back(sa)))
		return ike_sa_close(sa);
	if (gone)
		return ike_sa_fail(sa, "the peer deleted the IKE SA");
	return 0;
}

int ike_info_response(struct ike_sa *sa, const struct ike_in *in)
{
	switch (sa->sent_info) {
	case IKE_INFO_DELETE:
		return ike_sa_close(sa);
	case IKE_INFO_DELETE_CHILD:
		if (sa->sent_child && sa->sent_child->state == IKE_CHILD_UP)
			ike_childlist_drop(sa, sa->sent_child);
		else if (sa->sent_child)
			ike_childlist_linger(sa, sa->sent_child);
		sa->sent_child = NULL;
		return 0;
	default:
		return ike_mobike_response(sa, sa->sent_info, in);
	}
}
