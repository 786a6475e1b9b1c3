// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as a message: the parser, and every reader of what it let pass. */
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "ike/cp.h"
#include "ike/id.h"
#include "ike/message.h"
#include "ike/notify.h"
#include "ike/proposal.h"
#include "ike/redirect.h"
#include "ike/ts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* @ike: as in ike=, or NULL */
static void read_ike_sa(const struct ike_payload *pl, const char *ike)
{
	struct ike_suite_list list;
	struct ike_choice choice;
	char err[128];

	if (ike_suite_parse_ike(ike, &list, err, sizeof(err)))
		abort();
	/* What is accepted as an answer must be a choice, too */
	if (!ike_proposal_accept(pl, IKE_PROTO_IKE, &list, &choice) &&
	    ike_proposal_choose(pl, IKE_PROTO_IKE, &list, 19, &choice))
		abort();
}

static void read_sa(const struct ike_payload *pl)
{
	struct ike_suite_list list;
	struct ike_choice choice;
	char err[128];

	read_ike_sa(pl, NULL);
	read_ike_sa(pl, "aes_gcm256-sha2_256-dh19;addke1=dh31+none");
	if (ike_suite_parse_esp(NULL, &list, err, sizeof(err)))
		abort();
	if (!ike_proposal_choose(pl, IKE_PROTO_ESP, &list, 0, &choice) && choice.spi_len != 4)
		abort();
	ike_proposal_accept(pl, IKE_PROTO_ESP, &list, &choice);
}

static void read_ts(const struct ike_payload *pl)
{
	struct ike_ts ours = { .net = { .family = AF_INET, .addr = { 10 }, .prefix = 8 } }, out;

	if (!ike_ts_narrow(pl, &ours, &out) && (out.net.prefix < 8 || out.net.addr[0] != 10))
		abort();
	if (!ike_ts_narrow(pl, &ours, &out) && out.port && !out.proto)
		abort();
	ours.proto = 17;
	ours.port = 53;
	if (!ike_ts_narrow(pl, &ours, &out) && (out.proto != 17 || out.port != 53))
		abort();
	ours = (struct ike_ts){ .net = { .family = AF_INET6 } };
	ike_ts_narrow(pl, &ours, &out);
}

static void read_net(const struct conf_subnet *net)
{
	if (net->family != AF_INET && net->family != AF_INET6)
		abort();
	if (net->prefix > (net->family == AF_INET ? 32 : 128))
		abort();
}

static void read_cp(const struct ike_payload *pl)
{
	static struct ike_cp cp;
	size_t i;

	ike_cp_get(pl, &cp);
	for (i = 0; i < cp.n_dns; i++)
		read_net(&cp.dns[i]);
	for (i = 0; i < cp.n_subnets; i++)
		read_net(&cp.subnet[i]);
	/* These become arguments of another program */
	for (i = 0; i < cp.n_domains; i++)
		if (!conf_value_domain(cp.domain[i], strlen(cp.domain[i])))
			abort();
}

static void read_redirect(const struct ike_notify *n)
{
	char host[IKE_GATEWAY_MAX];
	struct conf_subnet addr;
	struct ike_bytes nonce;

	if (!ike_redirect_get(n->data, host, &nonce))
		return;
	if (nonce.p + nonce.len != n->data.p + n->data.len)
		abort();
	if (conf_value_addr(host, &addr) && !conf_value_hostname(host))
		abort();
}

static void read_payload(const struct ike_payload *pl)
{
	struct ike_delete d;
	struct ike_notify n;
	struct conf_id id;

	switch (pl->type) {
	case IKE_PL_SA:
		read_sa(pl);
		break;
	case IKE_PL_IDI:
	case IKE_PL_IDR:
		ike_id_get(pl, &id);
		break;
	case IKE_PL_NOTIFY:
		ike_notify_get(pl, &n);
		if (n.data.p + n.data.len != pl->body.p + pl->body.len)
			abort();
		read_redirect(&n);
		break;
	case IKE_PL_DELETE:
		ike_delete_get(pl, &d);
		if (d.spis + (size_t)d.n * d.spi_len != pl->body.p + pl->body.len)
			abort();
		break;
	case IKE_PL_CP:
		read_cp(pl);
		break;
	case IKE_PL_TSI:
	case IKE_PL_TSR:
		read_ts(pl);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_payloads pl;
	struct ike_hdr hdr;
	size_t i;

	/* Few inputs have the right length in their header: do not ask them all */
	if (size < IKE_HDR_LEN)
		return 0;
	ike_hdr_parse(data, size, &hdr);
	if (ike_payloads_parse(data[16], data + IKE_HDR_LEN, size - IKE_HDR_LEN, &pl))
		return 0;
	for (i = 0; i < pl.n; i++)
		read_payload(&pl.p[i]);
	ike_notify_error(&pl, NULL);
	return 0;
}
