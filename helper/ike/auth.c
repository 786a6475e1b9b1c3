// SPDX-License-Identifier: GPL-2.0-or-later
/* The IKE_AUTH exchange (RFC 7296, sections 1.2 and 2.15). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ike/cert.h"
#include "ike/id.h"
#include "ike/intermediate.h"
#include "ike/notify.h"
#include "ike/ppk.h"
#include "ike/psk.h"
#include "ike/redirect.h"
#include "ike/sa.h"

#define AUTH_LEN	4			/* method, reserved */
#define AUTH_AT		(IKE_HDR_LEN + 4 + AUTH_LEN)	/* its data in a message of its own */
#define AUTH_MAX	4096

static void id_of(const struct conf_id *id, const struct conf_subnet *addr, struct conf_id *out)
{
	if (id->type != CONF_ID_NONE)
		*out = *id;
	else
		ike_id_from_addr(addr, out);
}

static bool by_secret(const struct conf_end *end)
{
	return end->auth & CONF_AUTH_SECRET;
}

/* The PSK of the two ends; NULL with a reason noted */
static const struct conf_secret *find_secret(struct ike_sa *sa)
{
	const struct conf_secret *secret = sa->env.find_secret(sa->env.arg, &sa->id_ours,
							       &sa->id_theirs);

	if (!secret)
		ike_sa_reason(sa, "no PSK for '%.90s' and '%.90s': add a line to the secrets file",
			      sa->id_ours.text, sa->id_theirs.text);
	return secret;
}

/* Is everything there that the connection needs to sign, and to trust the peer? */
static bool have_proof(struct ike_sa *sa)
{
	const struct conf_end *local = &sa->conn->local, *remote = &sa->conn->remote;

	if ((by_secret(local) || by_secret(remote)) && !find_secret(sa))
		return false;
	if (by_secret(local) && by_secret(remote))
		return true;
	if (sa->conn->cred && (by_secret(local) || sa->conn->cred->key))
		return true;
	ike_sa_reason(sa, "no keys of '%s' are loaded", sa->conn->name);
	return false;
}

/* Initiator: who is who, and can it be proved? Asked before anything is sent. */
int ike_auth_prepare(struct ike_sa *sa)
{
	const struct conf_subnet *first = sa->env.first_gateway;

	id_of(&sa->conn->local.id, &sa->addrs.local, &sa->id_ours);
	id_of(&sa->conn->remote.id, first && first->family ? first : &sa->addrs.remote,
	      &sa->id_theirs);
	return have_proof(sa) ? 0 : ike_sa_close(sa);
}

/* The parts of what is signed that are made for it */
struct octets {
	uint8_t maced_id[IKE_PRF_MAX];
	uint8_t intauth[IKE_INTAUTH_MAX];
};

/* What one end signs: its first message, the other's nonce, its ID (section 2.15) */
static int octets_of(const struct ike_sa *sa, bool ours, struct ike_bytes id,
		     struct octets *own, struct ike_octets *out)
{
	bool of_initiator = ours == sa->initiator;
	const struct ike_nonce *nonce = of_initiator ? &sa->nr : &sa->ni;
	size_t len = ike_prf_len(sa->suite.prf);

	out->part[0].p = ours ? sa->init_ours : sa->init_theirs;
	out->part[0].len = ours ? sa->init_ours_len : sa->init_theirs_len;
	out->part[1] = (struct ike_bytes){ nonce->data, nonce->len };
	out->part[2] = (struct ike_bytes){ own->maced_id, len };
	out->part[3] = ike_intermediate_octets(sa, own->intauth);
	return ike_prf(sa->suite.prf,
		       (struct ike_bytes){ of_initiator ? sa->keys.pi : sa->keys.pr, len },
		       &id, 1, own->maced_id);
}

/* Our AUTH; -1 with a reason noted */
static int put_auth(struct ike_sa *sa, struct ike_buf *b, struct ike_bytes id)
{
	const struct conf_end *local = &sa->conn->local;
	const struct conf_secret *secret = NULL;
	char why[160] = "libcrypto refused";
	struct ike_octets octets;
	struct octets own;
	int rc = -1;

	if (by_secret(local)) {
		secret = find_secret(sa);
		if (!secret)
			return -1;
	}
	if (!octets_of(sa, true, id, &own, &octets))
		rc = secret ? ike_psk_put(b, sa->suite.prf, secret, &octets) :
		     ike_sig_put(b, sa->conn->cred->key, local->auth, sa->hashes_theirs, &octets,
				 why, sizeof(why));
	if (rc)
		ike_sa_reason(sa, "cannot make AUTH: %s", why);
	return rc;
}

