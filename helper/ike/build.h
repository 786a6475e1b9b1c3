/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded writer of IKE messages. */
#ifndef ESPINTCP_IKE_BUILD_H
#define ESPINTCP_IKE_BUILD_H

#include <stdbool.h>

#include "ike/message.h"
#include "ike/wire.h"

/* What does not fit sets overflow and is not written; asked for once, at the end */
struct ike_buf {
	uint8_t *data;
	size_t cap;
	size_t len;
	size_t next;			/* offset of the "next payload" to fill in */
	bool overflow;
};

/* Append a number in network order, bytes, or zeros */
void ike_put_u8(struct ike_buf *b, uint8_t v);
void ike_put_u16(struct ike_buf *b, uint16_t v);
void ike_put_u32(struct ike_buf *b, uint32_t v);
void ike_put_bytes(struct ike_buf *b, const void *p, size_t len);
void ike_put_zero(struct ike_buf *b, size_t len);

/**
 * ike_build_begin - start a message over @data with its header (RFC 7296, 3.1)
 *
 * The length is filled in by ike_build_end().
 */
void ike_build_begin(struct ike_buf *b, uint8_t *data, size_t cap, const struct ike_hdr *hdr);

/* Fill in the length of the message. Return: 0, or -1 if it did not fit. */
int ike_build_end(struct ike_buf *b);

/**
 * ike_build_payload - start a payload, linked to the one before (RFC 7296, 3.2)
 *
 * Return: its offset, for ike_build_payload_end().
 */
size_t ike_build_payload(struct ike_buf *b, uint8_t type);
void ike_build_payload_end(struct ike_buf *b, size_t at);

/* Write a length at an offset, where the 16 bits there exist */
void ike_build_len16(struct ike_buf *b, size_t at, size_t len);

#endif
