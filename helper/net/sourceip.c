// SPDX-License-Identifier: GPL-2.0-or-later
/* leftsourceip: an address of ours that the tunnel is used with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/socket.h>

#include "conf/value.h"
#include "net/addr.h"
#include "net/sourceip.h"

/* An address on lo that several tunnels may share */
struct shared_addr {
	LIST_ENTRY(shared_addr) entry;
	struct conf_subnet ip;
	struct changes *changes;
	unsigned int refs;
};

struct sourceip_host {
	struct nl_sock *sk;
	struct changes_home *changes;
	LIST_HEAD(, shared_addr) addrs;
};

struct sourceip {
	struct sourceip_host *host;
	struct shared_addr *addr;	/* NULL: the host had it before us */
	struct changes *routes;
};

struct sourceip_host *sourceip_host_new(struct changes_home *changes)
{
	struct sourceip_host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->changes = changes;
	LIST_INIT(&host->addrs);
	host->sk = nl_socket_alloc();
	if (!host->sk) {
		free(host);
		return NULL;
	}
	return host;
}

void sourceip_host_free(struct sourceip_host *host)
{
	if (!host)
		return;
	nl_socket_free(host->sk);
	free(host);
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

static int take_addr(struct sourceip *s, const struct conf_subnet *ip)
{
	struct change on_lo = { .kind = CHANGE_ADDR, .dev = "lo", .net = *ip };
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
	a->changes = changes_new(s->host->changes);
	rc = a->changes ? changes_do(a->changes, 0, &on_lo) : -NLE_NOMEM;
	if (rc < 0) {
		changes_free(a->changes);
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
	changes_free(a->changes);
	LIST_REMOVE(a, entry);
	free(a);
}

/* ip NULL: with no address of its own */
static int add_route(struct sourceip *s, const struct conf_subnet *to,
		     const struct conf_subnet *ip, const struct conf_subnet *peer)
{
	struct change route = { .kind = CHANGE_ROUTE, .net = *to }, road;
	int rc = changes_road(s->host->changes, peer, NULL, &road);

	if (rc)
		return rc;
	change_lead(&route, &road);
	if (ip)
		route.src = *ip;
	return changes_do(s->routes, 0, &route);
}

static int add_routes(struct sourceip *s, const struct conf_subnet *remote,
		      const struct conf_subnet *ip, const struct conf_subnet *peer)
{
	struct conf_subnet half = *remote, host = addr_host(peer);
	int rc;

	/* Or another connection to the peer would leave with the address that is for the inside */
	if (conf_subnet_contains(remote, peer)) {
		rc = add_route(s, &host, NULL, peer);
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

	if (remote && ip->family != remote->family) {
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
	s->routes = changes_new(host->changes);
	rc = s->routes ? take_addr(s, ip) : -NLE_NOMEM;
	if (rc) {
		explain(rc, "the address", ip, err, errlen);
		sourceip_del(s);
		return NULL;
	}
	rc = remote ? add_routes(s, remote, ip, peer) : 0;
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
	changes_free(s->routes);
	put_addr(s);
	free(s);
}

void sourceip_follow(struct sourceip *s, const struct conf_subnet *peer)
{
	if (s)
		changes_follow(s->routes, NULL, peer);
}
