// SPDX-License-Identifier: GPL-2.0-or-later
/* The event loop: order of timers, owners that go away in callbacks, signals. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "macros.h"
#include "net/loop.h"

static struct loop *loop;
static int order[4];
static int n_fired;

static int setup(void **state)
{
	(void)state;
	n_fired = 0;
	loop = loop_new();
	return loop ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void fire(void *arg)
{
	order[n_fired++] = (int)(intptr_t)arg;
}

/* A callback happens at one time, however long it takes, and the next one later */
static uint64_t seen[2];

static void see(void *arg)
{
	size_t i = (size_t)(intptr_t)arg;

	seen[i] = loop_now();
	usleep(5000);
	assert_true(loop_now() == seen[i]);
	loop_waited();
	assert_true(loop_now() >= seen[i] + 5);
	if (i)
		loop_stop(loop);
}

static void time_of_a_callback(void **state)
{
	struct loop_timer first = { 0 }, second = { 0 };
	uint64_t before = loop_now();

	(void)state;
	loop_timer_set(loop, &first, 0, see, (void *)0);
	loop_timer_set(loop, &second, 0, see, (void *)1);
	assert_int_equal(loop_run(loop), 0);
	assert_true(seen[0] >= before);
	assert_true(seen[1] >= seen[0] + 5);
	assert_true(loop_now() >= seen[1] + 5);
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

/* Thousands, set, moved and cancelled in any order: those that are left fire in theirs */
static struct loop_timer many[3000];
static uint64_t last_due, last_turn;
static int left;

static void fire_many(void *arg)
{
	const struct loop_timer *t = arg;

	assert_false(t->set);
	assert_true(t->due > last_due || (t->due == last_due && t->turn > last_turn));
	last_due = t->due;
	last_turn = t->turn;
	if (!--left)
		loop_stop(loop);
}

static void many_timers(void **state)
{
	uint32_t seed = 1;
	int n = (int)ARRAY_SIZE(many);

	(void)state;
	last_due = 0;
	for (int i = 0; i < 5 * n; i++) {
		struct loop_timer *t;

		seed = seed * 1103515245 + 12345;
		t = &many[(seed >> 8) % n];
		if (seed >> 30)
			loop_timer_set(loop, t, (seed >> 16) % 40, fire_many, t);
		else
			loop_timer_cancel(loop, t);
	}
	left = 0;
	for (int i = 0; i < n; i++)
		left += many[i].set;
	assert_true(left > n / 2);
	assert_int_equal(loop_run(loop), 0);
	for (int i = 0; i < n; i++)
		assert_false(many[i].set);
}

static void timers_in_order(void **state)
{
	struct loop_timer t[4] = { 0 };
	uint64_t start = loop_now();

	(void)state;
	loop_timer_set(loop, &t[0], 30, stop, NULL);
	loop_timer_set(loop, &t[1], 20, fire, (void *)2);
	loop_timer_set(loop, &t[2], 10, fire, (void *)1);
	loop_timer_set(loop, &t[3], 20, fire, (void *)3);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_fired, 3);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	assert_int_equal(order[2], 3);
	assert_true(loop_now() - start >= 30);
}

static void moved_and_cancelled(void **state)
{
	struct loop_timer t[3] = { 0 };

	(void)state;
	loop_timer_set(loop, &t[0], 5, fire, (void *)1);
	loop_timer_cancel(loop, &t[0]);
	loop_timer_cancel(loop, &t[0]);
	loop_timer_set(loop, &t[1], 100000, fire, (void *)2);
	loop_timer_set(loop, &t[1], 1, fire, (void *)3);
	loop_timer_set(loop, &t[2], 20, stop, NULL);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_fired, 1);
	assert_int_equal(order[0], 3);
}

struct owner {
	struct loop_fd w;
	struct loop_timer t;
	struct owner *other;
};

static struct owner *owner_new(int fd, void (*ready)(void *, uint32_t))
{
	struct owner *o = calloc(1, sizeof(*o));

	o->w = (struct loop_fd){ .fd = fd, .ready = ready, .arg = o };
	assert_int_equal(loop_fd_add(loop, &o->w, EPOLLIN), 0);
	loop_timer_set(loop, &o->t, 100000, stop, NULL);
	return o;
}

static void owner_free(struct owner *o)
{
	loop_fd_del(loop, &o->w);
	loop_timer_cancel(loop, &o->t);
	close(o->w.fd);
	free(o);
}

/* Both are readable; the first one that runs frees the two of them */
static void free_both(void *arg, uint32_t events)
{
	struct owner *o = arg;

	assert_true(events & EPOLLIN);
	n_fired++;
	owner_free(o->other);
	owner_free(o);
}

static void owners_freed_in_a_callback(void **state)
{
	struct loop_timer end = { 0 };
	struct owner *a, *b;
	int p[2], q[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(q), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(write(q[1], "x", 1), 1);
	a = owner_new(p[0], free_both);
	b = owner_new(q[0], free_both);
	a->other = b;
	b->other = a;
	loop_timer_set(loop, &end, 20, stop, NULL);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_fired, 1);
	close(p[1]);
	close(q[1]);
}

static void on_signal(void *arg, int signo)
{
	*(int *)arg = signo;
	loop_stop(loop);
}

static void signals_are_calls(void **state)
{
	int got = 0;

	(void)state;
	assert_int_equal(loop_signals(loop, on_signal, &got), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(got, SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(time_of_a_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(many_timers, setup, teardown),
		cmocka_unit_test_setup_teardown(timers_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(moved_and_cancelled, setup, teardown),
		cmocka_unit_test_setup_teardown(owners_freed_in_a_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(signals_are_calls, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
