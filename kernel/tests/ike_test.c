// SPDX-License-Identifier: GPL-2.0-only
/* KUnit: the queue of received IKE messages, and send() and recv() on it. */

#include "fixture.h"
#include "../ike.c"

static int receive(struct sock *sk, u8 *buf, u32 size, int flags, int *out)
{
	struct kvec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {};
	int err, addr_len;

	iov_iter_kvec(&msg.msg_iter, READ, &iov, 1, size);
	err = espintcp_ike_recvmsg(sk, &msg, size, flags | MSG_DONTWAIT,
				   &addr_len);
	if (out)
		*out = msg.msg_flags;
	return err;
}

static int transmit(struct sock *sk, u32 size, int flags, u32 control)
{
	static u8 buf[ESPINTCP_MAX_MSG];
	struct kvec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_flags	= flags,
		.msg_controllen	= control,
	};

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &iov, 1, size);
	return espintcp_ike_sendmsg(sk, &msg, size);
}

/* The bound is one of memory, and what is over it is dropped */
static void ike_bound(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sk_buff *skb = fixture_msg(test, 100, 0);
	u32 truesize = skb->truesize;
	u8 buf[200];
	int i;

	es->en->limits.ike_queue = 10 * truesize;
	KUNIT_EXPECT_EQ(test, 0, espintcp_ike_receive(es, skb));
	KUNIT_EXPECT_EQ(test, truesize, es->ike.bytes);
	for (i = 1; i < 10; i++) {
		skb = fixture_msg(test, 100, i);
		KUNIT_EXPECT_EQ(test, 0, espintcp_ike_receive(es, skb));
	}
	KUNIT_EXPECT_EQ(test, es->en->limits.ike_queue, es->ike.bytes);
	KUNIT_EXPECT_EQ(test, (int)ESPINTCP_A_COUNTER_RX_IKE_FULL,
			espintcp_ike_receive(es, fixture_msg(test, 1, 0)));
	KUNIT_EXPECT_EQ(test, es->en->limits.ike_queue, es->ike.bytes);
	KUNIT_EXPECT_EQ(test, 10U, skb_queue_len(&es->ike.queue));

	/* In order, and each one makes room for another */
	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_EQ(test, 100, receive(es->sk, buf, 200, 0, NULL));
		KUNIT_EXPECT_EQ(test, i, (int)buf[0]);
		KUNIT_EXPECT_EQ(test, (9 - i) * truesize, es->ike.bytes);
	}
	KUNIT_EXPECT_EQ(test, -EAGAIN, receive(es->sk, buf, 200, 0, NULL));
}

/* Not charged to the socket: TCP's window stays as it is */
static void ike_charge(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	int rmem = atomic_read(&es->sk->sk_rmem_alloc);

	espintcp_ike_receive(es, fixture_msg(test, 5000, 0));
	KUNIT_EXPECT_EQ(test, rmem, atomic_read(&es->sk->sk_rmem_alloc));
	espintcp_ike_purge(es);
	KUNIT_EXPECT_EQ(test, 0U, es->ike.bytes);
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&es->ike.queue));
}

static void ike_recv_flags(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	u8 buf[200];
	int out;

	espintcp_ike_receive(es, fixture_msg(test, 100, 7));
	espintcp_ike_receive(es, fixture_msg(test, 50, 9));
	KUNIT_EXPECT_EQ(test, 100, receive(es->sk, buf, 200, MSG_PEEK, &out));
	KUNIT_EXPECT_EQ(test, 0, out & MSG_TRUNC);
	KUNIT_EXPECT_EQ(test, 20, receive(es->sk, buf, 20, MSG_PEEK, &out));
	KUNIT_EXPECT_TRUE(test, out & MSG_TRUNC);
	KUNIT_EXPECT_EQ(test, 100, receive(es->sk, buf, 20,
					   MSG_PEEK | MSG_TRUNC, &out));
	/* The rest of a message that did not fit is gone */
	KUNIT_EXPECT_EQ(test, 20, receive(es->sk, buf, 20, 0, &out));
	KUNIT_EXPECT_TRUE(test, out & MSG_TRUNC);
	KUNIT_EXPECT_EQ(test, 50, receive(es->sk, buf, 20, MSG_TRUNC, &out));
	KUNIT_EXPECT_EQ(test, 9, (int)buf[0]);
	KUNIT_EXPECT_EQ(test, 0U, es->ike.bytes);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			receive(es->sk, buf, 20, MSG_OOB, NULL));
}

