// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: large packets of TCP against XFRM's own way, bit for bit: the kernel cuts
 * them, and each segment goes through output() of the XFRM type by itself.
 */

#include <linux/netdevice.h>

#include "sa.h"
#include "../esp_gso.c"
#include "../esp_out.h"
#include "../netns.h"
#include "../table.h"

#define MAX_BYTES	(128 * 1024)

static const u8 keys[64] = { 2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5 };

/**
 * struct large - a large packet of TCP
 * @v6: over IPv6
 * @options: words of IPv4 options
 * @th_options: words of TCP options
 * @mss: payload of a segment
 * @payload: bytes of all
 * @linear: how many of them are in the linear part
 * @frag: size of the pieces of the rest
 * @type: more bits of gso_type
 */
struct large {
	bool	v6;
	u32	options;
	u32	th_options;
	u32	mss;
	u32	payload;
	u32	linear;
	u32	frag;
	u32	type;
};

static unsigned int mtu;

static unsigned int mtu_of(const struct dst_entry *dst)
{
	return mtu;
}

static struct dst_ops ops = { .mtu = mtu_of };

static void put_ip(struct sk_buff *skb, const struct large *l)
{
	if (l->v6) {
		struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));

		ip6h->version = 6;
		ip6h->nexthdr = IPPROTO_TCP;
		ip6h->hop_limit = 64;
		ip6h->saddr.s6_addr[15] = 1;
		ip6h->daddr.s6_addr[15] = 2;
	} else {
		u32 len = sizeof(struct iphdr) + 4 * l->options;
		struct iphdr *iph = skb_put_zero(skb, len);

		memset(iph + 1, IPOPT_NOOP, 4 * l->options);
		iph->version = 4;
		iph->ihl = len / 4;
		iph->id = htons(0xfffe);
		iph->frag_off = htons(l->type & SKB_GSO_TCP_FIXEDID ? IP_DF : 0);
		iph->ttl = 64;
		iph->protocol = IPPROTO_TCP;
		iph->saddr = htonl(0x0a000001);
		iph->daddr = htonl(0x0a000002);
	}
}

static void put_payload(struct kunit *test, struct sk_buff *skb,
			const struct large *l)
{
	u32 i, n, off = l->linear;

	for (i = 0; i < l->linear; i++)
		skb_put_u8(skb, i * 7);
	for (i = 0; off < l->payload; i++, off += n) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP,
						get_order(l->frag));
		u32 k;

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
		KUNIT_ASSERT_LT(test, i, (u32)MAX_SKB_FRAGS);
		n = min(l->frag, l->payload - off);
		for (k = 0; k < n; k++)
			((u8 *)page_address(page))[k] = (off + k) * 7;
		skb_add_rx_frag(skb, i, page, 0, n, PAGE_SIZE << get_order(l->frag));
	}
}

/* As TCP or GRO makes it, with the route of an SA */
static struct sk_buff *large_skb(struct kunit *test, const struct large *l)
{
	struct xfrm_dst *xdst = kunit_kzalloc(test, sizeof(*xdst), GFP_KERNEL);
	struct sk_buff *skb = alloc_skb(512 + l->linear, GFP_KERNEL);
	u32 th_len = sizeof(struct tcphdr) + 4 * l->th_options;
	struct tcphdr *th;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, xdst);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	skb_reserve(skb, 256);
	skb_reset_network_header(skb);
	put_ip(skb, l);
	skb_set_transport_header(skb, skb->len);
	th = skb_put_zero(skb, th_len);
	memset(th + 1, TCPOPT_NOP, 4 * l->th_options);
	th->source = htons(1);
	th->dest = htons(2);
	th->seq = htonl(0xffffff00);
	th->ack_seq = htonl(3);
	th->doff = th_len / 4;
	th->ack = 1;
	th->psh = 1;
	th->fin = 1;
	th->cwr = 1;
	th->window = htons(4);
	put_payload(test, skb, l);

	skb->protocol = l->v6 ? htons(ETH_P_IPV6) : htons(ETH_P_IP);
	skb_shinfo(skb)->gso_size = l->mss;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(l->payload, l->mss);
	skb_shinfo(skb)->gso_type = l->type | SKB_GSO_TCP_ECN |
				    (l->v6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	if (l->v6) {
		struct ipv6hdr *ip6h = ipv6_hdr(skb);

		ip6h->payload_len = htons(skb->len - sizeof(*ip6h));
		th->check = ~tcp_v6_check(skb->len - sizeof(*ip6h), &ip6h->saddr,
					  &ip6h->daddr, 0);
	} else {
		struct iphdr *iph = ip_hdr(skb);

		iph->tot_len = htons(skb->len);
		ip_send_check(iph);
		th->check = ~tcp_v4_check(skb->len - iph->ihl * 4, iph->saddr,
					  iph->daddr, 0);
	}

	xdst->u.dst.dev = init_net.loopback_dev;
	xdst->u.dst.ops = &ops;
	rcu_read_lock();
	skb_dst_set_noref(skb, &xdst->u.dst);
	rcu_read_unlock();
	return skb;
}

