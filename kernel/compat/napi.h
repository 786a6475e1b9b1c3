/* SPDX-License-Identifier: GPL-2.0-only */
/* NAPI without a device of its own. */
#ifndef ESPINTCP_COMPAT_NAPI_H
#define ESPINTCP_COMPAT_NAPI_H

#include <linux/netdevice.h>
#include <linux/slab.h>

#include "have.h"

static inline struct net_device *espintcp_compat_alloc_dummy(void)
{
#if ESPINTCP_HAVE_ALLOC_NETDEV_DUMMY
	return alloc_netdev_dummy(0);
#else
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
#endif
}

static inline void espintcp_compat_free_dummy(struct net_device *dev)
{
#if ESPINTCP_HAVE_ALLOC_NETDEV_DUMMY
	free_netdev(dev);
#else
	kfree(dev);
#endif
}

static inline void
espintcp_compat_napi_add(struct net_device *dev, struct napi_struct *napi,
			 int (*poll)(struct napi_struct *napi, int budget))
{
#if ESPINTCP_HAVE_NAPI_ADD_WEIGHT
	netif_napi_add(dev, napi, poll, NAPI_POLL_WEIGHT);
#else
	netif_napi_add(dev, napi, poll);
#endif
}

/* The caller waits for RCU's readers before it frees @napi */
static inline void espintcp_compat_napi_del(struct napi_struct *napi)
{
#if ESPINTCP_HAVE_NAPI_DEL_RCU
	__netif_napi_del(napi);
#else
	netif_napi_del(napi);
#endif
}

#endif
