// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <openssl/crypto.h>

#include "conf/value.h"
#include "ike/notify.h"
#include "ike/redirect.h"
#include "ike/sa.h"
#include "net/addr.h"

enum { GW_IPV4 = 1, GW_IPV6 = 2, GW_FQDN = 3 };

#define IDENT_LEN	2		/* type and length */

static bool name_of(struct ike_bytes id, char *host)
{
	if (!id.len || id.len >= IKE_GATEWAY_MAX || memchr(id.p, '\0', id.len))
		return false;
	memcpy(host, id.p, id.len);
	host[id.len] = '\0';
	return conf_value_hostname(host);
}

bool ike_redirect_get(struct ike_bytes data, char host[IKE_GATEWAY_MAX], struct ike_bytes *nonce)
{
	struct ike_bytes id;

	if (data.len < IDENT_LEN || data.p[1] > data.len - IDENT_LEN)
		return false;
	id = (struct ike_bytes){ data.p + IDENT_LEN, data.p[1] };
	nonce->p = id.p + id.len;
	nonce->len = data.len - IDENT_LEN - id.len;
	if (data.p[0] == GW_IPV4 && id.len == 4)
		return inet_ntop(AF_INET, id.p, host, IKE_GATEWAY_MAX);
	if (data.p[0] == GW_IPV6 && id.len == 16)
		return inet_ntop(AF_INET6, id.p, host, IKE_GATEWAY_MAX);
	return data.p[0] == GW_FQDN && name_of(id, host);
}

static void put_addr(struct ike_buf *b, const struct conf_subnet *addr)
{
	bool v4 = addr->family == AF_INET;

	ike_put_u8(b, v4 ? GW_IPV4 : GW_IPV6);
	ike_put_u8(b, v4 ? 4 : 16);
	ike_put_bytes(b, addr->addr, v4 ? 4 : 16);
}

/* The head of a notify without SPI; to be ended by ike_build_payload_end() */
static size_t begin(struct ike_buf *b, uint16_t type)
{
	size_t at = ike_build_payload(b, IKE_PL_NOTIFY);

	ike_put_u8(b, IKE_PROTO_NONE);
	ike_put_u8(b, 0);
	ike_put_u16(b, type);
	return at;
}

void ike_redirect_put(struct ike_buf *b, const char *host, struct ike_bytes nonce)
{
	size_t at = begin(b, IKE_N_REDIRECT);
	struct conf_subnet addr;

	if (addr_parse(host, &addr)) {
		put_addr(b, &addr);
	} else {
		ike_put_u8(b, GW_FQDN);
		ike_put_u8(b, (uint8_t)strlen(host));
		ike_put_bytes(b, host, strlen(host));
	}
	ike_put_bytes(b, nonce.p, nonce.len);
	ike_build_payload_end(b, at);
}

void ike_redirect_offer(const struct ike_sa *sa, struct ike_buf *b)
{
	const struct conf_subnet *from = sa->env.redirected_from;
	size_t at;

	if (!sa->conn->accept_redirect || !sa->env.redirect)
		return;
	if (!from || !from->family) {
		ike_notify_put(b, IKE_N_REDIRECT_SUPPORTED, NULL, 0);
		return;
	}
	at = begin(b, IKE_N_REDIRECTED_FROM);
	put_addr(b, from);
	ike_build_payload_end(b, at);
}

bool ike_redirect_offered(const struct ike_payloads *pl)
{
	return ike_notify_find(pl, IKE_N_REDIRECT_SUPPORTED, NULL) ||
	       ike_notify_find(pl, IKE_N_REDIRECTED_FROM, NULL);
}

bool ike_redirect_answer(struct ike_bytes msg, const char *host,
			 struct ike_redirect_answer *answer)
{
	const struct ike_payload *ni;
	struct ike_payloads pl;
	struct ike_hdr hdr;
	struct ike_buf b;

	if (ike_hdr_parse(msg.p, msg.len, &hdr) || hdr.exchange != IKE_SA_INIT || hdr.response ||
	    ike_payloads_parse(hdr.next, msg.p + IKE_HDR_LEN, msg.len - IKE_HDR_LEN, &pl))
		return false;
	ni = ike_payload_find(&pl, IKE_PL_NONCE);
	if (!ni || !ike_redirect_offered(&pl))
		return false;
	hdr.response = true;
	hdr.initiator = false;
	ike_build_begin(&b, answer->data, sizeof(answer->data), &hdr);
	ike_redirect_put(&b, host, ni->body);
	answer->len = b.len;
	/* Nobody is hit by more than was sent in his name */
	return !ike_build_end(&b) && b.len <= msg.len;
}

static bool same_gateway(const char *a, const char *b)
{
	struct conf_subnet x, y;

	if (addr_parse(a, &x) && addr_parse(b, &y))
		return addr_equal(&x, &y);
	return !strcasecmp(a, b);
}

/* accept-redirect-to=: what is written there, not what names in it stand for */
static bool allowed(const struct conf_conn *conn, const char *host)
{
	for (size_t i = 0; i < conn->n_redirect_allowed; i++)
		if (same_gateway(conn->redirect_allowed[i], host))
			return true;
	return !conn->n_redirect_allowed;
}

int ike_redirect_follow(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_bytes nonce,
			char *why, size_t whylen)
{
	char host[IKE_GATEWAY_MAX];
	struct ike_bytes echo;
	struct ike_notify n;

	if (!sa->original || !ike_notify_find(pl, IKE_N_REDIRECT, &n))
		return 0;
	snprintf(why, whylen, "the peer's redirect cannot be read, or is no answer to ours");
	if (!ike_redirect_get(n.data, host, &echo) || echo.len != nonce.len ||
	    (nonce.len && CRYPTO_memcmp(echo.p, nonce.p, nonce.len)))
		return -1;
	if (!sa->conn->accept_redirect)
		snprintf(why, whylen, "the peer redirects us to %.120s, and accept-redirect= is no",
			 host);
	else if (!allowed(sa->conn, host))
		snprintf(why, whylen,
			 "the peer redirects us to %.120s, which accept-redirect-to= does not name",
			 host);
	else if (!sa->env.redirect)
		snprintf(why, whylen, "the peer redirects us to %.120s", host);
	else if (!sa->env.redirect(sa->env.arg, host))
		snprintf(why, whylen, "the peer redirects us to %.120s: too often", host);
	else
		return snprintf(why, whylen, "the peer redirects us to %.120s", host) > 0;
	return -1;
}

const char *ike_redirect_to(const struct ike_sa *sa)
{
	return sa->peer_redirects && sa->conn->send_redirect ? sa->conn->redirect_to : NULL;
}

bool ike_sa_may_redirect(const struct ike_sa *sa)
{
	return sa->state == IKE_ST_UP && !sa->original && sa->peer_redirects;
}

int ike_sa_redirect(struct ike_sa *sa, const char *host)
{
	char *copy = strdup(host);

	if (!copy)
		return ike_sa_fail(sa, "out of memory");
	free(sa->redirect_to);
	sa->redirect_to = copy;
	return ike_task_next(sa);
}
