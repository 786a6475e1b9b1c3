// SPDX-License-Identifier: GPL-2.0-or-later
/* Which sockets can be attached, by whom, and what becomes of them then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/espintcp_frame.h>

#include "sockets.h"

#define DEADLINE 10000

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

/* A message each way; fd[1] is a plain stream */
static void is_attached(int fd[2])
{
	uint8_t body[100], buf[102];

	ike_fill(body, sizeof(body), 1);
	assert_int_equal(send(fd[0], body, sizeof(body), 0), sizeof(body));
	read_all(fd[1], buf, sizeof(buf));
	assert_int_equal(buf[1], sizeof(buf));
	assert_memory_equal(buf + 2, body, sizeof(body));
	write_all(fd[1], buf, sizeof(buf));
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	assert_int_equal(recv(fd[0], buf, sizeof(buf), 0), sizeof(body));
}

static int listener(int protocol, struct sockaddr_in *sin, bool reuseport)
{
	socklen_t len = sizeof(*sin);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, protocol);

	if (fd < 0)
		return fd;
	if (reuseport)
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one,
					    sizeof(one)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)sin, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)sin, &len), 0);
	return fd;
}

static struct sockaddr_in lo = { .sin_family = AF_INET };

/* A refused connect() leaves the connection as it was, for good or bad */
static void connects_once(void **state)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in sin = lo;
	int fd[2], lst = listener(0, &sin, false);

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&sin, sizeof(sin)),
			 -1);
	assert_int_equal(errno, EISCONN);
	assert_int_equal(connect(fd[0], &none, sizeof(none)), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	is_attached(fd);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&sin, sizeof(sin)),
			 -1);
	assert_int_equal(listen(fd[0], 1), -1);
	is_attached(fd);

	/* Nor is a dead one of any further use */
	close(fd[1]);
	assert_int_equal(shutdown(fd[0], SHUT_RDWR), 0);
	assert_true(poll_for(fd[0], 0, DEADLINE) & POLLHUP);
	assert_int_equal(connect(fd[0], &none, sizeof(none)), -1);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&sin, sizeof(sin)),
			 -1);
	assert_int_equal(listen(fd[0], 1), -1);
	close(fd[0]);
	close(lst);
}

/* TCP has it as connected before its owner was told */
static void connects_without_waiting(void **state)
{
	struct sockaddr_in sin = lo;
	struct linger l = { .l_onoff = 1 };
	int lst = listener(0, &sin, false), fd[2], i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fd[0], (struct sockaddr *)&sin, sizeof(sin));
		fd[1] = accept(lst, NULL, NULL);
		assert_true(poll_for(fd[0], POLLOUT, DEADLINE) & POLLOUT);
		assert_int_equal(ulp_attach(fd[0]), 0);
		if (i == 0) {
			is_attached(fd);
			close_pair(fd);
			continue;
		}
		setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		close(fd[1]);
		assert_true(poll_for(fd[0], 0, DEADLINE) & POLLHUP);
		/* connect() would take it apart for another try */
		assert_int_equal(connect(fd[0], (struct sockaddr *)&sin,
					 sizeof(sin)), -1);
		assert_int_equal(connect(fd[0], (struct sockaddr *)&sin,
					 sizeof(sin)), -1);
		assert_int_equal(listen(fd[0], 1), -1);
		close(fd[0]);
	}
	close(lst);
}

static void reuseport_listeners(void **state)
{
	struct sockaddr_in sin = lo;
	int lst[2], took[2] = { 0, 0 }, fd[2], i, who;

	(void)state;
	lst[0] = listener(0, &sin, true);
	lst[1] = listener(0, &sin, true);
	for (i = 0; i < 200 && !(took[0] && took[1]); i++) {
		struct pollfd p[2] = { { lst[0], POLLIN, 0 },
				       { lst[1], POLLIN, 0 } };

		fd[0] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(fd[0], (struct sockaddr *)&sin,
					 sizeof(sin)), 0);
		assert_int_equal(poll(p, 2, DEADLINE), 1);
		who = !p[0].revents;
		/* The accepted end is the one that is attached */
		fd[1] = fd[0];
		fd[0] = accept(lst[who], NULL, NULL);
		assert_int_equal(ulp_attach(fd[0]), 0);
		is_attached(fd);
		assert_int_equal(ulp_attach(fd[1]), 0);
		close_pair(fd);
		took[who]++;
	}
	assert_true(took[0] && took[1]);
	close(lst[0]);
	close(lst[1]);
}

