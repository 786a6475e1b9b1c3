// SPDX-License-Identifier: GPL-2.0-or-later
/* A connection as a whole: nothing missing, nothing that contradicts itself. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/draft.h"
#include "conf/value.h"

#define PORT_DEFAULT 4500		/* RFC 9329, section 2 */
#define LIFE_DEFAULT_S (8 * 3600)	/* as libreswan's, like the next ones */
#define MARGIN_DEFAULT_S (9 * 60)

static const char *const side_names[] = { "left", "right" };

static int __printf(3, 4) fail(const struct conf_section *sec, struct conf_err *err,
			       const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return conf_fail(err, sec->file, sec->line, "conn %s: %s", sec->name, why);
}

static void end_free(struct conf_end *end)
{
	free(end->host);
	free(end->cert);
	free(end->ca);
	free(end->pubkey);
}

/**
 * conf_conn_free - free a connection
 * @conn: connection, may be NULL
 */
void conf_conn_free(struct conf_conn *conn)
{
	if (!conn)
		return;
	free(conn->name);
	end_free(&conn->local);
	end_free(&conn->remote);
	for (size_t i = 0; i < conn->n_domains; i++)
		free(conn->domains[i]);
	for (size_t i = 0; i < conn->n_redirect_allowed; i++)
		free(conn->redirect_allowed[i]);
	free(conn->redirect_to);
	free(conn);
}

static bool is_default_route(const struct conf_end *end)
{
	return !strcasecmp(end->host, "%defaultroute");
}

static int check_hosts(const struct conf_section *sec, struct conf_draft *d, struct conf_err *err)
{
	struct conf_end *left = conf_draft_end(d, CONF_LEFT);
	struct conf_end *right = conf_draft_end(d, CONF_RIGHT);

	for (int side = CONF_LEFT; side <= CONF_RIGHT; side++)
		if (!conf_draft_end(d, side)->host)
			return fail(sec, err, "%s= is missing; give an address or %%defaultroute",
				    side_names[side]);
	if (left->any && right->any)
		return fail(sec, err, "left and right are both %%any; one end must be known");
	if (is_default_route(left) && is_default_route(right))
		return fail(sec, err, "left and right are both %%defaultroute; one can be");
	if (!strcasecmp(left->host, right->host))
		return fail(sec, err, "left and right are the same host, %s", left->host);
	if (d->host[0].family && d->host[1].family && d->host[0].family != d->host[1].family)
		return fail(sec, err, "left=%s and right=%s are of two address families",
			    left->host, right->host);
	return 0;
}

/* What one end has to say about itself fits how it authenticates */
static int check_end_auth(const struct conf_section *sec, const struct conf_draft *d,
			  const struct conf_end *end, const char *name, struct conf_err *err)
{
	if (end->auth & CONF_AUTH_SECRET) {
		if (end->auth != CONF_AUTH_SECRET)
			return fail(sec, err, "a secret or signatures, not both; choose one in authby=");
		/* Not one that is beside the point, but one that would not be used */
		if (end->cert && !d->authby)
			return fail(sec, err, "%scert= goes with %sauth=rsasig or ecdsa, not secret",
				    name, name);
		if (end->id_fromcert)
			return fail(sec, err, "%sid=%%fromcert needs authby=rsasig or ecdsa", name);
		return 0;
	}
	if (end->cert && end->pubkey)
		return fail(sec, err, "%scert= and a raw public key for %s; remove one of them",
			    name, name);
	if (end->id_fromcert && end->pubkey)
		return fail(sec, err, "%sid=%%fromcert, but %s has no certificate", name, name);
	return 0;
}

static unsigned int auth_of(const struct conf_draft *d, int side)
{
	return d->auth[side] ? d->auth[side] : d->authby ? d->authby : CONF_AUTH_SIGNATURE;
}

static int check_auth(const struct conf_section *sec, struct conf_draft *d, struct conf_err *err)
{
	bool keys = false;

	if (!d->auth[CONF_LEFT] != !d->auth[CONF_RIGHT])
		return fail(sec, err, "leftauth= and rightauth= come together, or use authby=");
	if (d->authby && d->auth[CONF_LEFT])
		return fail(sec, err, "authby= and leftauth= exclude each other; remove one");
	for (int side = CONF_LEFT; side <= CONF_RIGHT; side++) {
		struct conf_end *end = conf_draft_end(d, side);

		end->auth = auth_of(d, side);
		keys |= end->cert || end->pubkey;
		if (check_end_auth(sec, d, end, side_names[side], err))
			return -1;
	}
	if (!d->authby && !d->auth[CONF_LEFT] && !keys)
		return fail(sec, err, "no certificate and no key; add leftcert=, or authby=secret");
	return 0;
}

static int check_security(const struct conf_section *sec, struct conf_draft *d,
			  struct conf_err *err)
{
	return check_auth(sec, d, err);
}