/* Messages first, then the error, once, then 0 for ever */
static void ike_end(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	u8 buf[200];

	espintcp_ike_receive(es, fixture_msg(test, 100, 0));
	es->sk->sk_err = ECONNRESET;
	WRITE_ONCE(es->rx.done, true);
	KUNIT_EXPECT_EQ(test, 100, receive(es->sk, buf, 200, 0, NULL));
	KUNIT_EXPECT_EQ(test, -ECONNRESET, receive(es->sk, buf, 200, 0, NULL));
	KUNIT_EXPECT_EQ(test, 0, receive(es->sk, buf, 200, 0, NULL));
	KUNIT_EXPECT_EQ(test, 0, receive(es->sk, buf, 200, 0, NULL));
}

/* What goes into TCP is the length and the message, nothing else */
static void ike_send(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);

	KUNIT_EXPECT_EQ(test, 300, transmit(es->sk, 300, MSG_NOSIGNAL, 0));
	KUNIT_EXPECT_EQ(test, 302U, fake_tcp.len);
	KUNIT_EXPECT_EQ(test, 302U, get_unaligned_be16(fake_tcp.stream));
	KUNIT_EXPECT_EQ(test, 1, transmit(es->sk, 1, 0, 0));
	KUNIT_EXPECT_EQ(test, 3U, get_unaligned_be16(fake_tcp.stream + 302));
	KUNIT_EXPECT_EQ(test, ESPINTCP_MAX_BODY,
			transmit(es->sk, ESPINTCP_MAX_BODY, 0, 0));

	KUNIT_EXPECT_EQ(test, -EINVAL, transmit(es->sk, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, -EMSGSIZE,
			transmit(es->sk, ESPINTCP_MAX_BODY + 1, 0, 0));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, transmit(es->sk, 10, MSG_OOB, 0));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, transmit(es->sk, 10, MSG_MORE, 0));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, transmit(es->sk, 10, 0, 16));
}

/* A full queue refuses the whole message; a dead connection never says yes */
static void ike_send_full(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	int n = 0;

	fake_tcp.room = 0;
	while (transmit(es->sk, 1000, MSG_DONTWAIT, 0) == 1000)
		n++;
	KUNIT_EXPECT_EQ(test, 2 * ESPINTCP_MAX_MSG / 1002, n);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			transmit(es->sk, 1000, MSG_DONTWAIT, 0));
	KUNIT_EXPECT_TRUE(test, es->tx.ike_nospace);
	KUNIT_EXPECT_EQ(test, n * 1002U, es->tx.ike_bytes);

	es->sk->sk_err = ECONNRESET;
	KUNIT_EXPECT_EQ(test, -ECONNRESET,
			transmit(es->sk, 10, MSG_NOSIGNAL, 0));
	es->sk->sk_shutdown = SEND_SHUTDOWN;
	KUNIT_EXPECT_EQ(test, -EPIPE, transmit(es->sk, 10, MSG_NOSIGNAL, 0));
}

static struct kunit_case ike_tests[] = {
	KUNIT_CASE(ike_bound),
	KUNIT_CASE(ike_charge),
	KUNIT_CASE(ike_recv_flags),
	KUNIT_CASE(ike_end),
	KUNIT_CASE(ike_send),
	KUNIT_CASE(ike_send_full),
	{}
};

struct kunit_suite ike_suite = {
	.name		= "espintcp_ike",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= ike_tests,
};
