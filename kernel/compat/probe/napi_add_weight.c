// SPDX-License-Identifier: GPL-2.0-only
/* netif_napi_add() is told a weight */
#include <linux/netdevice.h>

HAS(napi_add_weight, struct net_device *dev, struct napi_struct *napi)
{
	netif_napi_add(dev, napi, napi->poll, NAPI_POLL_WEIGHT);
	return 0;
}

LACKS(napi_add_weight, struct net_device *dev, struct napi_struct *napi)
{
	netif_napi_add(dev, napi, napi->poll);
	return 0;
}
