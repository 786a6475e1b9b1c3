// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netlink/errno.h>

#include "conf/value.h"
#include "net/addr.h"
#include "net/iface.h"
#include "net/xfrmi.h"

#define NEVER	UINT32_MAX		/* no child SA has this tag: it stays to the end */

struct iface {
	struct changes_home *home;
	struct changes *changes;
	char dev[IFNAMSIZ];
	int lock;			/* -1: none, this process is the only one */
};

static void explain(int rc, const char *dev, char *err, size_t errlen)
{
	if (rc == -NLE_OPNOTSUPP)
		snprintf(err, errlen, "cannot make %s: the kernel has no xfrm interfaces (CONFIG_XFRM_INTERFACE)",
			 dev);
	else if (rc == -NLE_PERM)
		snprintf(err, errlen, "cannot make %s: CAP_NET_ADMIN is needed", dev);
	else
		snprintf(err, errlen, "cannot make %s: %s", dev, nl_geterror(rc));
}

/* The lock first: while it is held nobody deletes what is there */
static int get_link(struct iface *i, char *err, size_t errlen)
{
	struct change link = { .kind = CHANGE_XFRMI };
	struct nl_sock *sk = changes_sock(i->home);
	int rc;

	if (changes_dir(i->home) >= 0)
		i->lock = xfrmi_lock(changes_dir(i->home), i->dev, false);
	rc = sk ? xfrmi_look(sk, i->dev) : -NLE_BAD_SOCK;
	if (rc == XFRMI_FOREIGN)
		return 0;
	if (rc == XFRMI_WRONG) {
		snprintf(err, errlen, "%s is there, but is no xfrm interface with that if_id: see ip -d link show %s",
			 i->dev, i->dev);
		return -1;
	}
	memcpy(link.dev, i->dev, sizeof(link.dev));
	if (rc >= 0)
		rc = changes_do(i->changes, NEVER, &link);
	if (rc)
		explain(rc, i->dev, err, errlen);
	return rc ? -1 : 0;
}

struct iface *iface_take(struct changes_home *home, uint32_t if_id, char *err, size_t errlen)
{
	struct iface *i = calloc(1, sizeof(*i));

	if (i)
		i->changes = changes_new(home);
	if (!i || !i->changes) {
		snprintf(err, errlen, "out of memory");
		free(i);
		return NULL;
	}
	i->home = home;
	i->lock = -1;
	xfrmi_name(if_id, i->dev, sizeof(i->dev));
	if (!get_link(i, err, errlen))
		return i;
	iface_put(i);
	return NULL;
}

void iface_put(struct iface *i)
{
	if (!i)
		return;
	/* Or it would be in use for ever: by ourselves */
	if (i->lock >= 0)
		close(i->lock);
	changes_free(i->changes);
	free(i);
}

const char *iface_name(const struct iface *i)
{
	return i->dev;
}

/* 0 or a negative code of libnl */
static int add_route(struct iface *i, uint32_t tag, const struct conf_subnet *net,
		     const struct conf_subnet *src)
{
	struct change route = { .kind = CHANGE_ROUTE, .net = *net, .src = *src };

	memcpy(route.dev, i->dev, sizeof(route.dev));
	/* Of another child SA, for other protocols */
	return changes_has(i->changes, &route) ? 0 : changes_do(i->changes, tag, &route);
}

/* A route to everything is two halves, so that the default route can stay */
static int add_routes(struct iface *i, uint32_t tag, const struct conf_subnet *net,
		      const struct conf_subnet *src, const struct conf_subnet *peer)
{
	struct conf_subnet half = *net;
	int rc = 0;

	if (conf_subnet_contains(net, peer))
		rc = changes_keep_road(i->changes, NEVER, peer, i->dev);
	if (rc || net->prefix)
		return rc ? rc : add_route(i, tag, net, src);
	half.prefix = 1;
	rc = add_route(i, tag, &half, src);
	half.addr[0] = 0x80;
	return rc ? rc : add_route(i, tag, &half, src);
}

int iface_route(struct iface *i, uint32_t tag, const struct conf_subnet *net,
		const struct conf_subnet *src, const struct conf_subnet *peer, char *err,
		size_t errlen)
{
	struct conf_subnet host = addr_host(peer);
	char text[ADDR_TEXT_MAX];
	int rc;

	if (addr_equal(net, peer) && net->prefix == host.prefix)
		return 1;
	rc = add_routes(i, tag, net, src, peer);
	if (!rc)
		return 0;
	iface_unroute(i, tag);
	if (rc == -NLE_EXIST)
		return 1;
	snprintf(err, errlen, "cannot add a route to %s/%u through %s: %s",
		 addr_text(net, 0, text, sizeof(text)), net->prefix, i->dev, nl_geterror(rc));
	return -1;
}

void iface_unroute(struct iface *i, uint32_t tag)
{
	changes_undo(i->changes, tag);
}

void iface_follow(struct iface *i, const struct conf_subnet *peer)
{
	if (i)
		changes_follow(i->changes, i->dev, peer);
}
