// SPDX-License-Identifier: GPL-2.0-or-later
/* One change of the host's network, by rtnetlink. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include "macros.h"
#include "net/addr.h"
#include "net/changes.h"
#include "net/resolver.h"
#include "net/xfrmi.h"

static const char *const names[] = {
	[CHANGE_LINK] = "link", [CHANGE_ADDR] = "addr", [CHANGE_ROUTE] = "route",
	[CHANGE_RESOLVECTL] = "resolvectl", [CHANGE_RESOLVCONF] = "resolvconf",
	[CHANGE_XFRMI] = "xfrmi",
};

static struct nl_addr *make_addr(const struct conf_subnet *net)
{
	struct nl_addr *addr = nl_addr_build(net->family, net->addr,
					     net->family == AF_INET ? 4 : 16);

	if (addr)
		nl_addr_set_prefixlen(addr, net->prefix);
	return addr;
}

static int change_link(struct nl_sock *sk, const char *dev, bool make)
{
	struct rtnl_link *link = NULL;
	const char *type;
	int rc;

	if (!make) {
		rc = rtnl_link_get_kernel(sk, 0, dev, &link);
		if (rc)
			return rc;
		/* Somebody else may have one of this name by now */
		type = rtnl_link_get_type(link);
		rc = type && !strcmp(type, "dummy") ? rtnl_link_delete(sk, link) : -NLE_EXIST;
		rtnl_link_put(link);
		return rc;
	}
	link = rtnl_link_alloc();
	if (!link)
		return -NLE_NOMEM;
	rtnl_link_set_name(link, dev);
	rtnl_link_set_flags(link, IFF_UP);
	rc = rtnl_link_set_type(link, "dummy");
	if (!rc)
		rc = rtnl_link_add(sk, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(link);
	return rc;
}

static int change_addr(struct nl_sock *sk, const struct change *c, bool make)
{
	struct conf_subnet single = addr_host(&c->net);
	struct rtnl_addr *ra = rtnl_addr_alloc();
	struct nl_addr *local = make_addr(&single);
	int rc = -NLE_NOMEM;

	if (!ra || !local)
		goto out;
	rtnl_addr_set_ifindex(ra, (int)if_nametoindex(c->dev));
	rtnl_addr_set_family(ra, c->net.family);
	rc = rtnl_addr_set_local(ra, local);
	if (rc < 0)
		goto out;
	if (make && c->net.family == AF_INET6)
		rtnl_addr_set_flags(ra, IFA_F_NODAD);
	rc = make ? rtnl_addr_add(sk, ra, NLM_F_EXCL) : rtnl_addr_delete(sk, ra, 0);
out:
	nl_addr_put(local);
	rtnl_addr_put(ra);
	return rc;
}

static int set_addr(struct rtnl_route *route, int (*set)(struct rtnl_route *, struct nl_addr *),
		    const struct conf_subnet *net)
{
	struct nl_addr *addr = make_addr(net);
	int rc = addr ? set(route, addr) : -NLE_NOMEM;

	nl_addr_put(addr);
	return rc;
}

static int set_nexthop(struct rtnl_route *route, const struct change *c)
{
	struct rtnl_nexthop *nh = rtnl_route_nh_alloc();
	struct nl_addr *via = c->via.family ? make_addr(&c->via) : NULL;

	if (!nh || (c->via.family && !via)) {
		if (nh)
			rtnl_route_nh_free(nh);
		nl_addr_put(via);
		return -NLE_NOMEM;
	}
	rtnl_route_nh_set_ifindex(nh, (int)if_nametoindex(c->dev));
	if (via)
		rtnl_route_nh_set_gateway(nh, via);
	nl_addr_put(via);
	rtnl_route_add_nexthop(route, nh);	/* the route owns it now */
	return 0;
}

