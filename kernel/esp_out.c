// SPDX-License-Identifier: GPL-2.0-only
/*
 * output() of the XFRM type, for SAs with encap espintcp: one packet, one message.
 *
 * It runs in the sender's context, under locks of other sockets or of the outer
 * one itself: it encrypts into a buffer of its own and queues that.
 */

#include "compat/compat.h"
#include "compat/skbuff.h"
#include "compat/xfrm_type.h"
#include "esp_gso.h"
#include "esp_msg.h"
#include "esp_out.h"
#include "fair.h"
#include "netns.h"
#include "tx.h"

static void get_len(struct espintcp_esp_len *len, struct xfrm_state *x,
		    struct sk_buff *skb)
{
	u32 tfc = 0;

	if (x->tfcpad) {
		struct xfrm_dst *dst = (struct xfrm_dst *)skb_dst(skb);
		u32 padto = min(x->tfcpad,
				espintcp_compat_state_mtu(x, dst->child_mtu_cached));

		if (skb->len < padto)
			tfc = padto - skb->len;
	}
	espintcp_esp_len(len, x->data, skb->len, tfc);
}

/* Linear where it fits a page; the frags are pages of the message's own */
static struct sk_buff *msg_alloc(struct crypto_aead *aead, u32 total)
{
	u32 room = espintcp_esp_room(aead, MAX_SKB_FRAGS + 2);
	u32 linear = min_t(u32, total, SKB_MAX_ORDER(room, 0));
	struct sk_buff *msg;
	int err;

	if (linear == total)
		room = espintcp_esp_room(aead, 2);

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

static int msg_fill(struct sk_buff *msg, struct xfrm_state *x,
		    struct sk_buff *skb, const struct espintcp_esp_len *len)
{
	u32 off = espintcp_esp_payload(len);
	int err;

	espintcp_esp_head(msg->data, x, len->total,
			  XFRM_SKB_CB(skb)->seq.output.low);
	err = msg_copy(msg, off, skb);
	if (err)
		return err;

	return espintcp_esp_trailer(msg, off + len->payload, len,
				    *skb_mac_header(skb));
}

/* -EINPROGRESS: @skb and @msg are taken; else neither is */
static int encrypt(struct espintcp_sock *es, struct xfrm_state *x,
		   struct sk_buff *skb, struct sk_buff *msg,
		   const struct espintcp_esp_len *len, u8 flow)
{
	struct sk_buff *charge = skb->destructor ? skb : NULL;
	u64 seq = XFRM_SKB_CB(skb)->seq.output.low |
		  (u64)XFRM_SKB_CB(skb)->seq.output.hi << 32;
	int err;

	espintcp_esp_strip(skb);
	espintcp_tx_cb(msg)->charge = charge;
	espintcp_tx_cb(msg)->reserved = len->total;
	espintcp_tx_cb(msg)->flow = flow;
	espintcp_tx_cb(msg)->seq = seq;
	espintcp_tx_cb(msg)->sa = x;

	err = espintcp_esp_encrypt(es, x, msg, msg->head, 0, len, seq);
	if (err && err != -EINPROGRESS) {
		espintcp_tx_count(es, ESPINTCP_A_COUNTER_TX_CRYPTO);
		return err == -ENOSPC ? NET_XMIT_DROP : err;
	}

	if (!err)
		espintcp_tx_queue(es, msg, false);
	if (!charge)
		consume_skb(skb);
	return -EINPROGRESS;
}

static int output(struct espintcp_sock *es, struct xfrm_state *x,
		  struct sk_buff *skb)
{
	struct espintcp_esp_len len;
	struct sk_buff *msg;
	u8 flow;
	int err;

	get_len(&len, x, skb);
	if (len.total > ESPINTCP_MAX_MSG) {
		espintcp_tx_count(es, ESPINTCP_A_COUNTER_TX_TOO_BIG);
		return -EMSGSIZE;
	}

	flow = espintcp_fair_flow(x, skb, *skb_mac_header(skb));
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
	es = espintcp_esp_sock(x, skb);
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
		espintcp_esp_gso_enter(x, skb_dst(skb));
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
