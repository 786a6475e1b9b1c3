// SPDX-License-Identifier: GPL-2.0-or-later
/* The IKE_SA_INIT exchange (RFC 7296, sections 1.2 and 2.6 to 2.8). */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ike/cert.h"
#include "ike/notify.h"
#include "ike/sa.h"
#include "ike/sig_alg.h"

#define KE_LEN		4	/* group, reserved */

static int put_ke_nonce(const struct ike_sa *sa, struct ike_buf *b,
			const struct ike_nonce *nonce)
{
	uint8_t pub[IKE_DH_MAX];
	size_t at;

	if (ike_dh_public(&sa->dh, pub))
		return -1;
	at = ike_build_payload(b, IKE_PL_KE);
	ike_put_u16(b, sa->dh.group);
	ike_put_u16(b, 0);
	ike_put_bytes(b, pub, ike_dh_public_len(sa->dh.group));
	ike_build_payload_end(b, at);

	at = ike_build_payload(b, IKE_PL_NONCE);
	ike_put_bytes(b, nonce->data, nonce->len);
	ike_build_payload_end(b, at);
	return 0;
}

static int keep_theirs(struct ike_sa *sa, struct ike_bytes msg)
{
	uint8_t *copy = malloc(msg.len);

	if (!copy)
		return -1;
	memcpy(copy, msg.p, msg.len);
	free(sa->init_theirs);
	sa->init_theirs = copy;
	sa->init_theirs_len = msg.len;
	return 0;
}

/* Send, and keep the message: AUTH signs it */
static int send_and_keep(struct ike_sa *sa, struct ike_out *out)
{
	if (ike_out_send(sa, out))
		return -1;
	if (ike_out_keep(&sa->init_ours, &sa->init_ours_len, &out->b))
		return ike_sa_fail(sa, "out of memory");
	return 0;
}

/* Hashes of signatures that we verify (RFC 7427, section 4) */
static void put_hashes(struct ike_buf *b)
{
	uint8_t data[2 * 16];
	size_t n = 0;
	uint16_t id;

	for (id = 0; id < 16; id++)
		if (IKE_HASHES_OURS & 1u << id) {
			ike_put16(data + n, id);
			n += 2;
		}
	ike_notify_put(b, IKE_N_SIGNATURE_HASH_ALGORITHMS, data, n);
}

static void get_hashes(struct ike_sa *sa, const struct ike_payloads *pl)
{
	struct ike_notify n;
	size_t i;

	sa->hashes_theirs = 0;
	if (!ike_notify_find(pl, IKE_N_SIGNATURE_HASH_ALGORITHMS, &n))
		return;
	for (i = 0; i + 2 <= n.data.len; i += 2)
		if (ike_get16(n.data.p + i) < 16)
			sa->hashes_theirs |= 1u << ike_get16(n.data.p + i);
}

static bool offers_ppk(const struct ike_sa *sa)
{
	return sa->conn->ppk != CONF_PPK_NEVER &&
	       conf_ppk_find(sa->env.ppks, &sa->id_ours, &sa->id_theirs, NULL);
}

static bool signs(const struct conf_conn *conn)
{
	return (conn->local.auth | conn->remote.auth) & ~CONF_AUTH_SECRET;
}

int ike_init_repeat(struct ike_sa *sa)
{
	struct ike_out out;

	if (++sa->tries > IKE_INIT_TRIES)
		return ike_sa_fail(sa, "the peer asked for IKE_SA_INIT again and again");
	ike_out_request(sa, &out, IKE_SA_INIT);
	if (sa->cookie_len)
		ike_notify_put(&out.b, IKE_N_COOKIE, sa->cookie, sa->cookie_len);
	ike_proposal_put(&out.b, IKE_PROTO_IKE, sa->offer, (struct ike_bytes){ NULL, 0 });
	if (put_ke_nonce(sa, &out.b, &sa->ni))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	ike_nat_put(sa, &sa->addrs, &out.b);
	if (sa->conn->fragmentation)
		ike_notify_put(&out.b, IKE_N_FRAGMENTATION_SUPPORTED, NULL, 0);
	if (signs(sa->conn))
		put_hashes(&out.b);
	if (offers_ppk(sa))
		ike_notify_put(&out.b, IKE_N_USE_PPK, NULL, 0);
	sa->state = IKE_ST_INIT_SENT;
	return send_and_keep(sa, &out);
}

