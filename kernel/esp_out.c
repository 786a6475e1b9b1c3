// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ESP transform (RFC 4303) for SAs with encap espintcp.
 *
 * It runs in the sender's context, under locks of other sockets or of the outer
 * one itself: it encrypts into a buffer of its own and queues that.
 */

#include <crypto/aead.h>
#include <linux/netfilter.h>
#include <linux/scatterlist.h>
#include <net/esp.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "compat/skbuff.h"
#include "compat/xfrm.h"
#include "compat/xfrm_type.h"
#include "esp_out.h"
#include "fair.h"
#include "netns.h"
#include "table.h"
#include "tx.h"

/*
 * Bytes for a request that ends before its call returns, one for each CPU: it is
 * warm in the cache there, and the message keeps half of its size. Kernels for
 * real time may change tasks where softirqs are off. A pointer to slab memory,
 * as per-CPU memory may be virtual, and ciphers put scatterlists on what they
 * keep in a request.
 */
#define ESP_OUT_SCRATCH	(IS_ENABLED(CONFIG_PREEMPT_RT) ? 0 : 2048)

static DEFINE_PER_CPU(void *, scratch);

/**
 * struct esp_out_req - a message on its way through the AEAD
 * @msg: the message; this structure lies in its headroom, or in @scratch
 * @aad: SPI and 64 bit sequence number, for ESN alone
 * @es: the socket, referenced where the request may be asynchronous
 * @x: the SA, likewise; then NULL for a synchronous request
 * @en: where the network namespace counts the request, likewise
 */
struct esp_out_req {
	struct sk_buff		*msg;
	__be32			aad[3];
	struct espintcp_sock	*es;
	struct xfrm_state	*x;
	struct espintcp_net	*en;
};

/**
 * struct esp_out_len - lengths that make up a message, in bytes
 * @payload: what is to be encrypted
 * @tfc: padding for traffic flow confidentiality
 * @pad: ESP padding, pad length and next header
 * @iv: explicit IV
 * @icv: integrity check value
 * @total: the whole message, its length field included
 */
struct esp_out_len {
	u32	payload;
	u32	tfc;
	u32	pad;
	u32	iv;
	u32	icv;
	u32	total;
};

static struct espintcp_sock *find_sock(struct xfrm_state *x,
				       struct sk_buff *skb)
{
	struct espintcp_key key = {
		.net	= xs_net(x),
		.family	= x->props.family,
	};

	/* XFRM_MSG_UPDSA rewrites the template at any time */
	spin_lock_bh(&x->lock);
	key.lport = x->encap->encap_sport;
	key.rport = x->encap->encap_dport;
	spin_unlock_bh(&x->lock);

	if (key.family == AF_INET) {
		key.laddr.s6_addr32[0] = x->props.saddr.a4;
		key.raddr.s6_addr32[0] = x->id.daddr.a4;
	} else {
		key.laddr = x->props.saddr.in6;
		key.raddr = x->id.daddr.in6;
	}
	return espintcp_table_find(&key, skb_dst(skb)->dev);
}

static void get_len(struct esp_out_len *len, struct xfrm_state *x,
		    struct sk_buff *skb)
{
	struct crypto_aead *aead = x->data;
	u32 blksize = ALIGN(crypto_aead_blocksize(aead), 4);
	u32 clen;

	len->payload = skb->len;
	len->tfc = 0;
	if (x->tfcpad) {
		struct xfrm_dst *dst = (struct xfrm_dst *)skb_dst(skb);
		u32 padto = min(x->tfcpad,
				espintcp_compat_state_mtu(x, dst->child_mtu_cached));

		if (skb->len < padto)
			len->tfc = padto - skb->len;
	}
	clen = ALIGN(len->payload + len->tfc + 2, blksize);
	len->pad = clen - len->payload - len->tfc;
	len->iv = crypto_aead_ivsize(aead);
	len->icv = crypto_aead_authsize(aead);
	len->total = ESPINTCP_LEN_SIZE + sizeof(struct ip_esp_hdr) + len->iv +
		     clen + len->icv;
}

/* Room for struct esp_out_req, the IV, the AEAD's request and @nents */
static u32 req_size(struct crypto_aead *aead, int nents)
{
	return ALIGN(sizeof(struct esp_out_req), sizeof(void *)) +
	       crypto_aead_alignmask(aead) + crypto_aead_ivsize(aead) +
	       crypto_tfm_ctx_alignment() + sizeof(struct aead_request) +
	       crypto_aead_reqsize(aead) + __alignof__(struct scatterlist) +
	       nents * sizeof(struct scatterlist);
}