/* All that was queued, one behind the other; returns the bytes */
static u32 take_all(struct kunit *test, struct espintcp_sock *es, u8 *to)
{
	struct sk_buff *msg;
	u32 len = 0;

	while ((msg = sa_take(es))) {
		KUNIT_ASSERT_LE(test, len + msg->len, (u32)MAX_BYTES);
		KUNIT_ASSERT_EQ(test, 0, skb_copy_bits(msg, 0, to + len, msg->len));
		len += msg->len;
		espintcp_tx_free(msg);
	}
	return len;
}

/* What the kernel's own segments become; returns the bytes */
static u32 segments(struct kunit *test, struct espintcp_sock *es,
		    struct xfrm_state *x, struct sk_buff *skb, u64 seq, u8 *to)
{
	struct sk_buff *segs = skb_gso_segment(skb, 0), *seg, *next;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, segs);
	for (seg = segs; seg; seg = next, seq++) {
		struct sa_packet p = {
			.len = seg->len, .linear = seg->len, .seq = seq,
			.proto = skb->protocol == htons(ETH_P_IP) ?
				 IPPROTO_IPIP : IPPROTO_IPV6,
		};

		next = seg->next;
		skb_mark_not_on_list(seg);
		if (seg->ip_summed == CHECKSUM_PARTIAL)
			KUNIT_ASSERT_EQ(test, 0, skb_checksum_help(seg));
		KUNIT_ASSERT_EQ(test, 0, skb_linearize(seg));
		p.bytes = seg->data;
		rcu_read_lock();
		KUNIT_ASSERT_EQ(test, -EINPROGRESS,
				espintcp_esp_out(x, sa_skb(test, x, &p)));
		rcu_read_unlock();
		skb_dst_drop(seg);
		kfree_skb(seg);
	}
	return take_all(test, es, to);
}

static struct xfrm_state *gso_sa(struct kunit *test, struct espintcp_sock *es,
				 const struct sa_algo *algo, u32 flags)
{
	struct xfrm_state *x = sa_make(test, es, algo, keys, keys,
				       XFRM_MODE_TUNNEL, flags);

	if (!(flags & XFRM_STATE_ESN))
		return x;
	x->replay_esn = kzalloc(sizeof(*x->replay_esn) + 4, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, x->replay_esn);
	x->replay_esn->bmp_len = 1;
	x->replay_esn->replay_window = 32;
	return x;
}

static void compare(struct kunit *test, struct espintcp_sock *es,
		    struct xfrm_state *x, const struct large *l)
{
	static u8 want[MAX_BYTES], got[MAX_BYTES];
	u64 packets = x->curlft.packets, bytes = x->curlft.bytes;
	struct sk_buff *reference = large_skb(test, l);
	struct sk_buff *skb = large_skb(test, l);
	u32 n = DIV_ROUND_UP(l->payload, l->mss);
	u32 head = skb->len - l->payload;
	u64 seq = x->replay.oseq + 1;
	u32 len;

	if (x->replay_esn)
		seq = x->replay_esn->oseq + 1 +
		      ((u64)x->replay_esn->oseq_hi << 32);
	KUNIT_ASSERT_TRUE(test, gso_output(x, skb));
	len = take_all(test, es, got);
	KUNIT_ASSERT_EQ(test, segments(test, es, x, reference, seq, want), len);
	KUNIT_EXPECT_EQ_MSG(test, 0, memcmp(want, got, len),
			    "mss %u, %u bytes, %u linear", l->mss, l->payload, l->linear);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_EQ(test, packets + n, x->curlft.packets);
	KUNIT_EXPECT_EQ(test, bytes + n * head + l->payload, x->curlft.bytes);
	KUNIT_EXPECT_EQ(test, (u32)seq + n - 1,
			x->replay_esn ? x->replay_esn->oseq : x->replay.oseq);
	skb_dst_drop(reference);
	kfree_skb(reference);
}

