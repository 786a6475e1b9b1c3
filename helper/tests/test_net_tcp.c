// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections: made, refused, unanswered, each with its sentence. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <linux/in6.h>

#include "net/addr.h"
#include "net/tcp.h"
#include "net/ulp.h"
#include "netns.h"

#define PORT 4500

static struct loop *loop;
static bool allowed;
static int got_fd;
static char got_err[256];

static void done(void *arg, int fd, const char *err)
{
	(void)arg;
	got_fd = fd;
	snprintf(got_err, sizeof(got_err), "%s", err ? err : "");
	loop_stop(loop);
}

static int setup(void **state)
{
	(void)state;
	loop = loop_new();
	return loop ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static uint32_t flow_label;

static void connect_to(const char *host, unsigned int ms)
{
	struct tcp_target target;
	char err[256];

	if (!allowed)
		skip();
	got_fd = -2;
	assert_int_equal(tcp_resolve(&target, host, PORT, err, sizeof(err)), 0);
	target.flow_label = flow_label;
	assert_non_null(tcp_connect_start(loop, &target, NULL, ms, done, NULL));
	assert_int_equal(got_fd, -2);
	assert_int_equal(loop_run(loop), 0);
	tcp_target_free(&target);
}

static void refused(void **state)
{
	(void)state;
	connect_to("127.0.0.1", 5000);
	assert_int_equal(got_fd, -1);
	assert_string_equal(got_err, "nothing listens on 127.0.0.1 port 4500");
}

static void unreachable_host(void **state)
{
	(void)state;
	connect_to("192.0.2.1", 5000);
	assert_int_equal(got_fd, -1);
	assert_non_null(strstr(got_err, "192.0.2.1 port 4500 is unreachable"));
}

static void both_families_listen(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	struct ike_addrs addrs;
	char err[256];
	int fds[TCP_LISTEN_MAX];

	(void)state;
	if (!allowed)
		skip();
	assert_int_equal(tcp_listen(NULL, PORT, fds, err, sizeof(err)), 2);
	for (size_t i = 0; i < 2; i++) {
		connect_to(hosts[i], 5000);
		assert_true(got_fd >= 0);
		assert_int_equal(addr_of_socket(got_fd, &addrs), 0);
		assert_int_equal(addrs.remote_port, PORT);
		assert_int_equal(addrs.local.family, addrs.remote.family);
		close(got_fd);
	}
	close(fds[0]);
	close(fds[1]);
}

/* What came with the first segment that carried something */
static uint32_t label_seen(int listener)
{
	int fd = accept(listener, NULL, NULL), on = 1;
	uint8_t control[256], byte;
	socklen_t len = sizeof(control);
	struct msghdr m = { .msg_control = control };
	struct cmsghdr *c;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWINFO, &on, sizeof(on)), 0);
	assert_int_equal(write(got_fd, "x", 1), 1);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(getsockopt(fd, IPPROTO_IPV6, IPV6_2292PKTOPTIONS, control, &len), 0);
	m.msg_controllen = len;
	close(fd);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_type == IPV6_FLOWINFO)
			return ntohl(*(uint32_t *)CMSG_DATA(c)) & 0xfffff;
	return 0;
}

/* RFC 9329, section 6.1 */
static void flow_labels(void **state)
{
	char err[256];
	int fds[TCP_LISTEN_MAX];
	uint32_t last;

	(void)state;
	if (!allowed)
		skip();
	assert_int_equal(tcp_listen("::1", PORT, fds, err, sizeof(err)), 1);
	assert_int_equal(fcntl(fds[0], F_SETFL, 0), 0);
	for (int i = 0; i < 6; i++) {
		if (!(i % 3))
			flow_label = tcp_flow_label();
		connect_to("::1", 5000);
		assert_true(got_fd >= 0);
		assert_int_equal(label_seen(fds[0]), flow_label);
		close(got_fd);
	}
	/* The kernel's own are others */
	last = flow_label;
	flow_label = 0;
	connect_to("::1", 5000);
	assert_int_not_equal(label_seen(fds[0]), last);
	close(got_fd);
	close(fds[0]);
}

static void taken_port(void **state)
{
	char err[256] = "";
	int fds[TCP_LISTEN_MAX], more[TCP_LISTEN_MAX];

	(void)state;
	if (!allowed)
		skip();
	assert_int_equal(tcp_listen("127.0.0.1", PORT, fds, err, sizeof(err)), 1);
	assert_int_equal(tcp_listen("127.0.0.1", PORT, more, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "127.0.0.1 port 4500: another process does"));
	close(fds[0]);
}

/* A listener with a full backlog drops what comes, like a firewall */
static void silence(void **state)
{
	struct sockaddr_storage sa;
	struct conf_subnet addr;
	uint64_t start;
	int fill[4], listener;
	socklen_t len;

	(void)state;
	if (!allowed)
		skip();
	assert_true(addr_parse("127.0.0.1", &addr));
	len = addr_to_sockaddr(&addr, PORT, &sa);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(listener, 0), 0);
	for (size_t i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fill[i], (struct sockaddr *)&sa, len))
			assert_int_equal(errno, EINPROGRESS);
	}
	start = loop_now();
	connect_to("127.0.0.1", 1000);
	assert_int_equal(got_fd, -1);
	assert_string_equal(got_err, "no answer from 127.0.0.1 port 4500 in 1 s");
	assert_in_range(loop_now() - start, 1000, 5000);
	for (size_t i = 0; i < 4; i++)
		close(fill[i]);
	close(listener);
}

static void ulp_says_why_not(void **state)
{
	int pair[2], tcp;
	char err[256];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_true(ulp_attach(pair[0], err, sizeof(err)) < 0);
	assert_non_null(strstr(err, "not a TCP socket"));
	close(pair[0]);
	assert_int_equal(ulp_attach(pair[0], err, sizeof(err)), -EBADF);
	close(pair[1]);

	/* Without the module it is not there, with it the socket is not connected */
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	switch (ulp_attach(tcp, err, sizeof(err))) {
	case -ENOENT:
		assert_non_null(strstr(err, "modprobe espintcp"));
		break;
	case -ENOTCONN:
		assert_non_null(strstr(err, "not established"));
		break;
	case 0:
		break;	/* the code in some kernels' own tree does not ask */
	default:
		fail_msg("%s", err);
	}
	close(tcp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(unreachable_host, setup, teardown),
		cmocka_unit_test_setup_teardown(both_families_listen, setup, teardown),
		cmocka_unit_test_setup_teardown(flow_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(taken_port, setup, teardown),
		cmocka_unit_test_setup_teardown(silence, setup, teardown),
		cmocka_unit_test(ulp_says_why_not),
	};

	allowed = netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
