// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "ike/followup.h"
#include "ike/notify.h"

#define LINK_LEN	8
/* A peer that asks over UDP has given up by then */
#define WAIT_MS		90000

static int put_link(struct ike_series *s, struct ike_buf *b)
{
	if (RAND_bytes(s->link, LINK_LEN) != 1)
		return -1;
	s->link_len = LINK_LEN;
	ike_notify_put(b, IKE_N_ADDITIONAL_KEY_EXCHANGE, s->link, s->link_len);
	return 0;
}

int ike_followup_wait(struct ike_sa *sa, struct ike_series *s, struct ike_child_sa *child,
		      struct ike_child_sa *old, struct ike_sa *ike, struct ike_buf *b)
{
	struct ike_pending *p = &sa->pending;

	if (put_link(s, b))
		return -1;
	ike_followup_drop(sa);
	p->s = *s;
	memset(s, 0, sizeof(*s));
	p->child = child;
	p->old = old;
	p->ike = ike;
	p->until = ike_sa_now(sa) + WAIT_MS;
	return 0;
}

void ike_followup_drop(struct ike_sa *sa)
{
	struct ike_pending *p = &sa->pending;

	if (p->child && p->child->state == IKE_CHILD_OFFERED)
		ike_childlist_drop(sa, p->child);
	ike_sa_free(p->ike);
	ike_series_free(&p->s);
	memset(p, 0, sizeof(*p));
}

bool ike_followup_replaces(const struct ike_sa *sa, const struct ike_child_sa *old)
{
	return old && sa->pending.child && sa->pending.old == old;
}

int ike_followup_wanted(struct ike_sa *sa, const struct ike_payloads *pl)
{
	struct ike_series *s = &sa->create.s;
	struct ike_notify n;

	if (s->next == IKE_ADDKE_MAX)
		return 0;
	if (!ike_notify_find(pl, IKE_N_ADDITIONAL_KEY_EXCHANGE, &n) ||
	    n.data.len > sizeof(s->link))
		return -1;
	if (n.data.len)
		memcpy(s->link, n.data.p, n.data.len);
	s->link_len = n.data.len;
	sa->create.followup_wanted = true;
	return 1;
}

int ike_followup_send(struct ike_sa *sa)
{
	struct ike_create *cr = &sa->create;
	struct ike_out out;

	cr->followup_wanted = false;
	ike_ke_free(&cr->ke);
	ike_out_request(sa, &out, IKE_FOLLOWUP_KE);
	if (ike_ke_begin(&cr->ke, cr->s.suite.addke[cr->s.next]) || ike_ke_put(&cr->ke, &out.b))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	ike_notify_put(&out.b, IKE_N_ADDITIONAL_KEY_EXCHANGE, cr->s.link, cr->s.link_len);
	sa->sent_info = IKE_INFO_FOLLOWUP;
	return ike_out_send(sa, &out);
}

/* The peer's answer completes a key exchange. 0 or -1: it is not valid. */
static int take_answer(struct ike_create *cr, const struct ike_payload *pl)
{
	uint8_t secret[IKE_SECRET_MAX];
	int len, ret = -1;

	if (!pl || ike_ke_method(pl) != cr->ke.method)
		return -1;
	len = ike_ke_finish(&cr->ke, ike_ke_data(pl), secret);
	ike_ke_free(&cr->ke);
	if (len > 0)
		ret = ike_shared_add(&cr->s.shared, secret, (size_t)len);
	OPENSSL_cleanse(secret, sizeof(secret));
	return ret;
}

/* One behind the last one that is done */
static void advance(struct ike_series *s)
{
	s->next = ike_addke_from(&s->suite, s->next + 1);
}

