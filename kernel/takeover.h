/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_TAKEOVER_H
#define ESPINTCP_TAKEOVER_H

#include <linux/types.h>

struct tcp_ulp_ops;

int espintcp_takeover_init(struct tcp_ulp_ops *ours);
void espintcp_takeover_enter(struct tcp_ulp_ops *ours);
void espintcp_takeover_leave(struct tcp_ulp_ops *ours);
bool espintcp_takeover_active(void);

#endif
