// SPDX-License-Identifier: GPL-2.0-or-later
/* IKE messages over UDP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/udp.h>

#include "ike/wire.h"
#include "net/addr.h"
#include "net/udp.h"
#include "xfrm/xfrm.h"

#define DATAGRAM_MAX	65535
#define MARKER_LEN	4
#define BATCH		16	/* datagrams a turn: a busy port shall not keep others waiting */

struct udp {
	struct loop *loop;
	struct loop_fd w;
	struct udp_user user;
	bool connected;
	bool marker;
	bool reading;
	bool gone;			/* freed during a callback: ready() does it */
	struct ike_addrs addrs;		/* connected: both ends; bound: local port */
	uint8_t buf[DATAGRAM_MAX];
};

enum udp_kind udp_classify(const uint8_t *data, size_t len, bool marker, const uint8_t **msg,
			   size_t *msglen)
{
	static const uint8_t none[MARKER_LEN];
	size_t skip = marker ? MARKER_LEN : 0;

	if (marker && len == 1 && data[0] == 0xff)
		return UDP_KEEPALIVE;
	if (len < skip + IKE_HDR_LEN)
		return UDP_JUNK;
	if (marker && memcmp(data, none, MARKER_LEN))
		return UDP_ESP;
	*msg = data + skip;
	*msglen = len - skip;
	return UDP_IKE;
}

/* The address that a datagram came to */
static void local_of(struct msghdr *m, struct ike_addrs *addrs)
{
	struct conf_subnet *l = &addrs->local;

	memset(l, 0, sizeof(*l));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			l->family = AF_INET;
			l->prefix = 32;
			memcpy(l->addr, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			l->family = AF_INET6;
			l->prefix = 128;
			memcpy(l->addr, &info.ipi6_addr, 16);
		}
	}
}

/* 1: a message; 0: something else; -1: nothing more */
static int receive(struct udp *u, struct ike_addrs *addrs, const uint8_t **msg, size_t *len)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_storage from;
	struct iovec iov = { .iov_base = u->buf, .iov_len = sizeof(u->buf) };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(u->w.fd, &m, MSG_DONTWAIT);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR && u->user.refused)
			u->user.refused(u->user.arg, errno);
		return -1;
	}
	*addrs = u->addrs;
	if (!u->connected) {
		local_of(&m, addrs);
		if (!addrs->local.family ||
		    addr_from_sockaddr(&from, &addrs->remote, &addrs->remote_port))
			return 0;
	}
	return udp_classify(u->buf, n, u->marker, msg, len) == UDP_IKE;
}

