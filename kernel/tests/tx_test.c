// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the queues on the way into TCP, with a TCP that takes what the test
 * says. The socket lock is held wherever the work must not run.
 */

#include <net/tcp.h>

#include "fixture.h"
#include "tx_fake.h"

/* IKE goes ahead of ESP that waits */
static void tx_order(struct kunit *test)
{
	static const u8 want[][2] = { { 30, 200 }, { 50, 10 }, { 60, 20 } };
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	lock_sock(es->sk);
	espintcp_tx_queue(es, esp_msg(test, es, 50, 10), false);
	espintcp_tx_queue(es, esp_msg(test, es, 60, 20), true);
	KUNIT_EXPECT_EQ(test, 110, atomic_read(&es->tx.bytes));
	send_ike(test, es, 30, 200);
	release_sock(es->sk);

	expect_stream(test, want, ARRAY_SIZE(want));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_EQ(test, 0U, es->tx.ike_bytes);
	KUNIT_EXPECT_EQ(test, 2ULL,
			fixture_count(es, ESPINTCP_A_COUNTER_TX_ESP));
	KUNIT_EXPECT_EQ(test, 110ULL,
			fixture_count(es, ESPINTCP_A_COUNTER_TX_ESP_BYTES));
	KUNIT_EXPECT_EQ(test, 1ULL, fixture_count(es, ESPINTCP_A_COUNTER_TX_IKE));
	KUNIT_EXPECT_EQ(test, 30ULL,
			fixture_count(es, ESPINTCP_A_COUNTER_TX_IKE_BYTES));
	KUNIT_EXPECT_EQ(test, 1ULL,
			fixture_count(es, ESPINTCP_A_COUNTER_TX_ASYNC));
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* Messages of an SA from number @seq on, @more behind the first one */
static struct sk_buff *numbered(struct kunit *test, struct espintcp_sock *es,
				const void *sa, u32 seq, u16 more, u8 first)
{
	struct sk_buff *msg = esp_msg(test, es, 50, first);

	espintcp_tx_cb(msg)->sa = sa;
	espintcp_tx_cb(msg)->seq = seq;
	espintcp_tx_cb(msg)->more = more;
	return msg;
}

/*
 * Each SA's messages go in the order of their numbers, which may wrap; what has a
 * place and is not encrypted holds up what is behind it, and nothing else.
 */
static void tx_numbers(struct kunit *test)
{
	static const u8 want[][2] = {
		{ 50, 1 }, { 50, 2 }, { 50, 11 }, { 50, 3 }, { 50, 4 }, { 50, 12 },
		{ 50, 6 },
	};
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *placed, *failed;
	int a, b;

	lock_sock(es->sk);
	espintcp_tx_queue(es, numbered(test, es, &a, U32_MAX, 0, 2), false);
	espintcp_tx_queue(es, numbered(test, es, &b, 100, 0, 11), false);
	espintcp_tx_queue(es, numbered(test, es, &a, U32_MAX - 1, 0, 1), false);
	placed = numbered(test, es, &a, 0, 9, 3);
	espintcp_queue_place(es, placed);
	espintcp_tx_queue(es, numbered(test, es, &a, 10, 0, 4), false);
	failed = numbered(test, es, &a, 11, 1, 5);
	espintcp_queue_place(es, failed);
	espintcp_tx_queue(es, numbered(test, es, &b, 101, 0, 12), false);
	espintcp_tx_queue(es, numbered(test, es, &a, 13, 0, 6), false);
	KUNIT_EXPECT_EQ(test, 2U, es->tx.placed);

	push(es);
	push(es);
	expect_stream(test, want, 3);
	KUNIT_EXPECT_FALSE(test, es->tx.blocked);
	kicks = 0;
	espintcp_tx_queue(es, placed, false);
	KUNIT_EXPECT_EQ(test, 1U, kicks);
	push(es);
	expect_stream(test, want, 5);
	espintcp_tx_cb(failed)->failed = true;
	espintcp_tx_queue(es, failed, true);
	KUNIT_EXPECT_EQ(test, 2U, kicks);
	KUNIT_EXPECT_EQ(test, 0U, es->tx.placed);
	push(es);
	expect_stream(test, want, ARRAY_SIZE(want));
	release_sock(es->sk);
	KUNIT_EXPECT_EQ(test, 2ULL, fixture_count(es, ESPINTCP_A_COUNTER_TX_CRYPTO));
	KUNIT_EXPECT_EQ(test, 16ULL, fixture_count(es, ESPINTCP_A_COUNTER_TX_ESP));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* The connection ends while messages are being encrypted: who does that frees them */
static void tx_numbers_closed(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *before, *between, *after;

	before = numbered(test, es, es, 1, 2, 1);
	between = numbered(test, es, es, 5, 0, 3);
	after = numbered(test, es, es, 6, 0, 4);
	lock_sock(es->sk);
	espintcp_queue_place(es, before);
	espintcp_tx_queue(es, numbered(test, es, es, 4, 0, 2), false);
	espintcp_queue_place(es, between);
	release_sock(es->sk);
	espintcp_tx_stop(es);
	espintcp_tx_queue(es, between, false);
	espintcp_tx_purge(es);
	KUNIT_EXPECT_EQ(test, 2, charges);
	espintcp_tx_queue(es, before, true);
	espintcp_queue_place(es, after);
	espintcp_tx_queue(es, after, false);
	KUNIT_EXPECT_EQ(test, 6ULL, fixture_count(es, ESPINTCP_A_COUNTER_TX_CLOSED));
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&es->tx.esp));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* What TCP has in part goes first, byte for byte, wherever it was cut */
static void tx_partial(struct kunit *test)
{
	static const u8 want[][2] = { { 50, 10 }, { 30, 200 }, { 60, 20 } };
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	u32 cut;

	lock_sock(es->sk);
	for (cut = 1; cut < 50; cut++) {
		fake_tcp.len = 0;
		fake_tcp.room = cut;
		espintcp_tx_queue(es, esp_msg(test, es, 50, 10), false);
		push(es);
		KUNIT_EXPECT_EQ(test, cut, es->tx.off);
		KUNIT_EXPECT_TRUE(test, es->tx.blocked);
		espintcp_tx_queue(es, esp_msg(test, es, 60, 20), false);
		/* Full all the same: nothing is lost, nothing sent twice */
		send_ike(test, es, 30, 200);
		KUNIT_EXPECT_EQ(test, cut, fake_tcp.len);
		KUNIT_EXPECT_EQ(test, 110, atomic_read(&es->tx.bytes));
		KUNIT_EXPECT_EQ(test, 30U, es->tx.ike_bytes);
		fake_tcp.room = U32_MAX;
		push(es);
		expect_stream(test, want, ARRAY_SIZE(want));
		KUNIT_EXPECT_FALSE(test, es->tx.blocked);
	}
	release_sock(es->sk);
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* The work sends what is queued, and tries again where TCP has nothing to ack */
static void tx_by_work(struct kunit *test)
{
	static const u8 want[][2] = { { 50, 10 } };
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	fake_tcp.room = 7;
	espintcp_tx_queue(es, esp_msg(test, es, 50, 10), false);
	flush_delayed_work(&es->tx.work);
	KUNIT_EXPECT_EQ(test, 7U, es->tx.off);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&es->tx.work));

	fake_tcp.room = U32_MAX;
	flush_delayed_work(&es->tx.work);
	expect_stream(test, want, ARRAY_SIZE(want));
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&es->tx.work));
}

