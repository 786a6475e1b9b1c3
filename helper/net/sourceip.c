// SPDX-License-Identifier: GPL-2.0-or-later
/* leftsourceip: an address of ours that the tunnel is used with. */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>

#include "conf/value.h"
#include "net/addr.h"
#include "net/sourceip.h"

#define ROUTES_MAX 3

/* An address on lo that several tunnels may share */
struct shared_addr {
	LIST_ENTRY(shared_addr) entry;
	struct conf_subnet ip;
	unsigned int refs;
};

struct sourceip_host {
	struct nl_sock *sk;
	LIST_HEAD(, shared_addr) addrs;
	bool inherit;
};

struct sourceip {
	struct sourceip_host *host;
	struct shared_addr *addr;	/* NULL: the host had it before us */
	struct rtnl_route *routes[ROUTES_MAX];
	int n_routes;
};

struct sourceip_host *sourceip_host_new(void)
{
	struct sourceip_host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	LIST_INIT(&host->addrs);
	host->sk = nl_socket_alloc();
	if (!host->sk) {
		free(host);
		return NULL;
	}
	return host;
}

void sourceip_host_inherit(struct sourceip_host *host)
{
	host->inherit = true;
}

void sourceip_host_free(struct sourceip_host *host)
{
	if (!host)
		return;
	nl_socket_free(host->sk);
	free(host);
}

static struct nl_addr *make_addr(const struct conf_subnet *net)
{
	struct nl_addr *addr = nl_addr_build(net->family, net->addr,
					     net->family == AF_INET ? 4 : 16);

	if (addr)
		nl_addr_set_prefixlen(addr, net->prefix);
	return addr;
}

static struct conf_subnet whole(const struct conf_subnet *net)
{
	struct conf_subnet host = *net;

	host.prefix = net->family == AF_INET ? 32 : 128;
	return host;
}

/* 1, 0, or a negative code of libnl */
static int host_has(struct sourceip_host *host, const struct conf_subnet *ip)
{
	struct nl_cache *cache;
	struct nl_object *obj;
	int rc = rtnl_addr_alloc_cache(host->sk, &cache), found = 0;

	if (rc < 0)
		return rc;
	for (obj = nl_cache_get_first(cache); obj && !found; obj = nl_cache_get_next(obj)) {
		struct nl_addr *local = rtnl_addr_get_local((struct rtnl_addr *)obj);
		size_t len = ip->family == AF_INET ? 4 : 16;

		found = local && nl_addr_get_family(local) == ip->family &&
			nl_addr_get_len(local) == len &&
			!memcmp(nl_addr_get_binary_addr(local), ip->addr, len);
	}
	nl_cache_free(cache);
	return found;
}

/* Add the address to lo, or take it away. 0 or a negative code of libnl. */
static int change_lo(struct sourceip_host *host, const struct conf_subnet *ip, bool add)
{
	struct conf_subnet single = whole(ip);
	struct rtnl_addr *ra = rtnl_addr_alloc();
	struct nl_addr *local = make_addr(&single);
	int rc = -NLE_NOMEM;

	if (!ra || !local)
		goto out;
	rtnl_addr_set_ifindex(ra, if_nametoindex("lo"));
	rtnl_addr_set_family(ra, ip->family);
	rc = rtnl_addr_set_local(ra, local);
	if (rc < 0)
		goto out;
	if (add && ip->family == AF_INET6)
		rtnl_addr_set_flags(ra, IFA_F_NODAD);
	rc = add ? rtnl_addr_add(host->sk, ra, NLM_F_EXCL) : rtnl_addr_delete(host->sk, ra, 0);
out:
	nl_addr_put(local);
	rtnl_addr_put(ra);
	return rc;
}

