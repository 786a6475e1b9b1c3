// SPDX-License-Identifier: GPL-2.0-or-later
/* Life of an IKE SA: made, fed with messages, ended. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ike/followup.h"
#include "ike/intermediate.h"
#include "ike/notify.h"
#include "ike/sa.h"

/* A peer can send junk for ever; it shall not fill a log with it */
#define DROPS_LOGGED	8

static const uint8_t no_spi[IKE_SPI_LEN];

void ike_sa_log(struct ike_sa *sa, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	sa->env.log(sa->env.arg, line);
}

int ike_sa_close(struct ike_sa *sa)
{
	if (sa->state == IKE_ST_CLOSED)
		return -1;
	sa->state = IKE_ST_CLOSED;
	ike_create_end(sa);
	ike_followup_drop(sa);
	ike_childlist_drop_all(sa);
	ike_config_drop(sa);
	ike_ke_free(&sa->ke);
	OPENSSL_cleanse(&sa->keys, sizeof(sa->keys));
	OPENSSL_cleanse(&sa->ppk_keys, sizeof(sa->ppk_keys));
	ike_intermediate_forget(sa);
	if (!sa->spare)
		sa->env.step(sa->env.arg, IKE_STEP_CLOSED);
	return -1;
}

static void reason(struct ike_sa *sa, const char *fmt, va_list ap)
{
	if (!sa->error[0])
		vsnprintf(sa->error, sizeof(sa->error), fmt, ap);
}

void ike_sa_reason(struct ike_sa *sa, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reason(sa, fmt, ap);
	va_end(ap);
}

int ike_sa_fail(struct ike_sa *sa, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reason(sa, fmt, ap);
	va_end(ap);
	return ike_sa_close(sa);
}

int ike_sa_drop(struct ike_sa *sa, const char *why)
{
	if (sa->state == IKE_ST_INIT_WAIT)
		return ike_sa_fail(sa, "the peer does not begin with IKE_SA_INIT: %s", why);
	if (sa->dropped < DROPS_LOGGED)
		ike_sa_log(sa, "message dropped: %s", why);
	else if (sa->dropped == DROPS_LOGGED)
		ike_sa_log(sa, "message dropped: %s (further ones are not logged)", why);
	if (sa->dropped <= DROPS_LOGGED)
		sa->dropped++;
	return 0;
}

static struct ike_sa *sa_new(const struct ike_addrs *addrs, const struct ike_env *env,
			     bool initiator)
{
	struct ike_sa *sa = calloc(1, sizeof(*sa));

	if (!sa)
		return NULL;
	sa->addrs = *addrs;
	sa->env = *env;
	sa->initiator = initiator;
	sa->original = initiator;
	sa->state = initiator ? IKE_ST_NEW : IKE_ST_INIT_WAIT;
	TAILQ_INIT(&sa->children);
	LIST_INIT(&sa->others);
	return sa;
}

struct ike_sa *ike_sa_new_initiator(const struct conf_conn *conn, const struct ike_addrs *addrs,
				    const struct ike_env *env)
{
	struct ike_sa *sa = sa_new(addrs, env, true);

	if (sa) {
		sa->conn = conn;
		sa->offer = &conn->ike;
	}
	return sa;
}

struct ike_sa *ike_sa_new_responder(const struct ike_suite_list *offer,
				    const struct ike_addrs *addrs, const struct ike_env *env)
{
	struct ike_sa *sa = sa_new(addrs, env, false);

	if (sa)
		sa->offer = offer;
	return sa;
}

void ike_sa_free(struct ike_sa *sa)
{
	struct ike_sa *other;

	if (!sa)
		return;
	ike_spis_del(sa);
	while ((other = LIST_FIRST(&sa->others))) {
		LIST_REMOVE(other, entry);
		ike_sa_free(other);
	}
	ike_create_end(sa);
	ike_followup_drop(sa);
	ike_childlist_drop_all(sa);
	ike_config_drop(sa);
	ike_ke_free(&sa->ke);
	free(sa->init_ours);
	free(sa->init_theirs);
	free(sa->request);
	free(sa->answer);
	free(sa->redirect_to);
	ike_frags_free(&sa->frags);
	OPENSSL_cleanse(sa, sizeof(*sa));
	free(sa);
}

