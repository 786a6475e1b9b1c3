// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ESP message (RFC 4303, framed by RFC 9329, section 3), from its lengths to
 * its encryption in place. What it is made from is the caller's business.
 */

#include <linux/netfilter.h>
#include <linux/scatterlist.h>

#include "compat/compat.h"
#include "compat/skbuff.h"
#include "compat/xfrm.h"
#include "esp_msg.h"
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
#define ESP_MSG_SCRATCH	(IS_ENABLED(CONFIG_PREEMPT_RT) ? 0 : 2048)

static DEFINE_PER_CPU(void *, scratch);

/**
 * struct esp_req - a message on its way through the AEAD
 * @msg: the buffer that it is in
 * @aad: SPI and 64 bit sequence number, for ESN alone
 * @es: the socket, referenced where the request may be asynchronous
 * @x: the SA, likewise
 * @en: where the network namespace counts the request, likewise
 *
 * It lies in the headroom of @msg, or in @scratch.
 */
struct esp_req {
	struct sk_buff		*msg;
	__be32			aad[3];
	struct espintcp_sock	*es;
	struct xfrm_state	*x;
	struct espintcp_net	*en;
};

/**
 * espintcp_esp_sock - find the socket that an SA sends through
 * @x: the SA, with encap espintcp
 * @skb: a packet with the SA's route
 *
 * Context: RCU read side.
 * Return: the socket, valid within the RCU section, or NULL.
 */
struct espintcp_sock *espintcp_esp_sock(struct xfrm_state *x,
					const struct sk_buff *skb)
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

/**
 * espintcp_esp_len - how long a message gets
 * @len: filled in
 * @aead: the SA's
 * @payload: bytes to be encrypted
 * @tfc: bytes of padding for traffic flow confidentiality
 *
 * Context: Any.
 */
void espintcp_esp_len(struct espintcp_esp_len *len, struct crypto_aead *aead,
		      u32 payload, u32 tfc)
{
	u32 blksize = ALIGN(crypto_aead_blocksize(aead), 4);
	u32 clen = ALIGN(payload + tfc + 2, blksize);

	len->payload = payload;
	len->tfc = tfc;
	len->pad = clen - payload - tfc;
	len->iv = crypto_aead_ivsize(aead);
	len->icv = crypto_aead_authsize(aead);
	len->total = espintcp_esp_payload(len) + clen + len->icv;
}

/* Room for struct esp_req, the IV, the AEAD's request and @nents */
static u32 req_size(struct crypto_aead *aead, int nents)
{
	return ALIGN(sizeof(struct esp_req), sizeof(void *)) +
	       crypto_aead_alignmask(aead) + crypto_aead_ivsize(aead) +
	       crypto_tfm_ctx_alignment() + sizeof(struct aead_request) +
	       crypto_aead_reqsize(aead) + __alignof__(struct scatterlist) +
	       nents * sizeof(struct scatterlist);
}

static bool is_async(struct crypto_aead *aead)
{
	return crypto_aead_tfm(aead)->__crt_alg->cra_flags & CRYPTO_ALG_ASYNC;
}

/**
 * espintcp_esp_room - headroom that a request needs
 * @aead: the SA's
 * @nents: the most entries that its scatterlist may have
 *
 * Context: Any.
 * Return: bytes; none for a request that there is room for elsewhere.
 */
u32 espintcp_esp_room(struct crypto_aead *aead, int nents)
{
	u32 size = ALIGN(req_size(aead, nents), sizeof(void *));

	return size <= ESP_MSG_SCRATCH && !is_async(aead) ? 0 : size;
}

/**
 * espintcp_esp_head - write what is in front of the IV
 * @to: where the message begins, of any alignment
 * @x: the SA
 * @total: bytes of the message
 * @seq: low half of the sequence number
 *
 * Context: Any.
 */
void espintcp_esp_head(u8 *to, const struct xfrm_state *x, u32 total, u32 seq)
{
	/* Two bytes behind a word: no pointer to a header may stand here */
	u8 *esph = to + ESPINTCP_LEN_SIZE;

	put_unaligned_be16(total, to);
	put_unaligned_be32(ntohl(x->id.spi),
			   esph + offsetof(struct ip_esp_hdr, spi));
	put_unaligned_be32(seq, esph + offsetof(struct ip_esp_hdr, seq_no));
}

/**
 * espintcp_esp_trailer - write what is behind the payload
 * @msg: the buffer
 * @off: where in it the payload ends
 * @len: the message's lengths
 * @proto: the next header
 *
 * Padding for traffic flow confidentiality, padding 1, 2, 3, ..., its length and
 * the next header.
 *
 * Context: Any.
 * Return: 0 or a negative error.
 */
int espintcp_esp_trailer(struct sk_buff *msg, u32 off,
			 const struct espintcp_esp_len *len, u8 proto)
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

static void req_done(struct esp_req *r, int err)
{
	struct espintcp_sock *es = r->es;
	struct espintcp_net *en = r->en;
	struct sk_buff *msg = r->msg;
	struct xfrm_state *x = r->x;

	if (err) {
		XFRM_INC_STATS(xs_net(x), LINUX_MIB_XFRMOUTSTATEPROTOERROR);
		WRITE_ONCE(espintcp_tx_cb(msg)->failed, true);
	}
	/* From here on @r is gone with @msg */
	if (atomic_dec_and_test(&espintcp_tx_cb(msg)->pending))
		espintcp_tx_queue(es, msg, true);

	xfrm_state_put(x);
	espintcp_netns_async_end(en);
	/* Last: its reference keeps this text for a grace period, with BH off */
	espintcp_sock_put(es);
}

ESPINTCP_COMPAT_CRYPTO_DONE(req_callback, req_done)

