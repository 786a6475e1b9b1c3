// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A policy of a host-to-host tunnel matches the outer connection that carries
 * it. Policies of a socket go before those of the host.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include "macros.h"
#include "xfrm/xfrm.h"

/* The kernel compares the policy with packets, and those of a mapped socket are IPv4 */
static int packet_family(int fd, int domain)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);

	if (domain == AF_INET6 && !getpeername(fd, (struct sockaddr *)&peer, &len) &&
	    len == sizeof(peer) && IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr))
		return AF_INET;
	return domain;
}

/* Policies of sockets are read by xfrm_user: without it, EINVAL. Its socket loads it. */
static void load_xfrm_user(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);

	if (fd >= 0)
		close(fd);
}

static int set_policy(int fd, int level, int option, const struct xfrm_userpolicy_info *pol)
{
	if (!setsockopt(fd, level, option, pol, sizeof(*pol)))
		return 0;
	if (errno != EINVAL)
		return -errno;
	load_xfrm_user();
	return setsockopt(fd, level, option, pol, sizeof(*pol)) ? -errno : 0;
}

/**
 * xfrm_bypass - let a socket's own packets pass every policy, in and out
 * @fd: a socket of AF_INET or AF_INET6, best before connect() or listen();
 *	connections accepted from it inherit the bypass
 *
 * Return: 0, or -errno: -EPERM without CAP_NET_ADMIN.
 */
int xfrm_bypass(int fd)
{
	static const int dirs[] = { XFRM_POLICY_IN, XFRM_POLICY_OUT };
	struct xfrm_userpolicy_info pol;
	socklen_t len = sizeof(int);
	int domain, level, option, rc = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len))
		return -errno;
	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	level = domain == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	option = domain == AF_INET ? IP_XFRM_POLICY : IPV6_XFRM_POLICY;

	memset(&pol, 0, sizeof(pol));
	pol.action = XFRM_POLICY_ALLOW;
	pol.sel.family = packet_family(fd, domain);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(dirs); i++) {
		pol.dir = dirs[i];
		rc = set_policy(fd, level, option, &pol);
	}
	return rc;
}