static bool is_async(struct crypto_aead *aead)
{
	return crypto_aead_tfm(aead)->__crt_alg->cra_flags & CRYPTO_ALG_ASYNC;
}

/* Headroom for a request of up to @nents, none for one that @scratch has room for */
static u32 req_room(struct crypto_aead *aead, int nents)
{
	u32 size = req_size(aead, nents);

	return size <= ESP_OUT_SCRATCH && !is_async(aead) ? 0 : size;
}

/* Linear where it fits a page; the frags are pages of the message's own */
static struct sk_buff *msg_alloc(struct crypto_aead *aead, u32 total)
{
	u32 room = req_room(aead, MAX_SKB_FRAGS + 2);
	u32 linear = min_t(u32, total, SKB_MAX_ORDER(room, 0));
	struct sk_buff *msg;
	int err;

	if (linear == total)
		room = req_room(aead, 2);

	msg = alloc_skb_with_frags(room + linear, total - linear,
				   PAGE_ALLOC_COSTLY_ORDER, &err,
				   GFP_ATOMIC | __GFP_NOWARN);
	if (!msg)
		return NULL;

	skb_reserve(msg, room);
	__skb_put(msg, linear);
	msg->data_len = total - linear;
	msg->len += total - linear;
	return msg;
}

/* Copy all of @skb to @off of @msg */
static int msg_copy(struct sk_buff *msg, u32 off, struct sk_buff *skb)
{
	u32 n = min_t(u32, skb->len, skb_headlen(msg) - off);
	u32 done = n;
	int i, err;

	err = skb_copy_bits(skb, 0, msg->data + off, n);
	for (i = 0; !err && done < skb->len; i++, done += n) {
		skb_frag_t *frag = &skb_shinfo(msg)->frags[i];

		n = min_t(u32, skb->len - done, skb_frag_size(frag));
		err = skb_copy_bits(skb, done, skb_frag_address(frag), n);
	}
	return err;
}

/* TFC padding, padding 1, 2, 3, ..., its length and the next header */
static int msg_trailer(struct sk_buff *msg, u32 off,
		       const struct esp_out_len *len, u8 proto)
{
	u8 buf[U8_MAX + 2] = {};
	u32 n, tfc = len->tfc;
	int i, err;

	for (; tfc; tfc -= n, off += n) {
		n = min_t(u32, tfc, sizeof(buf));
		err = skb_store_bits(msg, off, buf, n);
		if (err)
			return err;
	}

	for (i = 0; i < len->pad - 2; i++)
		buf[i] = i + 1;
	buf[i++] = len->pad - 2;
	buf[i++] = proto;
	return skb_store_bits(msg, off, buf, i);
}

static int msg_fill(struct sk_buff *msg, struct xfrm_state *x,
		    struct sk_buff *skb, const struct esp_out_len *len)
{
	/* Two bytes behind a word: no pointer to a header may stand here */
	u8 *esph = msg->data + ESPINTCP_LEN_SIZE;
	u32 off;
	int err;

	put_unaligned_be16(len->total, msg->data);
	put_unaligned_be32(ntohl(x->id.spi),
			   esph + offsetof(struct ip_esp_hdr, spi));
	put_unaligned_be32(XFRM_SKB_CB(skb)->seq.output.low,
			   esph + offsetof(struct ip_esp_hdr, seq_no));

	off = ESPINTCP_LEN_SIZE + sizeof(struct ip_esp_hdr) + len->iv;
	err = msg_copy(msg, off, skb);
	if (err)
		return err;

	return msg_trailer(msg, off + len->payload, len,
			   *skb_mac_header(skb));
}

static void req_done(struct esp_out_req *r, int err)
{
	struct espintcp_sock *es = r->es;
	struct espintcp_net *en = r->en;
	struct xfrm_state *x = r->x;

	/* The charge goes with the message, whatever came of it */
	if (err) {
		XFRM_INC_STATS(xs_net(x), LINUX_MIB_XFRMOUTSTATEPROTOERROR);
		espintcp_tx_count(es, ESPINTCP_A_COUNTER_TX_CRYPTO);
		espintcp_tx_release(es, r->msg->len);
		espintcp_tx_free(r->msg);
	} else {
		espintcp_tx_queue(es, r->msg, true);
	}

	xfrm_state_put(x);
	espintcp_netns_async_end(en);
	/* Last: its reference keeps this text for a grace period, with BH off */
	espintcp_sock_put(es);
}

ESPINTCP_COMPAT_CRYPTO_DONE(req_callback, req_done)