static int take_addr(struct sourceip *s, const struct conf_subnet *ip)
{
	struct shared_addr *a;
	int rc;

	LIST_FOREACH(a, &s->host->addrs, entry) {
		if (a->ip.family == ip->family && !memcmp(a->ip.addr, ip->addr, sizeof(ip->addr))) {
			a->refs++;
			s->addr = a;
			return 0;
		}
	}
	rc = host_has(s->host, ip);
	if (rc)
		return rc < 0 ? rc : 0;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -NLE_NOMEM;
	rc = change_lo(s->host, ip, true);
	if (rc < 0) {
		free(a);
		return rc;
	}
	a->ip = *ip;
	a->refs = 1;
	LIST_INSERT_HEAD(&s->host->addrs, a, entry);
	s->addr = a;
	return 0;
}

static void put_addr(struct sourceip *s)
{
	struct shared_addr *a = s->addr;

	if (!a || --a->refs)
		return;
	change_lo(s->host, &a->ip, false);
	LIST_REMOVE(a, entry);
	free(a);
}

/* The way that packets to the peer take now: device, and gateway if there is one */
static struct rtnl_nexthop *find_road(struct sourceip *s, const struct conf_subnet *peer,
				      int family)
{
	struct conf_subnet single = whole(peer);
	struct nl_addr *dst = make_addr(&single), *gateway;
	struct rtnl_route *route = NULL;
	struct rtnl_nexthop *found = NULL, *road = NULL;

	if (dst && !rtnl_route_lookup(s->host->sk, dst, &route))
		found = rtnl_route_nexthop_n(route, 0);
	if (found)
		road = rtnl_route_nh_alloc();
	if (road) {
		rtnl_route_nh_set_ifindex(road, rtnl_route_nh_get_ifindex(found));
		gateway = rtnl_route_nh_get_gateway(found);
		if (gateway && nl_addr_get_family(gateway) == family)
			rtnl_route_nh_set_gateway(road, gateway);
	}
	rtnl_route_put(route);
	nl_addr_put(dst);
	return road;
}

/* src NULL: what the device has. 0 with *made set, or a negative code of libnl. */
static int make_route(struct sourceip *s, struct nl_addr *dst, struct nl_addr *src,
		      const struct conf_subnet *peer, struct rtnl_route **made)
{
	int family = nl_addr_get_family(dst), rc;
	struct rtnl_nexthop *road = find_road(s, peer, family);
	struct rtnl_route *route = rtnl_route_alloc();

	if (!road || !route) {
		rc = road ? -NLE_NOMEM : -NLE_OBJ_NOTFOUND;
		if (road)
			rtnl_route_nh_free(road);
		rtnl_route_put(route);
		return rc;
	}
	rtnl_route_set_family(route, family);
	rtnl_route_set_table(route, RT_TABLE_MAIN);
	rtnl_route_set_protocol(route, RTPROT_STATIC);
	rtnl_route_set_scope(route, rtnl_route_nh_get_gateway(road) ? RT_SCOPE_UNIVERSE :
								     RT_SCOPE_LINK);
	rtnl_route_add_nexthop(route, road);	/* the route owns it now */
	rc = rtnl_route_set_dst(route, dst);
	if (!rc && src)
		rc = rtnl_route_set_pref_src(route, src);
	if (!rc)
		*made = route;
	else
		rtnl_route_put(route);
	return rc;
}

/* ip NULL: with no address of its own */
static int add_route(struct sourceip *s, const struct conf_subnet *to,
		     const struct conf_subnet *ip, const struct conf_subnet *peer)
{
	struct conf_subnet single = ip ? whole(ip) : *to;
	struct nl_addr *dst = make_addr(to), *src = ip ? make_addr(&single) : NULL;
	struct rtnl_route *route = NULL;
	int rc = -NLE_NOMEM;

	if (dst && (src || !ip))
		rc = make_route(s, dst, src, peer, &route);
	if (!rc)
		rc = rtnl_route_add(s->host->sk, route, NLM_F_EXCL);
	/* The kernel deletes one that is the same in all of this, and no other */
	if (rc == -NLE_EXIST && s->host->inherit && !rtnl_route_delete(s->host->sk, route, 0))
		rc = rtnl_route_add(s->host->sk, route, NLM_F_EXCL);
	if (!rc) {
		s->routes[s->n_routes++] = route;
		route = NULL;
	}
	rtnl_route_put(route);
	nl_addr_put(dst);
	nl_addr_put(src);
	return rc;
}

