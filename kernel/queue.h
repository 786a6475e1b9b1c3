/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_QUEUE_H
#define ESPINTCP_QUEUE_H

struct espintcp_sock;
struct espintcp_tx;
struct sk_buff;

void espintcp_queue_place(struct espintcp_sock *es, struct sk_buff *msg);
int espintcp_queue_settle(struct espintcp_sock *es, struct sk_buff *msg);
struct sk_buff *espintcp_queue_front(const struct espintcp_tx *tx);
void espintcp_queue_take(struct espintcp_tx *tx);
void espintcp_queue_close(struct espintcp_sock *es);

#endif
