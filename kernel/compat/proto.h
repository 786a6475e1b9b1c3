/* SPDX-License-Identifier: GPL-2.0-only */
/* struct proto and struct proto_ops: members that come, go and change shape. */
#ifndef ESPINTCP_COMPAT_PROTO_H
#define ESPINTCP_COMPAT_PROTO_H

#include <linux/net.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "have.h"

#if ESPINTCP_HAVE_PROTO_OPS_SENDPAGE
/* Elsewhere splice() calls sendmsg(), with a flag that nobody else has */
static inline ssize_t espintcp_compat_no_sendpage(struct socket *sock,
						  struct page *page, int offset,
						  size_t size, int flags)
{
	return -EOPNOTSUPP;
}
#endif

/* A message is one call; where splice() cuts its pieces is nobody's choice */
static inline void espintcp_compat_close_ops(struct proto_ops *ops)
{
#if ESPINTCP_HAVE_PROTO_OPS_SENDPAGE
	ops->sendpage = espintcp_compat_no_sendpage;
	ops->sendpage_locked = NULL;
#endif
#if ESPINTCP_HAVE_PROTO_OPS_READ_SKB
	ops->read_skb = NULL;
#endif
}

#if ESPINTCP_HAVE_PROTO_SOCKPTR
#include <linux/sockptr.h>
#else
/* The value of an option is always the user's */
#define sockptr_t	char __user *

static inline int copy_from_sockptr(void *to, sockptr_t from, size_t size)
{
	return copy_from_user(to, from, size);
}
#endif

/* 32 bit programs get no way around what the protocol does with options */
static inline void espintcp_compat_close_proto(struct proto *proto)
{
#if ESPINTCP_HAVE_PROTO_COMPAT_SETSOCKOPT
	proto->compat_setsockopt = NULL;
	proto->compat_getsockopt = NULL;
#endif
}

/*
 * ESPINTCP_COMPAT_RECVMSG(name, impl): a recvmsg() for struct proto that calls
 * impl(sk, msg, len, flags, addr_len); addr_len is NULL where there is none.
 * espintcp_compat_recvmsg() calls that of another struct proto.
 */
#if ESPINTCP_HAVE_RECVMSG_NOBLOCK

#define ESPINTCP_COMPAT_RECVMSG(name, impl)				\
static int name(struct sock *sk, struct msghdr *msg, size_t len,	\
		int noblock, int flags, int *addr_len)			\
{									\
	return impl(sk, msg, len, flags | (noblock ? MSG_DONTWAIT : 0),	\
		    addr_len);						\
}

static inline int espintcp_compat_recvmsg(const struct proto *proto,
					  struct sock *sk, struct msghdr *msg,
					  size_t len, int flags, int *addr_len)
{
	return proto->recvmsg(sk, msg, len, flags & MSG_DONTWAIT,
			      flags & ~MSG_DONTWAIT, addr_len);
}

#elif ESPINTCP_HAVE_RECVMSG_ADDR_LEN

#define ESPINTCP_COMPAT_RECVMSG(name, impl)				\
static int name(struct sock *sk, struct msghdr *msg, size_t len,	\
		int flags, int *addr_len)				\
{									\
	return impl(sk, msg, len, flags, addr_len);			\
}

static inline int espintcp_compat_recvmsg(const struct proto *proto,
					  struct sock *sk, struct msghdr *msg,
					  size_t len, int flags, int *addr_len)
{
	return proto->recvmsg(sk, msg, len, flags, addr_len);
}

#else

#define ESPINTCP_COMPAT_RECVMSG(name, impl)				\
static int name(struct sock *sk, struct msghdr *msg, size_t len,	\
		int flags)						\
{									\
	return impl(sk, msg, len, flags, NULL);				\
}

static inline int espintcp_compat_recvmsg(const struct proto *proto,
					  struct sock *sk, struct msghdr *msg,
					  size_t len, int flags, int *addr_len)
{
	return proto->recvmsg(sk, msg, len, flags);
}

#endif

#endif
