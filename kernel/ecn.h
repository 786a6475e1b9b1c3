/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_ECN_H
#define ESPINTCP_ECN_H

#include "sock.h"

void espintcp_ecn_enter(struct espintcp_sock *es);
void espintcp_ecn_segment(struct espintcp_sock *es);
bool espintcp_ecn_is_ce(const struct sk_buff *seg);
void espintcp_ecn_leave(struct espintcp_sock *es);

#endif
