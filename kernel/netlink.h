/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_NETLINK_H
#define ESPINTCP_NETLINK_H

#include <net/genetlink.h>

extern struct genl_family espintcp_netlink_family;

int espintcp_netlink_reply(struct genl_info *info, u8 cmd,
			   int (*put)(struct sk_buff *skb, struct net *net));
int espintcp_netlink_init(void);
void espintcp_netlink_exit(void);

#endif
