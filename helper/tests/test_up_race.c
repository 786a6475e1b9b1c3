// SPDX-License-Identifier: GPL-2.0-or-later
/* Which way to the peer is taken, on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "up/race.h"
#include "up/up.h"

static struct race r;
static uint64_t now;

/* Let the time pass till something is to be done, ms at most */
static struct race_todo later(unsigned int ms)
{
	uint64_t end = now + ms;
	struct race_todo t;

	for (;;) {
		t = race_next(&r, now);
		if (t.act != RACE_WAIT || now + t.ms > end)
			break;
		assert_true(t.ms > 0);
		now += t.ms;
	}
	if (t.act == RACE_WAIT || t.act == RACE_IDLE)
		now = end;
	return t;
}

static void expect(struct race_todo t, enum race_act act, bool tcp, size_t addr)
{
	assert_int_equal(t.act, act);
	assert_int_equal(r.lane[t.lane].tcp, tcp);
	assert_int_equal(r.lane[t.lane].addr, addr);
}

static size_t lane_of(bool tcp, size_t addr)
{
	for (size_t i = 0; i < r.n; i++)
		if (r.lane[i].tcp == tcp && r.lane[i].addr == addr)
			return i;
	fail();
	return 0;
}

static void begin(enum conf_tcp tcp, size_t addrs, bool tcp_helps)
{
	now = 1000000;
	race_init(&r, tcp, addrs, tcp_helps, now);
}

static void one_way_only(void **state)
{
	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		begin(tcp ? CONF_TCP_YES : CONF_TCP_NO, 1, false);
		expect(later(0), RACE_START, tcp, 0);
		assert_int_equal(later(5000).act, RACE_IDLE);
		race_answered(&r, 0, now);
		expect(later(0), RACE_CHOOSE, tcp, 0);
		/* Nothing else to try: however long it takes */
		assert_int_equal(later(60000).act, RACE_IDLE);
		race_failed(&r, 0);
		assert_int_equal(later(0).act, RACE_OVER);
	}
}

static void udp_has_a_head_start(void **state)
{
	uint64_t start;

	(void)state;
	begin(CONF_TCP_FALLBACK, 1, false);
	start = now;
	expect(later(0), RACE_START, false, 0);
	expect(later(5000), RACE_START, true, 0);
	assert_int_equal(now - start, RACE_HEAD_START_MS);
	assert_int_equal(later(5000).act, RACE_IDLE);
}

static void udp_that_answers_is_alone(void **state)
{
	(void)state;
	begin(CONF_TCP_FALLBACK, 1, false);
	expect(later(0), RACE_START, false, 0);
	assert_int_equal(later(100).act, RACE_WAIT);
	race_answered(&r, lane_of(false, 0), now);
	expect(later(0), RACE_CHOOSE, false, 0);
}

/* TCP answers and UDP does not: fallback in less than two seconds at a round trip of 300 ms */
static void tcp_takes_over(void **state)
{
	uint64_t start;

	(void)state;
	begin(CONF_TCP_FALLBACK, 1, false);
	start = now;
	expect(later(0), RACE_START, false, 0);
	expect(later(5000), RACE_START, true, 0);
	assert_int_equal(later(600).act, RACE_IDLE);
	race_answered(&r, lane_of(true, 0), now);
	expect(later(5000), RACE_CHOOSE, true, 0);
	assert_int_equal(now - start, RACE_HEAD_START_MS + 600 + RACE_GRACE_MS);
	assert_in_range(now - start + 300, 0, 1999);
}

static void udp_wins_when_both_do(void **state)
{
	(void)state;
	for (int udp_first = 0; udp_first < 2; udp_first++) {
		begin(CONF_TCP_FALLBACK, 1, true);
		expect(later(0), RACE_START, false, 0);
		expect(later(0), RACE_START, true, 0);
		race_answered(&r, lane_of(!udp_first, 0), now);
		if (!udp_first)
			assert_int_equal(later(RACE_GRACE_MS - 1).act, RACE_WAIT);
		race_answered(&r, lane_of(udp_first, 0), now);
		expect(later(0), RACE_CHOOSE, false, 0);
	}
}

/* What worked the last time: no head start, and no answer is waited for but UDP's grace */
static void remembered_tcp_is_immediate(void **state)
{
	(void)state;
	begin(CONF_TCP_FALLBACK, 1, true);
	expect(later(0), RACE_START, false, 0);
	expect(later(0), RACE_START, true, 0);
}