static void put_certs(struct ike_sa *sa, struct ike_buf *b, bool asked)
{
	enum conf_sendcert send = sa->conn->local.sendcert;

	if (by_secret(&sa->conn->local) || send == CONF_SENDCERT_NEVER ||
	    (send == CONF_SENDCERT_ASKED && !asked))
		return;
	ike_cert_put(b, sa->conn->cred->chain);
}

static bool check_secret(struct ike_sa *sa, struct ike_bytes auth,
			 const struct ike_octets *octets)
{
	const struct conf_secret *secret = find_secret(sa);

	if (!secret)
		return false;
	if (auth.p[0] != IKE_AUTH_SHARED_KEY) {
		ike_sa_reason(sa, "the peer '%.160s' does not authenticate with a PSK",
			      sa->id_theirs.text);
		return false;
	}
	if (ike_psk_ok(auth, sa->suite.prf, secret, octets))
		return true;
	ike_sa_reason(sa, "the peer '%.160s' failed to authenticate: wrong PSK?",
		      sa->id_theirs.text);
	return false;
}

static int check_signature(struct ike_sa *sa, const struct ike_in *in,
			   struct ike_bytes auth, const struct ike_octets *octets,
			   char *why, size_t len)
{
	struct stack_st_X509 *certs;
	EVP_PKEY *key;
	int rc = -1;

	if (!ike_sig_method(auth.p[0])) {
		snprintf(why, len, "it does not sign (its method is %u), as authby= wants it",
			 auth.p[0]);
		return -1;
	}
	if (ike_cert_get(&in->pl, &certs)) {
		snprintf(why, len, "its certificates cannot be read, or are more than %d",
			 CRED_CHAIN_MAX);
		return -1;
	}
	key = cred_peer_key(sa->conn->cred, &sa->id_theirs, certs, why, len);
	if (key)
		rc = ike_sig_check(auth, key, sa->conn->remote.auth, octets, why, len);
	EVP_PKEY_free(key);
	sk_X509_pop_free(certs, X509_free);
	return rc;
}

/* Is the peer's AUTH what id_theirs would send? false with a reason noted */
static bool check_auth(struct ike_sa *sa, const struct ike_in *in, const struct ike_payload *id,
		       struct ike_bytes auth)
{
	char why[sizeof(sa->error)];
	struct ike_octets octets;
	struct octets own;

	if (octets_of(sa, false, id->body, &own, &octets)) {
		ike_sa_reason(sa, "cannot check AUTH: libcrypto refused");
		return false;
	}
	if (by_secret(&sa->conn->remote))
		return check_secret(sa, auth, &octets);
	if (!check_signature(sa, in, auth, &octets, why, sizeof(why)))
		return true;
	ike_sa_reason(sa, "the peer '%.60s' failed to authenticate: %s", sa->id_theirs.text, why);
	return false;
}

/* What AUTH alone needed */
static void forget_init(struct ike_sa *sa)
{
	OPENSSL_cleanse(sa->keys.pi, sizeof(sa->keys.pi));
	OPENSSL_cleanse(sa->keys.pr, sizeof(sa->keys.pr));
	ike_intermediate_forget(sa);
	free(sa->init_ours);
	free(sa->init_theirs);
	sa->init_ours = NULL;
	sa->init_theirs = NULL;
	sa->init_ours_len = 0;
	sa->init_theirs_len = 0;
}

/*
 * AUTH with the PPK's keys, and beside it one without for a peer that does not have it (RFC
 * 8784, section 3). @sa->keys stay without till the peer has chosen.
 */
