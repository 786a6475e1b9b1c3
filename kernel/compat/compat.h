/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernels have, name or shape differently: the only place with an #if. */
#ifndef ESPINTCP_COMPAT_H
#define ESPINTCP_COMPAT_H

#include <linux/uio.h>
#include <linux/udp.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/xfrm.h>

#ifdef ESPINTCP_HAVE_LINUX_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#ifndef ITER_SOURCE
#define ITER_SOURCE	WRITE
#endif

/* A message is one call; where splice() cuts its pieces is nobody's choice */
static inline ssize_t espintcp_compat_no_sendpage(struct socket *sock,
						  struct page *page, int offset,
						  size_t size, int flags)
{
	return -EOPNOTSUPP;
}

/* Members that come and go: every way to the raw stream is closed */
static inline void espintcp_compat_proto(struct proto *proto,
					 struct proto_ops *ops)
{
	ops->sendpage = espintcp_compat_no_sendpage;
	ops->sendpage_locked = NULL;
	ops->read_skb = NULL;
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

static inline void espintcp_compat_xfrm6_rcv_encap(struct sk_buff *skb)
{
	xfrm6_rcv_encap(skb, IPPROTO_ESP, 0, TCP_ENCAP_ESPINTCP);
}

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