static int check_sourceip(const struct conf_section *sec, struct conf_draft *d, int side,
			  struct conf_err *err)
{
	struct conf_end *end = conf_draft_end(d, side);
	const char *name = side_names[side];

	if (!end->sourceip.family)
		return 0;
	if (!end->subnet.family)
		end->subnet = end->sourceip;	/* as libreswan does */
	if (conf_subnet_contains(&end->subnet, &end->sourceip))
		return 0;
	/* Its packets would match no policy and leave in the clear */
	return fail(sec, err, "%ssourceip= is not in %ssubnet=", name, name);
}

/* Family of the addresses that an end has inside, 0 where DNS decides */
static sa_family_t inner_family(struct conf_draft *d, int side)
{
	const struct conf_end *end = conf_draft_end(d, side);

	if (end->subnet.family || end->modecfg_client)
		return end->subnet.family;
	return d->host[side].family;
}

/* An end that gets addresses has one of the family that the other end's subnet is of */
static bool mixed_families(const struct conf_end *end, const struct conf_end *other,
			   sa_family_t family)
{
	if (other->modecfg_client && !other->subnet.family)
		return false;
	for (size_t i = 0; i < end->n_more; i++)
		if (end->more[i].family != family)
			return true;
	return false;
}

/* Whether an end has something inside that is of this family; yes where DNS decides */
static bool has_family(struct conf_draft *d, int side, sa_family_t family)
{
	const struct conf_end *end = conf_draft_end(d, side);
	sa_family_t first = inner_family(d, side);

	for (size_t i = 0; i < end->n_more; i++)
		if (end->more[i].family == family)
			return true;
	return !first || first == family;
}

static int check_pools(const struct conf_section *sec, struct conf_draft *d, int side,
		       struct conf_err *err)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	const struct conf_end *end = conf_draft_end(d, side);

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (end->pool[i].family && !has_family(d, !side, families[i]))
			return fail(sec, err,
				    "%saddresspool= has addresses of another family than %ssubnet=",
				    side_names[side], side_names[!side]);
	return 0;
}

/* Addresses from the other end (leftmodecfgclient=, leftaddresspool=) */
static int check_modecfg(const struct conf_section *sec, struct conf_draft *d, int side,
			 struct conf_err *err)
{
	struct conf_end *end = conf_draft_end(d, side), *other = conf_draft_end(d, !side);
	bool pool = end->pool[0].family || end->pool[1].family;
	const char *name = side_names[side];

	if (!end->modecfg_client)
		return 0;
	if (end->modecfg_server || other->modecfg_client)
		return fail(sec, err, "one end is modecfgclient and the other one modecfgserver");
	if (d->conn->mode == CONF_MODE_TRANSPORT)
		return fail(sec, err, "type=transport is from host to host; remove %smodecfgclient= and %saddresspool=",
			    name, name);
	if (end->sourceip.family)
		return fail(sec, err, "%ssourceip= and an address from the other end exclude each other",
			    name);
	if (pool && end->subnet.family)
		return fail(sec, err, "%saddresspool= excludes %ssubnet=", name, name);
	if (end->subnet.family && (end->subnet.prefix || end->n_more))
		return fail(sec, err,
			    "the address comes from the other end: %ssubnet= is 0.0.0.0/0 or ::/0, or left out",
			    name);
	return check_pools(sec, d, side, err);
}

static int check_protocols(const struct conf_section *sec, struct conf_draft *d,
			   struct conf_err *err)
{
	const struct conf_end *left = &d->conn->local, *right = &d->conn->remote;

	if (left->proto != right->proto)
		return fail(sec, err,
			    "leftprotoport= and rightprotoport= must name the same protocol");
	return 0;
}

/* A pool says who is what (as libreswan has it) */
static void set_roles(struct conf_draft *d)
{
	for (int side = CONF_LEFT; side <= CONF_RIGHT; side++) {
		struct conf_end *end = conf_draft_end(d, side);

		if (!end->pool[0].family && !end->pool[1].family)
			continue;
		end->modecfg_client = true;
		conf_draft_end(d, !side)->modecfg_server = true;
	}
}

static int check_inside(const struct conf_section *sec, struct conf_draft *d,
			struct conf_err *err)
{
	sa_family_t left, right;

	set_roles(d);
	for (int side = CONF_LEFT; side <= CONF_RIGHT; side++) {
		const struct conf_end *end = conf_draft_end(d, side);

		if (d->conn->mode == CONF_MODE_TRANSPORT &&
		    (end->subnet.family || end->sourceip.family))
			return fail(sec, err, "type=transport is from host to host; remove %s%s=",
				    side_names[side], end->subnet.family ? "subnet" : "sourceip");
		if (check_sourceip(sec, d, side, err))
			return -1;
		if (check_modecfg(sec, d, side, err))
			return -1;
	}
	left = inner_family(d, CONF_LEFT);
	right = inner_family(d, CONF_RIGHT);
	if ((left && right && left != right) ||
	    mixed_families(&d->conn->local, &d->conn->remote, left) ||
	    mixed_families(&d->conn->remote, &d->conn->local, right))
		return fail(sec, err, "left and right subnets are of different address families");
	return check_protocols(sec, d, err);
}