static const struct large larges[] = {
	{ .mss = 1398, .payload = 64074, .linear = 0, .frag = 4096, .th_options = 3 },
	{ .mss = 1398, .payload = 1399, .linear = 1399 },
	{ .mss = 1398, .payload = 2 * 1398, .linear = 100, .frag = 32768, .options = 3 },
	{ .mss = 1, .payload = 40, .linear = 20, .frag = 100, .th_options = 10 },
	{ .mss = 333, .payload = 20000, .linear = 1, .frag = 1500 },
	{ .mss = 8000, .payload = 60001, .frag = 4099, .type = SKB_GSO_TCP_FIXEDID },
	{ .mss = 15000, .payload = 45001, .frag = 4096 },
	{ .mss = 1378, .payload = 64062, .frag = 4096, .th_options = 3, .v6 = true },
	{ .mss = 1000, .payload = 1001, .linear = 7, .frag = 2000, .v6 = true },
};

static void compare_algo(struct kunit *test, const struct sa_algo *algo)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct xfrm_encap_tmpl encap;
	struct xfrm_state *x;
	int i, esn;

	mtu = 65535;
	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	for (esn = 0; esn < 2; esn++) {
		x = gso_sa(test, es, algo, esn ? XFRM_STATE_ESN : 0);
		sa_set_encap(x, &encap);
		if (esn)
			x->replay_esn->oseq_hi = 5;
		for (i = 0; i < ARRAY_SIZE(larges); i++)
			compare(test, es, x, &larges[i]);
		sa_free(x);
	}
	release_sock(es->sk);
}

static void esp_gso_gcm(struct kunit *test)
{
	compare_algo(test, &sa_gcm);
}

static void esp_gso_cbc(struct kunit *test)
{
	compare_algo(test, &sa_cbc);
}

static void esp_gso_null(struct kunit *test)
{
	compare_algo(test, &sa_null);
}

static const struct large plain = {
	.mss = 1000, .payload = 40000, .frag = 4096,
};

/* Some kernels tell of an SA that sends when that was; it stays as they have it */
static void esp_gso_lastused(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct xfrm_encap_tmpl encap;
	struct xfrm_state *x;

	mtu = 65535;
	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	x = gso_sa(test, es, &sa_gcm, 0);
	sa_set_encap(x, &encap);
	compare(test, es, x, &plain);
	KUNIT_EXPECT_EQ(test, 0LL, x->lastused);
	x->lastused = 1;
	compare(test, es, x, &plain);
	KUNIT_EXPECT_GE(test, x->lastused, ktime_get_real_seconds() - 60);
	sa_free(x);
	release_sock(es->sk);
}

/* Left as it was, for XFRM; nothing is reserved, no sequence number is used */
static void left(struct kunit *test, struct espintcp_sock *es,
		 struct xfrm_state *x, struct sk_buff *skb, const char *why)
{
	u32 len = skb->len, oseq = x->replay.oseq;

	KUNIT_EXPECT_FALSE_MSG(test, gso_output(x, skb), "%s", why);
	KUNIT_EXPECT_EQ_MSG(test, len, skb->len, "%s", why);
	KUNIT_EXPECT_TRUE_MSG(test, skb->_skb_refdst, "%s", why);
	KUNIT_EXPECT_EQ_MSG(test, oseq, x->replay.oseq, "%s", why);
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&es->tx.bytes), "%s", why);
	KUNIT_EXPECT_PTR_EQ_MSG(test, NULL, sa_take(es), "%s", why);
	skb->sk = NULL;
	skb_dst_drop(skb);
	kfree_skb(skb);
}

