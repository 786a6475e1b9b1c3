/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_ESP_OUT_H
#define ESPINTCP_ESP_OUT_H

struct sk_buff;
struct xfrm_state;

int espintcp_esp_out(struct xfrm_state *x, struct sk_buff *skb);
int espintcp_esp_out_or(struct xfrm_state *x, struct sk_buff *skb,
			int (*other)(struct xfrm_state *x,
				     struct sk_buff *skb));

#endif
