/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_ESP_MSG_H
#define ESPINTCP_ESP_MSG_H

#include <crypto/aead.h>
#include <net/esp.h>
#include <net/xfrm.h>
#include <linux/espintcp_frame.h>

struct espintcp_sock;

/**
 * struct espintcp_esp_len - lengths that make up a message, in bytes
 * @payload: what is to be encrypted
 * @tfc: padding for traffic flow confidentiality
 * @pad: ESP padding, pad length and next header
 * @iv: explicit IV
 * @icv: integrity check value
 * @total: the whole message, its length field included
 */
struct espintcp_esp_len {
	u32	payload;
	u32	tfc;
	u32	pad;
	u32	iv;
	u32	icv;
	u32	total;
};

/**
 * espintcp_esp_payload - where in a message the payload begins, in bytes
 * @len: the message's lengths
 *
 * Context: Any.
 */
static inline u32 espintcp_esp_payload(const struct espintcp_esp_len *len)
{
	return ESPINTCP_LEN_SIZE + sizeof(struct ip_esp_hdr) + len->iv;
}

int espintcp_esp_msg_init(void);
void espintcp_esp_msg_exit(void);
struct espintcp_sock *espintcp_esp_sock(struct xfrm_state *x,
					const struct sk_buff *skb);
void espintcp_esp_len(struct espintcp_esp_len *len, struct crypto_aead *aead,
		      u32 payload, u32 tfc);
u32 espintcp_esp_room(struct crypto_aead *aead, int nents);
void espintcp_esp_head(u8 *to, const struct xfrm_state *x, u32 total, u32 seq);
int espintcp_esp_trailer(struct sk_buff *msg, u32 off,
			 const struct espintcp_esp_len *len, u8 proto);
void espintcp_esp_strip(struct sk_buff *skb);
int espintcp_esp_encrypt(struct espintcp_sock *es, struct xfrm_state *x,
			 struct sk_buff *msg, u8 *room, u32 off,
			 const struct espintcp_esp_len *len, u64 seq);

#endif