static void esp_gso_left(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct xfrm_encap_tmpl encap;
	struct xfrm_state *x;
	struct sk_buff *skb;
	u32 limit;

	mtu = 1040;
	lock_sock(es->sk);
	x = gso_sa(test, es, &sa_gcm, 0);
	sa_set_encap(x, &encap);
	left(test, es, x, large_skb(test, &plain), "no socket");
	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));

	skb = large_skb(test, &plain);
	skb->sk = es->sk;
	left(test, es, x, skb, "the connection itself");

	mtu = 1039;
	left(test, es, x, large_skb(test, &plain), "MTU");
	mtu = 1040;
	x->tfcpad = 1000;
	left(test, es, x, large_skb(test, &plain), "tfcpad");
	x->tfcpad = 0;

	skb = large_skb(test, &plain);
	skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
	left(test, es, x, skb, "a guest's");
	skb = large_skb(test, &plain);
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	left(test, es, x, skb, "UDP");
	skb = large_skb(test, &plain);
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV6;
	left(test, es, x, skb, "the other IP");
	skb = large_skb(test, &plain);
	skb->ip_summed = CHECKSUM_NONE;
	left(test, es, x, skb, "no checksum to be made");
	skb = large_skb(test, &plain);
	skb->csum_start += 4;
	left(test, es, x, skb, "a checksum elsewhere");
	skb = large_skb(test, &plain);
	skb->encapsulation = 1;
	left(test, es, x, skb, "a tunnel's");
	skb = large_skb(test, &plain);
	ip_hdr(skb)->frag_off = htons(IP_MF);
	left(test, es, x, skb, "a fragment");
	skb = large_skb(test, &plain);
	skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_FIXEDID;
	left(test, es, x, skb, "one identification for fragments of many");
	skb = large_skb(test, &plain);
	tcp_hdr(skb)->doff = 4;
	left(test, es, x, skb, "a short TCP header");
	skb = large_skb(test, &plain);
	tcp_hdr(skb)->doff = 6;
	left(test, es, x, skb, "a TCP header that is not linear");

	x->replay.oseq = U32_MAX - 39;
	left(test, es, x, large_skb(test, &plain), "sequence numbers");
	x->replay.oseq = 0;
	x->lft.hard_packet_limit = 40;
	left(test, es, x, large_skb(test, &plain), "limit of packets");
	x->lft.hard_packet_limit = XFRM_INF;
	x->lft.hard_byte_limit = 40 * 1040;
	left(test, es, x, large_skb(test, &plain), "limit of bytes");
	x->lft.hard_byte_limit = XFRM_INF;
	x->km.state = XFRM_STATE_EXPIRED;
	left(test, es, x, large_skb(test, &plain), "expired");
	x->km.state = XFRM_STATE_VALID;
	limit = es->en->limits.tx_queue;
	es->en->limits.tx_queue = 40000;
	left(test, es, x, large_skb(test, &plain), "limit of the queue");
	es->en->limits.tx_queue = limit;

	/* The very last sequence number, and nothing of all that */
	x->replay.oseq = U32_MAX - 40;
	compare(test, es, x, &plain);
	KUNIT_EXPECT_EQ(test, U32_MAX, x->replay.oseq);
	sa_free(x);
	release_sock(es->sk);
}

/* The sender is charged until TCP has the last buffer */
static void esp_gso_charge(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct xfrm_encap_tmpl encap;
	struct sk_buff *skb, *msg;
	u32 messages = 0, n = 0;
	struct xfrm_state *x;

	mtu = 1500;
	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	x = gso_sa(test, es, &sa_gcm, 0);
	sa_set_encap(x, &encap);

	sa_released = 0;
	skb = large_skb(test, &plain);
	skb->destructor = sa_release;
	KUNIT_ASSERT_TRUE(test, gso_output(x, skb));
	KUNIT_EXPECT_TRUE(test, !skb_dst(skb) && !skb->dev);
	while ((msg = sa_take(es))) {
		KUNIT_EXPECT_EQ(test, 0, sa_released);
		KUNIT_EXPECT_EQ(test, 0, skb_shinfo(msg)->nr_frags);
		messages += 1 + espintcp_tx_cb(msg)->more;
		n++;
		espintcp_tx_free(msg);
	}
	KUNIT_EXPECT_EQ(test, 1, sa_released);
	KUNIT_EXPECT_EQ(test, 40, messages);
	KUNIT_EXPECT_LT(test, n, 5);
	KUNIT_EXPECT_EQ(test, 40, fixture_count(es, ESPINTCP_A_COUNTER_TX_GSO));
	sa_free(x);
	release_sock(es->sk);
}

