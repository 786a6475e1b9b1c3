// SPDX-License-Identifier: GPL-2.0-only
/*
 * Received ESP on its way into XFRM.
 *
 * Each packet is a buffer of our own that nobody shares, with an outer header
 * made from the socket's own addresses: the stock input decrypts in place.
 */

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "compat/xfrm.h"
#include "esp_in.h"
#include "event.h"

/* Where the stock input looks for the ports, behind the IP header */
#define PORTS_SIZE	sizeof(struct udphdr)
/* What a decapsulated packet may need to be forwarded without a copy */
#define FORWARD_ROOM	LL_MAX_HEADER

/**
 * espintcp_esp_in_room - headroom that espintcp_esp_in() asks for
 *
 * Context: Any.
 * Return: bytes.
 */
u32 espintcp_esp_in_room(void)
{
	return ALIGN(FORWARD_ROOM + sizeof(struct ipv6hdr) + PORTS_SIZE, 16);
}

static void push_ports(const struct espintcp_key *key, struct sk_buff *skb)
{
	struct udphdr *uh;

	if (key->family == AF_INET6 && !ESPINTCP_COMPAT_PORTS6_SIZE)
		return;

	/* The source port is all that is read; it feeds NAT mapping changes */
	uh = __skb_push(skb, PORTS_SIZE);
	memset(uh, 0, PORTS_SIZE);
	uh->source = key->rport;
	uh->dest = key->lport;
}

/*
 * The stream has no TOS of its own to give: not-ECT, as RFC 9329, section 9.5
 * asks for.
 */
static void push_ipv4(const struct espintcp_key *key, struct sk_buff *skb)
{
	struct iphdr *iph = __skb_push(skb, sizeof(*iph));

	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(min_t(u32, skb->len, U16_MAX));
	iph->ttl = IPDEFTTL;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = key->raddr.s6_addr32[0];
	iph->daddr = key->laddr.s6_addr32[0];
	ip_send_check(iph);

	skb->protocol = htons(ETH_P_IP);
	IPCB(skb)->iif = skb->skb_iif;
}

static void push_ipv6(const struct espintcp_key *key, struct sk_buff *skb)
{
	u32 len = min_t(u32, skb->len, U16_MAX);
	struct ipv6hdr *ip6h = __skb_push(skb, sizeof(*ip6h));

	memset(ip6h, 0, sizeof(*ip6h));
	ip6h->version = 6;
	ip6h->payload_len = htons(len);
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = IPDEFTTL;
	ip6h->saddr = key->raddr;
	ip6h->daddr = key->laddr;

	skb->protocol = htons(ETH_P_IPV6);
	IP6CB(skb)->iif = skb->skb_iif;
	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
}

/* For packet sockets, which see the packet that comes out on this device */
static void push_link(const struct net_device *dev, struct sk_buff *skb)
{
	struct ethhdr *eth;

	skb->mac_len = 0;
	if (dev->type == ARPHRD_ETHER || dev->type == ARPHRD_LOOPBACK) {
		eth = __skb_push(skb, ETH_HLEN);
		memset(eth, 0, ETH_HLEN);
		ether_addr_copy(eth->h_dest, dev->dev_addr);
		eth->h_proto = skb->protocol;
		skb->mac_len = ETH_HLEN;
	}
	skb_reset_mac_header(skb);
	__skb_pull(skb, skb->mac_len);
}

/*
 * XFRM tells nobody which packets it has no SA for, but counts them on the CPU that
 * looks: with softirqs off, what it counts between two looks is what it got from us.
 */
static unsigned long no_states(struct net *net)
{
	return espintcp_compat_xfrm_stat(net, LINUX_MIB_XFRMINNOSTATES);
}

static void count(struct espintcp_sock *es, enum espintcp_counter which, u64 n)
{
	espintcp_counters_add(&es->rx.counters, which, n);
	espintcp_event_count(es, which, n);
}

static void prepare(const struct espintcp_key *key, struct sk_buff *skb,
		    struct net_device *dev)
{
	unsigned int len = skb->len;

	memset(skb->cb, 0, sizeof(skb->cb));
	skb->ip_summed = CHECKSUM_NONE;
	skb->pkt_type = PACKET_HOST;
	skb->dev = dev;

	push_ports(key, skb);
	if (key->family == AF_INET)
		push_ipv4(key, skb);
	else
		push_ipv6(key, skb);

	push_link(dev, skb);
	skb_reset_network_header(skb);
	__skb_pull(skb, skb->len - len);
	skb_reset_transport_header(skb);
}

/**
 * espintcp_esp_in - hand ESP packets to XFRM
 * @es: the socket they came by
 * @batch: the packets, SPI first, with espintcp_esp_in_room() in front and
 *	skb_iif set; emptied
 * @dst: input route of the connection, or NULL
 *
 * Context: Process or softirq, socket not locked, by one caller at a time. Turns
 * softirqs off for the batch, which so must be shorter than their backlog.
 */
void espintcp_esp_in(struct espintcp_sock *es, struct sk_buff_head *batch,
		     struct dst_entry *dst)
{
	u64 bytes = 0, packets = 0, no_device = 0;
	struct net *net = sock_net(es->sk);
	struct net_device *dev = NULL;
	unsigned long unknown;
	struct sk_buff *skb;

	if (skb_queue_empty(batch))
		return;

	local_bh_disable();
	rcu_read_lock();
	unknown = no_states(net);
	while ((skb = __skb_dequeue(batch))) {
		if (!dev || dev->ifindex != skb->skb_iif)
			dev = dev_get_by_index_rcu(net, skb->skb_iif);
		if (!dev) {
			no_device++;
			XFRM_INC_STATS(net, LINUX_MIB_XFRMINERROR);
			kfree_skb(skb);
			continue;
		}
		packets++;
		bytes += skb->len;

		prepare(&es->key, skb, dev);
		if (dst)
			skb_dst_set_noref(skb, dst);
		if (es->key.family == AF_INET)
			xfrm4_rcv_encap(skb, IPPROTO_ESP, 0,
					TCP_ENCAP_ESPINTCP);
		else
			espintcp_compat_xfrm6_rcv_encap(skb);
	}
	unknown = no_states(net) - unknown;
	rcu_read_unlock();
	local_bh_enable();

	espintcp_counters_add(&es->rx.counters, ESPINTCP_A_COUNTER_RX_ESP,
			      packets);
	espintcp_counters_add(&es->rx.counters, ESPINTCP_A_COUNTER_RX_ESP_BYTES,
			      bytes);
	if (unlikely(no_device))
		count(es, ESPINTCP_A_COUNTER_RX_NO_DEVICE, no_device);
	if (unlikely(unknown))
		count(es, ESPINTCP_A_COUNTER_RX_UNKNOWN_SPI, unknown);
}
