// SPDX-License-Identifier: GPL-2.0-or-later
/* When a connection is taken for one that is not the peer's any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/path.h"

/* RFC 9329, section 6.1: not for a few */
static void few_are_no_reason(void **state)
{
	struct path p = { 0 };

	(void)state;
	for (int i = 0; i < 15; i++)
		assert_false(path_doubtful(&p, 1));
	assert_true(path_doubtful(&p, 1));
	assert_true(path_doubtful(&p, 1));
}

static void fresh_message_begins_anew(void **state)
{
	struct path p = { 0 };

	(void)state;
	assert_false(path_doubtful(&p, 15));
	(void)path_corrupted(&p, false);
	assert_true(path_doubtful(&p, 1));
	(void)path_corrupted(&p, true);
	assert_false(path_doubtful(&p, 15));
	assert_true(path_doubtful(&p, UINT32_MAX));
	assert_true(path_doubtful(&p, UINT32_MAX));
}

/* IKE messages count on a connection alone: anybody can send datagrams */
static void datagrams_are_no_reason(void **state)
{
	struct path tcp = { .stream = (struct stream *)state }, udp = { 0 };

	for (int i = 0; i < 15; i++) {
		assert_false(path_corrupted(&tcp, false));
		assert_false(path_corrupted(&udp, false));
	}
	assert_false(path_corrupted(&udp, false));
	assert_true(path_corrupted(&tcp, false));
	assert_false(path_corrupted(&tcp, true));
	assert_false(path_corrupted(&tcp, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_no_reason),
		cmocka_unit_test(fresh_message_begins_anew),
		cmocka_unit_test(datagrams_are_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
