// SPDX-License-Identifier: GPL-2.0-only
/* KUnit: who reads in softirqs, and in what order. */

#include <linux/netdevice.h>

#include "fixture.h"

/* Readers called, in order */
#define CALLS	16
static char calls[CALLS];
static int nr_calls;

/**
 * struct reader - one that notes that it was called
 * @poll: what is tested
 * @name: what it notes
 * @more: how often it still says that there is more; for ever if negative
 * @kicks: how often it is still called by somebody else meanwhile
 */
struct reader {
	struct espintcp_poll	poll;
	char			name;
	int			more;
	int			kicks;
};

static int note(struct espintcp_poll *p, bool *more)
{
	struct reader *r = container_of(p, struct reader, poll);

	if (nr_calls < CALLS)
		calls[nr_calls++] = r->name;
	if (r->kicks) {
		r->kicks--;
		espintcp_poll_kick(p);
	}
	if (READ_ONCE(r->more) > 0)
		r->more--;
	else if (!READ_ONCE(r->more))
		return 0;

	*more = true;
	return NAPI_POLL_WEIGHT;
}

static void expect_calls(struct kunit *test, const char *want)
{
	calls[min(nr_calls, CALLS - 1)] = 0;
	KUNIT_EXPECT_STREQ(test, want, (char *)calls);
	nr_calls = 0;
}

static void poll_once(struct kunit *test)
{
	struct reader a = { .poll.read = note, .name = 'a' };

	nr_calls = 0;
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&a.poll, 1));
	espintcp_poll_kick(&a.poll);
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&a.poll, 5 * HZ));
	expect_calls(test, "a");

	/* Who is called twice before it reads, reads once */
	local_bh_disable();
	espintcp_poll_kick(&a.poll);
	espintcp_poll_kick(&a.poll);
	local_bh_enable();
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&a.poll, 5 * HZ));
	expect_calls(test, "a");
}

/* Who is called while it reads may have looked too early */
static void poll_again(struct kunit *test)
{
	struct reader a = { .poll.read = note, .name = 'a', .kicks = 2 };

	nr_calls = 0;
	espintcp_poll_kick(&a.poll);
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&a.poll, 5 * HZ));
	expect_calls(test, "aaa");
}

/* Who is not done goes behind the others */
static void poll_turns(struct kunit *test)
{
	struct reader a = { .poll.read = note, .name = 'a', .more = 2 };
	struct reader b = { .poll.read = note, .name = 'b', .more = 1 };
	struct reader c = { .poll.read = note, .name = 'c' };

	nr_calls = 0;
	local_bh_disable();
	espintcp_poll_kick(&a.poll);
	espintcp_poll_kick(&b.poll);
	espintcp_poll_kick(&c.poll);
	local_bh_enable();
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&a.poll, 5 * HZ));
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&b.poll, 5 * HZ));
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&c.poll, 5 * HZ));
	expect_calls(test, "abcaba");
}

/* A reader that never ends stops neither who waits for it nor others */
static void poll_endless(struct kunit *test)
{
	struct reader a = { .poll.read = note, .name = 'a', .more = -1 };
	struct reader b = { .poll.read = note, .name = 'b' };

	espintcp_poll_kick(&a.poll);
	KUNIT_EXPECT_FALSE(test, espintcp_poll_wait(&a.poll, 2));
	espintcp_poll_kick(&b.poll);
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&b.poll, 5 * HZ));
	WRITE_ONCE(a.more, 0);
	KUNIT_ASSERT_TRUE(test, espintcp_poll_wait(&a.poll, 5 * HZ));
}

static struct kunit_case poll_tests[] = {
	KUNIT_CASE(poll_once),
	KUNIT_CASE(poll_again),
	KUNIT_CASE(poll_turns),
	KUNIT_CASE(poll_endless),
	{}
};

struct kunit_suite poll_suite = {
	.name = "espintcp_poll",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = poll_tests,
};
