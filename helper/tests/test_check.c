// SPDX-License-Identifier: GPL-2.0-or-later
/* What `check` finds out: the way that up would take, and what each way got. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "check/check.h"
#include "net/deframe.h"
#include "net/udp.h"
#include "netns.h"

static struct conf_conn conn;
static struct check c;
static struct tcp_target target;
static bool allowed;

static int setup(void **state)
{
	char err[256];

	(void)state;
	memset(&conn, 0, sizeof(conn));
	memset(&c, 0, sizeof(c));
	c.conn = &conn;
	c.target = &target;
	c.timeout_ms = 5000;
	conn.name = (char *)"office";
	conn.tcp = CONF_TCP_FALLBACK;
	conn.local.host = (char *)"%defaultroute";
	conn.local.auth = CONF_AUTH_SECRET;
	conn.remote.auth = CONF_AUTH_SECRET;
	assert_int_equal(ike_suite_parse_ike(NULL, &conn.ike, err, sizeof(err)), 0);
	assert_int_equal(ike_suite_parse_esp(NULL, &conn.esp, err, sizeof(err)), 0);
	return tcp_resolve(&target, "127.0.0.1", 4500, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	tcp_target_free(&target);
	return 0;
}

/* What was found for the n-th way, as race.c numbers them: UDP, then TCP */
static void found(size_t n, bool tcp, enum check_result result, unsigned int ms)
{
	c.way[n] = (struct check_way){ .tcp = tcp, .result = result, .end_ms = ms };
	c.n_ways = n + 1;
}

static const struct check_way *choice(enum check_result udp, unsigned int udp_ms,
				      enum check_result tcp, unsigned int tcp_ms)
{
	found(0, false, udp, udp_ms);
	found(1, true, tcp, tcp_ms);
	return check_choice(&c);
}

static void choice_is_the_races(void **state)
{
	(void)state;
	assert_ptr_equal(choice(CHECK_ANSWERED, 20, CHECK_ANSWERED, 1), &c.way[0]);
	assert_ptr_equal(choice(CHECK_SILENT, 5000, CHECK_ANSWERED, 30), &c.way[1]);
	assert_ptr_equal(choice(CHECK_FAILED, 1, CHECK_ANSWERED, 30), &c.way[1]);
	assert_ptr_equal(choice(CHECK_ANSWERED, 400, CHECK_SILENT, 5000), &c.way[0]);
	assert_null(choice(CHECK_SILENT, 5000, CHECK_FAILED, 1));
	assert_null(choice(CHECK_FAILED, 1, CHECK_FAILED, 1));
	/* TCP has answered long before UDP does */
	assert_ptr_equal(choice(CHECK_ANSWERED, 2000, CHECK_ANSWERED, 20), &c.way[1]);
}

static void tcp_helped_has_no_head_start_to_wait_for(void **state)
{
	(void)state;
	c.tcp_helps = true;
	assert_ptr_equal(choice(CHECK_ANSWERED, 400, CHECK_ANSWERED, 20), &c.way[1]);
	c.tcp_helps = false;
	assert_ptr_equal(choice(CHECK_ANSWERED, 400, CHECK_ANSWERED, 20), &c.way[0]);
}

static void order_is_by_start(void **state)
{
	size_t order[RACE_LANES_MAX];

	(void)state;
	found(3, true, CHECK_FAILED, 1);
	c.way[0].start_ms = 0;
	c.way[1].start_ms = 500;
	c.way[2].start_ms = 250;
	c.way[3].start_ms = 750;
	check_order(&c, order);
	assert_int_equal(order[0], 0);
	assert_int_equal(order[1], 2);
	assert_int_equal(order[2], 1);
	assert_int_equal(order[3], 3);
}

/* With a secret for anybody */
static void run(const char *psk)
{
	char err[256];
	struct conf_secret *secrets = NULL;

	if (!allowed)
		skip();
	if (psk)
		assert_int_equal(conf_secrets_text(psk, strlen(psk), true, &secrets, err,
						   sizeof(err)), 0);
	c.secrets = secrets;
	c.loop = loop_new();
	assert_non_null(c.loop);
	assert_int_equal(check_run(&c), 0);
	loop_free(c.loop);
	conf_secrets_free(secrets);
}

static void nobody_is_there(void **state)
{
	(void)state;
	run(": PSK \"secret\"\n");
	assert_int_equal(c.n_ways, 2);
	assert_int_equal(c.way[0].result, CHECK_FAILED);
	assert_non_null(strstr(c.way[0].detail, "Connection refused"));
	assert_int_equal(c.way[1].result, CHECK_FAILED);
	assert_string_equal(c.way[1].detail, "nothing listens on 127.0.0.1 port 4500");
	assert_false(c.way[1].connected);
	assert_null(check_choice(&c));
}

static int listener(int type)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(4500) };
	int fd = socket(AF_INET, type, 0), on = 1;

	inet_pton(AF_INET, "127.0.0.1", &sa.sin_addr);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(type == SOCK_STREAM ? listen(fd, 1) : 0, 0);
	return fd;
}

static void silence_is_no_answer(void **state)
{
	int udp, tcp;

	(void)state;
	if (!allowed)
		skip();
	udp = listener(SOCK_DGRAM);
	tcp = listener(SOCK_STREAM);
	c.timeout_ms = 1000;
	run(": PSK \"secret\"\n");
	close(udp);
	close(tcp);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c.way[i].result, CHECK_SILENT);
		assert_string_equal(c.way[i].detail, "no answer in 1 s");
	}
	assert_true(c.way[1].connected);
}

static void no_secret_is_the_configurations_fault(void **state)
{
	int udp;

	(void)state;
	if (!allowed)
		skip();
	udp = listener(SOCK_DGRAM);
	run(NULL);
	close(udp);
	assert_int_equal(c.way[0].result, CHECK_WRONG);
	assert_non_null(strstr(c.way[0].detail, "no PSK for"));
}

/* Messages of a stream that comes in pieces of any size; others are passed over */
static void stream_in_pieces(void **state)
{
	static const uint8_t stream[] = {
		0, 3, 0xff, 0, 6, 1, 2, 3, 4, 0, 9, 0, 0, 0, 0, 'a', 'b', 'c',
		0, 2, 0, 7, 0, 0, 0, 0, 'd', 0, 1,
	};
	struct deframe *d = malloc(sizeof(*d));
	const uint8_t *msg;
	size_t len, room;

	(void)state;
	for (size_t piece = 1; piece <= sizeof(stream); piece++) {
		char got[8] = "";
		size_t at = 0;
		int rc = 0;

		memset(d, 0, sizeof(*d));
		while (at < sizeof(stream)) {
			size_t n = sizeof(stream) - at < piece ? sizeof(stream) - at : piece;

			memcpy(deframe_room(d, &room), stream + at, n);
			assert_true(room >= n);
			deframe_add(d, n);
			at += n;
			while ((rc = deframe_next(d, &msg, &len)) > 0)
				strncat(got, (const char *)msg, len);
		}
		assert_string_equal(got, "abcd");
		assert_int_equal(rc, -1);
	}
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(choice_is_the_races, setup, teardown),
		cmocka_unit_test_setup_teardown(tcp_helped_has_no_head_start_to_wait_for, setup,
						teardown),
		cmocka_unit_test_setup_teardown(order_is_by_start, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_is_no_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(no_secret_is_the_configurations_fault, setup,
						teardown),
		cmocka_unit_test(stream_in_pieces),
	};

	allowed = netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