int ike_sa_start(struct ike_sa *sa)
{
	if (ike_auth_prepare(sa))
		return -1;
	return ike_init_send(sa);
}

bool ike_sa_may_reconnect(const struct ike_sa *sa)
{
	return sa->initiator && sa->state == IKE_ST_INIT_SENT &&
	       (sa->tries > 1 || sa->puzzle.solving) && sa->tries < IKE_INIT_TRIES;
}

int ike_sa_reconnected(struct ike_sa *sa, const struct ike_addrs *addrs)
{
	sa->addrs = *addrs;
	/* It goes out when it has a solution with it */
	return sa->puzzle.solving ? 0 : ike_init_repeat(sa);
}

void ike_sa_hold(struct ike_sa *sa)
{
	sa->hold = true;
}

bool ike_sa_held(const struct ike_sa *sa)
{
	return sa->hold && sa->state == IKE_ST_INIT_SENT && !sa->waiting && sa->send_id;
}

int ike_sa_go_on(struct ike_sa *sa)
{
	bool held = ike_sa_held(sa);

	sa->hold = false;
	return held ? ike_intermediate_go(sa) : 0;
}

void ike_sa_moved(struct ike_sa *sa, const struct ike_addrs *addrs)
{
	sa->addrs = *addrs;
}

void *ike_sa_owner(const struct ike_sa *sa)
{
	return sa->env.arg;
}

bool ike_sa_initial_contact(const struct ike_sa *sa)
{
	return sa->initial_contact;
}

unsigned int ike_sa_fresh(const struct ike_sa *sa)
{
	return sa->fresh;
}

bool ike_sa_disowned(const struct ike_sa *sa)
{
	return sa->disowned;
}

bool ike_sa_crashed(const struct ike_sa *sa)
{
	return sa->crashed;
}

/* Why a message with this header cannot be for us now; NULL if it can */
static const char *mismatch(const struct ike_sa *sa, const struct ike_hdr *hdr)
{
	bool init = hdr->exchange == IKE_SA_INIT;

	if (hdr->initiator == sa->initiator)
		return "it claims our own role";
	if (sa->state == IKE_ST_INIT_WAIT) {
		if (!init || hdr->response || hdr->id || !memcmp(hdr->spi_i, no_spi, IKE_SPI_LEN) ||
		    memcmp(hdr->spi_r, no_spi, IKE_SPI_LEN))
			return "not a first request";
		return NULL;
	}
	if (memcmp(hdr->spi_i, sa->spi_i, IKE_SPI_LEN))
		return "unknown initiator SPI";
	if (!init && memcmp(hdr->spi_r, sa->spi_r, IKE_SPI_LEN))
		return "unknown responder SPI";
	if (hdr->response) {
		if (!sa->waiting || hdr->id != sa->send_id || hdr->exchange != sa->sent_exchange)
			return "an answer to nothing that we asked";
		return NULL;
	}
	if (hdr->id != sa->recv_id && !(sa->answer_len && hdr->id == sa->recv_id - 1))
		return "wrong message ID";
	if (sa->state == IKE_ST_INIT_SENT || sa->state == IKE_ST_INTERMEDIATE_SENT ||
	    sa->state == IKE_ST_AUTH_SENT)
		return "a request before IKE_AUTH is done";
	return NULL;
}

static int bad_version(struct ike_sa *sa, const struct ike_hdr *hdr)
{
	if (sa->state == IKE_ST_INIT_WAIT && !hdr->response && hdr->exchange == IKE_SA_INIT) {
		memcpy(sa->spi_i, hdr->spi_i, IKE_SPI_LEN);
		if (ike_out_notify(sa, hdr, IKE_N_INVALID_MAJOR_VERSION, NULL, 0))
			return -1;
		return ike_sa_fail(sa, "the peer speaks IKE version %u, not 2", hdr->version >> 4);
	}
	return ike_sa_drop(sa, "not IKE version 2");
}