static void ready(void *arg, uint32_t events)
{
	struct udp *u = arg;
	struct ike_addrs addrs;
	const uint8_t *msg;
	size_t len;
	int rc = 0;

	(void)events;
	u->reading = true;
	for (int i = 0; i < BATCH && !u->gone && rc >= 0; i++) {
		rc = receive(u, &addrs, &msg, &len);
		if (rc > 0)
			u->user.message(u->user.arg, &addrs, msg, len);
	}
	u->reading = false;
	if (u->gone)
		free(u);
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

static int take_esp(int fd)
{
	return set(fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
}

static int prepare(int fd, int family, bool esp)
{
	int rc = xfrm_bypass(fd);

	if (!rc && family == AF_INET6)
		rc = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	/* A long message may go in fragments */
	if (!rc && family == AF_INET)
		rc = set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	if (!rc && family == AF_INET)
		rc = set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	else if (!rc)
		rc = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	/* Not on port 500, where ESP has no place (RFC 7296, section 2.23) */
	if (!rc && esp)
		rc = take_esp(fd);
	return rc;
}

static int open_fd(struct udp *u, const struct sockaddr *at, const struct sockaddr *peer,
		   socklen_t len)
{
	int family = peer ? peer->sa_family : at->sa_family, rc;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);

	if (fd < 0)
		return -errno;
	rc = prepare(fd, family, u->marker && !peer);
	if (!rc && at && bind(fd, at, len))
		rc = -errno;
	if (!rc && peer && connect(fd, peer, len))
		rc = -errno;
	if (!rc && peer)
		rc = addr_of_socket(fd, &u->addrs);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

static void explain(const struct sockaddr *sa, socklen_t len, bool peer, int rc, char *err,
		    size_t errlen)
{
	char where[ADDR_TEXT_MAX];

	addr_sockaddr_text(sa, len, where, sizeof(where));
	if (rc == -EPERM)
		snprintf(err, errlen, "cannot use UDP past IPsec policies: CAP_NET_ADMIN is needed");
	else if (rc == -EACCES && !peer)
		snprintf(err, errlen, "cannot listen on UDP %s: CAP_NET_BIND_SERVICE is needed",
			 where);
	else if (rc == -EADDRINUSE)
		snprintf(err, errlen, "cannot listen on UDP %s: another process does (ss -lunp)",
			 where);
	else
		snprintf(err, errlen, "cannot use UDP %s %s: %s", peer ? "to" : "on", where,
			 strerror(-rc));
}

struct udp *udp_open(struct loop *loop, const struct sockaddr *at, const struct sockaddr *peer,
		     socklen_t len, bool marker, const struct udp_user *user, char *err,
		     size_t errlen)
{
	struct udp *u = calloc(1, sizeof(*u));
	struct sockaddr_storage sa = { 0 };
	struct conf_subnet any;
	int fd, rc;

	if (!u) {
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	u->loop = loop;
	u->user = *user;
	u->marker = marker;
	u->connected = peer;
	if (at) {
		memcpy(&sa, at, len);
		addr_from_sockaddr(&sa, &any, &u->addrs.local_port);
	}
	fd = open_fd(u, at, peer, len);
	rc = fd < 0 ? fd : 0;
	u->w = (struct loop_fd){ .fd = fd, .ready = ready, .arg = u };
	if (!rc)
		rc = loop_fd_add(loop, &u->w, EPOLLIN);
	if (!rc)
		return u;
	if (fd >= 0)
		close(fd);
	free(u);
	explain(peer ? peer : at, len, peer, rc, err, errlen);
	return NULL;
}

int udp_take_esp(struct udp *u)
{
	return u->marker ? take_esp(u->w.fd) : 0;
}

void udp_set_user(struct udp *u, const struct udp_user *user)
{
	u->user = *user;
}

void udp_free(struct udp *u)
{
	if (!u)
		return;
	loop_fd_del(u->loop, &u->w);
	close(u->w.fd);
	u->gone = true;
	if (!u->reading)
		free(u);
}

const struct ike_addrs *udp_addrs(const struct udp *u)
{
	return &u->addrs;
}

/* From the address that the peer knows */
static void set_local(struct msghdr *m, const struct conf_subnet *local)
{
	struct cmsghdr *c = m->msg_control;
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { 0 };
	bool is4 = local->family == AF_INET;

	c->cmsg_level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(is4 ? sizeof(v4) : sizeof(v6));
	m->msg_controllen = CMSG_SPACE(is4 ? sizeof(v4) : sizeof(v6));
	memcpy(&v4.ipi_spec_dst, local->addr, 4);
	memcpy(&v6.ipi6_addr, local->addr, 16);
	if (is4)
		memcpy(CMSG_DATA(c), &v4, sizeof(v4));
	else
		memcpy(CMSG_DATA(c), &v6, sizeof(v6));
}

static int send_parts(struct udp *u, const struct ike_addrs *addrs, struct iovec *iov, int n)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { 0 };
	struct sockaddr_storage to;
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };

	if (!u->connected) {
		m.msg_name = &to;
		m.msg_namelen = addr_to_sockaddr(&addrs->remote, addrs->remote_port, &to);
		m.msg_control = &control;
		set_local(&m, &addrs->local);
	}
	/* Whatever else goes wrong is as good as a packet that got lost */
	return sendmsg(u->w.fd, &m, MSG_DONTWAIT) < 0 && errno == EMSGSIZE ? -EMSGSIZE : 0;
}

int udp_send(struct udp *u, const struct ike_addrs *addrs, const uint8_t *msg, size_t len)
{
	static const uint8_t marker[MARKER_LEN];
	struct iovec iov[2] = {
		{ .iov_base = (void *)marker, .iov_len = u->marker ? MARKER_LEN : 0 },
		{ .iov_base = (void *)msg, .iov_len = len },
	};

	return send_parts(u, addrs, iov, 2);
}

void udp_keepalive(struct udp *u, const struct ike_addrs *addrs)
{
	uint8_t byte = 0xff;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };

	if (u->marker)
		(void)send_parts(u, addrs, &iov, 1);
}