static int put_ppk_auth(struct ike_sa *sa, struct ike_buf *b, struct ike_bytes id)
{
	const struct conf_secret *ppk = conf_ppk_find(sa->env.ppks, &sa->id_ours, &sa->id_theirs,
						      NULL);
	struct ike_hdr hdr = { .exchange = IKE_AUTH };
	struct ike_keys plain = sa->keys;
	uint8_t raw[AUTH_MAX];
	struct ike_buf other;
	int rc;

	if (!ppk || ike_ppk_mix(sa->suite.prf, ppk, &sa->keys)) {
		ike_sa_reason(sa, "cannot use the PPK");
		return -1;
	}
	sa->ppk_keys = sa->keys;
	rc = put_auth(sa, b, id);
	sa->keys = plain;
	OPENSSL_cleanse(&plain, sizeof(plain));
	ike_ppk_put_id(b, ppk);
	if (rc || sa->conn->ppk == CONF_PPK_INSIST)
		return rc;

	ike_build_begin(&other, raw, sizeof(raw), &hdr);
	rc = put_auth(sa, &other, id);
	if (!rc)
		ike_notify_put(b, IKE_N_NO_PPK_AUTH, raw + AUTH_AT, other.len - AUTH_AT);
	return rc || other.overflow ? -1 : 0;
}

int ike_auth_send(struct ike_sa *sa)
{
	struct ike_bytes id, asked;
	struct ike_out out;

	ike_out_request(sa, &out, IKE_AUTH);
	ike_id_put(&out.b, IKE_PL_IDI, &sa->id_ours, &id);
	put_certs(sa, &out.b, sa->cert_asked);
	if (sa->env.sole && sa->env.sole(sa->env.arg))
		ike_notify_put(&out.b, IKE_N_INITIAL_CONTACT, NULL, 0);
	ike_mobike_offer(sa, &out.b);
	if (!by_secret(&sa->conn->remote))
		ike_certreq_put(&out.b, sa->conn->cred->store);
	if (sa->conn->remote.id.type != CONF_ID_NONE)
		ike_id_put(&out.b, IKE_PL_IDR, &sa->id_theirs, &asked);
	if (sa->ppk_agreed ? put_ppk_auth(sa, &out.b, id) : put_auth(sa, &out.b, id))
		return ike_sa_close(sa);
	ike_qcd_give(sa, &out.b);
	ike_config_ask(sa, &out.b);
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
		if (ike_suite_equal(&list->s[i], s))
			return true;
	return false;
}

/* find_conn() may have looked at the algorithms, too: name all that it could go by */
static void no_connection(struct ike_sa *sa, const struct conf_id *asked)
{
	char suite[IKE_SUITE_TEXT_MAX];

	ike_sa_reason(sa, "no connection for the peer's ID '%.60s'%s%.60s%s with %s",
		      sa->id_theirs.text, asked ? " that asks for '" : "",
		      asked ? asked->text : "", asked ? "'" : "",
		      ike_suite_text(&sa->suite, suite, sizeof(suite)));
}

/* Responder: the connection that fits who the peer says it is; false with a reason noted */
static bool identify(struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *idi = ike_payload_find(&in->pl, IKE_PL_IDI);
	const struct ike_payload *idr = ike_payload_find(&in->pl, IKE_PL_IDR);
	const struct ike_payload *auth = ike_payload_find(&in->pl, IKE_PL_AUTH);
	struct conf_id asked;

	if (!idi || ike_id_get(idi, &sa->id_theirs) || (idr && ike_id_get(idr, &asked))) {
		ike_sa_reason(sa, "the peer has no ID of a known type");
		return false;
	}
	sa->peer_signs = auth && ike_sig_method(auth->body.p[0]);
	sa->asked_local = ike_payload_find(&in->pl, IKE_PL_TSR);
	sa->asked_remote = ike_payload_find(&in->pl, IKE_PL_TSI);
	sa->conn = sa->env.find_conn(sa->env.arg, &sa->id_theirs, idr ? &asked : NULL);
	sa->asked_local = NULL;
	sa->asked_remote = NULL;
	if (!sa->conn || (sa->conn->remote.id.type != CONF_ID_NONE &&
			  !conf_id_equal(&sa->conn->remote.id, &sa->id_theirs))) {
		sa->conn = NULL;
		no_connection(sa, idr ? &asked : NULL);
		return false;
	}
	id_of(&sa->conn->local.id, &sa->addrs.local, &sa->id_ours);
	return have_proof(sa);
}

