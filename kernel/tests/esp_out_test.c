// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the ESP transform against the stock one, bit for bit.
 *
 * One SA goes both ways: without encapsulation through the stock output, with
 * it through ours, so both use the same AEAD with the same keys, and the same
 * random salt of its IV generator. The same sequence number then gives the same
 * IV, and nothing is left in which the two packets may differ.
 */

#include "sa.h"
#include "../esp_out.c"
#include "../table.h"

static const u8 keys[64] = { 1, 2, 3, 5, 8, 13, 21, 34, 55, 89 };

static u8 *bytes_of(struct kunit *test, struct sk_buff *skb, u32 off, u32 len)
{
	u8 *buf = kunit_kzalloc(test, len + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, 0, skb_copy_bits(skb, off, buf, len));
	return buf;
}

static void compare_one(struct kunit *test, struct espintcp_sock *es,
			struct xfrm_state *x, const struct sa_packet *p)
{
	struct sk_buff *stock = sa_skb(test, x, p);
	struct sk_buff *ours = sa_skb(test, x, p);
	struct xfrm_encap_tmpl encap;
	struct sk_buff *msg;
	u8 *want, *got;
	u32 ip, len;
	int err;

	/* The packets' route is lent to them */
	rcu_read_lock();
	err = x->type->output(x, stock);
	sa_set_encap(x, &encap);
	if (!err)
		err = espintcp_esp_out(x, ours);
	sa_set_encap(x, NULL);
	rcu_read_unlock();
	KUNIT_ASSERT_EQ(test, -EINPROGRESS, err);
	msg = sa_take(es);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);

	/* The stock one leaves the outer IP header in front */
	ip = x->props.family == AF_INET ? 20 : 40;
	len = stock->len - ip;
	KUNIT_ASSERT_EQ_MSG(test, len + ESPINTCP_LEN_SIZE, msg->len,
			    "%u bytes, %u linear", p->len, p->linear);
	want = bytes_of(test, stock, ip, len);
	got = bytes_of(test, msg, 0, msg->len);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(got), msg->len);
	KUNIT_EXPECT_EQ_MSG(test, 0,
			    memcmp(want, got + ESPINTCP_LEN_SIZE, len),
			    "%u bytes, %u linear", p->len, p->linear);
	kunit_kfree(test, want);
	kunit_kfree(test, got);
	skb_dst_drop(stock);
	kfree_skb(stock);
	espintcp_tx_free(msg);
}

/* Sizes around blocks, pages and the longest message */
static void compare_sizes(struct kunit *test, struct espintcp_sock *es,
			  struct xfrm_state *x)
{
	static const u32 sizes[] = {
		1, 2, 13, 14, 15, 16, 17, 28, 29, 30, 31, 32, 84, 255, 256, 257,
		1399, 1500, 4000, 4096, 9000, 16384, 40000, 65400
	};
	struct sa_packet p = { .proto = IPPROTO_IPIP, .seq = 1 };
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p.len = sizes[i];
		p.linear = p.len;
		p.seq += 0x0123456789ULL;
		compare_one(test, es, x, &p);
		p.linear = min_t(u32, 7, p.len - 1);
		p.frag = 4097;
		p.seq++;
		compare_one(test, es, x, &p);
		if (p.len <= 1500) {
			p.frag = 101;
			p.seq++;
			compare_one(test, es, x, &p);
		}
	}
}

static void compare_algo(struct kunit *test, const struct sa_algo *algo)
{
	static const u8 modes[] = { XFRM_MODE_TUNNEL, XFRM_MODE_TRANSPORT };
	static const u16 families[] = { AF_INET, AF_INET6 };
	struct espintcp_sock *es;
	struct xfrm_state *x;
	int f, m, esn;

	for (f = 0; f < 1 + IS_ENABLED(CONFIG_IPV6); f++) {
		es = fixture_sock(test, families[f]);
		KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
		lock_sock(es->sk);
		for (m = 0; m < ARRAY_SIZE(modes); m++) {
			for (esn = 0; esn < 2; esn++) {
				x = sa_make(test, es, algo, keys, keys, modes[m],
					    esn ? XFRM_STATE_ESN : 0);
				compare_sizes(test, es, x);
				sa_free(x);
			}
		}
		release_sock(es->sk);
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	}
}