/* TCP has room again: the work is kicked if, and only if, it waits for that */
static void tx_write_space(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	lock_sock(es->sk);
	espintcp_tx_write_space(es);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&es->tx.work));
	es->tx.blocked = true;
	espintcp_tx_write_space(es);
	KUNIT_EXPECT_TRUE(test, work_busy(&es->tx.work.work) != 0);
	release_sock(es->sk);
	espintcp_tx_stop(es);
	/* Stopped is stopped */
	lock_sock(es->sk);
	es->tx.blocked = true;
	espintcp_tx_write_space(es);
	KUNIT_EXPECT_EQ(test, 0U, work_busy(&es->tx.work.work));
	release_sock(es->sk);
}

static void tx_reserve(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	u32 n = 0;

	es->en->limits.tx_queue = 10000;
	while (!espintcp_tx_reserve(es, 999))
		n++;
	KUNIT_EXPECT_EQ(test, 10U, n);
	/* What was refused is not counted in: the rest still fits, to the byte */
	KUNIT_EXPECT_EQ(test, ESPINTCP_A_COUNTER_TX_QUEUE_FULL,
			(enum espintcp_counter)espintcp_tx_reserve(es, 11));
	KUNIT_EXPECT_EQ(test, 0, espintcp_tx_reserve(es, 10));
	KUNIT_EXPECT_EQ(test, ESPINTCP_A_COUNTER_TX_QUEUE_FULL,
			(enum espintcp_counter)espintcp_tx_reserve(es, 1));
	espintcp_tx_release(es, 999);
	KUNIT_EXPECT_EQ(test, 0, espintcp_tx_reserve(es, 999));
	espintcp_tx_release(es, 10000);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
}