int ike_followup_response(struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_create *cr = &sa->create;
	uint16_t error = ike_notify_error(&in->pl, NULL);

	/* The new child SA went away with something that the peer deleted meanwhile */
	if (!cr->child && !cr->ike) {
		ike_create_end(sa);
		return 0;
	}
	if (error)
		return ike_create_failed(sa, error);
	if (take_answer(cr, ike_payload_find(&in->pl, IKE_PL_KE)))
		return ike_create_invalid(sa, "the peer's additional key exchange is not valid");
	advance(&cr->s);
	return ike_create_go_on(sa, &in->pl);
}

/* The request is for what waits here */
static bool fits(const struct ike_pending *p, const struct ike_payloads *pl)
{
	struct ike_notify n;

	return p->until && ike_notify_find(pl, IKE_N_ADDITIONAL_KEY_EXCHANGE, &n) &&
	       n.data.len == p->s.link_len && !memcmp(n.data.p, p->s.link, n.data.len) &&
	       (p->ike || p->child);
}

static int refuse(struct ike_sa *sa, const struct ike_in *in, uint16_t type, const char *why)
{
	char buf[32];

	ike_followup_drop(sa);
	ike_sa_log(sa, "IKE_FOLLOWUP_KE of the peer refused: %s%s%s",
		   ike_notify_name(type, buf, sizeof(buf)), *why ? ": " : "", why);
	return ike_out_notify(sa, &in->hdr, type, NULL, 0);
}

/* Our half of one more key exchange. 0, or -1: the peer's is no good. */
static int answer_ke(struct ike_pending *p, const struct ike_payload *pl, struct ike_buf *b)
{
	uint16_t method = p->s.suite.addke[p->s.next];
	uint8_t data[IKE_KE_MAX], secret[IKE_SECRET_MAX];
	size_t data_len;
	int len, ret = -1;

	if (!pl || ike_ke_method(pl) != method)
		return -1;
	len = ike_ke_answer(method, ike_ke_data(pl), data, &data_len, secret);
	if (len > 0)
		ret = ike_shared_add(&p->s.shared, secret, (size_t)len);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (!ret)
		ike_ke_put_data(b, method, (struct ike_bytes){ data, data_len });
	return ret;
}

/* All key exchanges are done: what the peer asked for comes to be */
static int complete(struct ike_sa *sa, const struct ike_in *in, struct ike_out *out)
{
	struct ike_pending p = sa->pending;
	char why[200] = "";
	uint16_t refused;
	int ret;

	refused = p.ike ? ike_rekey_complete(sa, p.ike, &p.s) :
			  ike_create_complete(sa, p.child, p.old, &p.s, why, sizeof(why));
	if (refused)
		return refuse(sa, in, refused, why);
	/* It is not pending any more: whose it is now has it */
	sa->pending.ike = NULL;
	sa->pending.child = NULL;
	ret = ike_out_send(sa, out);
	if (ret)
		ike_sa_free(p.ike);
	else if (p.ike)
		ike_rekey_establish(sa, p.ike, ike_nonce_lower(&p.s.ni, &p.s.nr));
	if (!ret)
		ike_followup_drop(sa);
	return ret;
}

int ike_followup_request(struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_pending *p = &sa->pending;
	struct ike_out out;

	if (!fits(p, &in->pl)) {
		ike_sa_log(sa, "IKE_FOLLOWUP_KE of the peer follows nothing that is known here");
		return ike_out_notify(sa, &in->hdr, IKE_N_STATE_NOT_FOUND, NULL, 0);
	}
	ike_out_answer(sa, &out, &in->hdr);
	if (answer_ke(p, ike_payload_find(&in->pl, IKE_PL_KE), &out.b))
		return refuse(sa, in, IKE_N_INVALID_SYNTAX, "its key exchange is not valid");
	advance(&p->s);
	if (p->s.next == IKE_ADDKE_MAX)
		return complete(sa, in, &out);
	p->until = ike_sa_now(sa) + WAIT_MS;
	if (put_link(&p->s, &out.b))
		return ike_sa_fail(sa, "no random numbers: libcrypto refused");
	return ike_out_send(sa, &out);
}