static void write_sysctl(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

/* Each end attaches as soon as TCP is past the handshake, not before */
static void fast_open(void **state)
{
	struct sockaddr_in sin = lo;
	int lst = listener(0, &sin, false), fd[2], qlen = 5, one = 1, i;
	char buf[6];

	(void)state;
	write_sysctl("/proc/sys/net/ipv4/tcp_fastopen", "1543");
	assert_int_equal(setsockopt(lst, IPPROTO_TCP, TCP_FASTOPEN, &qlen,
				    sizeof(qlen)), 0);
	for (i = 0; i < 4; i++) {
		fd[0] = socket(AF_INET, SOCK_STREAM, 0);
		if (i & 1) {
			assert_int_equal(setsockopt(fd[0], IPPROTO_TCP,
						    TCP_FASTOPEN_CONNECT, &one,
						    sizeof(one)), 0);
			assert_int_equal(connect(fd[0], (struct sockaddr *)&sin,
						 sizeof(sin)), 0);
			assert_int_equal(ulp_attach(fd[0]), -1);
			assert_int_equal(errno, ENOTCONN);
			assert_int_equal(send(fd[0], ESPINTCP_PREFIX, 6, 0), 6);
		} else {
			assert_int_equal(sendto(fd[0], ESPINTCP_PREFIX, 6,
						MSG_FASTOPEN,
						(struct sockaddr *)&sin,
						sizeof(sin)), 6);
		}
		fd[1] = accept(lst, NULL, NULL);
		assert_true(fd[1] >= 0);
		read_all(fd[1], buf, sizeof(buf));
		assert_memory_equal(buf, ESPINTCP_PREFIX, 6);
		assert_true(poll_for(fd[0], POLLOUT, DEADLINE) & POLLOUT);
		if (i & 2) {
			int swap = fd[0];

			fd[0] = fd[1];
			fd[1] = swap;
		}
		assert_int_equal(ulp_attach(fd[0]), 0);
		is_attached(fd);
		close_pair(fd);
	}
	close(lst);
}

/* What "ss" shows to people */
static void diag_names_it(void **state)
{
	static const char ask[] = "ss -tienH | grep -q tcp-ulp-espintcp";
	int fd[2];

	(void)state;
	pair_make(PAIR_IPV6, fd);
	assert_int_not_equal(system(ask), 0);
	assert_int_equal(ulp_attach(fd[0]), 0);
	assert_int_equal(system(ask), 0);
	close_pair(fd);
}

static int set_ulp(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, name, strlen(name));
}

static void other_layers_keep_their_sockets(void **state)
{
	struct sockaddr_in sin = lo;
	int fd[2], lst;

	(void)state;
	pair_make(PAIR_IPV4, fd);
	if (!set_ulp(fd[0], "tls")) {
		assert_int_equal(ulp_attach(fd[0]), -1);
		assert_int_equal(errno, EEXIST);
		write_all(fd[0], "x", 1);
	}
	close_pair(fd);

	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(set_ulp(fd[0], "tls"), -1);
	assert_int_equal(set_ulp(fd[0], "espintcp"), -1);
	assert_int_equal(errno, EEXIST);
	is_attached(fd);
	close_pair(fd);

	lst = listener(IPPROTO_MPTCP, &sin, false);
	if (lst < 0)
		return;
	fd[0] = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&sin, sizeof(sin)),
			 0);
	fd[1] = accept(lst, NULL, NULL);
	assert_int_equal(ulp_attach(fd[0]), -1);
	assert_int_equal(ulp_attach(fd[1]), -1);
	write_all(fd[0], "x", 1);
	close_pair(fd);
	close(lst);
}

/* Root of a user namespace of its own, with a socket that was made outside */
static void rights_are_those_of_the_sockets_namespace(void **state)
{
	int fd[2], own[2], status;
	pid_t pid;

	(void)state;
	pair_make(PAIR_IPV4, fd);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER))
			_exit(77);
		/* The old network namespace: somebody else's */
		if (ulp_attach(fd[0]) != -1 || errno != EPERM)
			_exit(1);
		/* One of its own: there it is root */
		netns_enter();
		pair_make(PAIR_IPV4, own);
		if (ulp_attach(own[0]))
			_exit(3);
		if (ulp_attach(fd[1]) != -1 || errno != EPERM)
			_exit(4);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
	close_pair(fd);
}