/*
 * @at_once requests end before their calls return, number @failed with an error.
 * @queue buffers are complete then. A buffer is sent when the
 * last of its requests has ended, and dropped if one of them failed; all of them
 * hold SA and socket.
 */
static void later_turn(struct kunit *test, struct espintcp_sock *es,
		       struct xfrm_state *x, int at_once, int failed,
		       u32 queue)
{
	int socks = refcount_read(&es->refcnt), sas = refcount_read(&x->refcnt);
	u64 dropped = fixture_count(es, ESPINTCP_A_COUNTER_TX_CRYPTO);
	struct sk_buff *skb = large_skb(test, &plain), *msg;
	u32 i, all = 0, ready = 0;

	for (i = 0; i < ARRAY_SIZE(sa_later.answer); i++)
		sa_later.answer[i] = i < at_once ? 0 : -EINPROGRESS;
	if (failed >= 0 && failed < at_once)
		sa_later.answer[failed] = -EIO;
	sa_later.begun = 0;
	sa_released = 0;
	skb->destructor = sa_release;
	KUNIT_ASSERT_TRUE(test, gso_output(x, skb));
	skb_queue_walk(&es->tx.esp, msg)
		ready += espintcp_tx_cb(msg)->state == ESPINTCP_TX_READY;
	KUNIT_EXPECT_EQ(test, queue, ready);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&es->tx.esp) - ready, es->tx.placed);
	KUNIT_EXPECT_LT(test, socks, (int)refcount_read(&es->refcnt));
	for (i = at_once; i < sa_later.begun; i++)
		if (sa_later.answer[i])
			sa_later_finish(i, i == failed ? -EIO : 0);

	KUNIT_EXPECT_EQ(test, socks, (int)refcount_read(&es->refcnt));
	KUNIT_EXPECT_EQ(test, sas, (int)refcount_read(&x->refcnt));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->en->async));
	while ((msg = sa_take(es))) {
		all += 1 + espintcp_tx_cb(msg)->more;
		espintcp_tx_free(msg);
	}
	dropped = fixture_count(es, ESPINTCP_A_COUNTER_TX_CRYPTO) - dropped;
	KUNIT_EXPECT_EQ(test, 40, all + dropped);
	KUNIT_EXPECT_EQ(test, failed >= 0, dropped > 0);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&es->tx.bytes));
	KUNIT_EXPECT_EQ(test, 1, sa_released);
}

static void esp_gso_later(struct kunit *test)
{
	struct espintcp_sock *es = fixture_sock(test, AF_INET);
	struct xfrm_encap_tmpl encap;
	struct crypto_aead *aead;
	struct xfrm_state *x;
	void *stock;

	mtu = 1500;
	aead = sa_later_make(test);
	crypto_aead_setauthsize(aead, 16);
	KUNIT_ASSERT_EQ(test, 0, espintcp_table_add(es));
	lock_sock(es->sk);
	x = gso_sa(test, es, &sa_gcm, 0);
	sa_set_encap(x, &encap);
	stock = x->data;
	x->data = aead;

	later_turn(test, es, x, 0, -1, 0);
	later_turn(test, es, x, 20, -1, 1);
	later_turn(test, es, x, 0, 3, 0);
	later_turn(test, es, x, 0, 39, 0);
	/* The buffer ends with the one that failed, the next one is complete */
	later_turn(test, es, x, 20, 1, 1);

	x->data = stock;
	sa_free(x);
	release_sock(es->sk);
	sa_later_free(aead);
}

static struct kunit_case esp_gso_tests[] = {
	KUNIT_CASE(esp_gso_gcm),
	KUNIT_CASE(esp_gso_cbc),
	KUNIT_CASE(esp_gso_null),
	KUNIT_CASE(esp_gso_lastused),
	KUNIT_CASE(esp_gso_left),
	KUNIT_CASE(esp_gso_charge),
	KUNIT_CASE(esp_gso_later),
	{}
};

struct kunit_suite esp_gso_suite = {
	.name		= "espintcp_esp_gso",
	.init		= fixture_init,
	.exit		= fixture_exit,
	.test_cases	= esp_gso_tests,
};
