// SPDX-License-Identifier: GPL-2.0-or-later
/* The IKE_AUTH exchange with a pre-shared key (RFC 7296, sections 1.2 and 2.15). */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ike/id.h"
#include "ike/notify.h"
#include "ike/sa.h"

#define AUTH_LEN	4	/* method, reserved */

static void id_of(const struct conf_id *id, const struct conf_subnet *addr, struct conf_id *out)
{
	if (id->type != CONF_ID_NONE)
		*out = *id;
	else
		ike_id_from_addr(addr, out);
}

static const struct conf_secret *find_secret(struct ike_sa *sa)
{
	return sa->env.find_secret(sa->env.arg, &sa->id_ours, &sa->id_theirs);
}

/* Initiator: who is who, and is there a secret? Asked before anything is sent. */
int ike_auth_prepare(struct ike_sa *sa)
{
	id_of(&sa->conn->local.id, &sa->addrs.local, &sa->id_ours);
	id_of(&sa->conn->remote.id, &sa->addrs.remote, &sa->id_theirs);
	if (!find_secret(sa))
		return ike_sa_fail(sa, "no PSK for '%s' and '%s': add a line to the secrets file",
				   sa->id_ours.text, sa->id_theirs.text);
	return 0;
}

/* AUTH of one end: over its first message, the other's nonce, its ID (section 2.15) */
static int auth_value(const struct ike_sa *sa, const struct conf_secret *secret, bool ours,
		      struct ike_bytes id, uint8_t *out)
{
	static const char pad[] = "Key Pad for IKEv2";
	struct ike_bytes pad_part = { (const uint8_t *)pad, sizeof(pad) - 1 };
	bool of_initiator = ours == sa->initiator;
	const struct ike_nonce *nonce = of_initiator ? &sa->nr : &sa->ni;
	uint16_t prf = sa->suite.prf;
	size_t len = ike_prf_len(prf);
	uint8_t key[IKE_PRF_MAX], maced_id[IKE_PRF_MAX];
	struct ike_bytes octets[] = {
		{ ours ? sa->init_ours : sa->init_theirs,
		  ours ? sa->init_ours_len : sa->init_theirs_len },
		{ nonce->data, nonce->len },
		{ maced_id, len },
	};
	int ret = -1;

	if (!ike_prf(prf, (struct ike_bytes){ of_initiator ? sa->keys.pi : sa->keys.pr, len },
		     &id, 1, maced_id) &&
	    !ike_prf(prf, (struct ike_bytes){ secret->key, secret->len }, &pad_part, 1, key) &&
	    !ike_prf(prf, (struct ike_bytes){ key, len }, octets, 3, out))
		ret = 0;
	OPENSSL_cleanse(key, sizeof(key));
	return ret;
}

static int put_auth(const struct ike_sa *sa, struct ike_buf *b, const struct conf_secret *secret,
		    struct ike_bytes id)
{
	uint8_t value[IKE_PRF_MAX];
	size_t at;

	if (auth_value(sa, secret, true, id, value))
		return -1;
	at = ike_build_payload(b, IKE_PL_AUTH);
	ike_put_u8(b, IKE_AUTH_SHARED_KEY);
	ike_put_zero(b, 3);
	ike_put_bytes(b, value, ike_prf_len(sa->suite.prf));
	ike_build_payload_end(b, at);
	return 0;
}

static bool auth_ok(const struct ike_sa *sa, const struct conf_secret *secret,
		    const struct ike_payload *auth, const struct ike_payload *id)
{
	size_t len = ike_prf_len(sa->suite.prf);
	uint8_t value[IKE_PRF_MAX];
	bool ok;

	if (auth->body.p[0] != IKE_AUTH_SHARED_KEY || auth->body.len != AUTH_LEN + len)
		return false;
	ok = !auth_value(sa, secret, false, id->body, value) &&
	     !CRYPTO_memcmp(value, auth->body.p + AUTH_LEN, len);
	OPENSSL_cleanse(value, sizeof(value));
	return ok;
}

/* What AUTH alone needed */
static void forget_init(struct ike_sa *sa)
{
	OPENSSL_cleanse(sa->keys.pi, sizeof(sa->keys.pi));
	OPENSSL_cleanse(sa->keys.pr, sizeof(sa->keys.pr));
	free(sa->init_theirs);
	sa->init_theirs = NULL;
	sa->init_theirs_len = 0;
}

