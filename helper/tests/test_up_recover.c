// SPDX-License-Identifier: GPL-2.0-or-later
/* When a tunnel that lost its connection is tried again, on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "macros.h"
#include "up/recover.h"

static void first_try_is_at_once(void **state)
{
	struct recover r = { 0 };

	(void)state;
	recover_begin(&r, 1000, 60000);
	assert_true(r.active);
	assert_int_equal(recover_delay(&r, 5000, 12345), 0);
	recover_end(&r);
	assert_false(r.active);
	recover_begin(&r, 9000, 60000);
	assert_int_equal(recover_delay(&r, 9000, 0), 0);
}

/* Each wait is about twice the one before, and none is long */
static void waits_grow(void **state)
{
	static const int want[] = { 0, 100, 200, 400, 800, 1600, 2000, 2000, 2000 };
	uint64_t now = 0;

	(void)state;
	for (uint32_t random = 0; random < 5000; random += 7) {
		struct recover r = { 0 };

		recover_begin(&r, now, 1000000);
		for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
			int ms = recover_delay(&r, now, random);

			assert_in_range(ms, want[i] * 3 / 4, want[i] * 5 / 4);
			now += ms;
		}
	}
}

static void gives_up_in_time(void **state)
{
	struct recover r = { 0 };
	uint64_t now = 1000;
	int ms;

	(void)state;
	recover_begin(&r, now, 30000);
	while ((ms = recover_delay(&r, now, 1)) >= 0)
		now += ms;
	assert_in_range(now, 1000 + 30000 - 2500, 1000 + 30000);
}

/* A peer that was silent for all of its time already gets one try all the same */
static void late_is_not_never(void **state)
{
	struct recover r = { 0 };

	(void)state;
	recover_begin(&r, 0, 30000);
	assert_int_equal(recover_delay(&r, 100000, 0), 0);
	assert_int_equal(recover_delay(&r, 100010, 0), 75);
	assert_int_equal(recover_delay(&r, 110000, 0), -1);
}

/* A connection that breaks again and again has no more time for it */
static void again_does_not_prolong(void **state)
{
	struct recover r = { 0 };

	(void)state;
	recover_begin(&r, 0, 10000);
	assert_int_equal(recover_delay(&r, 100, 0), 0);
	recover_begin(&r, 9000, 10000);
	assert_int_equal(recover_delay(&r, 9990, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_try_is_at_once),
		cmocka_unit_test(waits_grow),
		cmocka_unit_test(gives_up_in_time),
		cmocka_unit_test(late_is_not_never),
		cmocka_unit_test(again_does_not_prolong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