int ike_init_send(struct ike_sa *sa)
{
	if (!sa->offer->n)
		return ike_sa_fail(sa, "ike= has no algorithms");
	if (ike_spi_make(sa->spi_i) || ike_nonce_make(&sa->ni) ||
	    ike_dh_generate(&sa->dh, sa->offer->s[0].dh))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	return ike_init_repeat(sa);
}

/* INVALID_KE_PAYLOAD: once more, with the group that it names (RFC 7296, section 1.2) */
static int retry_group(struct ike_sa *sa, const struct ike_notify *n)
{
	uint16_t group = n->data.len == 2 ? ike_get16(n->data.p) : 0;

	if (group == sa->dh.group || !ike_suites_have_group(sa->offer, group))
		return ike_sa_fail(sa, "the peer wants DH group %u, which ike= does not offer",
				   group);
	ike_dh_free(&sa->dh);
	if (ike_dh_generate(&sa->dh, group))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	return ike_init_repeat(sa);
}

/* COOKIE: the same request once more, with the cookie in front (RFC 7296, section 2.6) */
static int retry_cookie(struct ike_sa *sa, const struct ike_notify *n)
{
	if (!n->data.len || n->data.len > IKE_COOKIE_MAX)
		return ike_sa_fail(sa, "the peer sent a cookie of %zu bytes", n->data.len);
	memcpy(sa->cookie, n->data.p, n->data.len);
	sa->cookie_len = n->data.len;
	return ike_init_repeat(sa);
}

static int refused(struct ike_sa *sa, uint16_t type)
{
	char buf[32];

	if (type == IKE_N_NO_PROPOSAL_CHOSEN)
		return ike_sa_fail(sa,
			"the peer answered NO_PROPOSAL_CHOSEN: it has no algorithms in common with ike=");
	return ike_sa_fail(sa, "the peer refused IKE_SA_INIT: %s",
			   ike_notify_name(type, buf, sizeof(buf)));
}

/* The shared secret and all keys; the key pair has done its work then */
static int make_keys(struct ike_sa *sa, const struct ike_payload *ke)
{
	uint8_t shared[IKE_DH_MAX];
	int len = ike_dh_shared(&sa->dh, (struct ike_bytes){ ke->body.p + KE_LEN,
							     ke->body.len - KE_LEN }, shared);
	int ret = -1;

	ike_dh_free(&sa->dh);
	if (len > 0)
		ret = ike_keys_derive(&sa->suite, (struct ike_bytes){ shared, (size_t)len },
				      ike_nonce_bytes(&sa->ni), ike_nonce_bytes(&sa->nr),
				      sa->spi_i, sa->spi_r, &sa->keys);
	OPENSSL_cleanse(shared, sizeof(shared));
	return ret;
}

