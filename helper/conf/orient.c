// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of left and right is this host. */
#include <ifaddrs.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

#include "conf/raw.h"
#include "conf/value.h"

static bool same_addr(const struct sockaddr *sa, const struct conf_subnet *addr)
{
	if (!sa || sa->sa_family != addr->family)
		return false;
	if (sa->sa_family == AF_INET)
		return !memcmp(&((const struct sockaddr_in *)sa)->sin_addr, addr->addr, 4);
	return !memcmp(&((const struct sockaddr_in6 *)sa)->sin6_addr, addr->addr, 16);
}

static bool is_ours(const struct ifaddrs *ifs, const struct conf_subnet *addr)
{
	for (; ifs; ifs = ifs->ifa_next)
		if (same_addr(ifs->ifa_addr, addr))
			return true;
	return false;
}

static bool name_is_ours(const struct ifaddrs *ifs, const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found, *ai;
	const struct ifaddrs *i;
	bool ours = false;

	/* A name that DNS does not know now is not ours: the peer's may come later */
	if (getaddrinfo(name, NULL, &hints, &found))
		return false;
	for (ai = found; ai && !ours; ai = ai->ai_next) {
		struct conf_subnet addr = { .family = ai->ai_family };

		if (ai->ai_family == AF_INET)
			memcpy(addr.addr, &((struct sockaddr_in *)ai->ai_addr)->sin_addr, 4);
		else if (ai->ai_family == AF_INET6)
			memcpy(addr.addr, &((struct sockaddr_in6 *)ai->ai_addr)->sin6_addr, 16);
		for (i = ifs; i && !ours; i = i->ifa_next)
			ours = same_addr(i->ifa_addr, &addr);
	}
	freeaddrinfo(found);
	return ours;
}

/* What can be told without asking DNS */
static bool end_is_ours(const struct ifaddrs *ifs, const struct conf_end *end)
{
	struct conf_subnet addr;

	if (!strcasecmp(end->host, "%defaultroute"))
		return true;
	return !conf_value_addr(end->host, &addr) && is_ours(ifs, &addr);
}

static bool is_name(const struct conf_end *end)
{
	struct conf_subnet addr;

	return *end->host != '%' && conf_value_addr(end->host, &addr);
}

static void swap(struct conf_conn *conn)
{
	struct conf_end left = conn->local;

	conn->local = conn->remote;
	conn->remote = left;
	conn->swapped = !conn->swapped;
}

/**
 * conf_orient - find out which end of a connection is this host
 * @conn: connection; afterwards its local end is this host
 * @err: one sentence where that cannot be told
 * @errlen: size of @err
 *
 * %defaultroute is this host, and so is an address that an interface has. An
 * end opposite to %any is this host even if its address is not on an interface:
 * a responder behind a NAT that forwards to it is reached by such an address.
 *
 * Return: 0, or -1 with @err set.
 */
int conf_orient(struct conf_conn *conn, char *err, size_t errlen)
{
	struct conf_err e = { .buf = err, .len = errlen };
	struct ifaddrs *ifs = NULL;
	bool local, remote;

	if (getifaddrs(&ifs))
		return conf_fail(&e, conn->file, conn->line, "cannot list this host's addresses");
	local = end_is_ours(ifs, &conn->local);
	remote = end_is_ours(ifs, &conn->remote);
	if (!local && !remote) {
		local = is_name(&conn->local) && name_is_ours(ifs, conn->local.host);
		remote = is_name(&conn->remote) && name_is_ours(ifs, conn->remote.host);
	}
	freeifaddrs(ifs);

	if (local && remote)
		return conf_fail(&e, conn->file, conn->line,
				 "conn %s: left and right are both this host", conn->name);
	if (!local && !remote) {
		local = conn->remote.any;
		remote = conn->local.any;
	}
	if (!local && !remote)
		return conf_fail(&e, conn->file, conn->line,
				 "conn %s: neither %s nor %s is an address of this host; write left=%%defaultroute for our end",
				 conn->name, conn->local.host, conn->remote.host);
	if (remote)
		swap(conn);
	return 0;
}