static int check_dpd(const struct conf_section *sec, struct conf_draft *d, struct conf_err *err)
{
	struct conf_conn *c = d->conn;

	if (!c->dpd_delay_ms)
		c->dpd_delay_ms = CONF_DPD_DELAY_MS;
	if (!c->dpd_timeout_ms)
		c->dpd_timeout_ms = c->dpd_delay_ms * 4;
	if (c->dpd_timeout_ms < c->dpd_delay_ms + 2000)
		return fail(sec, err, "dpdtimeout= must be dpddelay= and two seconds at least");
	return 0;
}

static int check_redirect(const struct conf_section *sec, struct conf_draft *d,
			  struct conf_err *err)
{
	if (d->conn->send_redirect && !d->conn->redirect_to)
		return fail(sec, err, "send-redirect=yes needs redirect-to=");
	return 0;
}

static void default_id(struct conf_draft *d, int side)
{
	const struct conf_subnet *host = &d->host[side];

	if (d->id_given[side] || !host->family)
		return;
	conf_id_set(&conf_draft_end(d, side)->id,
		    host->family == AF_INET ? CONF_ID_IPV4 : CONF_ID_IPV6, host->addr,
		    host->family == AF_INET ? 4 : 16);
}

static int check_ids(const struct conf_section *sec, struct conf_draft *d, struct conf_err *err)
{
	struct conf_id *left = &conf_draft_end(d, CONF_LEFT)->id;
	struct conf_id *right = &conf_draft_end(d, CONF_RIGHT)->id;

	default_id(d, CONF_LEFT);
	default_id(d, CONF_RIGHT);
	if (left->type != CONF_ID_NONE && conf_id_equal(left, right))
		return fail(sec, err, "leftid and rightid are the same, %s", left->text);
	return 0;
}

static int fill_suites(const struct conf_section *sec, struct conf_draft *d, struct conf_err *err)
{
	char why[256];

	if (!d->ike && ike_suite_parse_ike(NULL, &d->conn->ike, why, sizeof(why)))
		return fail(sec, err, "ike: %s", why);
	if (!d->esp && ike_suite_parse_esp(NULL, &d->conn->esp, why, sizeof(why)))
		return fail(sec, err, "esp: %s", why);
	if (d->no_esn || d->only_esn)
		ike_suites_set_esn(&d->conn->esp, d->only_esn ? IKE_ESN_YES : IKE_ESN_NO);
	return 0;
}

static int fill(const struct conf_section *sec, const struct conf_keys *keys,
		struct conf_draft *d, struct conf_err *err)
{
	for (size_t i = 0; i < keys->n; i++)
		if (conf_key_set(CONF_SECTION_CONN, keys->k[i], NULL, d, err))
			return -1;
	if (check_hosts(sec, d, err) || check_security(sec, d, err) ||
	    check_inside(sec, d, err) || check_dpd(sec, d, err) || check_ids(sec, d, err) ||
	    check_redirect(sec, d, err))
		return -1;
	return fill_suites(sec, d, err);
}

/**
 * conf_conn_build - make a connection of a section
 * @section: the section
 * @keys: all its keys, also= and %default resolved
 * @err: error
 *
 * Return: the connection, or NULL with the error set.
 */
struct conf_conn *conf_conn_build(const struct conf_section *section,
				  const struct conf_keys *keys, struct conf_err *err)
{
	struct conf_draft draft = { .conn = calloc(1, sizeof(*draft.conn)) };

	if (draft.conn)
		draft.conn->name = strdup(section->name);
	if (!draft.conn || !draft.conn->name) {
		fail(section, err, "out of memory");
		goto fail;
	}
	draft.conn->file = section->file;
	draft.conn->line = section->line;
	draft.conn->remote_port = PORT_DEFAULT;
	draft.conn->fragmentation = true;
	draft.conn->rekey = true;
	draft.conn->pfs = true;
	draft.conn->mobike = true;
	draft.conn->ike_life_s = LIFE_DEFAULT_S;
	draft.conn->sa_life_s = LIFE_DEFAULT_S;
	draft.conn->rekey_margin_s = MARGIN_DEFAULT_S;
	draft.conn->rekey_fuzz = 100;
	if (!fill(section, keys, &draft, err))
		return draft.conn;
fail:
	conf_conn_free(draft.conn);
	return NULL;
}
