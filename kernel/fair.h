/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_FAIR_H
#define ESPINTCP_FAIR_H

#include <linux/atomic.h>
#include <linux/types.h>

struct espintcp_sock;
struct sk_buff;
struct xfrm_state;

#define ESPINTCP_FAIR_FLOWS	64

/**
 * struct espintcp_fair - who has how much of a socket's queue of ESP
 * @bytes: bytes of the flows that nobody slows down, by hash
 * @total: their sum
 * @active: how many of @bytes are not zero
 */
struct espintcp_fair {
	atomic_t	bytes[ESPINTCP_FAIR_FLOWS];
	atomic_t	total;
	atomic_t	active;
};

u8 espintcp_fair_flow(struct xfrm_state *x, const struct sk_buff *skb, u8 proto);
bool espintcp_fair_admits(const struct espintcp_sock *es, u8 flow);
void espintcp_fair_enter(struct espintcp_sock *es, const struct sk_buff *msg);
void espintcp_fair_leave(struct espintcp_sock *es, const struct sk_buff *msg);

#endif
