// SPDX-License-Identifier: GPL-2.0-only
/* a NAPI instance can be taken away without waiting */
#include <linux/netdevice.h>

HAS(napi_del_rcu, struct napi_struct *napi)
{
	__netif_napi_del(napi);
	return 0;
}

CONTROL(napi_del_rcu, struct napi_struct *napi)
{
	netif_napi_del(napi);
	return 0;
}
