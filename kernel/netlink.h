/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_NETLINK_H
#define ESPINTCP_NETLINK_H

int espintcp_netlink_init(void);
void espintcp_netlink_exit(void);

#endif