static int accept_answer(struct ike_sa *sa, const struct ike_payloads *pl)
{
	const struct ike_payload *ke = ike_payload_find(pl, IKE_PL_KE);
	const struct ike_payload *nr = ike_payload_find(pl, IKE_PL_NONCE);
	const struct ike_payload *prop = ike_payload_find(pl, IKE_PL_SA);
	struct ike_choice choice;

	if (!ke || !nr || !prop)
		return ike_sa_fail(sa, "the peer's IKE_SA_INIT lacks SA, KE or nonce");
	if (ike_proposal_accept(prop, IKE_PROTO_IKE, sa->offer, &choice) || choice.spi_len)
		return ike_sa_fail(sa, "the peer chose algorithms that ike= does not offer");
	if (choice.suite.dh != sa->dh.group || ike_get16(ke->body.p) != sa->dh.group)
		return ike_sa_fail(sa, "the peer answered with another DH group than ours");
	sa->suite = choice.suite;
	ike_nonce_keep(&sa->nr, nr);
	sa->fragments = sa->conn->fragmentation &&
			ike_notify_find(pl, IKE_N_FRAGMENTATION_SUPPORTED, NULL);
	get_hashes(sa, pl);
	sa->cert_asked = ike_certreq_find(pl);
	sa->ppk_agreed = offers_ppk(sa) && ike_notify_find(pl, IKE_N_USE_PPK, NULL);
	if (!sa->ppk_agreed && sa->conn->ppk == CONF_PPK_INSIST)
		return ike_sa_fail(sa, "ppk=insist: %s", offers_ppk(sa) ?
				   "the peer uses no PPK" : "no PPKS line in the secrets file is for the two ends");
	if (make_keys(sa, ke))
		return ike_sa_fail(sa, "the peer's public value for DH group %u is not valid",
				   sa->suite.dh);
	return 0;
}

int ike_init_response(struct ike_sa *sa, const struct ike_hdr *hdr, struct ike_bytes msg)
{
	static const uint8_t no_spi[IKE_SPI_LEN];
	struct ike_payloads pl;
	struct ike_notify n;
	uint16_t error;

	if (ike_payloads_parse(hdr->next, msg.p + IKE_HDR_LEN, msg.len - IKE_HDR_LEN, &pl))
		return ike_sa_fail(sa, "the peer's IKE_SA_INIT cannot be read");
	sa->waiting = false;

	if (ike_notify_find(&pl, IKE_N_COOKIE, &n))
		return retry_cookie(sa, &n);
	error = ike_notify_error(&pl, &n);
	if (error == IKE_N_INVALID_KE_PAYLOAD)
		return retry_group(sa, &n);
	if (error)
		return refused(sa, error);
	if (!memcmp(hdr->spi_r, no_spi, IKE_SPI_LEN))
		return ike_sa_fail(sa, "the peer's IKE_SA_INIT has no responder SPI");

	memcpy(sa->spi_r, hdr->spi_r, IKE_SPI_LEN);
	if (keep_theirs(sa, msg))
		return ike_sa_fail(sa, "out of memory");
	ike_nat_check(sa, hdr, &pl);
	if (accept_answer(sa, &pl))
		return -1;
	sa->send_id++;
	sa->env.step(sa->env.arg, IKE_STEP_INIT_DONE);
	if (sa->hold)
		return 0;
	return ike_auth_send(sa);
}

static int refuse(struct ike_sa *sa, const struct ike_hdr *hdr, uint16_t type, const char *why)
{
	if (ike_out_notify(sa, hdr, type, NULL, 0))
		return -1;
	return ike_sa_fail(sa, "%s", why);
}

/* Ask for the group that we chose; the peer may try again */
static int ask_group(struct ike_sa *sa, const struct ike_hdr *hdr, uint16_t group)
{
	uint8_t data[2];

	if (++sa->tries > IKE_INIT_TRIES)
		return ike_sa_fail(sa, "the peer does not take DH group %u", group);
	ike_put16(data, group);
	return ike_out_notify(sa, hdr, IKE_N_INVALID_KE_PAYLOAD, data, sizeof(data));
}

