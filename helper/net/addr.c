// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses and ports: of sockets, and as people write them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "net/addr.h"

static int parse_port(const char *text, uint16_t *port)
{
	unsigned long n;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	n = strtoul(text, &end, 10);
	if (*end || n < 1 || n > 65535)
		return -1;
	*port = n;
	return 0;
}

static int copy_host(const char *from, size_t n, char *host, size_t hostlen)
{
	if (n >= hostlen)
		return -1;
	memcpy(host, from, n);
	host[n] = '\0';
	return 0;
}

static int split_bracket(const char *text, char *host, size_t hostlen, uint16_t *port)
{
	const char *end = strchr(text, ']');

	if (!end || end == text + 1 || copy_host(text + 1, end - text - 1, host, hostlen))
		return -1;
	if (!end[1])
		return 0;
	return end[1] == ':' ? parse_port(end + 2, port) : -1;
}

int addr_split(const char *text, uint16_t default_port, char *host, size_t hostlen,
	       uint16_t *port)
{
	const char *colon = strchr(text, ':');

	*port = default_port;
	if (!*text)
		return -1;
	if (*text == '[')
		return split_bracket(text, host, hostlen, port);
	/* Two colons are an IPv6 address, which has no port without brackets */
	if (!colon || strchr(colon + 1, ':'))
		return copy_host(text, strlen(text), host, hostlen);
	if (copy_host(text, colon - text, host, hostlen))
		return -1;
	return parse_port(colon + 1, port);
}

int addr_listen(const char *text, char *host, size_t hostlen, uint16_t *port)
{
	if (!parse_port(text, port)) {
		host[0] = '\0';
		return 0;
	}
	return addr_split(text, ADDR_PORT_IKE_TCP, host, hostlen, port);
}

bool addr_parse(const char *text, struct conf_subnet *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (!text)
		return false;
	if (inet_pton(AF_INET, text, addr->addr) == 1) {
		addr->family = AF_INET;
		addr->prefix = 32;
	} else if (inet_pton(AF_INET6, text, addr->addr) == 1) {
		addr->family = AF_INET6;
		addr->prefix = 128;
	}
	return addr->family;
}

int addr_from_sockaddr(const struct sockaddr_storage *sa, struct conf_subnet *addr,
		       uint16_t *port)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	bool mapped = sa->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);

	memset(addr, 0, sizeof(*addr));
	if (sa->ss_family == AF_INET || mapped) {
		addr->family = AF_INET;
		addr->prefix = 32;
		memcpy(addr->addr, mapped ? &in6->sin6_addr.s6_addr[12] : (void *)&in->sin_addr, 4);
	} else if (sa->ss_family == AF_INET6) {
		addr->family = AF_INET6;
		addr->prefix = 128;
		memcpy(addr->addr, &in6->sin6_addr, 16);
	} else {
		return -EAFNOSUPPORT;
	}
	*port = ntohs(sa->ss_family == AF_INET ? in->sin_port : in6->sin6_port);
	return 0;
}

socklen_t addr_to_sockaddr(const struct conf_subnet *addr, uint16_t port,
			   struct sockaddr_storage *sa)
{
	struct sockaddr_in *in = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sa;

	memset(sa, 0, sizeof(*sa));
	sa->ss_family = addr->family;
	if (addr->family == AF_INET) {
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr->addr, 4);
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, addr->addr, 16);
	return sizeof(*in6);
}

struct conf_subnet addr_host(const struct conf_subnet *addr)
{
	struct conf_subnet host = *addr;

	host.prefix = addr->family == AF_INET ? 32 : 128;
	return host;
}

bool addr_equal(const struct conf_subnet *a, const struct conf_subnet *b)
{
	return a->family == b->family && !memcmp(a->addr, b->addr, a->family == AF_INET ? 4 : 16);
}

bool addr_pair_equal(const struct ike_addrs *a, const struct ike_addrs *b)
{
	return addr_equal(&a->local, &b->local) && addr_equal(&a->remote, &b->remote) &&
	       a->local_port == b->local_port && a->remote_port == b->remote_port;
}

int addr_of_socket(int fd, struct ike_addrs *addrs)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	int rc;

	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		return -errno;
	rc = addr_from_sockaddr(&sa, &addrs->local, &addrs->local_port);
	if (rc)
		return rc;
	len = sizeof(sa);
	if (getpeername(fd, (struct sockaddr *)&sa, &len))
		return -errno;
	return addr_from_sockaddr(&sa, &addrs->remote, &addrs->remote_port);
}

const char *addr_text(const struct conf_subnet *addr, uint16_t port, char *buf, size_t len)
{
	char ip[INET6_ADDRSTRLEN];

	if (!inet_ntop(addr->family, addr->addr, ip, sizeof(ip)))
		snprintf(ip, sizeof(ip), "?");
	if (port)
		snprintf(buf, len, "%s port %u", ip, port);
	else
		snprintf(buf, len, "%s", ip);
	return buf;
}

const char *addr_sockaddr_text(const struct sockaddr *sa, socklen_t salen, char *buf, size_t len)
{
	struct sockaddr_storage ss = { 0 };
	struct conf_subnet addr;
	uint16_t port;

	memcpy(&ss, sa, salen < sizeof(ss) ? salen : sizeof(ss));
	if (addr_from_sockaddr(&ss, &addr, &port)) {
		snprintf(buf, len, "?");
		return buf;
	}
	return addr_text(&addr, port, buf, len);
}
