// SPDX-License-Identifier: GPL-2.0-or-later
/* The stream prefix: split anywhere, wrong anywhere, and nothing read behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "net/prefix.h"

static int pair[2];			/* ours, the peer's */

static int setup(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int teardown(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void put(const char *data, size_t len)
{
	assert_int_equal(write(pair[1], data, len), len);
}

static void sent_by_the_originator(void **state)
{
	char buf[16];

	(void)state;
	assert_int_equal(prefix_send(pair[1]), 0);
	assert_int_equal(read(pair[0], buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "IKETCP", 6);
}

static void one_byte_at_a_time(void **state)
{
	struct prefix_reader r = { 0 };

	(void)state;
	assert_int_equal(prefix_read(pair[0], &r), PREFIX_MORE);
	for (size_t i = 0; i < 5; i++) {
		put("IKETC" + i, 1);
		assert_int_equal(prefix_read(pair[0], &r), PREFIX_MORE);
	}
	put("P", 1);
	assert_int_equal(prefix_read(pair[0], &r), PREFIX_DONE);
}

static void split_in_two(void **state)
{
	(void)state;
	for (size_t at = 1; at < 6; at++) {
		struct prefix_reader r = { 0 };

		put("IKETCP", at);
		assert_int_equal(prefix_read(pair[0], &r), PREFIX_MORE);
		put("IKETCP" + at, 6 - at);
		assert_int_equal(prefix_read(pair[0], &r), PREFIX_DONE);
	}
}

/* What follows is the ULP's, even if it came in the same segment */
static void rest_stays(void **state)
{
	struct prefix_reader r = { 0 };
	char buf[16];

	(void)state;
	put("IKETCP\0\x2amessage", 15);
	assert_int_equal(prefix_read(pair[0], &r), PREFIX_DONE);
	assert_int_equal(read(pair[0], buf, sizeof(buf)), 9);
	assert_memory_equal(buf, "\0\x2amessage", 9);
}

static void wrong_at_each_byte(void **state)
{
	char text[32], prefix[6];

	(void)state;
	for (size_t at = 0; at < 6; at++) {
		struct prefix_reader r = { 0 };

		memcpy(prefix, "IKETCP", 6);
		prefix[at] = '\n';
		put(prefix, at + 1);
		assert_int_equal(prefix_read(pair[0], &r), PREFIX_WRONG);
		prefix_text(&r, text, sizeof(text));
		assert_string_equal(text + at, "\\x0a");
	}
}

static void text_fits(void **state)
{
	struct prefix_reader r = { .got = "\"\\\x80\x01z ", .n = 6 };
	char text[25], small[6];

	(void)state;
	assert_string_equal(prefix_text(&r, text, sizeof(text)), "\\x22\\x5c\\x80\\x01z ");
	assert_string_equal(prefix_text(&r, small, sizeof(small)), "\\x22");
}

static void end_of_file(void **state)
{
	struct prefix_reader r = { 0 };

	(void)state;
	put("IKE", 3);
	assert_int_equal(prefix_read(pair[0], &r), PREFIX_MORE);
	shutdown(pair[1], SHUT_WR);
	assert_int_equal(prefix_read(pair[0], &r), PREFIX_END);
	assert_int_equal(r.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sent_by_the_originator, setup, teardown),
		cmocka_unit_test_setup_teardown(one_byte_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(split_in_two, setup, teardown),
		cmocka_unit_test_setup_teardown(rest_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_at_each_byte, setup, teardown),
		cmocka_unit_test(text_fits),
		cmocka_unit_test_setup_teardown(end_of_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
