// SPDX-License-Identifier: GPL-2.0-or-later
/* The IKE_SA_INIT exchange (RFC 7296, sections 1.2 and 2.6 to 2.8). */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ike/cert.h"
#include "ike/intermediate.h"
#include "ike/notify.h"
#include "ike/redirect.h"
#include "ike/sa.h"
#include "ike/sig_alg.h"

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

static void put_solution(const struct ike_puzzle *puzzle, struct ike_buf *b)
{
	size_t at = ike_build_payload(b, IKE_PL_PS);

	ike_put_bytes(b, puzzle->keys, sizeof(puzzle->keys));
	ike_build_payload_end(b, at);
}

int ike_init_repeat(struct ike_sa *sa)
{
	struct ike_out out;

	if (++sa->tries > IKE_INIT_TRIES)
		return ike_sa_fail(sa, "the peer asked for IKE_SA_INIT again and again");
	ike_out_request(sa, &out, IKE_SA_INIT);
	if (sa->cookie_len)
		ike_notify_put(&out.b, IKE_N_COOKIE, sa->cookie, sa->cookie_len);
	if (ike_puzzle_is_solved(&sa->puzzle))
		put_solution(&sa->puzzle, &out.b);
	ike_proposal_put(&out.b, IKE_PROTO_IKE, sa->offer, (struct ike_bytes){ NULL, 0 });
	if (ike_ke_put(&sa->ke, &out.b))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	ike_create_put_nonce(&out.b, &sa->ni);
	ike_nat_put(sa, &sa->addrs, &out.b);
	if (sa->conn->fragmentation)
		ike_notify_put(&out.b, IKE_N_FRAGMENTATION_SUPPORTED, NULL, 0);
	if (signs(sa->conn))
		put_hashes(&out.b);
	if (offers_ppk(sa))
		ike_notify_put(&out.b, IKE_N_USE_PPK, NULL, 0);
	if (ike_suites_have_addke(sa->offer))
		ike_notify_put(&out.b, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL, 0);
	ike_redirect_offer(sa, &out.b);
	sa->state = IKE_ST_INIT_SENT;
	return send_and_keep(sa, &out);
}

int ike_init_send(struct ike_sa *sa)
{
	if (!sa->offer->n)
		return ike_sa_fail(sa, "ike= has no algorithms");
	if (ike_spi_make(sa->spi_i) || ike_nonce_make(&sa->ni) ||
	    ike_ke_begin(&sa->ke, sa->offer->s[0].dh))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	return ike_init_repeat(sa);
}

/* INVALID_KE_PAYLOAD: once more, with the group that it names (RFC 7296, section 1.2) */
static int retry_group(struct ike_sa *sa, const struct ike_notify *n)
{
	uint16_t group = n->data.len == 2 ? ike_get16(n->data.p) : 0;

	if (group == sa->ke.method || !ike_suites_have_group(sa->offer, group))
		return ike_sa_fail(sa, "the peer wants DH group %u, which ike= does not offer",
				   group);
	ike_ke_free(&sa->ke);
	if (ike_ke_begin(&sa->ke, group))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	return ike_init_repeat(sa);
}

/* The peer is under load, and serves first who works for it (RFC 8019, section 7.1.2) */
static int take_puzzle(struct ike_sa *sa, const struct ike_notify *n)
{
	if (!ike_puzzle_begin(&sa->puzzle, n, sa->offer, ike_sa_now(sa))) {
		ike_sa_log(sa, "the peer is under load: solving its puzzle of %u bits",
			   sa->puzzle.bits);
		return 0;
	}
	ike_sa_log(sa, "the peer is under load: its puzzle of %u bits is not one that is solved here (%u at most)",
		   sa->puzzle.bits, IKE_PUZZLE_BITS_MAX);
	return ike_init_repeat(sa);
}

int ike_init_puzzle(struct ike_sa *sa)
{
	struct ike_bytes cookie = { sa->cookie, sa->cookie_len };
	int done = ike_puzzle_work(&sa->puzzle, cookie, ike_sa_now(sa));

	if (!done)
		return 0;
	if (done < 0)
		ike_sa_log(sa, "the peer's puzzle takes too long, and is given up");
	return ike_init_repeat(sa);
}

