// SPDX-License-Identifier: GPL-2.0-only
/* KUnit: an SA finds the socket of its connection, and no other. */

#include "fixture.h"
#include "../table.c"

static struct espintcp_sock *added(struct kunit *test, struct espintcp_sock *es)
{
	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	KUNIT_ASSERT_TRUE(test, es->hashed);
	return es;
}

static struct espintcp_sock *find(const struct espintcp_key *key, bool by_lo)
{
	struct espintcp_sock *es;

	rcu_read_lock();
	es = espintcp_table_find(key, by_lo ? init_net.loopback_dev : NULL);
	rcu_read_unlock();
	return es;
}

/* Each field of the key tells */
static void table_key(struct kunit *test)
{
	struct espintcp_sock *es4 = added(test, fixture_sock(test, AF_INET));
	struct espintcp_key key;

	KUNIT_EXPECT_PTR_EQ(test, es4, find(&es4->key, false));
	KUNIT_EXPECT_PTR_EQ(test, es4, find(&es4->key, true));
	KUNIT_EXPECT_EQ(test, es4->key.laddr.s6_addr32[0], htonl(0xc0000201));
	KUNIT_EXPECT_EQ(test, es4->key.raddr.s6_addr32[0], htonl(0xc0000202));
	KUNIT_EXPECT_EQ(test, es4->key.lport, htons(4500));
	KUNIT_EXPECT_EQ(test, es4->key.rport, htons(40000));

	key = es4->key;
	/* Compared, never dereferenced */
	key.net = (const void *)test;
	KUNIT_EXPECT_TRUE(test, !find(&key, false));
	key = es4->key;
	key.laddr.s6_addr32[0] ^= htonl(1);
	KUNIT_EXPECT_TRUE(test, !find(&key, false));
	key = es4->key;
	key.raddr.s6_addr32[0] ^= htonl(1);
	KUNIT_EXPECT_TRUE(test, !find(&key, false));
	key = es4->key;
	key.lport ^= htons(1);
	KUNIT_EXPECT_TRUE(test, !find(&key, false));
	key = es4->key;
	key.rport ^= htons(1);
	KUNIT_EXPECT_TRUE(test, !find(&key, false));
	key = es4->key;
	key.family = AF_INET6;
	KUNIT_EXPECT_TRUE(test, !find(&key, false));
	/* Both ends exchanged: the other end of a connection to oneself */
	key = es4->key;
	swap(key.laddr, key.raddr);
	swap(key.lport, key.rport);
	KUNIT_EXPECT_TRUE(test, !find(&key, false));
}

static void table_ipv6(struct kunit *test)
{
	struct espintcp_sock *es6, *mapped;
	struct espintcp_key key;

	if (!IS_ENABLED(CONFIG_IPV6))
		return;

	es6 = added(test, fixture_sock(test, AF_INET6));
	KUNIT_EXPECT_EQ(test, (int)es6->key.family, AF_INET6);
	KUNIT_EXPECT_PTR_EQ(test, es6, find(&es6->key, false));
	key = es6->key;
	key.raddr.s6_addr32[3] ^= htonl(1);
	KUNIT_EXPECT_TRUE(test, !find(&key, false));

	/* An SA knows nothing of mapped addresses */
	mapped = added(test, fixture_mapped(test));
	memset(&key, 0, sizeof(key));
	key.net = &init_net;
	key.family = AF_INET;
	key.laddr.s6_addr32[0] = htonl(0xc0000201);
	key.raddr.s6_addr32[0] = htonl(0xc0000202);
	key.lport = htons(4500);
	key.rport = htons(40000);
	KUNIT_EXPECT_PTR_EQ(test, mapped, find(&key, false));
	KUNIT_EXPECT_PTR_EQ(test, es6, find(&es6->key, false));
}

static void table_device(struct kunit *test)
{
	struct espintcp_sock *bound = fixture_sock(test, AF_INET);
	struct espintcp_sock *any = fixture_sock(test, AF_INET);
	int lo = init_net.loopback_dev->ifindex;

	bound->sk->sk_bound_dev_if = lo;
	added(test, bound);
	KUNIT_EXPECT_PTR_EQ(test, bound, find(&bound->key, true));
	KUNIT_EXPECT_TRUE(test, !find(&bound->key, false));
	bound->sk->sk_bound_dev_if = lo + 1000;
	KUNIT_EXPECT_TRUE(test, !find(&bound->key, true));

	/* The bound one is preferred, in whichever order they came */
	added(test, any);
	KUNIT_EXPECT_PTR_EQ(test, any, find(&bound->key, true));
	bound->sk->sk_bound_dev_if = lo;
	KUNIT_EXPECT_PTR_EQ(test, bound, find(&bound->key, true));
	KUNIT_EXPECT_PTR_EQ(test, any, find(&bound->key, false));
	swap(bound->sk->sk_bound_dev_if, any->sk->sk_bound_dev_if);
	KUNIT_EXPECT_PTR_EQ(test, any, find(&bound->key, true));
	KUNIT_EXPECT_PTR_EQ(test, bound, find(&bound->key, false));
	any->sk->sk_bound_dev_if = 0;
}

static void table_remove(struct kunit *test)
{
	struct espintcp_sock *a = added(test, fixture_sock(test, AF_INET));
	struct espintcp_sock *b = added(test, fixture_sock(test, AF_INET));

	espintcp_table_remove(a);
	KUNIT_EXPECT_FALSE(test, a->hashed);
	KUNIT_EXPECT_PTR_EQ(test, b, find(&a->key, false));
	/* Once more does no harm: close() and a change of state both do it */
	espintcp_table_remove(a);
	KUNIT_EXPECT_PTR_EQ(test, b, find(&a->key, false));
	espintcp_table_remove(b);
	KUNIT_EXPECT_TRUE(test, !find(&a->key, false));
	added(test, a);
	KUNIT_EXPECT_PTR_EQ(test, a, find(&b->key, false));
}

static struct kunit_case table_tests[] = {
	KUNIT_CASE(table_key),
	KUNIT_CASE(table_ipv6),
	KUNIT_CASE(table_device),
	KUNIT_CASE(table_remove),
	{}
};

struct kunit_suite table_suite = {
	.name		= "espintcp_table",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= table_tests,
};
