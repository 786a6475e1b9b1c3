// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses of the initiator that the responder gives it (RFC 7296, section 2.19). They live
 * as long as the IKE SA and those that replace it.
 */
#include <stdlib.h>
#include <string.h>

#include "ike/notify.h"
#include "ike/sa.h"
#include "ike/ts.h"

static const struct conf_subnet none;	/* asks for one */

static sa_family_t family_of(bool v6)
{
	return v6 ? AF_INET6 : AF_INET;
}

/* Has the end that has the networks one of this family? */
static bool serves(const struct conf_end *end, const struct conf_subnet *addr, bool v6)
{
	for (size_t i = 0; i < end->n_more; i++)
		if (end->more[i].family == family_of(v6))
			return true;
	return (end->subnet.family ? end->subnet.family : addr->family) == family_of(v6);
}

void ike_config_ask(const struct ike_sa *sa, struct ike_buf *b)
{
	size_t at;

	if (!sa->conn->local.modecfg_client)
		return;
	at = ike_cp_begin(b, IKE_CP_REQUEST);
	for (int v6 = 0; v6 < IKE_CP_FAMILIES; v6++) {
		if (!serves(&sa->conn->remote, &sa->addrs.remote, v6))
			continue;
		ike_cp_put_ip(b, v6, sa->env.former ? &sa->env.former[v6] : &none);
		ike_cp_put_dns(b, v6, &none);
		ike_cp_put_subnet(b, v6, &none);
	}
	ike_cp_put_domain(b, "");
	ike_build_payload_end(b, at);
}

int ike_config_take(struct ike_sa *sa, const struct ike_payloads *list)
{
	const struct ike_payload *pl = ike_payload_find(list, IKE_PL_CP);
	bool any = false;

	if (!sa->conn->local.modecfg_client)
		return 0;
	sa->config = calloc(1, sizeof(*sa->config));
	if (!sa->config) {
		ike_sa_reason(sa, "out of memory");
		return -1;
	}
	if (pl)
		ike_cp_get(pl, sa->config);
	for (int v6 = 0; v6 < IKE_CP_FAMILIES; v6++) {
		/* Not what we did not ask for */
		if (!serves(&sa->conn->remote, &sa->addrs.remote, v6))
			continue;
		sa->inner[v6] = sa->config->ip[v6];
		any |= sa->inner[v6].family;
	}
	if (any && sa->config->type == IKE_CP_REPLY)
		return 0;
	ike_sa_reason(sa, "the peer gives us no address, which leftmodecfgclient=yes asks for");
	return -1;
}

/* Does the peer want to use an address of this family? Its selectors tell. */
static bool wants(const struct ike_payloads *list, bool v6)
{
	const struct ike_payload *tsi = ike_payload_find(list, IKE_PL_TSI);
	struct ike_ts any = { .net.family = family_of(v6) };

	return tsi && !ike_ts_narrow(tsi, &any, &any);
}

uint16_t ike_config_lease(struct ike_sa *sa, const struct ike_payloads *list)
{
	const struct ike_payload *pl = ike_payload_find(list, IKE_PL_CP);
	const struct conf_end *remote = &sa->conn->remote;
	bool wanted = false, missed = false;
	struct ike_cp cp;

	if (!remote->modecfg_client)
		return 0;
	if (pl)
		ike_cp_get(pl, &cp);
	if (!pl || cp.type != IKE_CP_REQUEST) {
		ike_sa_reason(sa, "FAILED_CP_REQUIRED: the peer does not ask for an address, as leftmodecfgclient=yes would");
		return IKE_N_FAILED_CP_REQUIRED;
	}
	for (int v6 = 0; v6 < IKE_CP_FAMILIES; v6++) {
		bool now = wants(list, v6);

		if (!cp.asks_ip[v6] || !remote->pool[v6].family)
			continue;
		wanted |= now;
		/* For a later child SA it may be done without */
		if (sa->env.lease(sa->env.arg, v6, &cp.ip[v6], &sa->inner[v6]))
			missed |= now;
	}
	if (wanted && !missed)
		return 0;
	ike_config_drop(sa);
	ike_sa_reason(sa, "INTERNAL_ADDRESS_FAILURE: %s", wanted ?
		      "no address of rightaddresspool= is free" :
		      "the peer wants no address of a family that rightaddresspool= has");
	return IKE_N_INTERNAL_ADDRESS_FAILURE;
}

/* Everything goes without saying */
static void put_subnet(struct ike_buf *b, const struct ike_cp *asked,
		       const struct conf_subnet *net)
{
	bool v6 = net->family == AF_INET6;

	if (net->family && asked->asks_subnet[v6] && net->prefix)
		ike_cp_put_subnet(b, v6, net);
}

void ike_config_put_reply(const struct ike_sa *sa, const struct ike_payloads *list,
			  struct ike_buf *b)
{
	const struct conf_conn *conn = sa->conn;
	struct ike_cp asked;
	size_t at;

	if (!conn->remote.modecfg_client)
		return;
	ike_cp_get(ike_payload_find(list, IKE_PL_CP), &asked);
	at = ike_cp_begin(b, IKE_CP_REPLY);
	/* libreswan takes the first one: that which fits its selectors */
	for (int later = 0; later < 2; later++)
		for (int v6 = 0; v6 < IKE_CP_FAMILIES; v6++)
			if (sa->inner[v6].family && wants(list, v6) != later)
				ike_cp_put_ip(b, v6, &sa->inner[v6]);
	for (size_t i = 0; i < conn->n_dns; i++)
		if (asked.asks_dns[conn->dns[i].family == AF_INET6])
			ike_cp_put_dns(b, conn->dns[i].family == AF_INET6, &conn->dns[i]);
	put_subnet(b, &asked, &conn->local.subnet);
	for (size_t i = 0; i < conn->local.n_more; i++)
		put_subnet(b, &asked, &conn->local.more[i]);
	for (size_t i = 0; i < conn->n_domains && asked.asks_domain; i++)
		ike_cp_put_domain(b, conn->domains[i]);
	ike_build_payload_end(b, at);
}

void ike_config_inherit(struct ike_sa *heir, struct ike_sa *sa)
{
	memcpy(heir->inner, sa->inner, sizeof(heir->inner));
	memset(sa->inner, 0, sizeof(sa->inner));
	free(heir->config);
	heir->config = sa->config;
	sa->config = NULL;
}

void ike_config_drop(struct ike_sa *sa)
{
	for (int v6 = 0; v6 < IKE_CP_FAMILIES; v6++) {
		if (sa->inner[v6].family && sa->conn->remote.modecfg_client)
			sa->env.unlease(sa->env.arg, v6, &sa->inner[v6]);
		sa->inner[v6].family = 0;
	}
	free(sa->config);
	sa->config = NULL;
}
