/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notify and Delete payloads (RFC 7296, sections 3.10 and 3.11). */
#ifndef ESPINTCP_IKE_NOTIFY_H
#define ESPINTCP_IKE_NOTIFY_H

#include "ike/build.h"
#include "ike/message.h"

struct ike_notify {
	uint8_t protocol;
	struct ike_bytes spi;
	uint16_t type;
	struct ike_bytes data;
};

struct ike_delete {
	uint8_t protocol;
	uint8_t spi_len;
	uint16_t n;
	const uint8_t *spis;
};

/* Is the body well formed? ike_payloads_parse() has asked already. */
bool ike_notify_check(const uint8_t *p, size_t len);
bool ike_delete_check(const uint8_t *p, size_t len);

/* Read a body that has passed the check */
void ike_notify_get(const struct ike_payload *pl, struct ike_notify *n);
void ike_delete_get(const struct ike_payload *pl, struct ike_delete *d);

/* Find a notify of this type. @n may be NULL. */
bool ike_notify_find(const struct ike_payloads *list, uint16_t type, struct ike_notify *n);
/* The first error notify of a message, 0 if there is none. @n may be NULL. */
uint16_t ike_notify_error(const struct ike_payloads *list, struct ike_notify *n);

/* Append a notify about the message or the IKE SA itself: without a SPI */
void ike_notify_put(struct ike_buf *b, uint16_t type, const void *data, size_t len);
/* Append a notify about the child SA with this SPI of the sender's */
void ike_notify_put_esp(struct ike_buf *b, uint16_t type, uint32_t spi);
/* Append a delete of the IKE SA, or of the child SA with this inbound SPI */
void ike_delete_put_ike(struct ike_buf *b);
void ike_delete_put_esp(struct ike_buf *b, uint32_t spi);

/* "NO_PROPOSAL_CHOSEN", or "notify 12345" in @buf */
const char *ike_notify_name(uint16_t type, char *buf, size_t len);

#endif
