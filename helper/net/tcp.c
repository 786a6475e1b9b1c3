// SPDX-License-Identifier: GPL-2.0-or-later
/* TCP connections that pass every XFRM policy: made and listened for. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <linux/in6.h>

#include <openssl/rand.h>

#include "net/addr.h"
#include "net/lookup.h"
#include "net/tcp.h"
#include "xfrm/xfrm.h"

#define LISTEN_BACKLOG 128
/* The other half is for labels that the kernel makes up itself (flowlabel_state_ranges) */
#define FLOW_LABEL_MASK 0x7ffff

struct tcp_connect {
	struct loop *loop;
	struct loop_fd w;
	struct loop_timer timer;
	const struct tcp_target *target;
	const struct addrinfo *next;	/* address to be tried next */
	struct conf_subnet bind;	/* family 0: none */
	unsigned int timeout_ms;
	uint64_t deadline;		/* of all addresses */
	int err;			/* of the last attempt, positive */
	void (*done)(void *arg, int fd, const char *err);
	void *arg;
};

int tcp_resolve(struct tcp_target *t, const char *host, uint16_t port, char *err, size_t errlen)
{
	t->host = host;
	t->port = port;
	t->flow_label = 0;
	t->list = lookup_now(host, port, 0, err, errlen);
	return t->list ? 0 : -1;
}

void tcp_target_free(struct tcp_target *t)
{
	if (t->list)
		freeaddrinfo(t->list);
	t->list = NULL;
}

/* A socket that no policy catches, from its first packet on. fd or -errno. */
static int open_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int on = 1, rc;

	if (fd < 0)
		return -errno;
	rc = xfrm_bypass(fd);
	if (rc) {
		close(fd);
		return rc;
	}
	/* IKE messages are short and each one is waited for */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void explain(const struct tcp_connect *c, char *buf, size_t len)
{
	const char *host = c->target->host;
	unsigned int port = c->target->port;

	switch (c->err) {
	case ECONNREFUSED:
		snprintf(buf, len, "nothing listens on %s port %u", host, port);
		break;
	case ETIMEDOUT:
		snprintf(buf, len, "no answer from %s port %u in %u s", host, port,
			 (c->timeout_ms + 999) / 1000);
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
		snprintf(buf, len, "%s port %u is unreachable: %s", host, port, strerror(c->err));
		break;
	case EPERM:
		snprintf(buf, len, "cannot open a socket that bypasses IPsec policies: CAP_NET_ADMIN is needed");
		break;
	case ENOPROTOOPT:
	case EOPNOTSUPP:
		snprintf(buf, len, "cannot open a socket that bypasses IPsec policies: the kernel has no XFRM (modprobe xfrm_user)");
		break;
	case EADDRNOTAVAIL:
		snprintf(buf, len, "cannot connect to %s port %u from the configured local address: this host does not have it",
			 host, port);
		break;
	case EAFNOSUPPORT:
		snprintf(buf, len, "%s has no address of a family that this host can connect from",
			 host);
		break;
	default:
		snprintf(buf, len, "cannot connect to %s port %u: %s", host, port,
			 strerror(c->err));
	}
}

static void close_attempt(struct tcp_connect *c)
{
	if (c->w.fd < 0)
		return;
	loop_fd_del(c->loop, &c->w);
	close(c->w.fd);
	c->w.fd = -1;
}

void tcp_connect_cancel(struct tcp_connect *c)
{
	if (!c)
		return;
	loop_timer_cancel(c->loop, &c->timer);
	close_attempt(c);
	free(c);
}

/* Hand the socket over, or -1 with the reason */
static void finish(struct tcp_connect *c, int fd)
{
	void (*done)(void *arg, int fd, const char *err) = c->done;
	void *arg = c->arg;
	char err[256];

	if (fd < 0)
		explain(c, err, sizeof(err));
	tcp_connect_cancel(c);
	done(arg, fd, fd < 0 ? err : NULL);
}

static void connect_ready(void *arg, uint32_t events);
static void try_next(void *arg);

static int bind_local(const struct tcp_connect *c, int fd)
{
	struct sockaddr_storage sa;
	socklen_t len;

	if (!c->bind.family)
		return 0;
	len = addr_to_sockaddr(&c->bind, 0, &sa);
	return bind(fd, (struct sockaddr *)&sa, len) ? -errno : 0;
}

uint32_t tcp_flow_label(void)
{
	uint32_t label;

	if (RAND_bytes((uint8_t *)&label, sizeof(label)) != 1)
		return 0;
	return (label & FLOW_LABEL_MASK) | 1;
}

/*
 * Paths of equal cost are chosen by the flow label, too, and behind some of them may be a
 * responder that does not know us. A kernel that does not lend the label takes its own.
 */
static void use_flow_label(int fd, uint32_t label, struct sockaddr_in6 *to)
{
	struct in6_flowlabel_req req = {
		.flr_dst = to->sin6_addr, .flr_label = htonl(label),
		.flr_action = IPV6_FL_A_GET, .flr_share = IPV6_FL_S_ANY,
		.flr_flags = IPV6_FL_F_CREATE,
	};
	int on = 1;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &req, sizeof(req)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWINFO_SEND, &on, sizeof(on)))
		return;
	to->sin6_flowinfo = htonl(label);
}