/* What kind of SA is asked for is in the first proposal */
static int create_request(struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *prop = ike_payload_find(&in->pl, IKE_PL_SA);

	if (prop && ike_proposal_protocol(prop) == IKE_PROTO_IKE)
		return ike_rekey_request(sa, in);
	return ike_create_request(sa, in);
}

/* Before the peer is authenticated: as many IKE_INTERMEDIATE as were agreed on, then IKE_AUTH */
static int initial_request(struct ike_sa *sa, const struct ike_in *in)
{
	bool more = ike_intermediate_due(sa);

	if (in->hdr.exchange == (more ? IKE_INTERMEDIATE : IKE_AUTH))
		return more ? ike_intermediate_request(sa, in) : ike_auth_request(sa, in);
	if (ike_out_notify(sa, &in->hdr, IKE_N_INVALID_SYNTAX, NULL, 0))
		return -1;
	return ike_sa_fail(sa, "the peer sent exchange %u instead of %s", in->hdr.exchange,
			   more ? "IKE_INTERMEDIATE" : "IKE_AUTH");
}

static int request(struct ike_sa *sa, const struct ike_in *in)
{
	sa->recv_id++;
	if (sa->state == IKE_ST_AUTH_WAIT)
		return initial_request(sa, in);

	switch (in->hdr.exchange) {
	case IKE_INFORMATIONAL:
		return ike_info_request(sa, in);
	case IKE_CREATE_CHILD_SA:
		return create_request(sa, in);
	case IKE_FOLLOWUP_KE:
		return ike_followup_request(sa, in);
	default:
		ike_sa_log(sa, "the peer sent exchange %u, which has no place here",
			   in->hdr.exchange);
		return ike_out_notify(sa, &in->hdr, IKE_N_INVALID_SYNTAX, NULL, 0);
	}
}

static int response(struct ike_sa *sa, const struct ike_in *in)
{
	int ret;

	sa->waiting = false;
	sa->send_id++;
	if (sa->state == IKE_ST_INTERMEDIATE_SENT)
		ret = ike_intermediate_response(sa, in);
	else if (sa->state == IKE_ST_AUTH_SENT)
		ret = ike_auth_response(sa, in);
	else if (sa->sent_info == IKE_INFO_FOLLOWUP)
		ret = ike_followup_response(sa, in);
	else if (sa->sent_info == IKE_INFO_REKEY_IKE)
		ret = ike_rekey_response(sa, in);
	else if (sa->sent_info == IKE_INFO_REKEY_CHILD)
		ret = ike_create_response(sa, in);
	else
		ret = ike_info_response(sa, in);
	return ret ? ret : ike_task_next(sa);
}

/* The message is authentic, but its payloads are no good (RFC 7296, section 2.21) */
static int bad_payloads(struct ike_sa *sa, const struct ike_in *in, uint16_t notify)
{
	bool critical = notify == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD;
	char buf[32];

	if (!in->hdr.response) {
		sa->recv_id++;
		if (ike_out_notify(sa, &in->hdr, notify, &in->pl.critical, critical))
			return -1;
		if (critical && sa->state == IKE_ST_UP)
			return 0;
	}
	return ike_sa_fail(sa, "the peer sent payloads that cannot be read: %s",
			   ike_notify_name(notify, buf, sizeof(buf)));
}

static int opened(struct ike_sa *sa, struct ike_in *in, uint8_t first, struct ike_bytes plain)
{
	int notify;

	/* A request that came twice gets the same answer, and is not done twice */
	if (!in->hdr.response && in->hdr.id != sa->recv_id)
		return ike_out_repeat(sa);
	sa->fresh++;
	sa->disowned = false;
	sa->crashed = false;

	in->plain = plain;
	notify = ike_payloads_parse(first, plain.p, plain.len, &in->pl);
	if (notify)
		return bad_payloads(sa, in, (uint16_t)notify);
	return in->hdr.response ? response(sa, in) : request(sa, in);
}