/*
 * Responder: the AUTH to check, with or without a PPK (RFC 8784, table 1). A body that is
 * made up of two is put into @raw. -1 with a reason noted.
 */
static int choose_ppk(struct ike_sa *sa, const struct ike_in *in, uint8_t *raw,
		      struct ike_bytes *auth)
{
	const struct conf_secret *ppk = NULL;
	struct ike_notify plain;
	bool named = true;

	if (sa->ppk_agreed)
		ppk = ike_ppk_find(sa->env.ppks, &sa->id_ours, &sa->id_theirs, &in->pl, &named);
	sa->ppk_agreed = sa->ppk_agreed && ppk && sa->conn->ppk != CONF_PPK_NEVER;
	if (sa->ppk_agreed) {
		if (!ike_ppk_mix(sa->suite.prf, ppk, &sa->keys))
			return 0;
		ike_sa_reason(sa, "cannot use the PPK");
		return -1;
	}
	if (sa->conn->ppk == CONF_PPK_INSIST) {
		ike_sa_reason(sa, "the peer '%.160s' has no PPK of ours, and ppk=insist",
			      sa->id_theirs.text);
		return -1;
	}
	if (!ike_notify_find(&in->pl, IKE_N_PPK_IDENTITY, NULL) && named)
		return 0;
	if (!named || !ike_notify_find(&in->pl, IKE_N_NO_PPK_AUTH, &plain) ||
	    plain.data.len > AUTH_MAX - AUTH_LEN) {
		ike_sa_reason(sa, "the peer '%.160s' insists on a PPK that we do not have",
			      sa->id_theirs.text);
		return -1;
	}
	memcpy(raw, auth->p, AUTH_LEN);
	memcpy(raw + AUTH_LEN, plain.data.p, plain.data.len);
	*auth = (struct ike_bytes){ raw, AUTH_LEN + plain.data.len };
	return 0;
}

/* Responder: is the peer who it says, and may it have what IKE_SA_INIT agreed on? */
static bool authenticate(struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *pl = ike_payload_find(&in->pl, IKE_PL_AUTH);
	uint8_t raw[AUTH_MAX];
	struct ike_bytes auth;

	if (!identify(sa, in))
		return false;
	if (!pl) {
		ike_sa_reason(sa, "the peer '%.160s' has no AUTH", sa->id_theirs.text);
		return false;
	}
	auth = pl->body;
	if (choose_ppk(sa, in, raw, &auth) ||
	    !check_auth(sa, in, ike_payload_find(&in->pl, IKE_PL_IDI), auth))
		return false;
	if (suite_allowed(&sa->conn->ike, &sa->suite))
		return true;
	ike_sa_reason(sa, "the peer '%.90s' uses algorithms that ike= of '%s' does not allow",
		      sa->id_theirs.text, sa->conn->name);
	return false;
}

/*
 * Instead of a child SA: the peer shall go elsewhere. It ends this IKE SA, or the handshake
 * takes too long (RFC 5685, section 6).
 */
static int redirect(struct ike_sa *sa, struct ike_out *out)
{
	const char *host = ike_redirect_to(sa);

	ike_redirect_put(&out->b, host, (struct ike_bytes){ NULL, 0 });
	sa->state = IKE_ST_UP;
	sa->env.step(sa->env.arg, IKE_STEP_AUTH_DONE);
	if (ike_out_send(sa, out))
		return -1;
	forget_init(sa);
	ike_sa_log(sa, "'%.90s' is redirected to %.120s", sa->id_theirs.text, host);
	return 0;
}

