// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ike/pairs.h"
#include "ike/sa.h"

static size_t subnets(const struct conf_end *end)
{
	return 1 + end->n_more;
}

size_t ike_pairs(const struct conf_conn *conn)
{
	return subnets(&conn->local) * subnets(&conn->remote);
}

static struct conf_subnet subnet(const struct conf_end *end, const struct conf_subnet *addr,
				 size_t n)
{
	if (n)
		return end->more[n - 1];
	return end->subnet.family ? end->subnet : ike_ts_host(addr);
}

/* Of the family that the other end's subnet is of */
static struct conf_subnet inner(const struct ike_sa *sa, const struct conf_subnet *other)
{
	struct conf_subnet any = { .family = other->family };
	bool asking = sa->conn->local.modecfg_client && !sa->config;

	return asking ? any : sa->inner[other->family == AF_INET6];
}

void ike_pair_of(const struct conf_conn *conn, const struct ike_addrs *addrs, size_t n,
		 struct ike_child *c)
{
	size_t remotes = subnets(&conn->remote);

	c->ts_local = subnet(&conn->local, &addrs->local, n / remotes);
	c->ts_remote = subnet(&conn->remote, &addrs->remote, n % remotes);
	c->proto = conn->local.proto;
	c->port_local = conn->local.port;
	c->port_remote = conn->remote.port;
}

bool ike_pair_get(const struct ike_sa *sa, size_t n, struct ike_child *c)
{
	const struct conf_conn *conn = sa->conn;

	ike_pair_of(conn, &sa->addrs, n, c);
	if (conn->local.modecfg_client)
		c->ts_local = inner(sa, &c->ts_remote);
	if (conn->remote.modecfg_client)
		c->ts_remote = inner(sa, &c->ts_local);
	return c->ts_local.family && c->ts_remote.family;
}

struct ike_ts ike_child_ts(const struct ike_child *c, bool local)
{
	return (struct ike_ts){
		.net = local ? c->ts_local : c->ts_remote,
		.proto = c->proto,
		.port = local ? c->port_local : c->port_remote,
	};
}

void ike_child_set_ts(struct ike_child *c, bool local, const struct ike_ts *ts)
{
	c->proto = ts->proto;
	if (local) {
		c->ts_local = ts->net;
		c->port_local = ts->port;
	} else {
		c->ts_remote = ts->net;
		c->port_remote = ts->port;
	}
}

static bool same_net(const struct conf_subnet *a, const struct conf_subnet *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

bool ike_child_same_ts(const struct ike_child *a, const struct ike_child *b)
{
	return same_net(&a->ts_local, &b->ts_local) && same_net(&a->ts_remote, &b->ts_remote) &&
	       a->proto == b->proto && a->port_local == b->port_local &&
	       a->port_remote == b->port_remote;
}

const char *ike_child_ts_text(const struct ike_child *c, char *buf, size_t len)
{
	struct ike_ts local = ike_child_ts(c, true), remote = ike_child_ts(c, false);
	char l[64], r[64];

	snprintf(buf, len, "%s === %s", ike_ts_text(&local, l, sizeof(l)),
		 ike_ts_text(&remote, r, sizeof(r)));
	return buf;
}
