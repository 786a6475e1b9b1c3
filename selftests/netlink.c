// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests that nobody sane sends to the netlink family: random bytes as
 * attributes, and good ones with some bytes changed. The module answers each
 * with an error or a reply, and is as it was afterwards. And what a request for
 * one socket answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/espintcp.h>

#include "sockets.h"

#define REQUESTS 10000
#define NOBODY 65534
#define ANSWER_MS 10000

struct request {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	uint8_t attrs[256];
};

static char answer[65536];
static unsigned int seed = 1;

/* The same numbers in every run */
static uint32_t number(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

static void finish(struct request *r, uint16_t family, uint16_t flags, uint8_t cmd, size_t len)
{
	r->nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) + len;
	r->nlh.nlmsg_type = family;
	r->nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	r->nlh.nlmsg_seq++;
	r->genl.cmd = cmd;
	r->genl.version = ESPINTCP_FAMILY_VERSION;
}

static size_t put(uint8_t *to, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	memset(to, 0, NLA_ALIGN(a.nla_len));
	memcpy(to, &a, sizeof(a));
	memcpy(to + NLA_HDRLEN, data, len);
	return NLA_ALIGN(a.nla_len);
}

static int open_netlink(void)
{
	struct timeval tv = { .tv_sec = ANSWER_MS / 1000 };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static uint16_t resolve(int fd)
{
	struct request r = { 0 };
	struct nlattr *a;
	ssize_t n;

	finish(&r, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY,
	       put(r.attrs, CTRL_ATTR_FAMILY_NAME, ESPINTCP_FAMILY_NAME,
		   sizeof(ESPINTCP_FAMILY_NAME)));
	assert_int_equal(send(fd, &r, r.nlh.nlmsg_len, 0), r.nlh.nlmsg_len);
	n = recv(fd, answer, sizeof(answer), 0);
	assert_true(n > (ssize_t)NLMSG_LENGTH(GENL_HDRLEN));
	a = (struct nlattr *)(answer + NLMSG_LENGTH(GENL_HDRLEN));
	for (; (char *)a < answer + n; a = (struct nlattr *)((char *)a + NLA_ALIGN(a->nla_len)))
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(uint16_t *)((char *)a + NLA_HDRLEN);
	fail_msg("no family");
	return 0;
}

/* Attributes that are right, of whichever operation */
static size_t good(uint8_t *to, uint64_t cookie)
{
	uint32_t u32 = number() % 3;
	uint8_t u8 = number() % 2;
	size_t n = 0;

	switch (number() % 4) {
	case 0:
		n += put(to, ESPINTCP_A_SOCKET_COOKIE, &cookie, sizeof(cookie));
		n += put(to + n, ESPINTCP_A_SOCKET_CLOSE, &u32, sizeof(u32));
		break;
	case 1:
		n += put(to, ESPINTCP_A_LIMITS_UNPRIVILEGED, &u8, sizeof(u8));
		u32 = 65536 + number() % 65536;
		n += put(to + n, ESPINTCP_A_LIMITS_TX_QUEUE, &u32, sizeof(u32));
		break;
	case 2:
		n += put(to, ESPINTCP_A_SOCKET_ALL_NETNS, NULL, 0);
		break;
	}
	return n;
}

static size_t mutate(uint8_t *to, uint64_t cookie)
{
	size_t len = good(to, cookie), i;

	switch (number() % 3) {
	case 0:
		len = number() % 256;
		for (i = 0; i < len; i++)
			to[i] = number();
		break;
	case 1:
		for (i = number() % 4; len && i; i--)
			to[number() % len] ^= 1 << number() % 8;
		break;
	}
	return len;
}

/* Every answer, to the one that says that there are no more */
static void drain(int fd, uint32_t seq)
{
	struct nlmsghdr *nlh;
	ssize_t n;

	for (;;) {
		n = recv(fd, answer, sizeof(answer), 0);
		assert_true(n > 0);
		for (nlh = (struct nlmsghdr *)answer; NLMSG_OK(nlh, n);
		     nlh = NLMSG_NEXT(nlh, n)) {
			assert_int_equal(nlh->nlmsg_seq, seq);
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
				return;
		}
	}
}

static void storm(uint64_t cookie)
{
	struct request r = { 0 };
	int fd = open_netlink(), i;
	uint16_t family = resolve(fd);

	for (i = 0; i < REQUESTS; i++) {
		size_t len = mutate(r.attrs, cookie);

		finish(&r, family, number() % 4 ? NLM_F_ACK : NLM_F_DUMP | NLM_F_ACK,
		       number() % (ESPINTCP_CMD_MAX + 2), len);
		assert_int_equal(send(fd, &r, r.nlh.nlmsg_len, 0), r.nlh.nlmsg_len);
		drain(fd, r.nlh.nlmsg_seq);
	}
	close(fd);
}

/* In a child, whose rights go with it. A failed assertion there is a signal or a status. */
static void storm_of(uid_t uid)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	int fd[2], status;
	pid_t pid;

	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(getsockopt(fd[0], SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (uid && setuid(uid))
			_exit(2);
		storm(cookie);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);

	if (uid) {
		/* Nobody could do it any harm: a message arrives */
		uint8_t body[64], buf[80];

		ike_fill(body, sizeof(body), 1);
		write_all(fd[1], buf, frame_put(buf, body, sizeof(body)));
		assert_int_equal(recv(fd[0], buf, sizeof(buf), 0), sizeof(body));
		assert_memory_equal(buf, body, sizeof(body));
	}
	close(fd[0]);
	close(fd[1]);
}

static void storm_of_nobody(void **state)
{
	(void)state;
	storm_of(NOBODY);
}

static void storm_of_root(void **state)
{
	(void)state;
	storm_of(0);
}

/* One value of an attribute, or -1 */
static int64_t attr_of(const struct nlmsghdr *nlh, uint16_t type)
{
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const char *p = (const char *)nlh + NLMSG_LENGTH(GENL_HDRLEN);
	uint64_t v = 0;

	while (p + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const struct nlattr *)p;

		if ((a->nla_type & NLA_TYPE_MASK) == type) {
			memcpy(&v, p + NLA_HDRLEN, a->nla_len - NLA_HDRLEN < 8 ?
						    a->nla_len - NLA_HDRLEN : 8);
			return v;
		}
		p += NLA_ALIGN(a->nla_len);
	}
	return -1;
}