/* A connection that ends: all that waits is dropped, given back and counted */
static void tx_closed(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	fake_tcp.room = 20;
	espintcp_tx_queue(es, esp_msg(test, es, 50, 10), false);
	push(es);
	espintcp_tx_queue(es, esp_msg(test, es, 60, 20), false);
	send_ike(test, es, 30, 200);
	espintcp_tx_queue(es, esp_msg(test, es, 70, 30), false);

	es->sk->sk_state = TCP_CLOSE;
	espintcp_tx_state(es);
	KUNIT_EXPECT_FALSE(test, es->hashed);
	release_sock(es->sk);
	flush_delayed_work(&es->tx.work);

	KUNIT_EXPECT_TRUE(test, es->tx.closed);
	KUNIT_EXPECT_EQ(test, 20U, fake_tcp.len);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_EQ(test, 0U, es->tx.ike_bytes);
	KUNIT_EXPECT_EQ(test, 0, charges);
	KUNIT_EXPECT_EQ(test, 4ULL,
			fixture_count(es, ESPINTCP_A_COUNTER_TX_CLOSED));

	/* One that comes later, as from an asynchronous request */
	espintcp_tx_queue(es, esp_msg(test, es, 50, 10), true);
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&es->tx.esp));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_EQ(test, 0, charges);
	KUNIT_EXPECT_EQ(test, 5ULL,
			fixture_count(es, ESPINTCP_A_COUNTER_TX_CLOSED));
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&es->tx.work));
}

/* A change of state after which sending goes on changes nothing */
static void tx_close_wait(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	es->sk->sk_state = TCP_CLOSE_WAIT;
	espintcp_tx_state(es);
	KUNIT_EXPECT_TRUE(test, es->hashed);
	es->sk->sk_shutdown = SEND_SHUTDOWN;
	espintcp_tx_state(es);
	KUNIT_EXPECT_FALSE(test, es->hashed);
	release_sock(es->sk);
}

/* The error of a connection that lives stays for its owner, and stops nothing */
static void tx_sk_err(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	lock_sock(es->sk);
	espintcp_tx_queue(es, esp_msg(test, es, 50, 10), false);
	es->sk->sk_err = EHOSTUNREACH;
	push(es);
	KUNIT_EXPECT_EQ(test, EHOSTUNREACH, es->sk->sk_err);
	KUNIT_EXPECT_EQ(test, 50U, fake_tcp.len);
	KUNIT_EXPECT_FALSE(test, es->tx.closed);
	es->sk->sk_err = 0;
	release_sock(es->sk);
}

