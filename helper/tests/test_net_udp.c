// SPDX-License-Identifier: GPL-2.0-or-later
/* IKE over UDP: what a datagram is, and sockets of both kinds on lo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "macros.h"
#include "net/addr.h"
#include "net/udp.h"
#include "netns.h"

static struct loop *loop;
static uint8_t got[128];
static size_t got_len;
static struct ike_addrs got_addrs;
static int n_got, refused;
static struct udp *victim;

static void kinds(void **state)
{
	static const struct {
		size_t len;
		uint8_t first;
		bool marker;
		enum udp_kind kind;
	} cases[] = {
		{ 0, 0, true, UDP_JUNK }, { 0, 0, false, UDP_JUNK },
		{ 1, 0xff, true, UDP_KEEPALIVE }, { 1, 0xff, false, UDP_JUNK },
		{ 1, 0, true, UDP_JUNK }, { 4, 0, true, UDP_JUNK },
		{ 31, 0, true, UDP_JUNK }, { 32, 0, true, UDP_IKE },
		{ 27, 7, false, UDP_JUNK }, { 28, 7, false, UDP_IKE },
		{ 64, 1, true, UDP_ESP },
	};
	uint8_t data[64];
	const uint8_t *msg;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t head = 4 * cases[i].marker;

		memset(data, 0, sizeof(data));
		data[0] = cases[i].first;
		assert_int_equal(udp_classify(data, cases[i].len, cases[i].marker, &msg, &len),
				 cases[i].kind);
		if (cases[i].kind != UDP_IKE)
			continue;
		assert_ptr_equal(msg, data + head);
		assert_int_equal(len, cases[i].len - head);
	}
}

static void on_message(void *arg, const struct ike_addrs *addrs, const uint8_t *msg, size_t len)
{
	(void)arg;
	assert_true(len <= sizeof(got));
	memcpy(got, msg, len);
	got_len = len;
	got_addrs = *addrs;
	n_got++;
	udp_free(victim);
	victim = NULL;
	loop_stop(loop);
}

static void on_refused(void *arg, int err)
{
	(void)arg;
	refused = err;
	loop_stop(loop);
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void run(unsigned int ms)
{
	struct loop_timer t = { 0 };

	loop_timer_set(loop, &t, ms, stop, NULL);
	loop_run(loop);
	loop_timer_cancel(loop, &t);
}

static int setup(void **state)
{
	(void)state;
	n_got = 0;
	refused = 0;
	loop = netns_enter() ? loop_new() : NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static struct udp *open_at(const char *at, const char *peer, uint16_t port)
{
	struct udp_user user = { .message = on_message, .refused = on_refused };
	struct sockaddr_storage sa;
	struct conf_subnet addr;
	socklen_t len;
	struct udp *u;
	char err[256];

	assert_true(addr_parse(at ? at : peer, &addr));
	len = addr_to_sockaddr(&addr, port, &sa);
	u = udp_open(loop, at ? (struct sockaddr *)&sa : NULL, at ? NULL : (struct sockaddr *)&sa,
		     len, port != UDP_PORT_IKE, &user, err, sizeof(err));
	if (!u)
		fail_msg("%s", err);
	return u;
}

/* An answer goes back to where the question came from, from the address it came to */
static void there_and_back(const char *any, const char *host, uint16_t port)
{
	static const uint8_t msg[40] = { 1, 2, 3 };
	struct udp *server = open_at(any, NULL, port), *client = open_at(NULL, host, port);
	struct conf_subnet want;

	assert_int_equal(udp_send(client, udp_addrs(client), msg, sizeof(msg)), 0);
	run(2000);
	assert_int_equal(n_got, 1);
	assert_int_equal(got_len, sizeof(msg));
	assert_memory_equal(got, msg, sizeof(msg));
	assert_true(addr_parse(host, &want));
	assert_true(addr_equal(&got_addrs.local, &want));
	assert_int_equal(got_addrs.local_port, port);
	assert_int_equal(got_addrs.remote_port, udp_addrs(client)->local_port);

	assert_int_equal(udp_send(server, &got_addrs, msg, 30), 0);
	run(2000);
	assert_int_equal(n_got, 2);
	assert_int_equal(got_len, 30);
	assert_int_equal(got_addrs.local_port, udp_addrs(client)->local_port);
	udp_free(client);
	udp_free(server);
}

static void ipv4(void **state)
{
	(void)state;
	if (!loop)
		skip();
	there_and_back("0.0.0.0", "127.0.0.2", UDP_PORT_IKE);
}

static void ipv4_marker(void **state)
{
	(void)state;
	if (!loop)
		skip();
	there_and_back("0.0.0.0", "127.0.0.2", UDP_PORT_NAT);
}

static void ipv6(void **state)
{
	(void)state;
	if (!loop)
		skip();
	there_and_back("::", "::1", UDP_PORT_IKE);
}

static void nobody_there(void **state)
{
	static const uint8_t msg[40];
	struct udp *client;

	(void)state;
	if (!loop)
		skip();
	client = open_at(NULL, "127.0.0.1", UDP_PORT_NAT);
	assert_int_equal(udp_send(client, udp_addrs(client), msg, sizeof(msg)), 0);
	run(2000);
	assert_int_equal(udp_take_esp(client), 0);
	assert_int_equal(refused, ECONNREFUSED);
	assert_int_equal(n_got, 0);
	udp_free(client);
}

/* A keepalive is nobody's message; what comes behind it is */
static void keepalive_is_silent(void **state)
{
	static const uint8_t msg[40];
	struct udp *server, *client;

	(void)state;
	if (!loop)
		skip();
	server = open_at("127.0.0.1", NULL, UDP_PORT_NAT);
	client = open_at(NULL, "127.0.0.1", UDP_PORT_NAT);
	udp_keepalive(client, udp_addrs(client));
	assert_int_equal(udp_send(client, udp_addrs(client), msg, sizeof(msg)), 0);
	run(2000);
	assert_int_equal(n_got, 1);
	assert_int_equal(got_len, sizeof(msg));
	udp_free(client);
	udp_free(server);
}

/* More datagrams wait, and the first one's reader lets go of the socket */
static void freed_while_it_reads(void **state)
{
	static const uint8_t msg[40];
	struct udp *client;

	(void)state;
	if (!loop)
		skip();
	victim = open_at("127.0.0.1", NULL, UDP_PORT_NAT);
	client = open_at(NULL, "127.0.0.1", UDP_PORT_NAT);
	for (int i = 0; i < 3; i++)
		assert_int_equal(udp_send(client, udp_addrs(client), msg, sizeof(msg)), 0);
	run(2000);
	assert_int_equal(n_got, 1);
	assert_null(victim);
	udp_free(client);
}

static void port_in_use(void **state)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(UDP_PORT_NAT) };
	struct udp_user user = { 0 };
	struct udp *first;
	char err[256];

	(void)state;
	if (!loop)
		skip();
	first = open_at("0.0.0.0", NULL, UDP_PORT_NAT);
	assert_null(udp_open(loop, (struct sockaddr *)&sa, NULL, sizeof(sa), true, &user, err,
			     sizeof(err)));
	assert_non_null(strstr(err, "another process does"));
	udp_free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test_setup_teardown(ipv4, setup, teardown),
		cmocka_unit_test_setup_teardown(ipv4_marker, setup, teardown),
		cmocka_unit_test_setup_teardown(ipv6, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_there, setup, teardown),
		cmocka_unit_test_setup_teardown(keepalive_is_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(freed_while_it_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(port_in_use, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
