// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of addresses and routes in a network namespace, and what they mean for a peer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "macros.h"
#include "net/addr.h"
#include "net/watch.h"
#include "netns.h"

static struct loop *loop;
static struct watch *watch;
static struct loop_timer late;
static unsigned int changes;

static void changed(void *arg)
{
	(void)arg;
	changes++;
	loop_stop(loop);
}

static void too_late(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static int setup(void **state)
{
	char err[256];

	(void)state;
	if (!netns_enter())
		return 0;
	loop = loop_new();
	watch = watch_new(loop, changed, NULL, err, sizeof(err));
	return watch ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	if (!loop)
		return 0;
	watch_free(watch);
	loop_free(loop);
	return 0;
}

static void host(const char *command)
{
	assert_int_equal(system(command), 0);
}

static bool told(unsigned int within_ms)
{
	changes = 0;
	loop_timer_set(loop, &late, within_ms, too_late, NULL);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_cancel(loop, &late);
	return changes;
}

/* What is told already is not told again */
static void drain(void)
{
	while (told(50))
		;
}

static void assert_source(const char *peer, const char *want)
{
	struct conf_subnet to, got;
	char text[ADDR_TEXT_MAX];

	assert_true(addr_parse(peer, &to));
	if (want) {
		assert_int_equal(watch_source(&to, &got), 0);
		assert_string_equal(addr_text(&got, 0, text, sizeof(text)), want);
	} else {
		assert_true(watch_source(&to, &got) < 0);
	}
}

static void each_kind_is_told(void **state)
{
	static const char *const commands[] = {
		"ip addr add 192.0.2.1/24 dev lo",
		"ip route add 198.51.100.0/24 dev lo src 192.0.2.1",
		"ip route del 198.51.100.0/24",
		"ip addr del 192.0.2.1/24 dev lo",
		"ip link set lo down",
		"ip link set lo up",
	};

	(void)state;
	if (!loop)
		skip();
	drain();
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		host(commands[i]);
		assert_true(told(1000));
		drain();
	}
	assert_false(told(50));
}

static void source_follows_routes(void **state)
{
	(void)state;
	if (!loop)
		skip();
	assert_source("198.51.100.7", NULL);
	host("ip addr add 192.0.2.1/24 dev lo && ip addr add 192.0.2.2/24 dev lo");
	host("ip route add 198.51.100.0/24 dev lo src 192.0.2.1");
	assert_source("198.51.100.7", "192.0.2.1");
	host("ip route replace 198.51.100.0/24 dev lo src 192.0.2.2");
	assert_source("198.51.100.7", "192.0.2.2");
	host("ip route del 198.51.100.0/24");
	assert_source("198.51.100.7", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_told),
		cmocka_unit_test(source_follows_routes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
