// SPDX-License-Identifier: GPL-2.0-only
/* KUnit: the stream's parser, fed by hand, cut in every way. */

#include "fixture.h"

/* Allocations of a message until one fails, or none fails where it is 0 */
static unsigned int fail_nth;

static bool fake_failure(void)
{
	return fail_nth && !--fail_nth;
}

#define alloc_skb(size, gfp) \
	(fake_failure() ? NULL : alloc_skb(size, gfp))
#define __netdev_alloc_skb(dev, size, gfp) \
	(fake_failure() ? NULL : __netdev_alloc_skb(dev, size, gfp))
#undef alloc_page
#define alloc_page(gfp) (fake_failure() ? NULL : alloc_pages(gfp, 0))
#include "../rx.c"
#undef alloc_skb
#undef __netdev_alloc_skb
#undef alloc_page
#define alloc_page(gfp) alloc_pages(gfp, 0)

/**
 * struct sent - a message of the stream
 * @len: what its length field says
 * @fill: value of each byte behind that: 0 makes it IKE
 */
struct sent {
	u16	len;
	u8	fill;
};

/* More than a page, a page's edge, and everything that is skipped */
static const struct sent messages[] = {
	{ 7, 1 }, { 2, 0 }, { 3, 0xff }, { 100, 0 }, { 3, 1 }, { 6, 1 },
	{ 1400, 2 }, { 7, 0 }, { 5000, 3 }, { 9000, 0 }, { 4096, 4 }, { 6, 0 },
	{ 3, 0xff }, { 50, 5 },
};

#define STREAM_LEN	20000
#define ESP_COUNT	5
#define IKE_COUNT	3

static struct sk_buff *make_stream(struct kunit *test)
{
	struct sk_buff *skb = alloc_skb(STREAM_LEN, GFP_KERNEL);
	const struct sent *m;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	for (m = messages; m < messages + ARRAY_SIZE(messages); m++) {
		put_unaligned_be16(m->len, skb_put(skb, ESPINTCP_LEN_SIZE));
		memset(skb_put(skb, m->len - ESPINTCP_LEN_SIZE), m->fill,
		       m->len - ESPINTCP_LEN_SIZE);
	}
	skb->skb_iif = 1;
	skb->mark = 17;
	return skb;
}

/* Feed [@from, @to) of @skb; returns the bytes that were taken */
static u32 feed(struct espintcp_sock *es, struct sk_buff *skb, u32 from, u32 to)
{
	read_descriptor_t desc = { .arg.data = es, .count = 1 };

	return rx_actor(&desc, skb, from, to - from);
}

static void expect_body(struct kunit *test, const struct sk_buff *skb,
			const struct sent *m)
{
	u8 byte;
	u32 i;

	KUNIT_ASSERT_EQ(test, (u32)m->len - ESPINTCP_LEN_SIZE, skb->len);
	for (i = 0; i < skb->len; i++) {
		KUNIT_ASSERT_EQ(test, 0, skb_copy_bits(skb, i, &byte, 1));
		KUNIT_ASSERT_EQ(test, m->fill, byte);
	}
}

static void expect_messages(struct kunit *test, struct espintcp_sock *es)
{
	const struct sent *m;
	struct sk_buff *skb;

	for (m = messages; m < messages + ARRAY_SIZE(messages); m++) {
		if (m->len <= ESPINTCP_HEAD_SIZE)
			continue;
		if (m->fill) {
			skb = __skb_dequeue(&es->rx.batch);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
			KUNIT_EXPECT_EQ(test, 1, skb->skb_iif);
			KUNIT_EXPECT_EQ(test, 17U, skb->mark);
			KUNIT_EXPECT_GE(test, (u32)skb_headroom(skb),
					espintcp_esp_in_room());
		} else {
			skb = skb_dequeue(&es->ike.queue);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
			es->ike.bytes -= skb->truesize;
			espintcp_mem_uncharge(&es->en->mem, skb->truesize);
		}
		expect_body(test, skb, m);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&es->rx.batch));
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&es->ike.queue));
	KUNIT_EXPECT_TRUE(test, !es->rx.skb && !es->rx.need);
}

/* Pieces of equal size, from a byte to all of it */
static void rx_pieces(struct kunit *test)
{
	static const u32 sizes[] = { 1, 2, 3, 5, 7, 64, 1448, 4096, 20000 };
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *skb = make_stream(test);
	u64 rounds = ARRAY_SIZE(sizes);
	u32 off, to;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (off = 0; off < skb->len; off = to) {
			to = min(off + sizes[i], skb->len);
			KUNIT_ASSERT_EQ(test, to - off,
					feed(es, skb, off, to));
		}
		expect_messages(test, es);
	}
	kfree_skb(skb);

	KUNIT_EXPECT_EQ(test, rounds * IKE_COUNT,
			fixture_count(es, ESPINTCP_A_COUNTER_RX_IKE));
	KUNIT_EXPECT_EQ(test, rounds * 2,
			fixture_count(es, ESPINTCP_A_COUNTER_RX_KEEPALIVE));
	KUNIT_EXPECT_EQ(test, rounds * 4,
			fixture_count(es, ESPINTCP_A_COUNTER_RX_SHORT));
}