/* What close() still sends: the rest of a message and IKE, no other ESP */
static void tx_flush(struct kunit *test)
{
	static const u8 want[][2] = { { 50, 10 }, { 30, 200 }, { 31, 100 } };
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	int sndbuf = es->sk->sk_sndbuf;
	struct sk_buff_head done;

	__skb_queue_head_init(&done);
	lock_sock(es->sk);
	fake_tcp.room = 20;
	espintcp_tx_queue(es, esp_msg(test, es, 50, 10), false);
	push(es);
	espintcp_tx_queue(es, esp_msg(test, es, 60, 20), false);
	send_ike(test, es, 30, 200);
	send_ike(test, es, 31, 100);

	/* It may not be all that goes: the rest stays */
	fake_tcp.room = 35;
	espintcp_tx_flush(es, &done);
	KUNIT_EXPECT_EQ(test, 5U, es->tx.off);
	fake_tcp.room = U32_MAX;
	espintcp_tx_flush(es, &done);
	expect_stream(test, want, ARRAY_SIZE(want));
	KUNIT_EXPECT_EQ(test, 60, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_EQ(test, sndbuf, es->sk->sk_sndbuf);

	es->sk->sk_shutdown = SEND_SHUTDOWN;
	send_ike(test, es, 30, 1);
	espintcp_tx_flush(es, &done);
	expect_stream(test, want, ARRAY_SIZE(want));
	release_sock(es->sk);
	tx_free_list(&done);
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* Room for IKE: whatever fits an empty queue, then up to the bound */
static void tx_ike_room(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	lock_sock(es->sk);
	fake_tcp.room = 0;
	KUNIT_EXPECT_TRUE(test, espintcp_tx_ike_room(es, ESPINTCP_MAX_MSG));
	KUNIT_EXPECT_TRUE(test, espintcp_tx_ike_poll(es));
	while (espintcp_tx_ike_room(es, 60000))
		send_ike(test, es, 60000, 0);
	KUNIT_EXPECT_EQ(test, 120000U, es->tx.ike_bytes);
	KUNIT_EXPECT_TRUE(test, espintcp_tx_ike_room(es, TX_IKE_LIMIT - 120000));
	KUNIT_EXPECT_FALSE(test, espintcp_tx_ike_room(es, TX_IKE_LIMIT - 119999));
	KUNIT_EXPECT_FALSE(test, espintcp_tx_ike_poll(es));
	KUNIT_EXPECT_TRUE(test, es->tx.ike_nospace);

	/* poll() is told when there is room for any message */
	fake_tcp.room = U32_MAX;
	push(es);
	KUNIT_EXPECT_FALSE(test, es->tx.ike_nospace);
	KUNIT_EXPECT_TRUE(test, espintcp_tx_ike_poll(es));
	release_sock(es->sk);
}

/* A message of many pages, cut everywhere */
static void tx_frags(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *msg;
	struct page *page;
	int i, j;

	msg = fixture_msg(test, 40, 0);
	for (i = 0; i < 3; i++) {
		page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
		for (j = 0; j < 100; j++)
			((u8 *)page_address(page))[10 + j] = 40 + i * 100 + j;
		skb_add_rx_frag(msg, i, page, 10, 100, PAGE_SIZE);
	}
	KUNIT_ASSERT_EQ(test, 0, espintcp_tx_reserve(es, msg->len));
	espintcp_tx_cb(msg)->reserved = msg->len;

	lock_sock(es->sk);
	espintcp_tx_queue(es, msg, false);
	for (i = 0; i < 340; i++) {
		fake_tcp.room = 1;
		push(es);
	}
	release_sock(es->sk);

	KUNIT_EXPECT_EQ(test, 340U, fake_tcp.len);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	for (i = 0; i < 340; i++)
		KUNIT_ASSERT_EQ(test, (u8)i, fake_tcp.stream[i]);
}

/*
 * Who finds the queue empty kicks, with the message there: the work may run on
 * another CPU at once, and looks without the lock
 */
static void tx_kicks(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	int i;

	lock_sock(es->sk);
	for (i = 0; i < 2; i++) {
		kicks = 0;
		espintcp_tx_queue(es, esp_msg(test, es, 50, 10), false);
		KUNIT_EXPECT_EQ(test, 1U, kicks);
		KUNIT_EXPECT_EQ(test, 1U, kicked_len);
		espintcp_tx_queue(es, esp_msg(test, es, 60, 20), true);
		KUNIT_EXPECT_EQ(test, 1U, kicks);
		push(es);
		KUNIT_EXPECT_EQ(test, 1U, kicks);
		KUNIT_EXPECT_FALSE(test, es->tx.blocked);
	}

	/* Full with nothing under way, which no ACK follows: a timer */
	fake_tcp.room = 20;
	espintcp_tx_queue(es, esp_msg(test, es, 50, 10), false);
	KUNIT_EXPECT_EQ(test, 2U, kicks);
	push(es);
	KUNIT_EXPECT_EQ(test, 3U, kicks);
	KUNIT_EXPECT_TRUE(test, es->tx.blocked);
	KUNIT_EXPECT_TRUE(test, test_bit(SOCK_NOSPACE,
					 &es->sk->sk_socket->flags));
	fake_tcp.room = U32_MAX;
	push(es);
	KUNIT_EXPECT_FALSE(test, es->tx.blocked);
	release_sock(es->sk);
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* What has become a batch does not wait for its sender's pause, unless for TCP */
static void tx_bulks(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	u32 i;

	lock_sock(es->sk);
	kicks = 0;
	bulk_kicks = 0;
	for (i = 0; i + 1000 < TX_BULK; i += 1000)
		espintcp_tx_queue(es, esp_msg(test, es, 1000, 1), false);
	KUNIT_EXPECT_EQ(test, 1U, kicks);
	KUNIT_EXPECT_EQ(test, 0U, bulk_kicks);
	espintcp_tx_queue(es, esp_msg(test, es, 1000, 1), false);
	KUNIT_EXPECT_EQ(test, 1U, kicks);
	KUNIT_EXPECT_EQ(test, 1U, bulk_kicks);

	fake_tcp.room = 500;
	push(es);
	KUNIT_EXPECT_TRUE(test, es->tx.blocked);
	bulk_kicks = 0;
	espintcp_tx_queue(es, esp_msg(test, es, 1000, 1), false);
	espintcp_tx_queue(es, esp_msg(test, es, 1000, 1), false);
	KUNIT_EXPECT_EQ(test, 1U, bulk_kicks);

	fake_tcp.room = U32_MAX;
	push(es);
	release_sock(es->sk);
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* Bulk goes by softirqs, or where a process has the socket, when it leaves */
static void tx_deferred(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	espintcp_tx_queue(es, esp_msg(test, es, TX_BULK, 1), false);
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&es->tx.poll, 5 * HZ));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));

	lock_sock(es->sk);
	espintcp_tx_queue(es, esp_msg(test, es, TX_BULK, 2), false);
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&es->tx.poll, 5 * HZ));
	KUNIT_EXPECT_EQ(test, TX_BULK, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_TRUE(test, es->tx.poll.deferred);
	release_sock(es->sk);

	local_bh_disable();
	espintcp_poll_resume(&es->tx.poll);
	local_bh_enable();
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&es->tx.poll, 5 * HZ));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_FALSE(test, es->tx.poll.deferred);
	KUNIT_EXPECT_EQ(test, 0, charges);

	/* Stopped is stopped, whoever has the socket */
	espintcp_tx_stop(es);
	lock_sock(es->sk);
	espintcp_poll_kick(&es->tx.poll);
	KUNIT_EXPECT_TRUE(test, espintcp_poll_wait(&es->tx.poll, 5 * HZ));
	KUNIT_EXPECT_FALSE(test, es->tx.poll.deferred);
	release_sock(es->sk);
}