/* ICMP says that UDP leads nowhere */
static void tcp_need_not_wait_for_nothing(void **state)
{
	(void)state;
	begin(CONF_TCP_FALLBACK, 1, false);
	expect(later(0), RACE_START, false, 0);
	race_failed(&r, lane_of(false, 0));
	expect(later(0), RACE_START, true, 0);
	race_answered(&r, lane_of(true, 0), now);
	expect(later(0), RACE_CHOOSE, true, 0);
}

static void addresses_follow_each_other(void **state)
{
	uint64_t start;

	(void)state;
	begin(CONF_TCP_YES, 5, false);
	start = now;
	assert_int_equal(r.n, RACE_ADDRS_MAX);
	for (size_t i = 0; i < RACE_ADDRS_MAX; i++) {
		expect(later(5000), RACE_START, true, i);
		assert_int_equal(now - start, i * RACE_NEXT_ADDR_MS);
	}
	race_answered(&r, lane_of(true, 1), now);
	expect(later(0), RACE_CHOOSE, true, 1);
}

/* The first address refuses: the second one is tried at once, the third in its turn */
static void a_refusal_hurries_one(void **state)
{
	(void)state;
	begin(CONF_TCP_YES, 3, false);
	expect(later(0), RACE_START, true, 0);
	race_failed(&r, lane_of(true, 0));
	expect(later(0), RACE_START, true, 1);
	assert_int_equal(later(0).act, RACE_WAIT);
}

/* UDP carries IKE_SA_INIT and not the longer IKE_AUTH: TCP may do better */
static void udp_gets_stuck(void **state)
{
	uint64_t start;

	(void)state;
	begin(CONF_TCP_FALLBACK, 1, false);
	expect(later(0), RACE_START, false, 0);
	race_answered(&r, lane_of(false, 0), now);
	expect(later(0), RACE_CHOOSE, false, 0);
	start = now;
	expect(later(60000), RACE_DROP, false, 0);
	assert_int_equal(now - start, RACE_STUCK_MS);
	expect(later(0), RACE_START, true, 0);
	race_failed(&r, lane_of(true, 0));
	assert_int_equal(later(0).act, RACE_OVER);
}

/* Whatever happens in whatever order: it ends, and one way at most goes on */
static void every_order_ends(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		unsigned int chosen = 0, steps = 0;

		begin(round % 3, 1 + round % 5, round % 2);
		for (;;) {
			struct race_todo t = later(seed % 400);

			assert_true(++steps < 1000);
			if (t.act == RACE_OVER)
				break;
			if (t.act == RACE_CHOOSE)
				chosen++;
			else if (t.act == RACE_DROP)
				chosen--;
			assert_true(chosen <= 1);
			seed = seed * 1103515245 + 12345;
			if ((seed >> 16) % 3 == 0) {
				race_answered(&r, (seed >> 20) % r.n, now);
			} else if ((seed >> 16) % 7 == 0 || steps > 500) {
				size_t lane = (seed >> 20) % r.n;

				chosen -= r.lane[lane].state == RACE_CHOSEN;
				race_failed(&r, lane);
			}
		}
		assert_int_equal(chosen, 0);
	}
}

/* Back to UDP is tried less and less often, once an hour in the end */
static void probes_get_rare(void **state)
{
	unsigned int ms = 60000, all = 0;

	(void)state;
	for (int i = 0; i < 6; i++) {
		all += ms;
		ms = probe_next(ms);
	}
	assert_int_equal(all, 60000 * 63);
	for (int i = 0; i < 100; i++)
		ms = probe_next(ms);
	assert_int_equal(ms, 3600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_way_only),
		cmocka_unit_test(udp_has_a_head_start),
		cmocka_unit_test(udp_that_answers_is_alone),
		cmocka_unit_test(tcp_takes_over),
		cmocka_unit_test(udp_wins_when_both_do),
		cmocka_unit_test(remembered_tcp_is_immediate),
		cmocka_unit_test(tcp_need_not_wait_for_nothing),
		cmocka_unit_test(addresses_follow_each_other),
		cmocka_unit_test(a_refusal_hurries_one),
		cmocka_unit_test(udp_gets_stuck),
		cmocka_unit_test(every_order_ends),
		cmocka_unit_test(probes_get_rare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
