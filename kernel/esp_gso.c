// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large packets of TCP in a tunnel, cut into ESP messages here.
 *
 * xfrm_output() would cut them first: for each message a buffer, a copy, and all
 * of XFRM's way. So once the SA has sent a packet, output() of its route is ours,
 * as tunnels in routes (lwtunnel) have it. A large packet goes through netfilter
 * as ever, and from there into buffers of many messages. Whatever is out of the
 * ordinary, and all that is to be refused, counted or told to a daemon, goes the
 * way that it went before: XFRM answers for it.
 *
 * Lifetime: a route with our output() holds its SA, which holds the module.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "compat/skbuff.h"
#include "compat/xfrm.h"
#include "compat/xfrm_type.h"
#include "esp_gso.h"
#include "esp_msg.h"
#include "fair.h"
#include "queue.h"
#include "tx.h"

/* The longest buffer of messages: such pages are still easy to get */
#define GSO_BYTES	SKB_MAX_ORDER(0, 2)
/* Requests of a buffer that may be under way at a time */
#define GSO_MSGS	16
/* What 64 KB need, unless segments are very short */
#define GSO_BUFFERS	12
/* The longest headers: IPv4 and TCP with all options */
#define GSO_HEAD	120

/* XFRM's own output() of each family, NULL where there is none */
static espintcp_compat_output_fn xfrm_output4, xfrm_output6;

/**
 * struct gso - a large packet, and the messages that it becomes
 * @skb: the packet, data is its IP header
 * @v6: which IP
 * @fixed_id: all segments have the same identification
 * @ip: bytes of the IP header
 * @head: bytes of IP and TCP header
 * @mss: payload of each segment but the last, in bytes
 * @left: payload of the last one
 * @n: segments
 * @len: lengths of the message of each segment but the last
 * @last: those of the last one
 * @seq: sequence number of the first message
 * @msg: buffers of messages
 * @buffers: how many
 */
struct gso {
	struct sk_buff		*skb;
	bool			v6;
	bool			fixed_id;
	u32			ip;
	u32			head;
	u32			mss;
	u32			left;
	u32			n;
	struct espintcp_esp_len	len;
	struct espintcp_esp_len	last;
	u64			seq;
	struct sk_buff		*msg[GSO_BUFFERS];
	u32			buffers;
};

/* The lengths of the message that segment @i becomes */
static const struct espintcp_esp_len *gso_len(const struct gso *g, u32 i)
{
	return i + 1 < g->n ? &g->len : &g->last;
}

static u8 gso_proto(const struct gso *g)
{
	return g->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
}

static bool gso_is_ipv4(const struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	return skb->protocol == htons(ETH_P_IP) &&
	       skb_headlen(skb) >= sizeof(*iph) &&
	       iph->version == 4 && iph->ihl >= 5 &&
	       iph->protocol == IPPROTO_TCP && !ip_is_fragment(iph);
}

static bool gso_is_ipv6(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;

	return skb->protocol == htons(ETH_P_IPV6) &&
	       skb_headlen(skb) >= sizeof(*ip6h) &&
	       ip6h->version == 6 && ip6h->nexthdr == IPPROTO_TCP;
}

/* False for what is not plain TCP over IP, made here or joined on arrival */
static bool gso_parse(struct gso *g, struct sk_buff *skb)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	u32 type = SKB_GSO_TCP_ECN;
	const struct tcphdr *th;
	u32 payload;

	if (skb->ip_summed != CHECKSUM_PARTIAL || skb->encapsulation ||
	    skb_network_offset(skb))
		return false;

	if (gso_is_ipv4(skb)) {
		type |= SKB_GSO_TCPV4 | SKB_GSO_TCP_FIXEDID;
		g->v6 = false;
		g->ip = ((const struct iphdr *)skb->data)->ihl * 4;
	} else if (gso_is_ipv6(skb)) {
		type |= SKB_GSO_TCPV6;
		g->v6 = true;
		g->ip = sizeof(struct ipv6hdr);
	} else {
		return false;
	}
	if (sh->gso_type & ~type ||
	    !(sh->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) ||
	    skb_checksum_start_offset(skb) != g->ip ||
	    skb->csum_offset != offsetof(struct tcphdr, check) ||
	    skb_headlen(skb) < g->ip + sizeof(*th))
		return false;

	th = (const struct tcphdr *)(skb->data + g->ip);
	g->head = g->ip + th->doff * 4;
	if (th->doff < 5 || skb_headlen(skb) < g->head || skb->len <= g->head)
		return false;

	g->skb = skb;
	g->fixed_id = sh->gso_type & SKB_GSO_TCP_FIXEDID;
	if (g->fixed_id && !(((const struct iphdr *)skb->data)->frag_off & htons(IP_DF)))
		return false;
	g->mss = sh->gso_size;
	payload = skb->len - g->head;
	g->n = DIV_ROUND_UP(payload, g->mss);
	g->left = payload - (g->n - 1) * g->mss;
	return true;
}