static void esp_out_gcm(struct kunit *test)
{
	compare_algo(test, &sa_gcm);
}

static void esp_out_chacha(struct kunit *test)
{
	compare_algo(test, &sa_chacha);
}

static void esp_out_cbc(struct kunit *test)
{
	compare_algo(test, &sa_cbc);
}

static void esp_out_null(struct kunit *test)
{
	compare_algo(test, &sa_null);
}

/* Padding for traffic flow confidentiality, from none to many pages of it */
static void esp_out_tfc(struct kunit *test)
{
	static const u32 pads[] = { 1, 100, 101, 357, 358, 1000, 9000, 60000 };
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sa_packet p = {
		.len = 100, .linear = 100, .frag = 33, .proto = IPPROTO_IPIP,
	};
	struct xfrm_state *x;
	int i;

	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	x = sa_make(test, es, &sa_gcm, keys, keys, XFRM_MODE_TUNNEL, 0);
	for (i = 0; i < ARRAY_SIZE(pads); i++) {
		x->tfcpad = pads[i];
		p.linear = 100;
		p.seq++;
		compare_one(test, es, x, &p);
		p.linear = 10;
		p.seq++;
		compare_one(test, es, x, &p);
	}
	sa_free(x);
	release_sock(es->sk);
}

static void drop(struct sk_buff *skb)
{
	skb_dst_drop(skb);
	kfree_skb(skb);
}

static int out(struct kunit *test, struct xfrm_state *x,
	       const struct sa_packet *p, struct sock *sk)
{
	struct sk_buff *skb = sa_skb(test, x, p);
	int err;

	rcu_read_lock();
	skb->sk = sk;
	err = espintcp_esp_out(x, skb);
	if (err != -EINPROGRESS) {
		/* It is still the caller's, as it was */
		KUNIT_EXPECT_EQ(test, p->len, skb->len);
		skb->sk = NULL;
		drop(skb);
	}
	rcu_read_unlock();
	return err;
}

static u64 count(struct espintcp_sock *es, enum espintcp_counter which)
{
	return fixture_count(es, which);
}

static u64 no_socket(struct espintcp_sock *es)
{
	struct espintcp_totals t = {};

	espintcp_netns_totals(es->en, &t);
	return t.v[ESPINTCP_A_COUNTER_TX_NO_SOCKET];
}

/* Each way to be refused has its own answer and its own counter */
static void esp_out_refused(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sa_packet p = { .len = 100, .linear = 100, .proto = 4, .seq = 1 };
	struct xfrm_encap_tmpl encap;
	struct xfrm_state *x;
	u32 max;

	lock_sock(es->sk);
	x = sa_make(test, es, &sa_gcm, keys, keys, XFRM_MODE_TUNNEL, 0);
	sa_set_encap(x, &encap);

	KUNIT_EXPECT_EQ(test, -ENOENT, out(test, x, &p, NULL));
	KUNIT_EXPECT_EQ(test, 1ULL, no_socket(es));
	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));

	KUNIT_EXPECT_EQ(test, -ELOOP, out(test, x, &p, es->sk));
	KUNIT_EXPECT_EQ(test, 1ULL, count(es, ESPINTCP_A_COUNTER_TX_LOOP));

	/* The template that decides is the one of the moment */
	encap.encap_dport = htons(1);
	KUNIT_EXPECT_EQ(test, -ENOENT, out(test, x, &p, NULL));
	encap.encap_dport = htons(40000);

	/* Length, SPI, sequence number, IV, padding and ICV: the longest one */
	max = 65535 - 2 - 8 - 8 - 16;
	max -= max % 4 + 2;
	p.frag = 16000;
	p.len = max;
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, out(test, x, &p, NULL));
	p.len = max + 1;
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, out(test, x, &p, NULL));
	KUNIT_EXPECT_EQ(test, 1ULL, count(es, ESPINTCP_A_COUNTER_TX_TOO_BIG));

	p.len = 100;
	es->en->limits.tx_queue = atomic_read(&es->tx.bytes) + 100;
	KUNIT_EXPECT_EQ(test, -ENOBUFS, out(test, x, &p, NULL));
	KUNIT_EXPECT_EQ(test, 1ULL, count(es, ESPINTCP_A_COUNTER_TX_QUEUE_FULL));
	KUNIT_EXPECT_EQ(test, es->en->limits.tx_queue - 100,
			(u32)atomic_read(&es->tx.bytes));

	sa_free(x);
	release_sock(es->sk);
}