/* Hold what an asynchronous request comes back to; false if the socket went */
static bool req_hold(struct esp_req *r, struct espintcp_sock *es,
		     struct xfrm_state *x)
{
	if (!refcount_inc_not_zero(&es->refcnt))
		return false;

	xfrm_state_hold(x);
	r->es = es;
	r->x = x;
	r->en = es->en;
	espintcp_netns_async_begin(r->en);
	atomic_inc(&espintcp_tx_cb(r->msg)->pending);
	return true;
}

static void req_unhold(struct esp_req *r)
{
	atomic_dec(&espintcp_tx_cb(r->msg)->pending);
	xfrm_state_put(r->x);
	espintcp_netns_async_end(r->en);
	espintcp_sock_put(r->es);
}

/* For the message at @off of the buffer */
static struct aead_request *req_init(struct esp_req *r, struct xfrm_state *x,
				     u32 off, const struct espintcp_esp_len *len,
				     u64 seq)
{
	bool esn = x->props.flags & XFRM_STATE_ESN;
	struct crypto_aead *aead = x->data;
	u32 ad = sizeof(struct ip_esp_hdr);
	struct sk_buff *msg = r->msg;
	struct aead_request *req;
	struct scatterlist *sg;
	u32 end = off + len->total;
	__be64 salted;
	int err;
	u8 *iv;

	iv = PTR_ALIGN((u8 *)(r + 1), crypto_aead_alignmask(aead) + 1);
	req = (void *)PTR_ALIGN(iv + len->iv, crypto_tfm_ctx_alignment());
	sg = (void *)PTR_ALIGN((u8 *)(req + 1) + crypto_aead_reqsize(aead),
			       __alignof__(struct scatterlist));

	off += ESPINTCP_LEN_SIZE;
	sg_init_table(sg, skb_shinfo(msg)->nr_frags + 1 + esn);
	if (esn) {
		/* RFC 4303, 2.2.1: the high half is authenticated, not sent */
		r->aad[0] = x->id.spi;
		r->aad[1] = htonl(seq >> 32);
		r->aad[2] = htonl(seq);
		sg_set_buf(sg, r->aad, sizeof(r->aad));
		off += ad;
		ad = sizeof(r->aad);
	}
	err = skb_to_sgvec(msg, sg + esn, off, end - off);
	if (err < 0)
		return ERR_PTR(err);

	/* The generator in front of the cipher makes the IV of this */
	salted = cpu_to_be64(seq);
	memset(iv, 0, len->iv);
	memcpy(iv + len->iv - min_t(u32, len->iv, sizeof(salted)),
	       (u8 *)&salted + sizeof(salted) - min_t(u32, len->iv, sizeof(salted)),
	       min_t(u32, len->iv, sizeof(salted)));

	aead_request_set_tfm(req, aead);
	aead_request_set_callback(req, 0, req_callback, r);
	aead_request_set_crypt(req, sg, sg, len->total - ESPINTCP_LEN_SIZE -
			       sizeof(struct ip_esp_hdr) - len->icv, iv);
	aead_request_set_ad(req, ad);
	return req;
}

/**
 * espintcp_esp_strip - take from a packet what it must not pin while it waits
 * @skb: the packet: no route, device or SA is left
 *
 * Context: Process or softirq.
 */
void espintcp_esp_strip(struct sk_buff *skb)
{
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
}

/**
 * espintcp_esp_encrypt - encrypt a message in place
 * @es: the socket
 * @x: the SA
 * @msg: the buffer; it has been given room for requests in front, its control
 *	block is filled in but for what belongs to this
 * @room: memory for the request in @msg's headroom, as much as
 *	espintcp_esp_room() said; not used where it said none
 * @off: where in @msg the message begins
 * @len: its lengths
 * @seq: its sequence number
 *
 * A request that is under way counts in &struct espintcp_tx_cb.pending, and the
 * last one does espintcp_tx_queue(). A caller with several messages in a buffer
 * counts itself, too, until it has begun all of them.
 *
 * Context: Process or softirq, BH off, RCU read side.
 * Return: 0, -EINPROGRESS where it is under way, or another answer of
 * crypto_aead_encrypt(), -ENOENT if the socket is just going: not encrypted.
 */
int espintcp_esp_encrypt(struct espintcp_sock *es, struct xfrm_state *x,
			 struct sk_buff *msg, u8 *room, u32 off,
			 const struct espintcp_esp_len *len, u64 seq)
{
	bool async = is_async(x->data);
	struct aead_request *req;
	struct esp_req *r;
	int err;

	r = skb_headroom(msg) ? PTR_ALIGN((void *)room, sizeof(void *)) :
				__this_cpu_read(scratch);
	r->msg = msg;
	req = req_init(r, x, off, len, seq);
	if (IS_ERR(req))
		return PTR_ERR(req);
	if (async && !req_hold(r, es, x))
		return -ENOENT;

	err = crypto_aead_encrypt(req);
	if (err != -EINPROGRESS && async)
		req_unhold(r);
	return err;
}

/**
 * espintcp_esp_msg_exit - undo espintcp_esp_msg_init()
 *
 * Context: Process context, when no SA has our type any more and RCU's readers
 * are done.
 */
void espintcp_esp_msg_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kfree(per_cpu(scratch, cpu));
		per_cpu(scratch, cpu) = NULL;
	}
}

/**
 * espintcp_esp_msg_init - what is needed before the first SA
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int espintcp_esp_msg_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		void *buf = kmalloc_node(max(ESP_MSG_SCRATCH, 1), GFP_KERNEL,
					 cpu_to_node(cpu));

		if (!buf) {
			espintcp_esp_msg_exit();
			return -ENOMEM;
		}
		per_cpu(scratch, cpu) = buf;
	}
	return 0;
}