/* False where XFRM makes something else of a packet than one message */
static bool gso_measure(struct gso *g, struct xfrm_state *x)
{
	if (x->tfcpad || g->head + g->mss > dst_mtu(skb_dst(g->skb)))
		return false;

	espintcp_esp_len(&g->len, x->data, g->head + g->mss, 0);
	espintcp_esp_len(&g->last, x->data, g->head + g->left, 0);
	return g->len.total <= GSO_BYTES;
}

/* The headers of segment @i, with all but the checksum of its payload */
static void gso_head(const struct gso *g, u32 i, u8 *head, __wsum payload)
{
	struct tcphdr *th = (struct tcphdr *)(head + g->ip);
	u32 len = gso_len(g, i)->payload - g->ip;
	__wsum sum;

	memcpy(head, g->skb->data, g->head);
	th->seq = htonl(ntohl(th->seq) + i * g->mss);
	if (i)
		th->cwr = 0;
	if (i + 1 < g->n) {
		th->fin = 0;
		th->psh = 0;
	}
	th->check = 0;
	sum = csum_partial(th, g->head - g->ip, payload);

	if (g->v6) {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)head;

		ip6h->payload_len = htons(len);
		th->check = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len,
					    IPPROTO_TCP, sum);
	} else {
		struct iphdr *iph = (struct iphdr *)head;

		iph->tot_len = htons(g->ip + len);
		if (!g->fixed_id)
			iph->id = htons(ntohs(iph->id) + i);
		ip_send_check(iph);
		th->check = csum_tcpudp_magic(iph->saddr, iph->daddr, len,
					      IPPROTO_TCP, sum);
	}
}

/* Segment @i becomes a message at @off of @msg */
static int gso_fill(const struct gso *g, u32 i, const struct xfrm_state *x,
		    struct sk_buff *msg, u32 off)
{
	const struct espintcp_esp_len *len = gso_len(g, i);
	u8 *to = msg->data + off + espintcp_esp_payload(len);
	u32 size = len->payload - g->head;
	u8 head[GSO_HEAD] __aligned(4);
	int err;

	err = skb_copy_bits(g->skb, g->head + i * g->mss, to + g->head, size);
	if (err)
		return err;

	gso_head(g, i, head, csum_partial(to + g->head, size, 0));
	memcpy(to, head, g->head);
	return espintcp_esp_trailer(msg, off + espintcp_esp_payload(len) +
				    len->payload, len, gso_proto(g));
}

/* A buffer with the messages from @first on that fit it */
static struct sk_buff *gso_buffer(const struct gso *g, u32 first,
				  struct xfrm_state *x)
{
	u32 n = min3(g->n - first, (u32)GSO_BYTES / g->len.total, (u32)GSO_MSGS);
	u32 room = n * espintcp_esp_room(x->data, 2);
	u32 bytes = n * g->len.total;
	struct sk_buff *msg;
	u32 i;

	if (first + n == g->n)
		bytes += g->last.total - g->len.total;

	msg = alloc_skb(room + bytes, GFP_ATOMIC | __GFP_NOWARN | __GFP_NORETRY);
	if (!msg)
		return NULL;

	skb_reserve(msg, room);
	__skb_put(msg, bytes);
	espintcp_tx_cb(msg)->reserved = bytes;
	espintcp_tx_cb(msg)->more = n - 1;
	for (i = 0; i < n; i++)
		if (gso_fill(g, first + i, x, msg, i * g->len.total)) {
			kfree_skb(msg);
			return NULL;
		}
	return msg;
}

static void gso_free(struct gso *g)
{
	while (g->buffers)
		kfree_skb(g->msg[--g->buffers]);
}

