/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_ESP_IN_H
#define ESPINTCP_ESP_IN_H

#include "sock.h"

struct dst_entry;

u32 espintcp_esp_in_room(void);
void espintcp_esp_in(struct espintcp_sock *es, struct sk_buff_head *batch,
		     struct dst_entry *dst);

#endif