/* One fragment of a message: @pl, which is in the list that the whole is to be parsed into */
static int opened_fragment(struct ike_sa *sa, struct ike_in *in, struct ike_payload pl,
			   uint8_t inner, struct ike_bytes plain)
{
	uint8_t *whole, first, head[IKE_FRAG_HEAD_LEN];
	size_t len;
	int ret;

	/* The first fragment alone is answered when a request comes twice (RFC 7383, 2.6.1) */
	if (!in->hdr.response && in->hdr.id != sa->recv_id)
		return ike_get16(pl.body.p) == 1 ? ike_out_repeat(sa) : 0;
	ret = ike_frag_add(&sa->frags, &in->hdr, &pl, inner, plain.p, plain.len);
	if (ret < 0)
		return ike_sa_drop(sa, "a fragment that fits no message");
	if (!ret)
		return 0;
	whole = ike_frag_join(&sa->frags, &len);
	first = sa->frags.first;
	ike_frag_head(&sa->frags, in->head.p, head);
	in->head = (struct ike_bytes){ head, sizeof(head) };
	ike_frags_free(&sa->frags);
	if (!whole)
		return ike_sa_drop(sa, "fragments that do not fit a message");
	ret = opened(sa, in, first, (struct ike_bytes){ whole, len });
	OPENSSL_cleanse(whole, len);
	free(whole);
	return ret;
}

/* Anybody can say so: without the right token, which a peer may have lost, it is a hint */
static int disowned(struct ike_sa *sa, const struct ike_in *in)
{
	sa->disowned = true;
	if (!ike_qcd_shown(&sa->qcd, &in->pl))
		return ike_sa_drop(sa, "the peer does not know this IKE SA (INVALID_IKE_SPI)");
	sa->crashed = true;
	return 0;
}

static int protected_input(struct ike_sa *sa, struct ike_in *in, struct ike_bytes msg)
{
	const struct ike_sk *sk = ike_intermediate_sk(sa, &in->hdr);
	const struct ike_payload *pl;
	uint8_t *plain, first;
	int len, ret;

	if (ike_payloads_parse(in->hdr.next, msg.p + IKE_HDR_LEN, msg.len - IKE_HDR_LEN, &in->pl))
		return ike_sa_drop(sa, "its payloads cannot be read");
	pl = ike_payload_find(&in->pl, IKE_PL_SK);
	if (!pl && in->hdr.response && ike_notify_find(&in->pl, IKE_N_INVALID_IKE_SPI, NULL))
		return disowned(sa, in);
	if (!pl)
		pl = ike_payload_find(&in->pl, IKE_PL_SKF);
	if (!pl)
		return ike_sa_drop(sa, "it is not encrypted");
	first = in->pl.inner;
	in->head = (struct ike_bytes){ msg.p, (size_t)(pl->body.p - msg.p) };

	plain = malloc(pl->body.len + 1);
	if (!plain)
		return ike_sa_fail(sa, "out of memory");
	len = ike_sk_open(sk, msg, pl, plain);
	if (len < 0)
		ret = ike_sa_drop(sa, "it is not authentic");
	else if (pl->type == IKE_PL_SKF)
		ret = opened_fragment(sa, in, *pl, first, (struct ike_bytes){ plain, (size_t)len });
	else
		ret = opened(sa, in, first, (struct ike_bytes){ plain, (size_t)len });
	OPENSSL_cleanse(plain, len < 0 ? 0 : (size_t)len);
	free(plain);
	return ret;
}