/* A turn ends where there is still something to send, and goes on there */
static void tx_turns(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff_head done;
	u32 i, n = 3 * FEED_TURN / 1000, turns = 0;

	__skb_queue_head_init(&done);
	lock_sock(es->sk);
	for (i = 0; i < n; i++)
		espintcp_tx_queue(es, esp_msg(test, es, 1000, i), false);
	while (tx_push(es, &done)) {
		turns++;
		KUNIT_ASSERT_LE(test, turns, n);
		KUNIT_EXPECT_FALSE(test, es->tx.blocked);
	}
	release_sock(es->sk);
	tx_free_list(&done);
	KUNIT_EXPECT_EQ(test, 2U, turns);
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* Many messages share a call, and stay in order */
static void tx_batch(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	int i;

	lock_sock(es->sk);
	for (i = 0; i < 3 * ESPINTCP_FEED_VECS; i++)
		espintcp_tx_queue(es, esp_msg(test, es, 20, i), false);
	push(es);
	release_sock(es->sk);

	KUNIT_EXPECT_EQ(test, 3U, fake_tcp.calls);
	KUNIT_EXPECT_EQ(test, 20U * 3 * ESPINTCP_FEED_VECS, fake_tcp.len);
	for (i = 0; i < 3 * ESPINTCP_FEED_VECS; i++)
		KUNIT_EXPECT_EQ(test, (u8)i, fake_tcp.stream[20 * i]);
	KUNIT_EXPECT_EQ(test, 0, charges);
}

/* TCP gets what it can send within a time; an owner may want it otherwise */
static void tx_unsent(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct tcp_sock *tp = tcp_sk(es->sk);
	struct sk_buff_head done;
	int i;

	lock_sock(es->sk);
	es->sk->sk_pacing_rate = 10000 << FEED_UNSENT_SHIFT;
	tp->write_seq = tp->snd_nxt + 10000;
	for (i = 0; i < 20; i++)
		espintcp_tx_queue(es, esp_msg(test, es, 100, i), false);
	push(es);
	KUNIT_EXPECT_EQ(test, 10000U, tp->notsent_lowat);
	KUNIT_EXPECT_EQ(test, 0U, fake_tcp.len);
	KUNIT_EXPECT_TRUE(test, es->tx.blocked);
	KUNIT_EXPECT_TRUE(test, test_bit(SOCK_NOSPACE,
					 &es->sk->sk_socket->flags));

	/* The fake does not move write_seq: one call's worth is what we see */
	tp->write_seq = tp->snd_nxt + 9950;
	fake_tcp.room = 100;
	push(es);
	KUNIT_EXPECT_EQ(test, 100U, fake_tcp.len);
	KUNIT_EXPECT_EQ(test, 2U, fake_tcp.calls);

	/* What close() sends does not ask */
	fake_tcp.room = 50;
	push(es);
	KUNIT_EXPECT_EQ(test, 50U, es->tx.off);
	tp->write_seq = tp->snd_nxt + 20000;
	fake_tcp.room = U32_MAX;
	__skb_queue_head_init(&done);
	espintcp_tx_flush(es, &done);
	tx_free_list(&done);
	KUNIT_EXPECT_EQ(test, 200U, fake_tcp.len);
	KUNIT_EXPECT_EQ(test, 10000U, tp->notsent_lowat);

	tp->notsent_lowat = 4000;
	push(es);
	release_sock(es->sk);
	KUNIT_EXPECT_EQ(test, 2000U, fake_tcp.len);
	KUNIT_EXPECT_EQ(test, 4000U, tp->notsent_lowat);
	KUNIT_EXPECT_EQ(test, 0, charges);
}

static struct kunit_case tx_tests[] = {
	KUNIT_CASE(tx_order),
	KUNIT_CASE(tx_numbers),
	KUNIT_CASE(tx_numbers_closed),
	KUNIT_CASE(tx_partial),
	KUNIT_CASE(tx_by_work),
	KUNIT_CASE(tx_write_space),
	KUNIT_CASE(tx_reserve),
	KUNIT_CASE(tx_closed),
	KUNIT_CASE(tx_close_wait),
	KUNIT_CASE(tx_sk_err),
	KUNIT_CASE(tx_flush),
	KUNIT_CASE(tx_ike_room),
	KUNIT_CASE(tx_frags),
	KUNIT_CASE(tx_kicks),
	KUNIT_CASE(tx_bulks),
	KUNIT_CASE(tx_deferred),
	KUNIT_CASE(tx_turns),
	KUNIT_CASE(tx_batch),
	KUNIT_CASE(tx_unsent),
	{}
};

struct kunit_suite tx_suite = {
	.name		= "espintcp_tx",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= tx_tests,
};