#define DUMP_SOCKETS 400

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * Read one datagram of a dump and note the cookies in it. Returns false at the
 * end of the dump.
 */
static bool dump_some(int fd, uint64_t *seen, size_t *n)
{
	ssize_t len = recv(fd, answer, sizeof(answer), 0);
	struct nlmsghdr *nlh = (struct nlmsghdr *)answer;

	assert_true(len > 0);
	for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
		if (nlh->nlmsg_type == NLMSG_DONE)
			return false;
		assert_int_not_equal(nlh->nlmsg_type, NLMSG_ERROR);
		assert_true(*n < 2 * DUMP_SOCKETS);
		seen[(*n)++] = attr_of(nlh, ESPINTCP_A_SOCKET_COOKIE);
	}
	return true;
}

/* Sockets go and come between two parts of a dump: those that stay are told once */
static void dump_while_closing(void **state)
{
	static uint64_t cookies[DUMP_SOCKETS], seen[2 * DUMP_SOCKETS];
	static int fds[DUMP_SOCKETS][2];
	int i, extra[2], fd = open_netlink();
	socklen_t len = sizeof(*cookies);
	struct request r = { 0 };
	size_t n = 0, k, times;
	int next = 0;

	(void)state;
	for (i = 0; i < DUMP_SOCKETS; i++) {
		pair_attached(PAIR_IPV4, fds[i]);
		assert_int_equal(getsockopt(fds[i][0], SOL_SOCKET, SO_COOKIE, &cookies[i], &len),
				 0);
	}
	finish(&r, resolve(fd), NLM_F_DUMP, ESPINTCP_CMD_SOCKET_GET,
	       put(r.attrs, ESPINTCP_A_SOCKET_ALL_NETNS, NULL, 0));
	assert_int_equal(send(fd, &r, r.nlh.nlmsg_len, 0), r.nlh.nlmsg_len);
	while (dump_some(fd, seen, &n)) {
		/* Every second one from the front: a dump by position would skip as many */
		for (i = 0; i < 4 && next < DUMP_SOCKETS; i++, next += 2) {
			close(fds[next][0]);
			close(fds[next][1]);
		}
	}
	assert_true(next > 0);
	pair_attached(PAIR_IPV4, extra);

	qsort(seen, n, sizeof(*seen), by_value);
	for (k = 1; k < n; k++)
		assert_true(seen[k] != seen[k - 1]);
	for (i = 1; i < DUMP_SOCKETS; i += 2) {
		times = bsearch(&cookies[i], seen, n, sizeof(*seen), by_value) ? 1 : 0;
		assert_int_equal(times, 1);
	}
	close(fd);
}

/* The answer to a request for one socket: its cookie, or the negative error */
static int64_t ask(int fd, struct request *r, uint16_t family, size_t len)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)answer;

	finish(r, family, 0, ESPINTCP_CMD_SOCKET_GET, len);
	assert_int_equal(send(fd, r, r->nlh.nlmsg_len, 0), r->nlh.nlmsg_len);
	assert_true(recv(fd, answer, sizeof(answer), 0) > 0);
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(nlh))->error;
	assert_int_equal(nlh->nlmsg_type, family);
	return attr_of(nlh, ESPINTCP_A_SOCKET_COOKIE);
}

static void one_socket(void **state)
{
	uint64_t cookie, none = ~0ULL;
	socklen_t len = sizeof(cookie);
	int fd[2], nl = open_netlink();
	uint16_t family = resolve(nl);
	struct request r = { 0 };
	size_t n;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(getsockopt(fd[0], SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	n = put(r.attrs, ESPINTCP_A_SOCKET_COOKIE, &cookie, sizeof(cookie));
	assert_int_equal(ask(nl, &r, family, n), cookie);
	assert_int_equal(ask(nl, &r, family, 0), -EINVAL);
	/* A cookie says which one, not where to look for it */
	n += put(r.attrs + n, ESPINTCP_A_SOCKET_ALL_NETNS, NULL, 0);
	assert_int_equal(ask(nl, &r, family, n), -EINVAL);
	n = put(r.attrs, ESPINTCP_A_SOCKET_COOKIE, &none, sizeof(none));
	assert_int_equal(ask(nl, &r, family, n), -ENOENT);
	/* The peer's end has no ULP */
	assert_int_equal(getsockopt(fd[1], SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	n = put(r.attrs, ESPINTCP_A_SOCKET_COOKIE, &cookie, sizeof(cookie));
	assert_int_equal(ask(nl, &r, family, n), -ENOENT);
	close(fd[0]);
	close(fd[1]);
	close(nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_socket),
		cmocka_unit_test(storm_of_nobody),
		cmocka_unit_test(storm_of_root),
		cmocka_unit_test(dump_while_closing),
	};

	netns_enter();
	return cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
}
