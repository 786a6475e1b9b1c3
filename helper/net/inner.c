// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/errno.h>

#include "conf/value.h"
#include "net/addr.h"
#include "net/inner.h"
#include "net/resolver.h"

#define ROUTES_MAX	(2 * (IKE_CP_SUBNETS_MAX + CONF_DNS_MAX + 1))
#define NEVER		UINT32_MAX	/* no child SA has this tag: it stays to the end */

struct inner {
	struct changes_home *home;
	struct changes *changes;
	char dev[IFNAMSIZ];
	bool on_lo;			/* no interface could be made */
	bool all;			/* everything is routed into the tunnel */
};

struct routes {
	struct conf_subnet net[ROUTES_MAX];
	size_t n;
};

void inner_dev_name(const char *conn, char *buf, size_t len)
{
	char name[IFNAMSIZ];
	uint32_t hash = 2166136261u;	/* FNV-1a */

	for (const char *p = conn; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	if (snprintf(name, sizeof(name), "esp-%s", conn) >= (int)sizeof(name))
		snprintf(name, sizeof(name), "esp-%.6s-%04x", conn, hash & 0xffff);
	snprintf(buf, len, "%s", name);
}

static void explain(int rc, const char *what, const char *which, char *err, size_t errlen)
{
	if (rc == -NLE_EXIST)
		snprintf(err, errlen, "%s %s exists already: see ip address and ip route", what,
			 which);
	else if (rc == -NLE_PERM)
		snprintf(err, errlen, "cannot add %s %s: CAP_NET_ADMIN is needed", what, which);
	else
		snprintf(err, errlen, "cannot add %s %s: %s", what, which, nl_geterror(rc));
}

struct inner *inner_new(struct changes_home *home, const char *dev, bool make, char *err,
			size_t errlen)
{
	struct inner *in = calloc(1, sizeof(*in));
	struct change link = { .kind = CHANGE_LINK };
	int rc;

	if (in)
		in->changes = changes_new(home);
	if (!in || !in->changes) {
		snprintf(err, errlen, "out of memory");
		free(in);
		return NULL;
	}
	in->home = home;
	snprintf(in->dev, sizeof(in->dev), "%s", dev);
	snprintf(link.dev, sizeof(link.dev), "%s", dev);
	rc = make ? changes_do(in->changes, NEVER, &link) : 0;
	in->on_lo = rc == -NLE_OPNOTSUPP;
	if (!rc || in->on_lo)
		return in;
	explain(rc, "the interface", dev, err, errlen);
	inner_free(in);
	return NULL;
}

void inner_free(struct inner *in)
{
	if (!in)
		return;
	changes_free(in->changes);
	free(in);
}

static void add_net(struct routes *r, const struct conf_subnet *net)
{
	if (r->n < ROUTES_MAX)
		r->net[r->n++] = *net;
}

static bool has_net(const struct routes *r, const struct conf_subnet *addr)
{
	for (size_t i = 0; i < r->n; i++)
		if (conf_subnet_contains(&r->net[i], addr))
			return true;
	return false;
}

/* Of what the policy covers, what the peer named, or all of it; and its name servers */
static void choose(struct routes *r, const struct conf_subnet *remote, const struct ike_cp *cp)
{
	for (size_t i = 0; i < cp->n_subnets; i++) {
		const struct conf_subnet *net = &cp->subnet[i];

		if (conf_subnet_contains(remote, net) && !has_net(r, net))
			add_net(r, net);
	}
	if (!r->n)
		add_net(r, remote);
	for (size_t i = 0; i < cp->n_dns; i++)
		if (conf_subnet_contains(remote, &cp->dns[i]) && !has_net(r, &cp->dns[i]))
			add_net(r, &cp->dns[i]);
}

static int add_route(struct inner *in, uint32_t tag, const struct conf_subnet *net,
		     const struct conf_subnet *ip, const struct conf_subnet *peer)
{
	struct change route = { .kind = CHANGE_ROUTE, .net = *net, .src = *ip }, road = { 0 };
	int rc = in->on_lo ? changes_road(in->home, peer, NULL, &road) : 0;

	if (rc)
		return rc;
	if (!in->on_lo)
		memcpy(road.dev, in->dev, sizeof(road.dev));
	change_lead(&route, &road);
	/* Of another child SA, for other protocols */
	if (changes_has(in->changes, &route))
		return 0;
	return changes_do(in->changes, tag, &route);
}

/* A route to everything is two halves, so that the default route can stay */
static int add_routes(struct inner *in, uint32_t tag, const struct conf_subnet *net,
		      const struct conf_subnet *ip, const struct conf_subnet *peer)
{
	struct conf_subnet half = *net;
	int rc;

	if (net->prefix)
		return add_route(in, tag, net, ip, peer);
	in->all = true;
	half.prefix = 1;
	rc = add_route(in, tag, &half, ip, peer);
	half.addr[0] = 0x80;
	return rc ? rc : add_route(in, tag, &half, ip, peer);
}

static int add_addr(struct inner *in, const struct conf_subnet *ip)
{
	struct change addr = { .kind = CHANGE_ADDR, .net = *ip };

	snprintf(addr.dev, sizeof(addr.dev), "%s", in->on_lo ? "lo" : in->dev);
	return changes_has(in->changes, &addr) ? 0 : changes_do(in->changes, NEVER, &addr);
}

int inner_add(struct inner *in, uint32_t tag, const struct conf_subnet *ip,
	      const struct conf_subnet *remote, const struct ike_cp *cp,
	      const struct conf_subnet *peer, char *err, size_t errlen)
{
	char text[ADDR_TEXT_MAX], net[ADDR_TEXT_MAX + 4];
	struct routes r = { .n = 0 };
	int rc = add_addr(in, ip);

	if (rc) {
		explain(rc, "the address", addr_text(ip, 0, text, sizeof(text)), err, errlen);
		return -1;
	}
	choose(&r, remote, cp);
	if (has_net(&r, peer))
		rc = changes_keep_road(in->changes, NEVER, peer, in->dev);
	if (rc) {
		explain(rc, "a route to", addr_text(peer, 0, text, sizeof(text)), err, errlen);
		return -1;
	}
	for (size_t i = 0; i < r.n; i++) {
		rc = add_routes(in, tag, &r.net[i], ip, peer);
		if (!rc)
			continue;
		snprintf(net, sizeof(net), "%s/%u", addr_text(&r.net[i], 0, text, sizeof(text)),
			 r.net[i].prefix);
		explain(rc, "a route to", net, err, errlen);
		changes_undo(in->changes, tag);
		return -1;
	}
	return 0;
}

void inner_keep_road(struct inner *in, const struct conf_subnet *peer)
{
	/* Where that does not work, the connection does not either, and says so */
	if (changes_cover(in->changes, peer))
		(void)changes_keep_road(in->changes, NEVER, peer, in->dev);
}

void inner_del(struct inner *in, uint32_t tag)
{
	changes_undo(in->changes, tag);
}

void inner_follow(struct inner *in, const struct conf_subnet *peer)
{
	if (in)
		changes_follow(in->changes, in->dev, peer);
}

int inner_dns(struct inner *in, const struct ike_cp *cp)
{
	return cp->n_dns ? resolver_hand_over(in->changes, in->dev, !in->on_lo, cp, in->all) : 0;
}