static void names_of(int fd, struct sockaddr_storage name[2])
{
	socklen_t len[2] = { sizeof(*name), sizeof(*name) };

	memset(name, 0, 2 * sizeof(*name));
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name[0], &len[0]),
			 0);
	assert_int_equal(getpeername(fd, (struct sockaddr *)&name[1], &len[1]),
			 0);
	assert_int_equal(len[0], len[1]);
}

/* What it has from its family stays, whichever socket the module saw first */
static void keeps_its_family(void **state)
{
	struct sockaddr_storage was[2], is[2];
	int fd[2], k;

	(void)state;
	for (k = 0; k < 3; k++) {
		pair_make(k, fd);
		names_of(fd[0], was);
		assert_int_equal(ulp_attach(fd[0]), 0);
		names_of(fd[0], is);
		assert_memory_equal(is, was, sizeof(is));
		is_attached(fd);
		close_pair(fd);
	}
}

#define THREADS 8
#define PAIRS 125

static int many[THREADS][PAIRS][2];

static void *attach_many(void *arg)
{
	int (*fd)[2] = arg;
	long failed = 0;
	int i;

	for (i = 0; i < PAIRS; i++)
		failed += !!ulp_attach(fd[i][0]) + !!ulp_attach(fd[i][1]);
	return (void *)failed;
}

/* Sockets in use of a protocol, as this network namespace counts them */
static long in_use(const char *name)
{
	char line[256], proto[32];
	long n = -1, size, socks;
	FILE *f = fopen("/proc/net/protocols", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%31s %ld %ld", proto, &size, &socks) == 3 &&
		    !strcmp(proto, name))
			n = socks;
	fclose(f);
	return n;
}

/* A socket goes by the protocol that it came with, whatever family */
static void leaves_as_it_came(void **state)
{
	static const char *const names[] = { "TCP", "TCPv6", "TCPv6" };
	long before[2] = { in_use("TCP"), in_use("TCPv6") };
	int fd[2], i, k;

	(void)state;
	assert_true(before[0] >= 0 && before[1] >= 0);
	for (k = 0; k < 3; k++) {
		pair_attached(k, fd);
		assert_in_range(in_use(names[k]), before[!!k] + 2, LONG_MAX);
		close_pair(fd);
		/* TIME_WAIT is no socket in use; the last FIN takes a moment */
		for (i = 0; i < 500 && in_use(names[k]) > before[!!k]; i++)
			usleep(10000);
		assert_int_equal(in_use(names[k]), before[!!k]);
	}
}

static void *close_many(void *arg)
{
	int (*fd)[2] = arg;
	int i;

	for (i = 0; i < PAIRS; i++)
		close_pair(fd[i]);
	return NULL;
}

static void two_thousand_at_once(void **state)
{
	struct rlimit lim = { 4096, 4096 };
	uint8_t body[50], got[60];
	pthread_t t[THREADS];
	void *failed;
	int i, k;

	(void)state;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lim), 0);
	for (i = 0; i < THREADS; i++)
		for (k = 0; k < PAIRS; k++)
			pair_make(k % 3, many[i][k]);
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, attach_many, many[i]);
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], &failed);
		assert_null(failed);
	}
	ike_fill(body, sizeof(body), 1);
	for (i = 0; i < THREADS; i++)
		for (k = 0; k < PAIRS; k++)
			assert_int_equal(send(many[i][k][k & 1], body,
					      sizeof(body), 0), sizeof(body));
	for (i = 0; i < THREADS; i++)
		for (k = 0; k < PAIRS; k++)
			assert_int_equal(recv(many[i][k][~k & 1], got,
					      sizeof(got), 0), sizeof(body));
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, close_many, many[i]);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_as_it_came),
		cmocka_unit_test(keeps_its_family),
		cmocka_unit_test(connects_once),
		cmocka_unit_test(connects_without_waiting),
		cmocka_unit_test(reuseport_listeners),
		cmocka_unit_test(fast_open),
		cmocka_unit_test(diag_names_it),
		cmocka_unit_test(other_layers_keep_their_sockets),
		cmocka_unit_test(rights_are_those_of_the_sockets_namespace),
		cmocka_unit_test(two_thousand_at_once),
	};

	lo.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