int ike_sa_take(struct ike_sa *sa, const uint8_t *msg, size_t len)
{
	const char *why;
	struct ike_in in;
	int err;

	err = ike_hdr_parse(msg, len, &in.hdr);
	if (err < 0)
		return ike_sa_drop(sa, "not an IKE message of its length");
	if (err)
		return bad_version(sa, &in.hdr);
	why = mismatch(sa, &in.hdr);
	if (why)
		return ike_sa_drop(sa, why);

	if (in.hdr.exchange != IKE_SA_INIT)
		return protected_input(sa, &in, (struct ike_bytes){ msg, len });
	if (in.hdr.response)
		return ike_init_response(sa, &in.hdr, (struct ike_bytes){ msg, len });
	return ike_init_request(sa, &in.hdr, (struct ike_bytes){ msg, len });
}

int ike_sa_input(struct ike_sa *sa, const uint8_t *msg, size_t len)
{
	struct ike_sa *other;
	int ret;

	if (sa->state == IKE_ST_CLOSED || sa->state == IKE_ST_NEW)
		return -1;
	ike_sa_sweep(sa);
	other = ike_sa_other(sa, msg, len);
	if (other) {
		(void)ike_sa_take(other, msg, len);
		ike_sa_sweep(sa);
		return 0;
	}
	ret = ike_sa_take(sa, msg, len);
	/* Replaced just now: its end is not the end */
	return sa->spare ? 0 : ret;
}

int ike_sa_delete(struct ike_sa *sa)
{
	/* Without an authenticated peer there is nothing to delete at its end */
	if (sa->state != IKE_ST_UP && sa->state != IKE_ST_AUTH_SENT)
		return ike_sa_close(sa);
	sa->delete_wanted = true;
	return ike_task_next(sa);
}

int ike_sa_delete_child(struct ike_sa *sa)
{
	struct ike_child_sa *child;

	if (sa->state != IKE_ST_UP)
		return 0;
	TAILQ_FOREACH(child, &sa->children, entry)
		if (ike_child_carries(child))
			child->delete_wanted = true;
	return ike_task_next(sa);
}

bool ike_sa_waiting(const struct ike_sa *sa)
{
	return sa->waiting && sa->state != IKE_ST_CLOSED;
}

const char *ike_sa_error(const struct ike_sa *sa)
{
	return sa->error;
}

const struct ike_suite *ike_sa_suite(const struct ike_sa *sa)
{
	return &sa->suite;
}

const struct ike_child *ike_sa_child(const struct ike_sa *sa)
{
	return ike_sa_child_nth(sa, 0);
}

const struct ike_child *ike_sa_child_nth(const struct ike_sa *sa, size_t n)
{
	const struct ike_child_sa *child;

	TAILQ_FOREACH(child, &sa->children, entry)
		if (ike_child_carries(child) && !n--)
			return &child->c;
	return NULL;
}

void ike_sa_each_child(const struct ike_sa *sa, void *arg,
		       void (*fn)(void *arg, const struct ike_child *child, unsigned int parts))
{
	const struct ike_child_sa *child;

	TAILQ_FOREACH(child, &sa->children, entry)
		if (child->parts)
			fn(arg, &child->c, child->parts);
}

const struct conf_subnet *ike_sa_inner(const struct ike_sa *sa, bool v6)
{
	return sa->config && sa->inner[v6].family ? &sa->inner[v6] : NULL;
}

const struct ike_cp *ike_sa_config(const struct ike_sa *sa)
{
	return sa->config;
}

bool ike_sa_peer_signs(const struct ike_sa *sa)
{
	return sa->peer_signs;
}

const struct conf_id *ike_sa_peer_id(const struct ike_sa *sa)
{
	return &sa->id_theirs;
}

const struct conf_id *ike_sa_own_id(const struct ike_sa *sa)
{
	return &sa->id_ours;
}

const struct conf_conn *ike_sa_conn(const struct ike_sa *sa)
{
	return sa->conn;
}

uint64_t ike_sa_spi(const struct ike_sa *sa, bool initiator)
{
	const uint8_t *spi = initiator ? sa->spi_i : sa->spi_r;

	return (uint64_t)ike_get32(spi) << 32 | ike_get32(spi + 4);
}