static bool gso_fill_all(struct gso *g, struct xfrm_state *x, u8 flow)
{
	struct sk_buff *msg;
	u32 first;

	g->buffers = 0;
	for (first = 0; first < g->n; first += 1 + espintcp_tx_cb(msg)->more) {
		msg = g->buffers < GSO_BUFFERS ? gso_buffer(g, first, x) : NULL;
		if (!msg) {
			gso_free(g);
			return false;
		}
		espintcp_tx_cb(msg)->flow = flow;
		espintcp_tx_cb(msg)->sa = x;
		g->msg[g->buffers++] = msg;
	}
	return true;
}

/* XFRM has something to say about one of these messages */
static bool gso_is_special(struct xfrm_state *x, u32 oseq, u32 n, u32 bytes)
{
	lockdep_assert_held(&x->lock);

	return x->km.state != XFRM_STATE_VALID || xfrm_state_check_expire(x) ||
	       x->curlft.bytes + bytes >= x->lft.hard_byte_limit ||
	       x->curlft.packets + n >= x->lft.hard_packet_limit ||
	       U32_MAX - oseq < n || xfrm_aevent_is_on(xs_net(x));
}

/*
 * Take sequence numbers for all messages, as xfrm_output() does for each, and the
 * places in the queue that go with them. Others have those behind.
 */
static bool gso_number(struct gso *g, struct espintcp_sock *es,
		       struct xfrm_state *x)
{
	struct xfrm_replay_state_esn *esn = x->replay_esn;
	u32 *oseq = esn ? &esn->oseq : &x->replay.oseq;
	u32 bytes = g->n * g->len.payload + g->last.payload - g->len.payload;
	bool special;
	u32 i, seq;

	spin_lock_bh(&x->lock);
	special = gso_is_special(x, *oseq, g->n, bytes);
	if (!special) {
		seq = *oseq + 1;
		g->seq = seq;
		if (x->props.flags & XFRM_STATE_ESN)
			g->seq |= (u64)esn->oseq_hi << 32;
		*oseq += g->n;
		x->curlft.bytes += bytes;
		x->curlft.packets += g->n;
		/* Since 6.2 for what is sent, too: then XFRM has set it before */
		if (x->lastused)
			x->lastused = ktime_get_real_seconds();
		for (i = 0; i < g->buffers; i++) {
			espintcp_tx_cb(g->msg[i])->seq = seq;
			seq += 1 + espintcp_tx_cb(g->msg[i])->more;
			espintcp_queue_place(es, g->msg[i]);
		}
	}
	spin_unlock_bh(&x->lock);
	return !special;
}

/* Encrypt and send a buffer, whose first message is number @first; consumed */
static void gso_send(const struct gso *g, u32 first, struct espintcp_sock *es,
		     struct xfrm_state *x, struct sk_buff *msg)
{
	struct espintcp_tx_cb *cb = espintcp_tx_cb(msg);
	u32 i, room = espintcp_esp_room(x->data, 2);
	int err = 0;

	atomic_set(&cb->pending, 1);
	for (i = 0; i <= cb->more && (!err || err == -EINPROGRESS); i++) {
		const struct espintcp_esp_len *len = gso_len(g, first + i);
		u32 off = i * g->len.total;

		espintcp_esp_head(msg->data + off, x, len->total,
				  g->seq + first + i);
		err = espintcp_esp_encrypt(es, x, msg, msg->head + i * room, off,
					   len, g->seq + first + i);
	}
	if (err && err != -EINPROGRESS) {
		XFRM_INC_STATS(xs_net(x), LINUX_MIB_XFRMOUTSTATEPROTOERROR);
		WRITE_ONCE(cb->failed, true);
	}
	if (atomic_dec_and_test(&cb->pending))
		espintcp_tx_queue(es, msg, false);
}

static void gso_send_all(struct gso *g, struct espintcp_sock *es,
			 struct xfrm_state *x)
{
	u32 i, n, first = 0;

	spin_lock_bh(&es->tx.lock);
	espintcp_counters_add(&es->tx.counters, ESPINTCP_A_COUNTER_TX_GSO, g->n);
	spin_unlock_bh(&es->tx.lock);

	espintcp_esp_strip(g->skb);
	if (!g->skb->destructor)
		consume_skb(g->skb);
	for (i = 0; i < g->buffers; i++, first += n) {
		n = 1 + espintcp_tx_cb(g->msg[i])->more;
		gso_send(g, first, es, x, g->msg[i]);
		/* The others have their places: softirqs need not wait for all */
		local_bh_enable();
		local_bh_disable();
	}
}