static int begin_connect(const struct tcp_connect *c, int fd, const struct addrinfo *ai)
{
	struct sockaddr_storage to;

	memcpy(&to, ai->ai_addr, ai->ai_addrlen);
	if (c->target->flow_label && ai->ai_family == AF_INET6)
		use_flow_label(fd, c->target->flow_label, (struct sockaddr_in6 *)&to);
	if (connect(fd, (struct sockaddr *)&to, ai->ai_addrlen) && errno != EINPROGRESS)
		return -errno;
	return 0;
}

/* 0 if the attempt is under way, or -errno */
static int try_address(struct tcp_connect *c, const struct addrinfo *ai)
{
	int rc;

	if (c->bind.family && c->bind.family != ai->ai_family)
		return c->err ? -c->err : -EAFNOSUPPORT;
	c->w.fd = open_socket(ai->ai_family);
	if (c->w.fd < 0) {
		rc = c->w.fd;
		c->w.fd = -1;
		return rc;
	}
	rc = bind_local(c, c->w.fd);
	if (!rc)
		rc = begin_connect(c, c->w.fd, ai);
	if (!rc)
		rc = loop_fd_add(c->loop, &c->w, EPOLLOUT);
	if (rc) {
		close(c->w.fd);
		c->w.fd = -1;
	}
	return rc;
}

static void attempt_timeout(void *arg)
{
	struct tcp_connect *c = arg;

	c->err = ETIMEDOUT;
	close_attempt(c);
	try_next(c);
}

/* A silent address gets its share of the time, not all of it */
static uint64_t share(const struct tcp_connect *c)
{
	const struct addrinfo *ai;
	uint64_t now = loop_now();
	unsigned int n = 1;

	for (ai = c->next; ai; ai = ai->ai_next)
		n++;
	return now < c->deadline ? (c->deadline - now) / n : 0;
}

static void try_next(void *arg)
{
	struct tcp_connect *c = arg;
	const struct addrinfo *ai;
	int rc;

	while ((ai = c->next)) {
		c->next = ai->ai_next;
		rc = try_address(c, ai);
		if (!rc) {
			loop_timer_set(c->loop, &c->timer, share(c), attempt_timeout, c);
			return;
		}
		c->err = -rc;
	}
	finish(c, -1);
}

static void connect_ready(void *arg, uint32_t events)
{
	struct tcp_connect *c = arg;
	socklen_t len = sizeof(c->err);
	int fd = c->w.fd;

	(void)events;
	loop_timer_cancel(c->loop, &c->timer);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &c->err, &len))
		c->err = errno;
	if (c->err) {
		close_attempt(c);
		try_next(c);
		return;
	}
	loop_fd_del(c->loop, &c->w);
	c->w.fd = -1;
	finish(c, fd);
}

struct tcp_connect *tcp_connect_start(struct loop *loop, const struct tcp_target *t,
				      const struct conf_subnet *bind, unsigned int timeout_ms,
				      void (*done)(void *arg, int fd, const char *err), void *arg)
{
	struct tcp_connect *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->loop = loop;
	c->w = (struct loop_fd){ .fd = -1, .ready = connect_ready, .arg = c };
	c->target = t;
	c->next = t->list;
	if (bind)
		c->bind = *bind;
	c->timeout_ms = timeout_ms;
	c->deadline = loop_now() + timeout_ms;
	c->done = done;
	c->arg = arg;
	loop_timer_set(loop, &c->timer, 0, try_next, c);
	return c;
}

/* fd or -errno */
static int listen_one(const struct addrinfo *ai)
{
	int fd = open_socket(ai->ai_family);
	int on = 1, rc = 0;

	if (fd < 0)
		return fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* IPv4 has its own socket: a bypass policy is of one family */
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, LISTEN_BACKLOG))
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

static void explain_listen(const struct addrinfo *ai, int rc, char *err, size_t errlen)
{
	char where[ADDR_TEXT_MAX];

	addr_sockaddr_text(ai->ai_addr, ai->ai_addrlen, where, sizeof(where));
	if (rc == -EACCES)
		snprintf(err, errlen, "cannot listen on %s: CAP_NET_BIND_SERVICE is needed for ports below 1024",
			 where);
	else if (rc == -EPERM)
		snprintf(err, errlen, "cannot listen on %s past IPsec policies: CAP_NET_ADMIN is needed",
			 where);
	else if (rc == -EADDRINUSE)
		snprintf(err, errlen, "cannot listen on %s: another process does (ss -ltnp)",
			 where);
	else
		snprintf(err, errlen, "cannot listen on %s: %s", where, strerror(-rc));
}

int tcp_listen(const char *host, uint16_t port, int fds[TCP_LISTEN_MAX], char *err,
	       size_t errlen)
{
	struct addrinfo *list = lookup_now(host, port, AI_PASSIVE, err, errlen), *ai;
	int n = 0, rc = 0;

	if (!list)
		return -1;
	for (ai = list; ai && n < TCP_LISTEN_MAX; ai = ai->ai_next) {
		rc = listen_one(ai);
		if (rc >= 0) {
			fds[n++] = rc;
			continue;
		}
		/* A kernel without one of the families listens on the other */
		explain_listen(ai, rc, err, errlen);
		if (rc != -EAFNOSUPPORT && rc != -EADDRNOTAVAIL)
			goto fail;
	}
	freeaddrinfo(list);
	return n ? n : -1;

fail:
	while (n)
		close(fds[--n]);
	freeaddrinfo(list);
	return -1;
}