/* Hold what an asynchronous request comes back to; false if the socket went */
static bool req_hold(struct esp_out_req *r, struct espintcp_sock *es,
		     struct xfrm_state *x)
{
	if (!refcount_inc_not_zero(&es->refcnt))
		return false;

	xfrm_state_hold(x);
	r->es = es;
	r->x = x;
	r->en = es->en;
	espintcp_netns_async_begin(r->en);
	return true;
}

static void req_unhold(struct esp_out_req *r)
{
	xfrm_state_put(r->x);
	espintcp_netns_async_end(r->en);
	espintcp_sock_put(r->es);
}

static struct aead_request *req_init(struct esp_out_req *r,
				     struct xfrm_state *x, struct sk_buff *skb,
				     const struct esp_out_len *len)
{
	bool esn = x->props.flags & XFRM_STATE_ESN;
	struct crypto_aead *aead = x->data;
	u32 ad = sizeof(struct ip_esp_hdr);
	struct sk_buff *msg = r->msg;
	u32 off = ESPINTCP_LEN_SIZE;
	struct aead_request *req;
	struct scatterlist *sg;
	__be64 seq;
	int err;
	u8 *iv;

	iv = PTR_ALIGN((u8 *)(r + 1), crypto_aead_alignmask(aead) + 1);
	req = (void *)PTR_ALIGN(iv + len->iv, crypto_tfm_ctx_alignment());
	sg = (void *)PTR_ALIGN((u8 *)(req + 1) + crypto_aead_reqsize(aead),
			       __alignof__(struct scatterlist));

	sg_init_table(sg, skb_shinfo(msg)->nr_frags + 1 + esn);
	if (esn) {
		/* RFC 4303, 2.2.1: the high half is authenticated, not sent */
		r->aad[0] = x->id.spi;
		r->aad[1] = htonl(XFRM_SKB_CB(skb)->seq.output.hi);
		r->aad[2] = htonl(XFRM_SKB_CB(skb)->seq.output.low);
		sg_set_buf(sg, r->aad, sizeof(r->aad));
		off += ad;
		ad = sizeof(r->aad);
	}
	err = skb_to_sgvec(msg, sg + esn, off, msg->len - off);
	if (err < 0)
		return ERR_PTR(err);

	/* The generator in front of the cipher makes the IV of this */
	seq = cpu_to_be64(XFRM_SKB_CB(skb)->seq.output.low |
			  (u64)XFRM_SKB_CB(skb)->seq.output.hi << 32);
	memset(iv, 0, len->iv);
	memcpy(iv + len->iv - min_t(u32, len->iv, sizeof(seq)),
	       (u8 *)&seq + sizeof(seq) - min_t(u32, len->iv, sizeof(seq)),
	       min_t(u32, len->iv, sizeof(seq)));

	aead_request_set_tfm(req, aead);
	aead_request_set_callback(req, 0, req_callback, r);
	aead_request_set_crypt(req, sg, sg, len->total - ESPINTCP_LEN_SIZE -
			       sizeof(struct ip_esp_hdr) - len->icv, iv);
	aead_request_set_ad(req, ad);
	return req;
}

/* What waits in a queue must pin neither route, device nor SA */
static void strip(struct sk_buff *skb)
{
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
}

/* The answers of crypto_aead_encrypt(); softirqs are off, for @scratch */
static int req_run(struct espintcp_sock *es, struct xfrm_state *x,
		   struct sk_buff *skb, struct sk_buff *msg,
		   const struct esp_out_len *len)
{
	bool async = is_async(x->data);
	struct aead_request *req;
	struct esp_out_req *r;
	int err;

	r = skb_headroom(msg) ? PTR_ALIGN((void *)msg->head, sizeof(void *)) :
				__this_cpu_read(scratch);
	r->msg = msg;
	req = req_init(r, x, skb, len);
	if (IS_ERR(req))
		return PTR_ERR(req);
	if (async && !req_hold(r, es, x))
		return -ENOENT;

	err = crypto_aead_encrypt(req);
	if (err == -EINPROGRESS)
		return err;
	if (async)
		req_unhold(r);
	if (err) {
		espintcp_tx_count(es, ESPINTCP_A_COUNTER_TX_CRYPTO);
		return err == -ENOSPC ? NET_XMIT_DROP : err;
	}
	return 0;
}

