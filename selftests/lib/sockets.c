// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/sockios.h>
#include <linux/espintcp.h>
#include <linux/espintcp_frame.h>

#include "sockets.h"

#ifndef TCP_ULP
#define TCP_ULP 31
#endif

static void die(const char *what)
{
	perror(what);
	exit(2);
}

void netns_enter(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET))
		die("unshare(CLONE_NEWNET): root is needed");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("setting lo up");
	close(fd);
}

static socklen_t loopback(enum pair_kind kind, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (kind == PAIR_IPV4) {
		sin->sin_family = AF_INET;
		sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*sin);
	}
	sin6->sin6_family = AF_INET6;
	sin6->sin6_addr = in6addr_loopback;
	if (kind == PAIR_MAPPED) {
		memset(&sin6->sin6_addr, 0, 10);
		memset(&sin6->sin6_addr.s6_addr[10], 0xff, 2);
		sin6->sin6_addr.s6_addr[12] = 127;
		memset(&sin6->sin6_addr.s6_addr[13], 0, 2);
		sin6->sin6_addr.s6_addr[15] = 1;
	}
	return sizeof(*sin6);
}

void pair_make(enum pair_kind kind, int fd[2])
{
	struct sockaddr_storage ss;
	socklen_t len = loopback(kind, &ss);
	int lst, one = 1;

	lst = socket(ss.ss_family, SOCK_STREAM, 0);
	assert_true(lst >= 0);
	assert_int_equal(bind(lst, (struct sockaddr *)&ss, len), 0);
	assert_int_equal(listen(lst, 1), 0);
	assert_int_equal(getsockname(lst, (struct sockaddr *)&ss, &len), 0);
	fd[0] = socket(ss.ss_family, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&ss, len), 0);
	fd[1] = accept(lst, NULL, NULL);
	assert_true(fd[1] >= 0);
	close(lst);
	setsockopt(fd[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int ulp_attach(int fd)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, ESPINTCP_ULP_NAME,
			  sizeof(ESPINTCP_ULP_NAME));
}

void pair_attached(enum pair_kind kind, int fd[2])
{
	pair_make(kind, fd);
	assert_int_equal(ulp_attach(fd[0]), 0);
}

size_t frame_put(uint8_t *buf, const void *body, size_t len)
{
	buf[0] = (len + ESPINTCP_LEN_SIZE) >> 8;
	buf[1] = (len + ESPINTCP_LEN_SIZE) & 0xff;
	memcpy(buf + ESPINTCP_LEN_SIZE, body, len);
	return len + ESPINTCP_LEN_SIZE;
}

void ike_fill(uint8_t *body, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		body[i] = i < ESPINTCP_MARKER_SIZE ? 0 : (i * 31 + seed) & 0xff;
}

void write_all(int fd, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		assert_true(n > 0);
	}
}

/* What has not come by then does not come: who waits for ever says nothing */
#define READ_DEADLINE 60000

void read_all(int fd, void *buf, size_t len)
{
	uint8_t *p = buf;
	ssize_t n;

	for (; len; p += n, len -= n) {
		assert_true(poll_for(fd, POLLIN, READ_DEADLINE) & POLLIN);
		n = recv(fd, p, len, 0);
		assert_true(n > 0);
	}
}

/*
 * Bytes that TCP has and nobody took: ioctl() tells of messages. -1 where the
 * socket is not in the table.
 */
static long unread(const char *table, unsigned long inode)
{
	char line[512];
	unsigned long ino;
	unsigned int bytes;
	long found = -1;
	FILE *f = fopen(table, "r");

	if (!f)
		return -1;
	while (found < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %*x:%x %*s %*s %*s %*s %lu",
			   &bytes, &ino) == 2 && ino == inode)
			found = bytes;
	fclose(f);
	return found;
}

void stream_arrived(int from)
{
	int n = 1, tries;

	for (tries = 0; n && tries < 20000; tries++) {
		assert_int_equal(ioctl(from, SIOCOUTQ, &n), 0);
		if (n)
			usleep(1000);
	}
	assert_int_equal(n, 0);
}

void stream_taken(int from, int to)
{
	long left = 1;
	struct stat st;
	int tries;

	stream_arrived(from);
	assert_int_equal(fstat(to, &st), 0);
	for (tries = 0; left && tries < 20000; tries++) {
		left = unread("/proc/net/tcp", st.st_ino);
		if (left < 0)
			left = unread("/proc/net/tcp6", st.st_ino);
		assert_true(left >= 0);
		if (left)
			usleep(1000);
	}
	assert_int_equal(left, 0);
}

short poll_for(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, ms) == 1 ? p.revents : 0;
}