static bool gso_output_to(struct espintcp_sock *es, struct xfrm_state *x,
			  struct gso *g)
{
	u32 bytes = g->n * g->len.total + g->last.total - g->len.total;
	u8 flow;

	flow = espintcp_fair_flow(x, g->skb, gso_proto(g));
	if (!espintcp_fair_admits(es, flow) || espintcp_tx_reserve(es, bytes))
		return false;

	if (gso_fill_all(g, x, flow)) {
		/* The sender is charged until TCP has the last one */
		if (g->skb->destructor)
			espintcp_tx_cb(g->msg[g->buffers - 1])->charge = g->skb;
		if (gso_number(g, es, x)) {
			gso_send_all(g, es, x);
			return true;
		}
		gso_free(g);
	}
	espintcp_tx_release(es, bytes);
	return false;
}

/* Send all of @skb, or leave it as it is and return false */
static bool gso_output(struct xfrm_state *x, struct sk_buff *skb)
{
	struct espintcp_sock *es;
	bool sent = false;
	struct gso g;

	/* As in espintcp_esp_out_or() */
	local_bh_disable();
	rcu_read_lock();
	if (gso_parse(&g, skb) && gso_measure(&g, x)) {
		es = espintcp_esp_sock(x, skb);
		if (es && skb->sk != es->sk)
			sent = gso_output_to(es, x, &g);
	}
	rcu_read_unlock();
	local_bh_enable();
	return sent;
}

static bool gso_serves(const struct dst_entry *dst)
{
	const struct xfrm_state *x = dst->xfrm;

	return x && x->type->owner == THIS_MODULE &&
	       x->props.mode == XFRM_MODE_TUNNEL && !xfrm_dst_child(dst)->xfrm;
}

/* Behind netfilter, which may have found another route. Large packets alone. */
static int finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);

	if (gso_serves(dst) && gso_output(dst->xfrm, skb))
		return 0;

	return xfrm_output(sk, skb);
}

static int finish4(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	if (skb_dst(skb)->xfrm)
		return finish(net, sk, skb);

	IPCB(skb)->flags |= IPSKB_REROUTED;
	return dst_output(net, sk, skb);
}

static int finish6(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	if (skb_dst(skb)->xfrm)
		return finish(net, sk, skb);

	IP6CB(skb)->flags |= IP6SKB_REROUTED;
	return dst_output(net, sk, skb);
}

static int output4(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	if (!skb_is_gso(skb))
		return xfrm_output4(net, sk, skb);

	return NF_HOOK_COND(NFPROTO_IPV4, NF_INET_POST_ROUTING, net, sk, skb,
			    skb->dev, skb_dst(skb)->dev, finish4,
			    !(IPCB(skb)->flags & IPSKB_REROUTED));
}

static int output6(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	if (!skb_is_gso(skb))
		return xfrm_output6(net, sk, skb);

	return NF_HOOK_COND(NFPROTO_IPV6, NF_INET_POST_ROUTING, net, sk, skb,
			    skb->dev, skb_dst(skb)->dev, finish6,
			    !(IP6CB(skb)->flags & IP6SKB_REROUTED));
}

/**
 * espintcp_esp_gso_enter - have large packets of a route come here
 * @x: an SA with encap espintcp
 * @dst: the route of a packet that it sends
 *
 * Context: Process or softirq, RCU read side.
 */
void espintcp_esp_gso_enter(struct xfrm_state *x, struct dst_entry *dst)
{
	espintcp_compat_output_fn now = READ_ONCE(dst->output);

	if (likely(now == output4 || now == output6) || !gso_serves(dst))
		return;

	/* Somebody else's stays */
	if (now && now == xfrm_output4)
		cmpxchg(&dst->output, now, output4);
	else if (now && now == xfrm_output6)
		cmpxchg(&dst->output, now, output6);
}

/**
 * espintcp_esp_gso_init - find what routes of SAs have for their output()
 *
 * Context: Process context, the types of ESP are loaded.
 */
void espintcp_esp_gso_init(void)
{
	xfrm_output4 = espintcp_compat_xfrm_output(AF_INET);
	xfrm_output6 = espintcp_compat_xfrm_output(AF_INET6);
}
