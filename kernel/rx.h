/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_RX_H
#define ESPINTCP_RX_H

#include "sock.h"

void espintcp_rx_init(struct espintcp_sock *es);
void espintcp_rx_kick(struct espintcp_sock *es);
void espintcp_rx_catch_up(struct espintcp_sock *es);
void espintcp_rx_stop(struct espintcp_sock *es);

#endif
