// SPDX-License-Identifier: GPL-2.0-only
/* SAs and packets for the suites of the ESP transform. */

#include <crypto/internal/aead.h>
#include <linux/module.h>
#include <net/dst.h>
#include <net/ip.h>

#include "sa.h"
#include "../tx.h"

const struct sa_algo sa_gcm = {
	.name = "AES-GCM", .aead = "rfc4106(gcm(aes))", .geniv = "seqiv",
	.key_len = 20, .icv_len = 128,
};

const struct sa_algo sa_chacha = {
	.name = "ChaCha20-Poly1305", .aead = "rfc7539esp(chacha20,poly1305)",
	.geniv = "seqiv", .key_len = 36, .icv_len = 128,
};

const struct sa_algo sa_cbc = {
	.name = "AES-CBC, HMAC-SHA-256-128", .auth = "hmac(sha256)",
	.crypt = "cbc(aes)", .geniv = "echainiv", .key_len = 16,
	.auth_len = 32, .icv_len = 128,
};

const struct sa_algo sa_null = {
	.name = "null, HMAC-SHA-256-128", .auth = "hmac(sha256)",
	.crypt = "ecb(cipher_null)", .auth_len = 32, .icv_len = 128,
};

static void set_aead(struct kunit *test, struct xfrm_state *x,
		     const struct sa_algo *algo, const u8 *key)
{
	x->aead = kzalloc(sizeof(*x->aead) + algo->key_len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, x->aead);
	strscpy(x->aead->alg_name, algo->aead, sizeof(x->aead->alg_name));
	x->aead->alg_key_len = algo->key_len * 8;
	x->aead->alg_icv_len = algo->icv_len;
	memcpy(x->aead->alg_key, key, algo->key_len);
}

static void set_auth_crypt(struct kunit *test, struct xfrm_state *x,
			   const struct sa_algo *algo, const u8 *key,
			   const u8 *auth_key)
{
	/* The stock type relies on it that somebody has probed for them */
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, xfrm_aalg_get_byname(algo->auth, 1));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, xfrm_ealg_get_byname(algo->crypt, 1));

	x->aalg = kzalloc(sizeof(*x->aalg) + algo->auth_len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, x->aalg);
	strscpy(x->aalg->alg_name, algo->auth, sizeof(x->aalg->alg_name));
	x->aalg->alg_key_len = algo->auth_len * 8;
	x->aalg->alg_trunc_len = algo->icv_len;
	memcpy(x->aalg->alg_key, auth_key, algo->auth_len);

	x->ealg = kzalloc(sizeof(*x->ealg) + algo->key_len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, x->ealg);
	strscpy(x->ealg->alg_name, algo->crypt, sizeof(x->ealg->alg_name));
	x->ealg->alg_key_len = algo->key_len * 8;
	memcpy(x->ealg->alg_key, key, algo->key_len);
}

/**
 * sa_make - make an SA of the stock type
 * @test: the case
 * @es: the socket whose addresses it has
 * @algo: its algorithms
 * @key: key of the AEAD or the cipher, salt included
 * @auth_key: key of the integrity algorithm
 * @mode: XFRM_MODE_TUNNEL or XFRM_MODE_TRANSPORT
 * @flags: XFRM_STATE_ESN or 0
 *
 * Return: the SA, without encapsulation.
 */
struct xfrm_state *sa_make(struct kunit *test, const struct espintcp_sock *es,
			   const struct sa_algo *algo, const u8 *key,
			   const u8 *auth_key, u8 mode, u32 flags)
{
	struct xfrm_state *x = xfrm_state_alloc(&init_net);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, x);
	x->props.family = es->key.family;
	x->props.mode = mode;
	x->props.flags = flags;
	x->sel.family = es->key.family;
	x->id.proto = IPPROTO_ESP;
	x->id.spi = htonl(0xfeedface);
	x->geniv = algo->geniv;
	if (es->key.family == AF_INET) {
		x->props.saddr.a4 = es->key.laddr.s6_addr32[0];
		x->id.daddr.a4 = es->key.raddr.s6_addr32[0];
	} else {
		x->props.saddr.in6 = es->key.laddr;
		x->id.daddr.in6 = es->key.raddr;
	}

	if (algo->aead)
		set_aead(test, x, algo, key);
	else
		set_auth_crypt(test, x, algo, key, auth_key);
	KUNIT_ASSERT_EQ_MSG(test, 0, xfrm_init_state(x), "%s", algo->name);
	return x;
}

/**
 * sa_free - drop an SA
 * @x: the SA
 */
void sa_free(struct xfrm_state *x)
{
	x->encap = NULL;
	x->km.state = XFRM_STATE_DEAD;
	xfrm_state_put(x);
}

/**
 * sa_set_encap - make it one that goes through TCP, as xfrm_type.c does
 * @x: the SA
 * @encap: template to be filled in, or NULL: make it native again
 */
void sa_set_encap(struct xfrm_state *x, struct xfrm_encap_tmpl *encap)
{
	if (encap) {
		memset(encap, 0, sizeof(*encap));
		encap->encap_type = TCP_ENCAP_ESPINTCP;
		encap->encap_sport = htons(4500);
		encap->encap_dport = htons(40000);
		x->props.header_len += ESPINTCP_LEN_SIZE;
	} else {
		x->props.header_len -= ESPINTCP_LEN_SIZE;
	}
	x->encap = encap;
}