int ike_auth_request(struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_bytes id;
	struct ike_out out;
	uint16_t refused;

	if (!authenticate(sa, in))
		return refuse(sa, in, IKE_N_AUTHENTICATION_FAILED);
	ike_out_answer(sa, &out, &in->hdr);
	ike_id_put(&out.b, IKE_PL_IDR, &sa->id_ours, &id);
	put_certs(sa, &out.b, ike_certreq_find(&in->pl));
	if (put_auth(sa, &out.b, id))
		return refuse(sa, in, IKE_N_AUTHENTICATION_FAILED);
	if (sa->ppk_agreed)
		ike_ppk_put_id(&out.b, NULL);
	if (ike_redirect_to(sa))
		return redirect(sa, &out);
	ike_qcd_give(sa, &out.b);
	ike_qcd_take(sa, &in->pl);
	ike_mobike_agree(sa, &in->pl, &out.b);
	sa->initial_contact = ike_notify_find(&in->pl, IKE_N_INITIAL_CONTACT, NULL);
	sa->state = IKE_ST_UP;
	sa->env.step(sa->env.arg, IKE_STEP_AUTH_DONE);

	/* Installed before the answer is out: ESP may follow on its heels */
	refused = ike_child_answer(sa, &in->pl, &out.b);
	if (refused)
		ike_notify_put(&out.b, refused, NULL, 0);
	/* Its policies are in the place of theirs already, if they are the same */
	if (sa->initial_contact && sa->env.initial_contact)
		sa->env.initial_contact(sa->env.arg);
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
			"the peer answered AUTHENTICATION_FAILED: wrong %s or ID? (we are '%.80s', it should be '%.80s')",
			by_secret(&sa->conn->local) ? "PSK" : "certificate, key",
			sa->id_ours.text, sa->id_theirs.text);
	return ike_sa_fail(sa, "the peer refused IKE_AUTH: %s",
			   ike_notify_name(type, buf, sizeof(buf)));
}

/* What a signature proves may be left to the peer's certificate: %any, %fromcert */
static bool any_id(const struct conf_conn *conn)
{
	return conn->remote.id_any && conn->remote.id.type == CONF_ID_NONE &&
	       !by_secret(&conn->remote);
}

/* Initiator: did the responder take the PPK? false with a reason noted */
static bool take_ppk(struct ike_sa *sa, const struct ike_in *in)
{
	if (sa->ppk_agreed && ike_notify_find(&in->pl, IKE_N_PPK_IDENTITY, NULL)) {
		memcpy(&sa->keys.d, &sa->ppk_keys.d, sizeof(sa->keys.d));
		memcpy(&sa->keys.pi, &sa->ppk_keys.pi, sizeof(sa->keys.pi));
		memcpy(&sa->keys.pr, &sa->ppk_keys.pr, sizeof(sa->keys.pr));
	} else if (sa->conn->ppk == CONF_PPK_INSIST) {
		ike_sa_reason(sa, "the peer does not use our PPK, and ppk=insist");
		return false;
	}
	OPENSSL_cleanse(&sa->ppk_keys, sizeof(sa->ppk_keys));
	return true;
}

/* Initiator: check the responder's ID and AUTH; false with a reason noted */
static bool peer_proved(struct ike_sa *sa, const struct ike_in *in, const struct ike_payload *idr,
			const struct ike_payload *auth)
{
	struct conf_id id;

	if (ike_id_get(idr, &id)) {
		ike_sa_reason(sa, "the peer has no ID of a known type");
		return false;
	}
	if (any_id(sa->conn)) {
		sa->id_theirs = id;
	} else if (!conf_id_equal(&id, &sa->id_theirs)) {
		ike_sa_reason(sa, "the peer is '%.90s', not '%.90s': wrong leftid= or rightid=?",
			      id.text, sa->id_theirs.text);
		return false;
	}
	return take_ppk(sa, in) && check_auth(sa, in, idr, auth->body);
}

/* Initiator: a REDIRECT in the place of the child SA. Whether there is one, with a reason noted. */
static bool redirected(struct ike_sa *sa, const struct ike_in *in)
{
	char why[sizeof(sa->error)];

	if (!ike_redirect_follow(sa, &in->pl, (struct ike_bytes){ NULL, 0 }, why, sizeof(why)))
		return false;
	ike_sa_reason(sa, "%s", why);
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
	if (!peer_proved(sa, in, idr, auth))
		return distrust(sa);
	forget_init(sa);
	ike_qcd_take(sa, &in->pl);
	ike_mobike_accept(sa, &in->pl);
	sa->state = IKE_ST_UP;
	sa->env.step(sa->env.arg, IKE_STEP_AUTH_DONE);

	/* Its end of the child SA may be up already: the whole SA has to go there, too */
	if (redirected(sa, in) || ike_child_accept(sa, &in->pl))
		return ike_info_send(sa, IKE_INFO_DELETE);
	sa->env.step(sa->env.arg, IKE_STEP_CHILD_UP);
	return 0;
}