static int add_routes(struct sourceip *s, const struct conf_subnet *remote,
		      const struct conf_subnet *ip, const struct conf_subnet *peer)
{
	struct conf_subnet half = *remote, single = whole(peer);
	int rc;

	/* Or another connection to the peer would leave with the address that is for the inside */
	if (conf_subnet_contains(remote, peer)) {
		rc = add_route(s, &single, NULL, peer);
		if (rc && rc != -NLE_EXIST)
			return rc;
	}
	if (remote->prefix)
		return add_route(s, remote, ip, peer);
	half.prefix = 1;
	half.addr[0] = 0;
	rc = add_route(s, &half, ip, peer);
	half.addr[0] = 0x80;
	return rc ? rc : add_route(s, &half, ip, peer);
}

static void explain(int rc, const char *what, const struct conf_subnet *net, char *err,
		    size_t errlen)
{
	char text[ADDR_TEXT_MAX];

	addr_text(net, 0, text, sizeof(text));
	if (rc == -NLE_EXIST)
		snprintf(err, errlen, "leftsourceip: %s %s/%u exists already: see ip route", what,
			 text, net->prefix);
	else if (rc == -NLE_PERM)
		snprintf(err, errlen, "leftsourceip: cannot add %s %s: CAP_NET_ADMIN is needed",
			 what, text);
	else
		snprintf(err, errlen, "leftsourceip: cannot add %s %s: %s", what, text,
			 nl_geterror(rc));
}

struct sourceip *sourceip_add(struct sourceip_host *host, const struct conf_subnet *ip,
			      const struct conf_subnet *remote, const struct conf_subnet *peer,
			      char *err, size_t errlen)
{
	struct sourceip *s;
	int rc;

	if (ip->family != remote->family) {
		snprintf(err, errlen, "leftsourceip and the remote subnet are not of one family");
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	s->host = host;
	if (nl_socket_get_fd(host->sk) < 0) {
		rc = nl_connect(host->sk, NETLINK_ROUTE);
		if (rc < 0) {
			snprintf(err, errlen, "leftsourceip: no rtnetlink: %s", nl_geterror(rc));
			free(s);
			return NULL;
		}
	}
	rc = take_addr(s, ip);
	if (rc) {
		explain(rc, "the address", ip, err, errlen);
		sourceip_del(s);
		return NULL;
	}
	rc = add_routes(s, remote, ip, peer);
	if (rc) {
		explain(rc, "a route to", remote, err, errlen);
		sourceip_del(s);
		return NULL;
	}
	return s;
}

void sourceip_del(struct sourceip *s)
{
	if (!s)
		return;
	while (s->n_routes) {
		struct rtnl_route *route = s->routes[--s->n_routes];

		rtnl_route_delete(s->host->sk, route, 0);
		rtnl_route_put(route);
	}
	put_addr(s);
	free(s);
}

/* Those of a device that is gone are gone with it; the others give way without a gap */
void sourceip_follow(struct sourceip *s, const struct conf_subnet *peer)
{
	struct rtnl_route *route;

	for (int i = 0; s && i < s->n_routes; i++) {
		if (make_route(s, rtnl_route_get_dst(s->routes[i]),
			       rtnl_route_get_pref_src(s->routes[i]), peer, &route))
			continue;
		if (rtnl_route_add(s->host->sk, route, NLM_F_REPLACE)) {
			rtnl_route_put(route);
			continue;
		}
		rtnl_route_put(s->routes[i]);
		s->routes[i] = route;
	}
}