static void add_frags(struct kunit *test, struct sk_buff *skb, const u8 *from,
		      u32 len, u32 size)
{
	struct page *page;
	int i = 0;
	u32 n;

	for (; len; len -= n, from += n, i++) {
		n = min(len, size);
		KUNIT_ASSERT_LT(test, i, (int)MAX_SKB_FRAGS);
		page = alloc_pages(GFP_KERNEL | __GFP_COMP,
				   get_order(size + 3));
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
		memcpy((u8 *)page_address(page) + 3, from, n);
		skb_add_rx_frag(skb, i, page, 3, n,
				PAGE_SIZE << get_order(size + 3));
	}
}

/**
 * sa_skb - make a packet as xfrm_output() hands it to the type
 * @test: the case
 * @x: the SA, with or without encapsulation
 * @p: what it is like
 *
 * Return: the packet.
 */
struct sk_buff *sa_skb(struct kunit *test, const struct xfrm_state *x,
		       const struct sa_packet *p)
{
	u32 ip = x->props.family == AF_INET ? sizeof(struct iphdr) :
					      sizeof(struct ipv6hdr);
	struct xfrm_dst *xdst = kunit_kzalloc(test, sizeof(*xdst), GFP_KERNEL);
	u8 *bytes = kunit_kzalloc(test, p->len + 1, GFP_KERNEL);
	struct sk_buff *skb = alloc_skb(256 + p->linear + 64, GFP_KERNEL);
	struct crypto_aead *aead = x->data;
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, xdst);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bytes);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	for (i = 0; i < p->len; i++)
		bytes[i] = p->bytes ? p->bytes[i] : i;

	skb_reserve(skb, 256);
	memset(skb->head, 0, 256);
	skb_put_data(skb, bytes, min(p->linear, p->len));
	if (p->len > p->linear)
		add_frags(test, skb, bytes + p->linear, p->len - p->linear,
			  p->frag);

	/* Outer IP header, ESP header, IV; the payload is at data */
	skb_set_network_header(skb, -(int)(ip + sizeof(struct ip_esp_hdr) +
					   crypto_aead_ivsize(aead)));
	skb->transport_header = skb->network_header + ip;
	skb->mac_header = skb->network_header +
			  (ip == sizeof(struct iphdr) ?
			   offsetof(struct iphdr, protocol) :
			   offsetof(struct ipv6hdr, nexthdr));
	*skb_mac_header(skb) = p->proto;

	XFRM_SKB_CB(skb)->seq.output.low = p->seq;
	XFRM_SKB_CB(skb)->seq.output.hi = p->seq >> 32;
	xdst->u.dst.dev = init_net.loopback_dev;
	xdst->child_mtu_cached = p->mtu ?: 65535;
	/* The route lives as long as the test */
	rcu_read_lock();
	skb_dst_set_noref(skb, &xdst->u.dst);
	rcu_read_unlock();
	return skb;
}

/**
 * sa_take - take the message that output queued
 * @es: the socket, locked so that the work has not sent it
 *
 * Return: the message, its room in the queue given back, or NULL.
 */
struct sk_buff *sa_take(struct espintcp_sock *es)
{
	struct sk_buff *msg;

	spin_lock_bh(&es->tx.lock);
	msg = __skb_dequeue(&es->tx.esp);
	spin_unlock_bh(&es->tx.lock);
	if (msg)
		espintcp_tx_release(es, espintcp_tx_cb(msg)->reserved);
	return msg;
}

struct sa_later sa_later;

static int later_setkey(struct crypto_aead *aead, const u8 *key,
			unsigned int len)
{
	return 0;
}

static int later_crypt(struct aead_request *req)
{
	sa_later.request[sa_later.begun] = req;
	return sa_later.answer[sa_later.begun++];
}

static struct aead_alg later = {
	.base = {
		.cra_name		= "espintcp-later",
		.cra_driver_name	= "espintcp-later-test",
		.cra_flags		= CRYPTO_ALG_ASYNC,
		.cra_blocksize		= 1,
		.cra_module		= THIS_MODULE,
	},
	.setkey		= later_setkey,
	.encrypt	= later_crypt,
	.decrypt	= later_crypt,
	.ivsize		= 8,
	.maxauthsize	= 16,
};

/**
 * sa_later_make - an AEAD for @sa_later
 * @test: the case
 *
 * Return: the AEAD, with a key.
 */
struct crypto_aead *sa_later_make(struct kunit *test)
{
	static const u8 key[16];
	struct crypto_aead *aead;

	memset(&sa_later, 0, sizeof(sa_later));
	KUNIT_ASSERT_EQ(test, 0, crypto_register_aead(&later));
	aead = crypto_alloc_aead("espintcp-later", 0, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(aead));
	crypto_aead_setkey(aead, key, sizeof(key));
	return aead;
}

/**
 * sa_later_free - undo sa_later_make()
 * @aead: the AEAD
 */
void sa_later_free(struct crypto_aead *aead)
{
	crypto_free_aead(aead);
	crypto_unregister_aead(&later);
}

/**
 * sa_later_finish - end a request that is under way
 * @i: which
 * @err: how
 */
void sa_later_finish(u32 i, int err)
{
	local_bh_disable();
	aead_request_complete(sa_later.request[i], err);
	local_bh_enable();
}

int sa_released;

/**
 * sa_release - a destructor that counts
 * @skb: the charge
 */
void sa_release(struct sk_buff *skb)
{
	sa_released++;
}