/* -EINPROGRESS: @skb and @msg are taken; else neither is */
static int encrypt(struct espintcp_sock *es, struct xfrm_state *x,
		   struct sk_buff *skb, struct sk_buff *msg,
		   const struct esp_out_len *len, u8 flow)
{
	struct sk_buff *charge = skb->destructor ? skb : NULL;
	int err;

	strip(skb);
	espintcp_tx_cb(msg)->charge = charge;
	espintcp_tx_cb(msg)->reserved = len->total;
	espintcp_tx_cb(msg)->flow = flow;

	err = req_run(es, x, skb, msg, len);
	if (err && err != -EINPROGRESS)
		return err;

	if (!err)
		espintcp_tx_queue(es, msg, false);
	if (!charge)
		consume_skb(skb);
	return -EINPROGRESS;
}

static int output(struct espintcp_sock *es, struct xfrm_state *x,
		  struct sk_buff *skb)
{
	struct esp_out_len len;
	struct sk_buff *msg;
	u8 flow;
	int err;

	get_len(&len, x, skb);
	if (len.total > ESPINTCP_MAX_MSG) {
		espintcp_tx_count(es, ESPINTCP_A_COUNTER_TX_TOO_BIG);
		return -EMSGSIZE;
	}

	flow = espintcp_fair_flow(x, skb);
	if (!espintcp_fair_admits(es, flow)) {
		espintcp_tx_count(es, ESPINTCP_A_COUNTER_TX_AQM);
		return -ENOBUFS;
	}

	err = espintcp_tx_reserve(es, len.total);
	if (err) {
		espintcp_tx_count(es, err);
		return -ENOBUFS;
	}

	err = -ENOMEM;
	msg = msg_alloc(x->data, len.total);
	if (msg)
		err = msg_fill(msg, x, skb, &len);
	if (err) {
		espintcp_tx_count(es, ESPINTCP_A_COUNTER_TX_NO_MEMORY);
		goto free;
	}

	err = encrypt(es, x, skb, msg, &len, flow);
	if (err == -EINPROGRESS)
		return err;
free:
	kfree_skb(msg);
	espintcp_tx_release(es, len.total);
	return err;
}

/**
 * espintcp_esp_out_or - output() of the XFRM type, beside another ULP
 * @x: the SA, with encap espintcp
 * @skb: the packet: data is what is to be encrypted, the byte at the MAC header
 *	its protocol
 * @other: output() for an SA that no socket of ours fits, or NULL
 *
 * RFC 4303, with the framing of RFC 9329, section 3. Takes no lock of a socket
 * and does not call TCP.
 *
 * Context: Process or softirq, under any lock of any socket.
 * Return: -EINPROGRESS where @skb was taken; another negative error or
 * NET_XMIT_DROP where it was dropped, and is the caller's to free.
 */
int espintcp_esp_out_or(struct xfrm_state *x, struct sk_buff *skb,
			int (*other)(struct xfrm_state *x,
				     struct sk_buff *skb))
{
	struct espintcp_sock *es;
	int err;

	/*
	 * @skb has its sequence number: what softirqs send now would be in front
	 * of it. The SA may go with @skb, and what it holds of us with it.
	 */
	local_bh_disable();
	rcu_read_lock();
	es = find_sock(x, skb);
	if (!es) {
		struct net *net = xs_net(x);

		err = other ? other(x, skb) : -ENOENT;
		if (err != -EINPROGRESS)
			espintcp_netns_count(net,
					     ESPINTCP_A_COUNTER_TX_NO_SOCKET);
	} else if (skb->sk == es->sk) {
		/* A policy catches the connection that is to carry it */
		espintcp_tx_count(es, ESPINTCP_A_COUNTER_TX_LOOP);
		err = -ELOOP;
	} else {
		err = output(es, x, skb);
	}
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

/**
 * espintcp_esp_out - output() of the XFRM type, where no other ULP is
 * @x: as for espintcp_esp_out_or()
 * @skb: likewise
 *
 * Context: Likewise.
 * Return: Likewise; -ENOENT where no socket fits.
 */
int espintcp_esp_out(struct xfrm_state *x, struct sk_buff *skb)
{
	return espintcp_esp_out_or(x, skb, NULL);
}

/**
 * espintcp_esp_out_exit - undo espintcp_esp_out_init()
 *
 * Context: Process context, when no SA has our type any more and RCU's readers
 * are done.
 */
void espintcp_esp_out_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kfree(per_cpu(scratch, cpu));
		per_cpu(scratch, cpu) = NULL;
	}
}

/**
 * espintcp_esp_out_init - what is needed before the first SA
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int espintcp_esp_out_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		void *buf = kmalloc_node(max(ESP_OUT_SCRATCH, 1), GFP_KERNEL,
					 cpu_to_node(cpu));

		if (!buf) {
			espintcp_esp_out_exit();
			return -ENOMEM;
		}
		per_cpu(scratch, cpu) = buf;
	}
	return 0;
}