/* flags of a new one; -1: take it away */
static int change_route(struct nl_sock *sk, const struct change *c, int flags)
{
	struct rtnl_route *route = rtnl_route_alloc();
	int rc;

	if (!route)
		return -NLE_NOMEM;
	rtnl_route_set_family(route, c->net.family);
	rtnl_route_set_table(route, RT_TABLE_MAIN);
	rtnl_route_set_protocol(route, RTPROT_STATIC);
	rtnl_route_set_scope(route, c->via.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
	rc = set_nexthop(route, c);
	if (!rc)
		rc = set_addr(route, rtnl_route_set_dst, &c->net);
	if (!rc && c->src.family)
		rc = set_addr(route, rtnl_route_set_pref_src, &c->src);
	/* The kernel deletes one that is the same in all of this, and no other */
	if (!rc)
		rc = flags >= 0 ? rtnl_route_add(sk, route, flags) :
				  rtnl_route_delete(sk, route, 0);
	rtnl_route_put(route);
	return rc;
}

static int change(struct nl_sock *sk, const struct change *c, bool make)
{
	switch (c->kind) {
	case CHANGE_LINK:
		return change_link(sk, c->dev, make);
	case CHANGE_XFRMI:
		return make ? xfrmi_make(sk, c->dev) : xfrmi_delete(sk, c->dev);
	case CHANGE_ADDR:
		return if_nametoindex(c->dev) ? change_addr(sk, c, make) : -NLE_NODEV;
	case CHANGE_ROUTE:
		return if_nametoindex(c->dev) ? change_route(sk, c, make ? NLM_F_EXCL : -1) :
						-NLE_NODEV;
	case CHANGE_RESOLVECTL:
	case CHANGE_RESOLVCONF:
		if (!make)
			resolver_put_back(c->kind == CHANGE_RESOLVECTL, c->dev);
		return 0;
	}
	return -NLE_INVAL;
}

int change_make(struct nl_sock *sk, const struct change *c)
{
	return change(sk, c, true);
}

int change_undo(struct nl_sock *sk, const struct change *c)
{
	return change(sk, c, false);
}

int change_replace(struct nl_sock *sk, const struct change *c)
{
	return if_nametoindex(c->dev) ? change_route(sk, c, NLM_F_REPLACE) : -NLE_NODEV;
}

static int print_net(const struct conf_subnet *net, char *buf, size_t len)
{
	char ip[INET6_ADDRSTRLEN];

	if (!net->family)
		return snprintf(buf, len, " -");
	if (!inet_ntop(net->family, net->addr, ip, sizeof(ip)))
		return -1;
	return snprintf(buf, len, " %s/%u", ip, net->prefix);
}

static int parse_net(const char *text, struct conf_subnet *net)
{
	char ip[INET6_ADDRSTRLEN];
	unsigned int prefix;

	memset(net, 0, sizeof(*net));
	if (!strcmp(text, "-"))
		return 0;
	if (sscanf(text, "%45[0-9a-fA-F.:]/%3u", ip, &prefix) != 2)
		return -1;
	net->family = strchr(ip, ':') ? AF_INET6 : AF_INET;
	net->prefix = (uint8_t)prefix;
	if (prefix > (net->family == AF_INET ? 32 : 128))
		return -1;
	return inet_pton(net->family, ip, net->addr) == 1 ? 0 : -1;
}

int change_print(const struct change *c, char *buf, size_t len)
{
	const struct conf_subnet *const nets[] = { &c->net, &c->via, &c->src };
	int n = snprintf(buf, len, "%s %s", names[c->kind], c->dev);

	for (size_t i = 0; i < ARRAY_SIZE(nets); i++) {
		int more = (size_t)n < len ? print_net(nets[i], buf + n, len - (size_t)n) : -1;

		if (more < 0)
			return -1;
		n += more;
	}
	return (size_t)n < len ? n : -1;
}

int change_parse(const char *line, struct change *c)
{
	char name[16], net[3][64];

	memset(c, 0, sizeof(*c));
	if (sscanf(line, "%15s %15s %63s %63s %63s", name, c->dev, net[0], net[1], net[2]) != 5)
		return -1;
	if (parse_net(net[0], &c->net) || parse_net(net[1], &c->via) || parse_net(net[2], &c->src))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name))
			continue;
		c->kind = i;
		/* A network is what an address and a route have */
		return !c->net.family == (i == CHANGE_ADDR || i == CHANGE_ROUTE) ? -1 : 0;
	}
	return -1;
}

