// SPDX-License-Identifier: GPL-2.0-only
/* KUnit: who may join a queue that lasts too long. */

#include <net/xfrm.h>

#include "fixture.h"
#include "../fair.h"
#include "../tx.h"

#define LATE	HZ

static void enter(struct espintcp_sock *es, struct sk_buff *msg, u8 flow)
{
	espintcp_tx_cb(msg)->flow = flow;
	espintcp_fair_enter(es, msg);
}

/* What waits since when: a queue of @bytes, its oldest for @age jiffies */
static void waits(struct espintcp_sock *es, int bytes, unsigned long age)
{
	atomic_set(&es->tx.bytes, bytes);
	es->tx.since = jiffies - age;
	es->tx.stamp = jiffies - 2 * age;
	es->tx.delay = 0;
}

/* The flow that has more than its share loses, and only when it is late */
static void fair_share(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *big = fixture_msg(test, 2000, 0);
	struct sk_buff *small = fixture_msg(test, 100, 0);

	enter(es, big, 1);
	enter(es, small, 2);
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&es->tx.fair.active));
	KUNIT_EXPECT_EQ(test, 2100, atomic_read(&es->tx.fair.total));

	waits(es, 2100, 0);
	KUNIT_EXPECT_TRUE(test, espintcp_fair_admits(es, 1));

	waits(es, 2100, LATE);
	KUNIT_EXPECT_FALSE(test, espintcp_fair_admits(es, 1));
	KUNIT_EXPECT_TRUE(test, espintcp_fair_admits(es, 2));
	/* Who has nothing there, and who is slowed down otherwise */
	KUNIT_EXPECT_TRUE(test, espintcp_fair_admits(es, 3));
	KUNIT_EXPECT_TRUE(test, espintcp_fair_admits(es, 0));

	/* An old stamp says nothing of a queue that has just begun */
	waits(es, 0, LATE);
	KUNIT_EXPECT_TRUE(test, espintcp_fair_admits(es, 1));
	/* TCP takes messages, but late ones */
	waits(es, 2100, 0);
	es->tx.delay = LATE;
	KUNIT_EXPECT_FALSE(test, espintcp_fair_admits(es, 1));

	espintcp_fair_leave(es, big);
	KUNIT_EXPECT_TRUE(test, espintcp_fair_admits(es, 1));
	KUNIT_EXPECT_FALSE(test, espintcp_fair_admits(es, 2));
	espintcp_fair_leave(es, small);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.fair.active));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.fair.total));
	atomic_set(&es->tx.bytes, 0);
	kfree_skb(big);
	kfree_skb(small);
}

static void uncharge(struct sk_buff *skb)
{
}

/* A packet of IPv4 or IPv6 in a tunnel's, UDP from @sport */
static struct sk_buff *packet(struct kunit *test, int family, u16 sport)
{
	static const u8 ip[] = {
		0x45, 0, 0, 28, 0, 0, 0, 0, 64, IPPROTO_UDP, 0, 0,
		10, 1, 0, 1, 10, 2, 0, 1,
	};
	static const u8 ip6[sizeof(struct ipv6hdr)] = {
		0x60, 0, 0, 0, 0, 8, IPPROTO_UDP, 64,
		0x20, 0x01, 0x0d, 0xb8, [23] = 1,
		0x20, 0x01, 0x0d, 0xb8, [39] = 2,
	};
	bool v6 = family == AF_INET6;
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	/* The byte that says what is encrypted, as the outer header has it */
	skb_put_u8(skb, v6 ? IPPROTO_IPV6 : IPPROTO_IPIP);
	skb_reset_mac_header(skb);
	__skb_pull(skb, 1);
	if (v6)
		skb_put_data(skb, ip6, sizeof(ip6));
	else
		skb_put_data(skb, ip, sizeof(ip));
	skb_put_u8(skb, sport >> 8);
	skb_put_u8(skb, sport);
	skb_put_zero(skb, 6);
	return skb;
}

/* Flows differ by their inner ports; a local sender's packet is of none */
static void flows_differ(struct kunit *test, int family)
{
	struct xfrm_state *x = xfrm_state_alloc(&init_net);
	struct sk_buff *skb;
	u64 seen = 0;
	int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, x);
	for (i = 0; i < 200; i++) {
		u8 flow;

		skb = packet(test, family, 1000 + i);
		flow = espintcp_fair_flow(x, skb, *skb_mac_header(skb));
		KUNIT_EXPECT_GE(test, flow, 1);
		KUNIT_EXPECT_LE(test, flow, ESPINTCP_FAIR_FLOWS);
		KUNIT_EXPECT_EQ(test, flow, espintcp_fair_flow(x, skb, *skb_mac_header(skb)));
		seen |= BIT_ULL(flow - 1);
		skb->destructor = uncharge;
		KUNIT_EXPECT_EQ(test, 0, espintcp_fair_flow(x, skb, *skb_mac_header(skb)));
		kfree_skb(skb);
	}
	KUNIT_EXPECT_GT(test, hweight64(seen), 32U);
	x->km.state = XFRM_STATE_DEAD;
	xfrm_state_put(x);
}

static void fair_flow(struct kunit *test)
{
	flows_differ(test, AF_INET);
}

static void fair_flow6(struct kunit *test)
{
	flows_differ(test, AF_INET6);
}

static struct kunit_case fair_tests[] = {
	KUNIT_CASE(fair_share),
	KUNIT_CASE(fair_flow),
	KUNIT_CASE(fair_flow6),
	{}
};

struct kunit_suite fair_suite = {
	.name		= "espintcp_fair",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= fair_tests,
};
