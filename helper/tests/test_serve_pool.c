// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses of rightaddresspool=: one owner each, the same one again, never more than there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/value.h"
#include "macros.h"
#include "net/addr.h"
#include "serve/pool.h"

static struct pools pools;
static struct conf_subnet none;
static int conn_a, conn_b;		/* their addresses stand for connections */

static struct pool *pool(const char *text)
{
	struct conf_range range;
	char err[256];

	assert_int_equal(conf_value_range(text, &range), 0);
	return pool_get(&pools, &range, err, sizeof(err));
}

static int lease(struct pool *p, const void *conn, const char *who, const struct conf_subnet *want,
		 struct conf_subnet *ip)
{
	struct conf_id id;

	assert_int_equal(conf_id_parse(who, &id), 0);
	return pool_lease(p, conn, &id, want, ip);
}

static struct conf_subnet gets(struct pool *p, const void *conn, const char *who, const char *want)
{
	char text[ADDR_TEXT_MAX];
	struct conf_subnet ip;

	assert_int_equal(lease(p, conn, who, &none, &ip), 0);
	assert_string_equal(addr_text(&ip, 0, text, sizeof(text)), want);
	assert_int_equal(ip.prefix, ip.family == AF_INET ? 32 : 128);
	return ip;
}

static int teardown(void **state)
{
	(void)state;
	pools_free(&pools);
	return 0;
}