static int take_road(struct rtnl_route *route, struct change *road)
{
	struct rtnl_nexthop *nh = rtnl_route_nexthop_n(route, 0);
	struct nl_addr *gateway;

	if (!nh || !if_indextoname((unsigned int)rtnl_route_nh_get_ifindex(nh), road->dev))
		return -NLE_OBJ_NOTFOUND;
	gateway = rtnl_route_nh_get_gateway(nh);
	memset(&road->via, 0, sizeof(road->via));
	if (gateway && (nl_addr_get_family(gateway) == AF_INET ||
			nl_addr_get_family(gateway) == AF_INET6)) {
		road->via.family = (sa_family_t)nl_addr_get_family(gateway);
		memcpy(road->via.addr, nl_addr_get_binary_addr(gateway), nl_addr_get_len(gateway));
		road->via = addr_host(&road->via);
	}
	return 0;
}

/* Whether route a to dst, which is through another device than index, comes before b */
static bool better(struct rtnl_route *a, struct rtnl_route *b, struct nl_addr *dst, int index)
{
	struct nl_addr *net = rtnl_route_get_dst(a);
	struct rtnl_nexthop *nh = rtnl_route_nexthop_n(a, 0);
	unsigned int len, best;

	if (rtnl_route_get_table(a) != RT_TABLE_MAIN || rtnl_route_get_type(a) != RTN_UNICAST ||
	    !nh || rtnl_route_nh_get_ifindex(nh) == index || (net && nl_addr_cmp_prefix(net, dst)))
		return false;
	if (!b)
		return true;
	len = net ? nl_addr_get_prefixlen(net) : 0;
	net = rtnl_route_get_dst(b);
	best = net ? nl_addr_get_prefixlen(net) : 0;
	return len > best ||
	       (len == best && rtnl_route_get_priority(a) < rtnl_route_get_priority(b));
}

/* As the kernel would find it, were it not for one device */
static int road_but(struct nl_sock *sk, struct nl_addr *dst, const char *but, struct change *road)
{
	struct rtnl_route *best = NULL;
	int rc = -NLE_OBJ_NOTFOUND, index = (int)if_nametoindex(but);
	struct nl_cache *all;
	struct nl_object *o;

	if (rtnl_route_alloc_cache(sk, nl_addr_get_family(dst), 0, &all))
		return rc;
	for (o = nl_cache_get_first(all); o; o = nl_cache_get_next(o))
		if (better((struct rtnl_route *)o, best, dst, index))
			best = (struct rtnl_route *)o;
	if (best)
		rc = take_road(best, road);
	nl_cache_free(all);
	return rc;
}

int change_road(struct nl_sock *sk, const struct conf_subnet *peer, const char *but,
		struct change *road)
{
	struct conf_subnet single = addr_host(peer);
	struct nl_addr *dst = make_addr(&single);
	struct rtnl_route *route = NULL;
	int rc = -NLE_OBJ_NOTFOUND;

	memset(road, 0, sizeof(*road));
	road->kind = CHANGE_ROUTE;
	if (dst && !rtnl_route_lookup(sk, dst, &route))
		rc = take_road(route, road);
	if (!rc && but && !strcmp(road->dev, but))
		rc = road_but(sk, dst, but, road);
	rtnl_route_put(route);
	nl_addr_put(dst);
	return rc;
}

void change_lead(struct change *route, const struct change *road)
{
	memcpy(route->dev, road->dev, sizeof(route->dev));
	route->via = road->via;
	/* A gateway of the other family is nothing that a route could have */
	if (route->via.family != route->net.family)
		route->via.family = 0;
}