static int other_err, others;

static int other_output(struct xfrm_state *x, struct sk_buff *skb)
{
	others++;
	if (other_err == -EINPROGRESS)
		drop(skb);
	return other_err;
}

static int out_or(struct kunit *test, struct xfrm_state *x,
		  const struct sa_packet *p)
{
	struct sk_buff *skb = sa_skb(test, x, p);
	int err;

	rcu_read_lock();
	err = espintcp_esp_out_or(x, skb, other_output);
	if (err != -EINPROGRESS)
		drop(skb);
	rcu_read_unlock();
	return err;
}

/* Another ULP is asked where no socket of ours fits; what it drops is counted */
static void esp_out_other(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sa_packet p = { .len = 100, .linear = 100, .proto = 4, .seq = 1 };
	struct xfrm_encap_tmpl encap;
	struct xfrm_state *x;
	struct sk_buff *msg;

	lock_sock(es->sk);
	x = sa_make(test, es, &sa_gcm, keys, keys, XFRM_MODE_TUNNEL, 0);
	sa_set_encap(x, &encap);

	others = 0;
	other_err = -ENOENT;
	KUNIT_EXPECT_EQ(test, -ENOENT, out_or(test, x, &p));
	KUNIT_EXPECT_EQ(test, 1, others);
	KUNIT_EXPECT_EQ(test, 1ULL, no_socket(es));

	other_err = -EINPROGRESS;
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, out_or(test, x, &p));
	KUNIT_EXPECT_EQ(test, 2, others);
	KUNIT_EXPECT_EQ(test, 1ULL, no_socket(es));

	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, out_or(test, x, &p));
	KUNIT_EXPECT_EQ(test, 2, others);
	msg = sa_take(es);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	espintcp_tx_free(msg);

	sa_free(x);
	release_sock(es->sk);
}

/* The sender stays charged until TCP has the bytes; nothing else is pinned */
static void esp_out_charge(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sa_packet p = { .len = 100, .linear = 100, .proto = 4, .seq = 1 };
	struct sk_buff *skb, *msg;
	struct xfrm_encap_tmpl encap;
	struct xfrm_state *x;

	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	x = sa_make(test, es, &sa_gcm, keys, keys, XFRM_MODE_TUNNEL, 0);
	sa_set_encap(x, &encap);

	sa_released = 0;
	skb = sa_skb(test, x, &p);
	skb->destructor = sa_release;
	skb->dev = init_net.loopback_dev;
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, espintcp_esp_out(x, skb));
	rcu_read_unlock();

	msg = sa_take(es);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	KUNIT_EXPECT_PTR_EQ(test, skb, espintcp_tx_cb(msg)->charge);
	KUNIT_EXPECT_TRUE(test, !skb_dst(skb) && !skb->dev);
	KUNIT_EXPECT_TRUE(test, !skb_dst(msg) && !msg->dev && !msg->sk);
	KUNIT_EXPECT_EQ(test, 0, sa_released);
	espintcp_tx_free(msg);
	KUNIT_EXPECT_EQ(test, 1, sa_released);

	sa_free(x);
	release_sock(es->sk);
}

/*
 * A request that ends later holds SA and socket, and so the module, and lets
 * all of it go, whatever came of it; the packet goes with it.
 */
