/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernels have, name or shape differently; have.h says what this one does. */
#ifndef ESPINTCP_COMPAT_H
#define ESPINTCP_COMPAT_H

#include <linux/mm.h>
#include <linux/uio.h>
#include <linux/udp.h>
#include <linux/workqueue.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/xfrm.h>

#include "have.h"

#if ESPINTCP_HAVE_LINUX_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#if !ESPINTCP_HAVE_UDP_ENCAP_ESPINTCP
#define TCP_ENCAP_ESPINTCP	7
#endif

#if !ESPINTCP_HAVE_ITER_SOURCE
#define ITER_SOURCE	WRITE
#endif

/* To read from pages */
#if ESPINTCP_HAVE_ITER_DIRECTION
#define ESPINTCP_COMPAT_ITER_BVEC_SOURCE	ITER_SOURCE
#else
#define ESPINTCP_COMPAT_ITER_BVEC_SOURCE	(ITER_BVEC | ITER_SOURCE)
#endif

/* What a workqueue is that is not WQ_UNBOUND; some kernels want it said */
#if !ESPINTCP_HAVE_WQ_PERCPU
#define WQ_PERCPU	0
#endif

/* The flags of a connection that negotiated ECN, of whatever kind */
#if ESPINTCP_HAVE_TCP_ECN_MODE
#define ESPINTCP_COMPAT_ECN_ANY		TCP_ECN_MODE_ANY
#else
#define ESPINTCP_COMPAT_ECN_ANY		TCP_ECN_OK
#endif

static inline u32 espintcp_compat_rx_dst_cookie(const struct sock *sk)
{
#if ESPINTCP_HAVE_SK_RX_DST_COOKIE
	return sk->sk_rx_dst_cookie;
#else
	return sk->sk_family == AF_INET6 ? inet6_sk(sk)->rx_dst_cookie : 0;
#endif
}

/*
 * Whether TCP may copy into the page fragment of the task that calls it; it never
 * does where sk_allocation does not allow to sleep, in kernels without that flag.
 * Returns what was set before.
 */
static inline bool espintcp_compat_task_frag(struct sock *sk, bool use)
{
#if ESPINTCP_HAVE_SK_USE_TASK_FRAG
	bool used = sk->sk_use_task_frag;

	sk->sk_use_task_frag = use;
	return used;
#else
	return true;
#endif
}

/* The memory of the machine, in pages */
static inline unsigned long espintcp_compat_totalram_pages(void)
{
#if ESPINTCP_HAVE_TOTALRAM_PAGES
	return totalram_pages();
#else
	return totalram_pages;
#endif
}

#if !ESPINTCP_HAVE_STREAM_WAKE
static inline bool __sk_stream_is_writeable(const struct sock *sk, int wake)
{
	return sk_stream_is_writeable(sk);
}
#endif

/* An upper layer protocol that programs ask for by its name */
static inline void espintcp_compat_ulp_prepare(struct tcp_ulp_ops *ops)
{
#if ESPINTCP_HAVE_ULP_USER_VISIBLE
	ops->uid = -1;
	ops->user_visible = true;
#endif
}

/* Attach a kernel socket; a kernel without an espintcp of its own is not asked */
#if IS_ENABLED(CONFIG_INET_ESPINTCP)

static inline int espintcp_compat_set_ulp(struct socket *sock, char *name)
{
	return sock->ops->setsockopt(sock, SOL_TCP, TCP_ULP,
				     KERNEL_SOCKPTR(name), strlen(name));
}

#else

static inline int espintcp_compat_set_ulp(struct socket *sock, char *name)
{
	return -ENOENT;
}

#endif

/* Where the kernel was built without IPv6, no socket and no SA asks for it */
#if IS_ENABLED(CONFIG_IPV6)

#if ESPINTCP_HAVE_XFRM6_RCV_ENCAP

/* Where ESP over IPv6 looks for ports, there is room for them */
#define ESPINTCP_COMPAT_PORTS6_SIZE	sizeof(struct udphdr)

static inline void espintcp_compat_xfrm6_rcv_encap(struct sk_buff *skb)
{
	xfrm6_rcv_encap(skb, IPPROTO_ESP, 0, TCP_ENCAP_ESPINTCP);
}

#else

/* ESP takes all behind the IPv6 header for its own */
#define ESPINTCP_COMPAT_PORTS6_SIZE	0

/* XFRM wants an input route; false where there is none */
static inline bool espintcp_compat_route6_input(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_iif	= skb->dev->ifindex,
		.flowi6_mark	= skb->mark,
		.flowi6_proto	= ip6h->nexthdr,
		.daddr		= ip6h->daddr,
		.saddr		= ip6h->saddr,
	};
	struct dst_entry *dst;

	if (skb_dst(skb))
		return true;

	dst = ip6_route_input_lookup(dev_net(skb->dev), skb->dev, &fl6, skb,
				     RT6_LOOKUP_F_HAS_SADDR);
	skb_dst_set(skb, dst);
	return !dst->error;
}

static inline void espintcp_compat_xfrm6_rcv_encap(struct sk_buff *skb)
{
	if (!espintcp_compat_route6_input(skb)) {
		kfree_skb(skb);
		return;
	}
	XFRM_TUNNEL_SKB_CB(skb)->tunnel.ip6 = NULL;
	XFRM_SPI_SKB_CB(skb)->family = AF_INET6;
	XFRM_SPI_SKB_CB(skb)->daddroff = offsetof(struct ipv6hdr, daddr);
	xfrm_input(skb, IPPROTO_ESP, 0, TCP_ENCAP_ESPINTCP);
}

#endif

/* The addresses of a connection over IPv6; false if it is over IPv4 */
static inline bool espintcp_compat_addrs6(const struct sock *sk,
					  struct in6_addr *laddr,
					  struct in6_addr *raddr)
{
	if (sk->sk_family != AF_INET6 || ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		return false;

	*laddr = inet6_sk(sk)->saddr;
	*raddr = sk->sk_v6_daddr;
	return true;
}

#else

#define ESPINTCP_COMPAT_PORTS6_SIZE	0

static inline void espintcp_compat_xfrm6_rcv_encap(struct sk_buff *skb)
{
	kfree_skb(skb);
}

static inline bool espintcp_compat_addrs6(const struct sock *sk,
					  struct in6_addr *laddr,
					  struct in6_addr *raddr)
{
	return false;
}

#endif

#endif
