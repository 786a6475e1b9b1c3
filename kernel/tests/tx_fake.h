/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_TESTS_TX_FAKE_H
#define ESPINTCP_TESTS_TX_FAKE_H

/*
 * The sending side with a TCP that takes what the test says, and with calls of
 * the work and of softirqs counted. It is the code itself, for the one file that
 * tests it.
 */

static int fake_sendmsg(struct sock *sk, struct msghdr *mh, size_t size);
static bool fake_queue_work(int cpu, struct workqueue_struct *wq,
			    struct delayed_work *dwork, unsigned long delay);
static void fake_poll_kick(struct espintcp_poll *p);

#define tcp_sendmsg_locked	fake_sendmsg
#define queue_delayed_work_on	fake_queue_work
#define espintcp_poll_kick	fake_poll_kick
#include "../feed.c"
#include "../queue.c"
#include "../tx.c"
#undef queue_delayed_work_on
#undef espintcp_poll_kick

struct fake_tcp fake_tcp;

/* How often the work was kicked, and what would have waited for it then */
static u32 kicks, kicked_len, bulk_kicks;

static bool fake_queue_work(int cpu, struct workqueue_struct *wq,
			    struct delayed_work *dwork, unsigned long delay)
{
	struct espintcp_sock *es = container_of(dwork, struct espintcp_sock,
						tx.work);

	kicks++;
	kicked_len = skb_queue_len(&es->tx.esp);
	return queue_delayed_work_on(cpu, wq, dwork, delay);
}

static void fake_poll_kick(struct espintcp_poll *p)
{
	bulk_kicks++;
	espintcp_poll_kick(p);
}

static int fake_sendmsg(struct sock *sk, struct msghdr *mh, size_t size)
{
	u32 n = min_t(u32, size, fake_tcp.room);

	sock_owned_by_me(sk);
	fake_tcp.calls++;
	if (!n)
		return fake_tcp.error;

	fake_tcp.room -= n;
	if (fake_tcp.len + n > sizeof(fake_tcp.stream)) {
		/* Too much to look at: only its amount is wanted */
		iov_iter_advance(&mh->msg_iter, n);
		return n;
	}
	if (copy_from_iter(fake_tcp.stream + fake_tcp.len, n,
			   &mh->msg_iter) != n)
		return -EFAULT;
	fake_tcp.len += n;
	return n;
}

/* Charges are counted when they are given back */
static int charges;

static void uncharge(struct sk_buff *skb)
{
	charges--;
}

static struct sk_buff *esp_msg(struct kunit *test, struct espintcp_sock *es,
			       u32 len, u8 first)
{
	struct sk_buff *msg = fixture_msg(test, len, first);
	struct sk_buff *charge = alloc_skb(1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, charge);
	KUNIT_ASSERT_EQ(test, 0, espintcp_tx_reserve(es, len));
	charge->destructor = uncharge;
	charges++;
	espintcp_tx_cb(msg)->charge = charge;
	espintcp_tx_cb(msg)->reserved = len;
	return msg;
}

static void push(struct espintcp_sock *es)
{
	struct sk_buff_head done;

	__skb_queue_head_init(&done);
	tx_push(es, &done);
	tx_free_list(&done);
}

static void send_ike(struct kunit *test, struct espintcp_sock *es, u32 len,
		     u8 first)
{
	struct sk_buff_head done;

	__skb_queue_head_init(&done);
	espintcp_tx_ike(es, fixture_msg(test, len, first), &done);
	tx_free_list(&done);
}

/* The stream so far is @n messages, of lengths and first bytes as given */
static void expect_stream(struct kunit *test, const u8 (*msgs)[2], int n)
{
	u32 off = 0;
	int i, j;

	for (i = 0; i < n; off += msgs[i++][0])
		for (j = 0; j < msgs[i][0]; j++)
			KUNIT_ASSERT_EQ_MSG(test, (u8)(msgs[i][1] + j),
					    fake_tcp.stream[off + j],
					    "message %d, byte %d", i, j);
	KUNIT_EXPECT_EQ(test, off, fake_tcp.len);
}

#endif