static void esp_out_later(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct sa_packet p = { .len = 100, .linear = 100, .proto = 4, .seq = 1 };
	int socks = refcount_read(&es->refcnt), sas;
	struct xfrm_encap_tmpl encap;
	struct crypto_aead *aead;
	struct sk_buff *skb, *msg;
	struct xfrm_state *x;
	void *stock;
	int turn, err;

	aead = sa_later_make(test);
	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	x = sa_make(test, es, &sa_gcm, keys, keys, XFRM_MODE_TUNNEL, 0);
	sa_set_encap(x, &encap);
	stock = x->data;
	x->data = aead;
	sas = refcount_read(&x->refcnt);

	/* Refused at once: the packet stays the caller's (the message is kmemleak's) */
	for (turn = 0; turn < 2; turn++) {
		sa_later.begun = 0;
		sa_later.answer[0] = turn ? -ENOSPC : -EINVAL;
		skb = sa_skb(test, x, &p);
		rcu_read_lock();
		KUNIT_EXPECT_EQ(test, turn ? NET_XMIT_DROP : -EINVAL,
				espintcp_esp_out(x, skb));
		rcu_read_unlock();
		KUNIT_EXPECT_EQ(test, 1, (int)refcount_read(&skb->users));
		KUNIT_EXPECT_EQ(test, socks, (int)refcount_read(&es->refcnt));
		KUNIT_EXPECT_EQ(test, sas, (int)refcount_read(&x->refcnt));
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->en->async));
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
		kfree_skb(skb);
	}
	sa_later.answer[0] = -EINPROGRESS;

	/* With and without a sender that is charged; done, and failed */
	sa_released = 0;
	for (turn = 0; turn < 4; turn++) {
		err = turn & 1 ? -EIO : 0;
		sa_later.begun = 0;
		skb = skb_get(sa_skb(test, x, &p));
		skb->destructor = turn & 2 ? sa_release : NULL;
		rcu_read_lock();
		KUNIT_EXPECT_EQ(test, -EINPROGRESS, espintcp_esp_out(x, skb));
		rcu_read_unlock();
		KUNIT_EXPECT_EQ(test, socks + 1, (int)refcount_read(&es->refcnt));
		KUNIT_EXPECT_EQ(test, sas + 1, (int)refcount_read(&x->refcnt));
		KUNIT_EXPECT_EQ(test, 1, atomic_read(&es->en->async));
		/* One that is charged stays until TCP has the bytes */
		KUNIT_EXPECT_EQ(test, turn & 2 ? 2 : 1,
				(int)refcount_read(&skb->users));

		sa_later_finish(0, err);
		KUNIT_EXPECT_EQ(test, socks, (int)refcount_read(&es->refcnt));
		KUNIT_EXPECT_EQ(test, sas, (int)refcount_read(&x->refcnt));
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->en->async));
		msg = sa_take(es);
		KUNIT_EXPECT_EQ(test, !err, !!msg);
		if (msg)
			espintcp_tx_free(msg);
		else
			KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
		KUNIT_EXPECT_EQ(test, 1, (int)refcount_read(&skb->users));
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, 2, sa_released);
	KUNIT_EXPECT_EQ(test, 4ULL, count(es, ESPINTCP_A_COUNTER_TX_CRYPTO));

	x->data = stock;
	sa_free(x);
	release_sock(es->sk);
	sa_later_free(aead);
}

static struct kunit_case esp_out_tests[] = {
	KUNIT_CASE(esp_out_gcm),
	KUNIT_CASE(esp_out_chacha),
	KUNIT_CASE(esp_out_cbc),
	KUNIT_CASE(esp_out_null),
	KUNIT_CASE(esp_out_tfc),
	KUNIT_CASE(esp_out_refused),
	KUNIT_CASE(esp_out_other),
	KUNIT_CASE(esp_out_charge),
	KUNIT_CASE(esp_out_later),
	{}
};

struct kunit_suite esp_out_suite = {
	.name		= "espintcp_esp_out",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= esp_out_tests,
};