int ike_auth_send(struct ike_sa *sa)
{
	const struct conf_secret *secret = find_secret(sa);
	struct ike_bytes id, asked;
	struct ike_out out;

	if (!secret)
		return ike_sa_fail(sa, "no PSK for '%s' and '%s': add a line to the secrets file",
				   sa->id_ours.text, sa->id_theirs.text);
	ike_out_request(sa, &out, IKE_AUTH);
	ike_id_put(&out.b, IKE_PL_IDI, &sa->id_ours, &id);
	ike_notify_put(&out.b, IKE_N_INITIAL_CONTACT, NULL, 0);
	if (sa->conn->remote.id.type != CONF_ID_NONE)
		ike_id_put(&out.b, IKE_PL_IDR, &sa->id_theirs, &asked);
	if (put_auth(sa, &out.b, secret, id))
		return ike_sa_fail(sa, "cannot make AUTH: libcrypto refused");
	if (ike_child_offer(sa, &out.b))
		return -1;
	sa->state = IKE_ST_AUTH_SENT;
	return ike_out_send(sa, &out);
}

static int refuse(struct ike_sa *sa, const struct ike_in *in, uint16_t type)
{
	if (!ike_out_notify(sa, &in->hdr, type, NULL, 0))
		ike_sa_close(sa);
	return -1;
}

static bool suite_allowed(const struct ike_suite_list *list, const struct ike_suite *s)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!memcmp(&list->s[i], s, sizeof(*s)))
			return true;
	return false;
}

/* find_conn() may have looked at the algorithms, too: name all that it could go by */
static void no_connection(struct ike_sa *sa, const struct conf_id *asked)
{
	char suite[96];

	ike_sa_reason(sa, "no connection for the peer's ID '%.60s'%s%.60s%s with %s",
		      sa->id_theirs.text, asked ? " that asks for '" : "",
		      asked ? asked->text : "", asked ? "'" : "",
		      ike_suite_text(&sa->suite, suite, sizeof(suite)));
}

/* Responder: the connection that fits who the peer says it is; NULL with a reason noted */
static const struct conf_secret *identify(struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *idi = ike_payload_find(&in->pl, IKE_PL_IDI);
	const struct ike_payload *idr = ike_payload_find(&in->pl, IKE_PL_IDR);
	const struct conf_secret *secret;
	struct conf_id asked;

	if (!idi || ike_id_get(idi, &sa->id_theirs) || (idr && ike_id_get(idr, &asked))) {
		ike_sa_reason(sa, "the peer has no ID of a known type");
		return NULL;
	}
	sa->conn = sa->env.find_conn(sa->env.arg, &sa->id_theirs, idr ? &asked : NULL);
	if (!sa->conn || (sa->conn->remote.id.type != CONF_ID_NONE &&
			  !conf_id_equal(&sa->conn->remote.id, &sa->id_theirs))) {
		sa->conn = NULL;
		no_connection(sa, idr ? &asked : NULL);
		return NULL;
	}
	id_of(&sa->conn->local.id, &sa->addrs.local, &sa->id_ours);
	secret = find_secret(sa);
	if (!secret)
		ike_sa_reason(sa, "no PSK for '%s' and '%s': add a line to the secrets file",
			      sa->id_ours.text, sa->id_theirs.text);
	return secret;
}

/* Responder: is the peer who it says, and may it have what IKE_SA_INIT agreed on? */
static const struct conf_secret *authenticate(struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *auth = ike_payload_find(&in->pl, IKE_PL_AUTH);
	const struct conf_secret *secret = identify(sa, in);

	if (!secret)
		return NULL;
	if (!auth || auth->body.p[0] != IKE_AUTH_SHARED_KEY) {
		ike_sa_reason(sa, "the peer '%s' does not authenticate with a PSK",
			      sa->id_theirs.text);
		return NULL;
	}
	if (!auth_ok(sa, secret, auth, ike_payload_find(&in->pl, IKE_PL_IDI))) {
		ike_sa_reason(sa, "the peer '%s' failed to authenticate: wrong PSK?",
			      sa->id_theirs.text);
		return NULL;
	}
	if (!suite_allowed(&sa->conn->ike, &sa->suite)) {
		ike_sa_reason(sa, "the peer '%s' uses algorithms that ike= of '%s' does not allow",
			      sa->id_theirs.text, sa->conn->name);
		return NULL;
	}
	return secret;
}