/* Two pieces, cut at each byte around the messages' ends */
static void rx_cuts(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *skb = make_stream(test);
	u32 start = 0, cut;
	int i;

	for (i = 0; i < ARRAY_SIZE(messages); start += messages[i++].len) {
		for (cut = start; cut < start + 8 && cut < skb->len; cut++) {
			KUNIT_ASSERT_EQ(test, cut, feed(es, skb, 0, cut));
			KUNIT_ASSERT_EQ(test, skb->len - cut,
					feed(es, skb, cut, skb->len));
			expect_messages(test, es);
		}
	}
	kfree_skb(skb);
}

/* Lengths 0 and 1 end the stream: nothing behind them is looked at */
static void rx_fatal(struct kunit *test)
{
	struct espintcp_sock *es;
	struct sk_buff *skb;
	int len;

	for (len = 0; len < ESPINTCP_LEN_SIZE; len++) {
		es = fixture_sock(test, AF_INET);
		skb = make_stream(test);
		put_unaligned_be16(len, skb->data + 7);
		KUNIT_EXPECT_EQ(test, 9U, feed(es, skb, 0, skb->len));
		KUNIT_EXPECT_TRUE(test, es->rx.fatal);
		KUNIT_EXPECT_EQ(test, 1U, skb_queue_len(&es->rx.batch));
		KUNIT_EXPECT_EQ(test, 0U, feed(es, skb, 9, skb->len));
		KUNIT_EXPECT_EQ(test, 1ULL,
				fixture_count(es, ESPINTCP_A_COUNTER_RX_BAD_LENGTH));
		kfree_skb(skb);
	}
}

/* A batch ends between two messages, and the next one goes on there */
static void rx_batch(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *skb = alloc_skb(1000, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	for (i = 0; i < RX_BATCH + 3; i++) {
		put_unaligned_be16(7, skb_put(skb, ESPINTCP_LEN_SIZE));
		memset(skb_put(skb, 5), 1, 5);
	}
	KUNIT_EXPECT_EQ(test, RX_BATCH * 7U, feed(es, skb, 0, skb->len));
	KUNIT_EXPECT_EQ(test, 0U, feed(es, skb, RX_BATCH * 7, skb->len));
	__skb_queue_purge(&es->rx.batch);
	KUNIT_EXPECT_EQ(test, 21U, feed(es, skb, RX_BATCH * 7, skb->len));
	KUNIT_EXPECT_EQ(test, 3U, skb_queue_len(&es->rx.batch));
	kfree_skb(skb);
}

/* A length that is only announced costs us a page, not what it says */
static void rx_announced(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *skb = fixture_msg(test, 10, 1);

	put_unaligned_be16(ESPINTCP_MAX_MSG, skb->data);
	feed(es, skb, 0, skb->len);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es->rx.skb);
	KUNIT_EXPECT_LE(test, (u32)es->rx.skb->truesize,
			(u32)(2 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, ESPINTCP_MAX_BODY - 8U, es->rx.need);
	kfree_skb(skb);
}

/* Page fragments are for what is there, since one holds all of its page */
static void rx_fragments(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *skb = fixture_msg(test, 1000, 1), *msg;

	put_unaligned_be16(1000, skb->data);
	KUNIT_ASSERT_EQ(test, 1000U, feed(es, skb, 0, 1000));
	msg = __skb_dequeue(&es->rx.batch);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	KUNIT_EXPECT_TRUE(test, msg->head_frag);
	kfree_skb(msg);

	KUNIT_ASSERT_EQ(test, 999U, feed(es, skb, 0, 999));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es->rx.skb);
	KUNIT_EXPECT_FALSE(test, es->rx.skb->head_frag);
	kfree_skb(skb);
}

/* Where memory is short a message is lost and counted, and the next one found */
static void rx_no_memory_nth(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *skb = make_stream(test);
	u64 lost = 0;
	u32 n;

	for (n = 1; ; n++) {
		fail_nth = n;
		KUNIT_ASSERT_EQ(test, skb->len, feed(es, skb, 0, skb->len));
		KUNIT_EXPECT_FALSE(test, rx_partial(&es->rx));
		if (fail_nth)
			break;
		lost++;
		KUNIT_EXPECT_EQ(test, (u32)(IKE_COUNT + ESP_COUNT - 1),
				skb_queue_len(&es->rx.batch) +
				skb_queue_len(&es->ike.queue));
		__skb_queue_purge(&es->rx.batch);
		espintcp_ike_purge(es);
	}
	fail_nth = 0;
	expect_messages(test, es);
	kfree_skb(skb);
	/* Large ones take pages besides */
	KUNIT_EXPECT_GT(test, lost, (u64)(IKE_COUNT + ESP_COUNT));
	KUNIT_EXPECT_EQ(test, lost,
			fixture_count(es, ESPINTCP_A_COUNTER_RX_NO_MEMORY));
}

static struct kunit_case rx_tests[] = {
	KUNIT_CASE(rx_pieces),
	KUNIT_CASE(rx_cuts),
	KUNIT_CASE(rx_fatal),
	KUNIT_CASE(rx_batch),
	KUNIT_CASE(rx_announced),
	KUNIT_CASE(rx_fragments),
	KUNIT_CASE(rx_no_memory_nth),
	{}
};

struct kunit_suite rx_suite = {
	.name		= "espintcp_rx",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= rx_tests,
};
