/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_ESP_GSO_H
#define ESPINTCP_ESP_GSO_H

struct dst_entry;
struct xfrm_state;

void espintcp_esp_gso_init(void);
void espintcp_esp_gso_enter(struct xfrm_state *x, struct dst_entry *dst);

#endif