/* Our half of the exchange, then the keys, then the answer */
static int answer(struct ike_sa *sa, const struct ike_hdr *hdr, const struct ike_choice *choice,
		  const struct ike_payload *ke)
{
	struct ike_out out;

	if (ike_spi_make(sa->spi_r) || ike_nonce_make(&sa->nr) ||
	    ike_dh_generate(&sa->dh, sa->suite.dh))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	ike_out_answer(sa, &out, hdr);
	ike_proposal_put_choice(&out.b, IKE_PROTO_IKE, choice, (struct ike_bytes){ NULL, 0 });
	if (put_ke_nonce(sa, &out.b, &sa->nr))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	ike_nat_put(sa, &sa->addrs, &out.b);
	if (sa->fragments)
		ike_notify_put(&out.b, IKE_N_FRAGMENTATION_SUPPORTED, NULL, 0);
	if (sa->env.creds) {
		if (sa->hashes_theirs)
			put_hashes(&out.b);
		ike_certreq_put(&out.b, sa->env.creds);
	}
	if (sa->ppk_agreed)
		ike_notify_put(&out.b, IKE_N_USE_PPK, NULL, 0);

	if (make_keys(sa, ke))
		return refuse(sa, hdr, IKE_N_INVALID_SYNTAX,
			      "the peer's public value is not valid in its DH group");
	return send_and_keep(sa, &out);
}

static int take_request(struct ike_sa *sa, const struct ike_hdr *hdr, struct ike_bytes msg,
			const struct ike_choice *choice, const struct ike_payload *ke,
			const struct ike_payload *ni)
{
	sa->suite = choice->suite;
	ike_nonce_keep(&sa->ni, ni);
	if (keep_theirs(sa, msg))
		return ike_sa_fail(sa, "out of memory");
	if (answer(sa, hdr, choice, ke))
		return -1;
	sa->recv_id++;
	sa->state = IKE_ST_AUTH_WAIT;
	sa->env.step(sa->env.arg, IKE_STEP_INIT_DONE);
	return 0;
}

static int first_request(struct ike_sa *sa, const struct ike_hdr *hdr, struct ike_bytes msg)
{
	const struct ike_payload *prop, *ke, *ni;
	struct ike_choice choice;
	struct ike_payloads pl;
	int notify;

	memcpy(sa->spi_i, hdr->spi_i, IKE_SPI_LEN);
	notify = ike_payloads_parse(hdr->next, msg.p + IKE_HDR_LEN, msg.len - IKE_HDR_LEN, &pl);
	if (notify == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD) {
		if (ike_out_notify(sa, hdr, (uint16_t)notify, &pl.critical, 1))
			return -1;
		return ike_sa_fail(sa, "the peer needs payload type %u, which is not supported",
				   pl.critical);
	}
	prop = ike_payload_find(&pl, IKE_PL_SA);
	ke = ike_payload_find(&pl, IKE_PL_KE);
	ni = ike_payload_find(&pl, IKE_PL_NONCE);
	if (notify || !prop || !ke || !ni)
		return refuse(sa, hdr, IKE_N_INVALID_SYNTAX,
			      "the peer's IKE_SA_INIT cannot be read");

	if (ike_proposal_choose(prop, IKE_PROTO_IKE, sa->offer, ike_get16(ke->body.p), &choice) ||
	    choice.spi_len)
		return refuse(sa, hdr, IKE_N_NO_PROPOSAL_CHOSEN,
			      "the peer's proposals have no algorithms in common with ike=");
	if (choice.suite.dh != ike_get16(ke->body.p))
		return ask_group(sa, hdr, choice.suite.dh);
	sa->fragments = ike_notify_find(&pl, IKE_N_FRAGMENTATION_SUPPORTED, NULL);
	get_hashes(sa, &pl);
	sa->ppk_agreed = ike_notify_find(&pl, IKE_N_USE_PPK, NULL) && conf_has_ppk(sa->env.ppks);
	ike_nat_check(sa, hdr, &pl);
	return take_request(sa, hdr, msg, &choice, ke, ni);
}

int ike_init_request(struct ike_sa *sa, const struct ike_hdr *hdr, struct ike_bytes msg)
{
	if (sa->state == IKE_ST_INIT_WAIT)
		return first_request(sa, hdr, msg);

	if (sa->state == IKE_ST_AUTH_WAIT && msg.len == sa->init_theirs_len &&
	    !memcmp(msg.p, sa->init_theirs, msg.len))
		return ike_out_repeat(sa);
	return ike_sa_drop(sa, "IKE_SA_INIT once more");
}
