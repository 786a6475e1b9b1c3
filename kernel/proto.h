/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_PROTO_H
#define ESPINTCP_PROTO_H

#include "sock.h"

int espintcp_proto_enter(struct espintcp_sock *es);
void espintcp_proto_leave(struct espintcp_sock *es);

#endif
