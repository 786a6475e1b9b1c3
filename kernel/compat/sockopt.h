/* SPDX-License-Identifier: GPL-2.0-only */
/* Socket options: where their values are, and who asks for them. */
#ifndef ESPINTCP_COMPAT_SOCKOPT_H
#define ESPINTCP_COMPAT_SOCKOPT_H

#include <linux/uaccess.h>
#include <net/sock.h>

#include "have.h"

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

#endif
