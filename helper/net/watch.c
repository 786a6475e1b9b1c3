// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of this host's links, addresses and routes, as rtnetlink tells them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "net/addr.h"
#include "net/watch.h"
#include "xfrm/xfrm.h"

#define BATCH	64		/* messages a turn */
#define PORT	4500		/* any: nothing is sent */

struct watch {
	struct loop *loop;
	struct loop_fd w;
	struct nl_sock *sk;
	void (*changed)(void *arg);
	void *arg;
};

/* What it is does not matter: whoever wants to know asks for a route. An overrun is a change. */
static void ready(void *arg, uint32_t events)
{
	struct watch *w = arg;
	char buf[8192];

	(void)events;
	for (int i = 0; i < BATCH; i++)
		if (recv(w->w.fd, buf, sizeof(buf), MSG_DONTWAIT) < 0 && errno != ENOBUFS)
			break;
	w->changed(w->arg);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	loop_fd_del(w->loop, &w->w);
	nl_socket_free(w->sk);
	free(w);
}

struct watch *watch_new(struct loop *loop, void (*changed)(void *arg), void *arg, char *err,
			size_t errlen)
{
	struct watch *w = calloc(1, sizeof(*w));
	int rc = -NLE_NOMEM;

	if (w)
		w->sk = nl_socket_alloc();
	if (!w || !w->sk)
		goto fail;
	w->loop = loop;
	w->w = (struct loop_fd){ .fd = -1, .ready = ready, .arg = w };
	w->changed = changed;
	w->arg = arg;
	rc = nl_connect(w->sk, NETLINK_ROUTE);
	if (!rc)
		rc = nl_socket_add_memberships(w->sk, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
					       RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
					       RTNLGRP_IPV6_ROUTE, 0);
	if (rc < 0)
		goto fail;
	w->w.fd = nl_socket_get_fd(w->sk);
	if (!loop_fd_add(loop, &w->w, EPOLLIN))
		return w;
	rc = -NLE_FAILURE;
fail:
	snprintf(err, errlen, "cannot watch addresses and routes: %s", nl_geterror(rc));
	if (w && w->sk)
		nl_socket_free(w->sk);
	free(w);
	return NULL;
}

int watch_source(const struct conf_subnet *peer, struct conf_subnet *source)
{
	int fd = socket(peer->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage to;
	struct ike_addrs addrs;
	socklen_t len;
	int rc;

	if (fd < 0)
		return -errno;
	len = addr_to_sockaddr(peer, PORT, &to);
	rc = xfrm_bypass(fd);
	if (!rc && connect(fd, (struct sockaddr *)&to, len))
		rc = -errno;
	if (!rc)
		rc = addr_of_socket(fd, &addrs);
	close(fd);
	if (!rc)
		*source = addrs.local;
	return rc;
}