static void test_ranges(void **state)
{
	static const struct {
		const char *text, *first;
		uint32_t count;
	} good[] = {
		{ "10.9.0.2-10.9.0.254", "10.9.0.2", 253 },
		{ "10.9.0.7-10.9.0.7", "10.9.0.7", 1 },
		{ "10.9.0.250-10.9.1.5", "10.9.0.250", 12 },
		{ "10.9.0.0/24", "10.9.0.1", 254 },
		{ "10.9.0.4/31", "10.9.0.4", 2 },
		{ "10.9.0.4/32", "10.9.0.4", 1 },
		{ "0.0.0.0-255.255.255.255", "0.0.0.0", CONF_RANGE_MAX },
		{ "2001:db8:0:3:1::/97", "2001:db8:0:3:1::1", CONF_RANGE_MAX - 1 },
		{ "fd09::/120", "fd09::1", 255 },
		{ "fd09::ffff-fd09::1:1", "fd09::ffff", 3 },
		{ "fd09::-fe09::", "fd09::", CONF_RANGE_MAX },
	};
	static const char *const bad[] = {
		"10.9.0.2", "10.9.0.3-10.9.0.2", "10.9.0.2-fd09::1", "-", "10.9.0.2-", "-10.9.0.2",
		"10.9.0.0/33", "fd09::2-fd09::1", "fe09::-fd09::ffff", "10.9.0.1-2",
		"11111111111111111111111111111111111111111111111111111111111111-10.9.0.2",
	};
	struct conf_range r;
	struct conf_subnet a;
	char text[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(conf_value_range(good[i].text, &r), 0);
		a = conf_range_addr(&r, 0);
		assert_string_equal(addr_text(&a, 0, text, sizeof(text)), good[i].first);
		assert_int_equal(r.count, good[i].count);
		assert_int_equal(conf_range_find(&r, &a), 0);
		a = conf_range_addr(&r, r.count - 1);
		assert_int_equal(conf_range_find(&r, &a), r.count - 1);
		a = conf_range_addr(&r, r.count);
		assert_int_equal(conf_range_find(&r, &a), -1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!conf_value_range(bad[i], &r))
			fail_msg("'%s' is taken for a range", bad[i]);
}

static void test_shared(void **state)
{
	struct pool *p = pool("10.9.0.2-10.9.0.9");

	(void)state;
	assert_non_null(p);
	assert_ptr_equal(pool("10.9.0.2-10.9.0.9"), p);
	assert_null(pool("10.9.0.9-10.9.0.20"));
	assert_null(pool("10.9.0.0-10.9.0.20"));
	assert_null(pool("10.9.0.3-10.9.0.4"));
	assert_non_null(pool("10.9.0.10-10.9.0.20"));
	assert_non_null(pool("fd09::2-fd09::9"));
}

static void test_one_each(void **state)
{
	struct pool *p = pool("10.9.0.2-10.9.0.4");
	struct conf_subnet a, b, c, again;

	(void)state;
	a = gets(p, &conn_a, "@a", "10.9.0.2");
	b = gets(p, &conn_a, "@b", "10.9.0.3");
	/* The same name by another connection is another client */
	c = gets(p, &conn_b, "@a", "10.9.0.4");
	assert_int_equal(lease(p, &conn_a, "@d", &none, &again), -ENOSPC);

	/* The same client once more, and only when both have ended is the address free */
	again = gets(p, &conn_a, "@a", "10.9.0.2");
	pool_release(p, &a);
	assert_int_equal(lease(p, &conn_a, "@d", &none, &again), -ENOSPC);
	pool_release(p, &a);
	a = gets(p, &conn_a, "@d", "10.9.0.2");
	pool_release(p, &b);
	pool_release(p, &c);
	pool_release(p, &a);
}

static void test_former(void **state)
{
	struct pool *p = pool("10.9.0.2-10.9.0.4");
	struct conf_subnet a, b, c;

	(void)state;
	a = gets(p, &conn_a, "@a", "10.9.0.2");
	b = gets(p, &conn_a, "@b", "10.9.0.3");
	pool_release(p, &a);
	pool_release(p, &b);
	/* Somebody new gets what nobody had, then what was given back first */
	c = gets(p, &conn_a, "@c", "10.9.0.4");
	gets(p, &conn_a, "@b", "10.9.0.3");
	gets(p, &conn_a, "@e", "10.9.0.2");
	/* and the one that had it finds no room */
	assert_int_equal(lease(p, &conn_a, "@a", &none, &a), -ENOSPC);
	pool_release(p, &c);
	gets(p, &conn_a, "@a", "10.9.0.4");
}

static void test_wish(void **state)
{
	struct conf_subnet want, ip, other;
	struct pool *p = pool("10.9.0.2-10.9.0.5");

	(void)state;
	/* A server that has started again knows nobody, but its clients know what they had */
	addr_parse("10.9.0.3", &want);
	assert_int_equal(lease(p, &conn_a, "@a", &want, &ip), 0);
	assert_true(addr_equal(&ip, &want));
	/* One that somebody has is not for anybody else */
	assert_int_equal(lease(p, &conn_a, "@b", &want, &ip), 0);
	assert_false(addr_equal(&ip, &want));
	/* Nor is one outside of the range */
	addr_parse("10.9.0.6", &want);
	assert_int_equal(lease(p, &conn_a, "@c", &want, &ip), 0);
	assert_false(addr_equal(&ip, &want));
	addr_parse("fd09::1", &want);
	assert_int_equal(lease(p, &conn_a, "@d", &want, &other), 0);
	assert_false(addr_equal(&ip, &other));
	assert_int_equal(lease(p, &conn_a, "@e", &none, &ip), -ENOSPC);
	/* What somebody had before may be wished for */
	pool_release(p, &other);
	assert_int_equal(lease(p, &conn_a, "@e", &other, &ip), 0);
	assert_true(addr_equal(&ip, &other));
}

/* Clients come and go at random: no address has two owners, none gets lost */
static void test_many(void **state)
{
	struct pool *p = pool("10.9.0.2-10.9.0.33");
	struct conf_subnet held[48];
	unsigned int refs[48] = { 0 }, all = 0;
	uint32_t seed = 1;
	char who[16];

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		unsigned int n;
		struct conf_subnet ip;

		seed = seed * 1103515245 + 12345;
		n = (seed >> 16) % 48;
		if (refs[n] && (seed >> 8) % 2) {
			pool_release(p, &held[n]);
			all -= !--refs[n];
			continue;
		}
		snprintf(who, sizeof(who), "@c%u", n);
		if (lease(p, &conn_a, who, &held[n], &ip)) {
			assert_int_equal(all, 32);
			assert_int_equal(refs[n], 0);
			continue;
		}
		for (unsigned int i = 0; i < 48; i++)
			assert_true(i == n || !refs[i] || !addr_equal(&held[i], &ip));
		assert_true(!refs[n] || addr_equal(&held[n], &ip));
		held[n] = ip;
		all += !refs[n]++;
	}
}

/* A release that nobody asked for does no harm */
static void test_release(void **state)
{
	struct pool *p = pool("10.9.0.2-10.9.0.3");
	struct conf_subnet ip, other;

	(void)state;
	ip = gets(p, &conn_a, "@a", "10.9.0.2");
	addr_parse("10.9.0.3", &other);
	pool_release(p, &other);
	addr_parse("10.9.0.9", &other);
	pool_release(p, &other);
	pool_release(p, &ip);
	pool_release(p, &ip);
	gets(p, &conn_a, "@b", "10.9.0.3");
	gets(p, &conn_a, "@c", "10.9.0.2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test_teardown(test_shared, teardown),
		cmocka_unit_test_teardown(test_one_each, teardown),
		cmocka_unit_test_teardown(test_former, teardown),
		cmocka_unit_test_teardown(test_wish, teardown),
		cmocka_unit_test_teardown(test_many, teardown),
		cmocka_unit_test_teardown(test_release, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