/* COOKIE: the same request once more, with the cookie in front (RFC 7296, section 2.6) */
static int retry_cookie(struct ike_sa *sa, const struct ike_notify *n,
			const struct ike_payloads *pl)
{
	struct ike_notify puzzle;

	if (!n->data.len || n->data.len > IKE_COOKIE_MAX)
		return ike_sa_fail(sa, "the peer sent a cookie of %zu bytes", n->data.len);
	memcpy(sa->cookie, n->data.p, n->data.len);
	sa->cookie_len = n->data.len;
	sa->puzzle.found = 0;
	if (ike_notify_find(pl, IKE_N_PUZZLE, &puzzle))
		return take_puzzle(sa, &puzzle);
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

/* All keys of the shared secret, which is wiped */
static int make_keys(struct ike_sa *sa, uint8_t *secret, int len)
{
	int ret = -1;

	if (len > 0)
		ret = ike_keys_derive(&sa->suite, (struct ike_bytes){ secret, (size_t)len },
				      ike_nonce_bytes(&sa->ni), ike_nonce_bytes(&sa->nr),
				      sa->spi_i, sa->spi_r, &sa->keys);
	OPENSSL_cleanse(secret, IKE_SECRET_MAX);
	ike_intermediate_begin(sa);
	return ret;
}

static int accept_answer(struct ike_sa *sa, const struct ike_payloads *pl)
{
	const struct ike_payload *ke = ike_payload_find(pl, IKE_PL_KE);
	const struct ike_payload *nr = ike_payload_find(pl, IKE_PL_NONCE);
	const struct ike_payload *prop = ike_payload_find(pl, IKE_PL_SA);
	uint8_t secret[IKE_SECRET_MAX];
	struct ike_choice choice;
	int len;

	if (!ke || !nr || !prop)
		return ike_sa_fail(sa, "the peer's IKE_SA_INIT lacks SA, KE or nonce");
	if (ike_proposal_accept(prop, IKE_PROTO_IKE, sa->offer, &choice) || choice.spi_len)
		return ike_sa_fail(sa, "the peer chose algorithms that ike= does not offer");
	if (choice.suite.dh != sa->ke.method || ike_ke_method(ke) != sa->ke.method)
		return ike_sa_fail(sa, "the peer answered with another DH group than ours");
	sa->suite = choice.suite;
	if (ike_addke_from(&sa->suite, 0) < IKE_ADDKE_MAX &&
	    !ike_notify_find(pl, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL))
		return ike_sa_fail(sa, "the peer chose additional key exchanges, but does not support IKE_INTERMEDIATE");
	ike_nonce_keep(&sa->nr, nr);
	sa->fragments = sa->conn->fragmentation &&
			ike_notify_find(pl, IKE_N_FRAGMENTATION_SUPPORTED, NULL);
	get_hashes(sa, pl);
	sa->cert_asked = ike_certreq_find(pl);
	sa->ppk_agreed = offers_ppk(sa) && ike_notify_find(pl, IKE_N_USE_PPK, NULL);
	if (!sa->ppk_agreed && sa->conn->ppk == CONF_PPK_INSIST)
		return ike_sa_fail(sa, "ppk=insist: %s", offers_ppk(sa) ?
				   "the peer uses no PPK" : "no PPKS line in the secrets file is for the two ends");
	len = ike_ke_finish(&sa->ke, ike_ke_data(ke), secret);
	ike_ke_free(&sa->ke);
	if (make_keys(sa, secret, len))
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
	char why[256];
	bool cookie;

	if (ike_payloads_parse(hdr->next, msg.p + IKE_HDR_LEN, msg.len - IKE_HDR_LEN, &pl))
		return ike_sa_fail(sa, "the peer's IKE_SA_INIT cannot be read");
	switch (ike_redirect_follow(sa, &pl, ike_nonce_bytes(&sa->ni), why, sizeof(why))) {
	case 1:
		return ike_sa_fail(sa, "%s", why);
	case -1:
		/* Anybody can send it: an answer of the peer's may follow (RFC 5685, section 3) */
		return ike_sa_drop(sa, why);
	}
	cookie = ike_notify_find(&pl, IKE_N_COOKIE, &n);
	if (!cookie && ike_notify_find(&pl, IKE_N_PUZZLE, NULL))
		return ike_sa_drop(sa, "a puzzle without a cookie");
	sa->waiting = false;

	if (cookie)
		return retry_cookie(sa, &n, &pl);
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
	return ike_intermediate_go(sa);
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
	uint8_t data[IKE_KE_MAX], secret[IKE_SECRET_MAX];
	struct ike_out out;
	size_t data_len;
	int len;

	if (ike_spi_make(sa->spi_r) || ike_nonce_make(&sa->nr))
		return ike_sa_fail(sa, "no random numbers: libcrypto refused");
	ike_spis_add(sa);
	len = ike_ke_answer(sa->suite.dh, ike_ke_data(ke), data, &data_len, secret);
	if (make_keys(sa, secret, len))
		return refuse(sa, hdr, IKE_N_INVALID_SYNTAX,
			      "the peer's public value is not valid in its DH group");
	ike_out_answer(sa, &out, hdr);
	ike_proposal_put_choice(&out.b, IKE_PROTO_IKE, choice, (struct ike_bytes){ NULL, 0 });
	ike_ke_put_data(&out.b, sa->suite.dh, (struct ike_bytes){ data, data_len });
	ike_create_put_nonce(&out.b, &sa->nr);
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
	if (ike_intermediate_due(sa))
		ike_notify_put(&out.b, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL, 0);
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

/* Additional key exchanges are for those who have IKE_INTERMEDIATE (RFC 9370, section 2.2.1) */
static int choose(const struct ike_sa *sa, const struct ike_payloads *pl,
		  const struct ike_payload *prop, uint16_t ke, struct ike_choice *choice)
{
	struct ike_suite_list without;

	if (ike_notify_find(pl, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL))
		return ike_proposal_choose(prop, IKE_PROTO_IKE, sa->offer, ke, choice);
	ike_suites_without_addke(sa->offer, &without);
	return ike_proposal_choose(prop, IKE_PROTO_IKE, &without, ke, choice);
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

	if (choose(sa, &pl, prop, ike_ke_method(ke), &choice) || choice.spi_len)
		return refuse(sa, hdr, IKE_N_NO_PROPOSAL_CHOSEN,
			      "the peer's proposals have no algorithms in common with ike=");
	if (choice.suite.dh != ike_ke_method(ke))
		return ask_group(sa, hdr, choice.suite.dh);
	sa->fragments = ike_notify_find(&pl, IKE_N_FRAGMENTATION_SUPPORTED, NULL);
	get_hashes(sa, &pl);
	sa->peer_redirects = ike_redirect_offered(&pl);
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
