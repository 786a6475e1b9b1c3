/* SPDX-License-Identifier: GPL-2.0-only */
/* XFRM and its crypto: functions that are called back in different shapes. */
#ifndef ESPINTCP_COMPAT_XFRM_H
#define ESPINTCP_COMPAT_XFRM_H

#include <crypto/aead.h>
#include <net/xfrm.h>

#include "have.h"

/*
 * ESPINTCP_COMPAT_INIT_STATE(name, impl): an init_state() of struct xfrm_type
 * that calls impl(x, extack); extack is NULL where there is none.
 * espintcp_compat_init_state() calls that of another type.
 */
#if ESPINTCP_HAVE_INIT_STATE_EXTACK

#define ESPINTCP_COMPAT_INIT_STATE(name, impl)				\
static int name(struct xfrm_state *x, struct netlink_ext_ack *extack)	\
{									\
	return impl(x, extack);						\
}

static inline int espintcp_compat_init_state(const struct xfrm_type *type,
					     struct xfrm_state *x,
					     struct netlink_ext_ack *extack)
{
	return type->init_state(x, extack);
}

#else

#define ESPINTCP_COMPAT_INIT_STATE(name, impl)				\
static int name(struct xfrm_state *x)					\
{									\
	return impl(x, NULL);						\
}

static inline int espintcp_compat_init_state(const struct xfrm_type *type,
					     struct xfrm_state *x,
					     struct netlink_ext_ack *extack)
{
	return type->init_state(x);
}

#endif

/*
 * ESPINTCP_COMPAT_CRYPTO_DONE(name, impl): what an asynchronous request calls
 * when it is done; it calls impl(data, err) with the data of the request.
 */
#if ESPINTCP_HAVE_CRYPTO_DONE_DATA
#define ESPINTCP_COMPAT_CRYPTO_DONE(name, impl)				\
static void name(void *data, int err)					\
{									\
	impl(data, err);						\
}
#else
#define ESPINTCP_COMPAT_CRYPTO_DONE(name, impl)				\
static void name(struct crypto_async_request *base, int err)		\
{									\
	impl(base->data, err);						\
}
#endif

/* What this CPU has counted, 0 where nothing is counted: beside XFRM_INC_STATS() */
static inline unsigned long espintcp_compat_xfrm_stat(struct net *net, int field)
{
#ifdef CONFIG_XFRM_STATISTICS
	return this_cpu_read(net->mib.xfrm_statistics->mibs[field]);
#else
	return 0;
#endif
}

#endif
