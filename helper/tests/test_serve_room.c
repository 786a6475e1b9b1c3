// SPDX-License-Identifier: GPL-2.0-or-later
/* How many clients that have not authenticated one source may have, and all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/addr.h"
#include "serve/serve.h"

static struct serve serve;
static struct client clients[SERVE_HALF_OPEN_MAX + 1];
static size_t n;

static struct conf_subnet addr(const char *text)
{
	struct conf_subnet a;

	assert_true(addr_parse(text, &a));
	return a;
}

static bool room(const char *from)
{
	struct conf_subnet a = addr(from);

	return serve_room_for(&serve, &a);
}

static void come(const char *from)
{
	struct client *c = &clients[n++];

	assert_true(n <= ARRAY_SIZE(clients));
	memset(c, 0, sizeof(*c));
	c->addr = addr(from);
	LIST_INSERT_HEAD(&serve.half_open, c, half);
	serve.n_clients++;
	serve.n_half_open++;
}

static int setup(void **state)
{
	(void)state;
	memset(&serve, 0, sizeof(serve));
	serve.who = "test";
	serve.next_source_log = UINT64_MAX;
	LIST_INIT(&serve.half_open);
	n = 0;
	return 0;
}

static void one_source_is_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < SERVE_SOURCE_MAX; i++) {
		assert_true(room("192.0.2.1"));
		come("192.0.2.1");
	}
	assert_false(room("192.0.2.1"));
	assert_true(room("192.0.2.2"));

	/* Who has authenticated does not count */
	LIST_REMOVE(&clients[0], half);
	serve.n_half_open--;
	assert_true(room("192.0.2.1"));
}

/* A host of IPv6 may have all addresses of its /64 */
static void a_prefix_is_one_source(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < SERVE_SOURCE_MAX; i++) {
		snprintf(text, sizeof(text), "2001:db8:0:1::%zx", i + 1);
		assert_true(room(text));
		come(text);
	}
	assert_false(room("2001:db8:0:1:ffff::1"));
	assert_true(room("2001:db8:0:2::1"));
	assert_true(room("32.1.13.184"));
}

static void all_of_them_are_bounded(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < SERVE_HALF_OPEN_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%zu.%zu", i / 200, i % 200 + 1);
		assert_true(room(text));
		come(text);
	}
	assert_false(room("10.9.9.9"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_source_is_bounded, setup),
		cmocka_unit_test_setup(a_prefix_is_one_source, setup),
		cmocka_unit_test_setup(all_of_them_are_bounded, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
