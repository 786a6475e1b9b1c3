// SPDX-License-Identifier: GPL-2.0-only
/* KUnit: counters, their sums and their netlink form. */

#include <net/netlink.h>

#include "fixture.h"
#include "../netns.h"
#include "../counters.c"

static void counters_sums(struct kunit *test)
{
	struct espintcp_counters *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	struct espintcp_counters *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	struct espintcp_totals t = {};
	int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, a);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b);
	espintcp_counters_init(a);
	espintcp_counters_init(b);
	for (i = 0; i < __ESPINTCP_A_COUNTER_MAX; i++) {
		espintcp_counters_add(a, i, i);
		espintcp_counters_add(a, i, 1 << 30);
		espintcp_counters_add(b, i, 1000);
	}

	espintcp_counters_sum(&t, a);
	espintcp_counters_sum(&t, b);
	for (i = 0; i < __ESPINTCP_A_COUNTER_MAX; i++)
		KUNIT_EXPECT_EQ(test, t.v[i], i + (1ULL << 30) + 1000);
}

/* Every counter has an attribute of its own number, and nothing else is there */
static void counters_netlink(struct kunit *test)
{
	struct sk_buff *skb = nlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	struct espintcp_totals t;
	struct nlattr *nest, *attr;
	int i, rem, n = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	for (i = 0; i < __ESPINTCP_A_COUNTER_MAX; i++)
		t.v[i] = 1ULL << 40 | i;

	KUNIT_EXPECT_EQ(test, 0, espintcp_counters_put(skb, 7, &t));
	nest = (struct nlattr *)skb->data;
	KUNIT_EXPECT_EQ(test, 7, nla_type(nest));
	KUNIT_EXPECT_EQ(test, (int)skb->len, (int)nest->nla_len);
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) == ESPINTCP_A_COUNTER_PAD)
			continue;
		KUNIT_EXPECT_EQ(test, (int)sizeof(u64), nla_len(attr));
		KUNIT_EXPECT_EQ(test, nla_get_u64(attr),
				1ULL << 40 | nla_type(attr));
		n++;
	}
	KUNIT_EXPECT_EQ(test, 0, rem);
	KUNIT_EXPECT_EQ(test, n, ESPINTCP_A_COUNTER_MAX - ESPINTCP_A_COUNTER_PAD);
	kfree_skb(skb);
}

/* A message without room is left as it was, wherever the room ends */
static void counters_netlink_full(struct kunit *test)
{
	struct espintcp_totals t = {};
	struct sk_buff *skb;
	u32 room, used = 0;
	int err;

	for (room = 0; room < 1000; room += 4) {
		skb = alloc_skb(1024, GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
		skb_reserve(skb, skb_tailroom(skb) - room);
		err = espintcp_counters_put(skb, 7, &t);
		used = skb->len;
		kfree_skb(skb);
		if (!err)
			break;
		KUNIT_ASSERT_EQ(test, err, -EMSGSIZE);
		KUNIT_ASSERT_EQ(test, used, 0U);
	}
	KUNIT_EXPECT_EQ(test, used, room);
}

/* What a socket counted stays with its namespace, and is never counted twice */
static void counters_netns(struct kunit *test)
{
	struct espintcp_net *en = espintcp_netns_get(&init_net);
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct espintcp_totals t = {};

	espintcp_counters_add(&es->rx.counters, ESPINTCP_A_COUNTER_RX_ESP, 3);
	espintcp_counters_add(&es->tx.counters, ESPINTCP_A_COUNTER_TX_ESP, 5);
	espintcp_netns_add(es->en, es);
	espintcp_netns_count(&init_net, ESPINTCP_A_COUNTER_TX_NO_SOCKET);

	KUNIT_EXPECT_PTR_EQ(test, en, es->en);
	espintcp_netns_totals(en, &t);
	KUNIT_EXPECT_EQ(test, t.v[ESPINTCP_A_COUNTER_RX_ESP], 3ULL);
	KUNIT_EXPECT_EQ(test, t.v[ESPINTCP_A_COUNTER_TX_ESP], 5ULL);
	KUNIT_EXPECT_EQ(test, t.v[ESPINTCP_A_COUNTER_TX_NO_SOCKET], 1ULL);

	espintcp_netns_remove(en, es);
	memset(&t, 0, sizeof(t));
	espintcp_netns_totals(en, &t);
	KUNIT_EXPECT_EQ(test, t.v[ESPINTCP_A_COUNTER_RX_ESP], 3ULL);
	KUNIT_EXPECT_EQ(test, t.v[ESPINTCP_A_COUNTER_TX_ESP], 5ULL);
}

static struct kunit_case counters_tests[] = {
	KUNIT_CASE(counters_sums),
	KUNIT_CASE(counters_netlink),
	KUNIT_CASE(counters_netlink_full),
	KUNIT_CASE(counters_netns),
	{}
};

struct kunit_suite counters_suite = {
	.name		= "espintcp_counters",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= counters_tests,
};
