// SPDX-License-Identifier: GPL-2.0-or-later
/* Which connection of the configuration a client is. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/addr.h"
#include "serve/serve.h"

static bool has_suite(const struct ike_suite_list *list, const struct ike_suite *suite)
{
	for (size_t i = 0; i < list->n; i++)
		if (ike_suite_equal(&list->s[i], suite))
			return true;
	return false;
}

/* Whose connection it is comes with IKE_AUTH, so IKE_SA_INIT offers what any allows */
static void add_to_offer(struct ike_suite_list *offer, const struct ike_suite_list *more)
{
	for (size_t i = 0; i < more->n && offer->n < IKE_SUITES_MAX; i++)
		if (!has_suite(offer, &more->s[i]))
			offer->s[offer->n++] = more->s[i];
}

static int resolve_remote(struct serve_conn *sc, char *err, size_t errlen)
{
	const struct conf_end *remote = &sc->conn->remote;
	struct tcp_target target;
	uint16_t port;

	if (remote->any)
		return 0;
	if (tcp_resolve(&target, remote->host, sc->conn->remote_port, err, errlen))
		return -1;
	for (struct addrinfo *ai = target.list; ai && sc->n_remote < SERVE_HOST_ADDRS;
	     ai = ai->ai_next) {
		struct sockaddr_storage sa = { 0 };

		memcpy(&sa, ai->ai_addr, ai->ai_addrlen);
		if (!addr_from_sockaddr(&sa, &sc->remote[sc->n_remote], &port))
			sc->n_remote++;
	}
	tcp_target_free(&target);
	return 0;
}

/* Which end gives addresses, and of what */
static int find_pools(struct serve *serve, struct serve_conn *sc, char *err, size_t errlen)
{
	const struct conf_end *remote = &sc->conn->remote;

	if (sc->conn->local.modecfg_client) {
		snprintf(err, errlen, "its addresses come from the other end: it is for up");
		return -1;
	}
	for (int v6 = 0; v6 < 2; v6++) {
		if (!remote->pool[v6].family)
			continue;
		sc->pool[v6] = pool_get(&serve->pools, &remote->pool[v6], err, errlen);
		if (!sc->pool[v6])
			return -1;
	}
	if (!remote->modecfg_client || sc->pool[0] || sc->pool[1])
		return 0;
	snprintf(err, errlen, "the client's end has no addresspool=, such as rightaddresspool=10.9.0.2-10.9.0.254");
	return -1;
}

int serve_conn_add(struct serve *serve, const struct conf_conn *conn, char *err, size_t errlen)
{
	struct serve_conn *sc = calloc(1, sizeof(*sc));

	if (!sc) {
		snprintf(err, errlen, "out of memory");
		return -1;
	}
	sc->conn = conn;
	if (find_pools(serve, sc, err, errlen)) {
		free(sc);
		return -1;
	}
	addr_parse(conn->local.any ? NULL : conn->local.host, &sc->local);
	if (resolve_remote(sc, err, errlen)) {
		free(sc);
		return -1;
	}
	STAILQ_INSERT_TAIL(&serve->conns, sc, entry);
	add_to_offer(&serve->offer, &conn->ike);
	return 0;
}

void serve_conns_free(struct serve *serve)
{
	struct serve_conn *sc;

	while ((sc = STAILQ_FIRST(&serve->conns))) {
		STAILQ_REMOVE_HEAD(&serve->conns, entry);
		free(sc);
	}
	pools_free(&serve->pools);
}

static bool remote_fits(const struct serve_conn *sc, const struct conf_subnet *peer)
{
	if (sc->conn->remote.any)
		return true;
	for (size_t i = 0; i < sc->n_remote; i++)
		if (addr_equal(&sc->remote[i], peer))
			return true;
	return false;
}

static bool id_fits(const struct conf_id *ours, const struct conf_id *said)
{
	return !said || ours->type == CONF_ID_NONE || conf_id_equal(ours, said);
}

/* enable-tcp=yes is for TCP alone, no for UDP alone */
static bool transport_fits(const struct serve_conn *sc, bool tcp)
{
	return sc->conn->tcp == CONF_TCP_FALLBACK || (sc->conn->tcp == CONF_TCP_YES) == tcp;
}

static bool fits(const struct serve_conn *sc, const struct ike_addrs *addrs,
		 const struct ike_suite *suite, const struct conf_id *idi,
		 const struct conf_id *idr)
{
	return transport_fits(sc, addrs->encap == IKE_ENCAP_TCP) &&
	       remote_fits(sc, &addrs->remote) &&
	       (!sc->local.family || addr_equal(&sc->local, &addrs->local)) &&
	       id_fits(&sc->conn->remote.id, idi) && id_fits(&sc->conn->local.id, idr) &&
	       (!suite || has_suite(&sc->conn->ike, suite));
}

/*
 * One that takes the peer's way to authenticate goes before one that names the peer, and that
 * before one for anybody. Where none takes it, the best one says what it wants instead. Of those
 * that are as good, one goes first that has the traffic that the peer asks for.
 */
static int score(const struct serve_conn *sc, bool signs, const struct ike_sa *sa)
{
	bool secret = sc->conn->remote.auth & CONF_AUTH_SECRET;

	return (secret != signs ? 16 : 0) + (sc->conn->remote.id.type == CONF_ID_NONE ? 0 : 8) +
	       (sc->conn->remote.any ? 0 : 4) + (sc->local.family ? 2 : 0) +
	       (sa && ike_sa_asks_for(sa, sc->conn) ? 1 : 0);
}

const struct serve_conn *serve_match(const struct serve *serve, const struct ike_addrs *addrs,
				     const struct ike_suite *suite, const struct conf_id *idi,
				     const struct conf_id *idr, bool signs,
				     const struct ike_sa *sa)
{
	const struct serve_conn *sc, *best = NULL;

	STAILQ_FOREACH(sc, &serve->conns, entry)
		if (fits(sc, addrs, suite, idi, idr) &&
		    (!best || score(sc, signs, sa) > score(best, signs, sa)))
			best = sc;
	return best;
}