int ike_auth_request(struct ike_sa *sa, const struct ike_in *in)
{
	const struct conf_secret *secret = authenticate(sa, in);
	struct ike_bytes id;
	struct ike_out out;
	uint16_t refused;

	if (!secret)
		return refuse(sa, in, IKE_N_AUTHENTICATION_FAILED);
	ike_out_answer(sa, &out, &in->hdr);
	ike_id_put(&out.b, IKE_PL_IDR, &sa->id_ours, &id);
	if (put_auth(sa, &out.b, secret, id))
		return ike_sa_fail(sa, "cannot make AUTH: libcrypto refused");
	sa->state = IKE_ST_UP;
	sa->env.step(sa->env.arg, IKE_STEP_AUTH_DONE);

	/* Installed before the answer is out: ESP may follow on its heels */
	refused = ike_child_answer(sa, &in->pl, &out.b);
	if (refused)
		ike_notify_put(&out.b, refused, NULL, 0);
	if (ike_out_send(sa, &out))
		return -1;
	forget_init(sa);
	/* An IKE SA without a child is the initiator's to end (RFC 7296, section 1.2) */
	if (refused)
		ike_sa_log(sa, "no child SA for '%s': %s", sa->id_theirs.text, sa->error);
	else
		sa->env.step(sa->env.arg, IKE_STEP_CHILD_UP);
	return 0;
}

/* Initiator: tell the peer that it could not prove itself, and leave (section 2.21.2) */
static int distrust(struct ike_sa *sa)
{
	struct ike_out out;

	ike_out_request(sa, &out, IKE_INFORMATIONAL);
	ike_notify_put(&out.b, IKE_N_AUTHENTICATION_FAILED, NULL, 0);
	ike_out_send(sa, &out);
	return ike_sa_close(sa);
}

static int peer_refused(struct ike_sa *sa, uint16_t type)
{
	char buf[32];

	if (type == IKE_N_AUTHENTICATION_FAILED)
		return ike_sa_fail(sa,
			"the peer answered AUTHENTICATION_FAILED: wrong PSK or ID? (we are '%s', it should be '%s')",
			sa->id_ours.text, sa->id_theirs.text);
	return ike_sa_fail(sa, "the peer refused IKE_AUTH: %s",
			   ike_notify_name(type, buf, sizeof(buf)));
}

/* Initiator: check the responder's ID and AUTH; false with a reason noted */
static bool peer_proved(struct ike_sa *sa, const struct ike_payload *idr,
			const struct ike_payload *auth)
{
	const struct conf_secret *secret = find_secret(sa);
	struct conf_id id;

	if (ike_id_get(idr, &id)) {
		ike_sa_reason(sa, "the peer has no ID of a known type");
		return false;
	}
	if (!conf_id_equal(&id, &sa->id_theirs)) {
		ike_sa_reason(sa, "the peer is '%.90s', not '%.90s': wrong leftid= or rightid=?",
			      id.text, sa->id_theirs.text);
		return false;
	}
	if (!secret || !auth_ok(sa, secret, auth, idr)) {
		ike_sa_reason(sa, "the peer '%.200s' failed to authenticate: wrong PSK?", id.text);
		return false;
	}
	return true;
}

int ike_auth_response(struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *idr = ike_payload_find(&in->pl, IKE_PL_IDR);
	const struct ike_payload *auth = ike_payload_find(&in->pl, IKE_PL_AUTH);
	uint16_t error = ike_notify_error(&in->pl, NULL);

	if (error && !auth)
		return peer_refused(sa, error);
	if (!idr || !auth) {
		ike_sa_reason(sa, "the peer's IKE_AUTH lacks IDr or AUTH");
		return distrust(sa);
	}
	if (!peer_proved(sa, idr, auth))
		return distrust(sa);
	forget_init(sa);
	sa->state = IKE_ST_UP;
	sa->env.step(sa->env.arg, IKE_STEP_AUTH_DONE);

	/* Its end of the child SA may be up already: the whole SA has to go there, too */
	if (ike_child_accept(sa, &in->pl))
		return ike_info_send(sa, IKE_INFO_DELETE);
	sa->env.step(sa->env.arg, IKE_STEP_CHILD_UP);
	return 0;
}
