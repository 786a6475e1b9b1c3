// SPDX-License-Identifier: GPL-2.0-only
/* a device that is for NAPI alone is made by alloc_netdev_dummy() */
#include <linux/netdevice.h>

HAS(alloc_netdev_dummy, struct net_device **dev)
{
	*dev = alloc_netdev_dummy(0);
	return 0;
}

CONTROL(alloc_netdev_dummy, struct net_device **dev)
{
	*dev = alloc_netdev(0, "", NET_NAME_UNKNOWN, NULL);
	return 0;
}
