// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ike/build.h"

void ike_put_bytes(struct ike_buf *b, const void *p, size_t len)
{
	if (b->overflow || len > b->cap - b->len) {
		b->overflow = true;
		return;
	}
	if (len)
		memcpy(b->data + b->len, p, len);
	b->len += len;
}

void ike_put_zero(struct ike_buf *b, size_t len)
{
	if (b->overflow || len > b->cap - b->len) {
		b->overflow = true;
		return;
	}
	memset(b->data + b->len, 0, len);
	b->len += len;
}

void ike_put_u8(struct ike_buf *b, uint8_t v)
{
	ike_put_bytes(b, &v, 1);
}

void ike_put_u16(struct ike_buf *b, uint16_t v)
{
	uint8_t p[2];

	ike_put16(p, v);
	ike_put_bytes(b, p, sizeof(p));
}

void ike_put_u32(struct ike_buf *b, uint32_t v)
{
	uint8_t p[4];

	ike_put32(p, v);
	ike_put_bytes(b, p, sizeof(p));
}

void ike_build_begin(struct ike_buf *b, uint8_t *data, size_t cap, const struct ike_hdr *hdr)
{
	memset(b, 0, sizeof(*b));
	b->data = data;
	b->cap = cap;

	ike_put_bytes(b, hdr->spi_i, IKE_SPI_LEN);
	ike_put_bytes(b, hdr->spi_r, IKE_SPI_LEN);
	b->next = b->len;
	ike_put_u8(b, IKE_PL_NONE);
	ike_put_u8(b, IKE_VERSION);
	ike_put_u8(b, hdr->exchange);
	ike_put_u8(b, (hdr->initiator ? IKE_FLAG_INITIATOR : 0) |
		      (hdr->response ? IKE_FLAG_RESPONSE : 0));
	ike_put_u32(b, hdr->id);
	ike_put_u32(b, 0);
}

int ike_build_end(struct ike_buf *b)
{
	if (b->overflow || b->len > IKE_MSG_MAX)
		return -1;
	ike_put32(b->data + 24, (uint32_t)b->len);
	return 0;
}

size_t ike_build_payload(struct ike_buf *b, uint8_t type)
{
	size_t at = b->len;

	if (!b->overflow)
		b->data[b->next] = type;
	b->next = at;
	ike_put_u32(b, 0);
	return at;
}

void ike_build_len16(struct ike_buf *b, size_t at, size_t len)
{
	if (len > UINT16_MAX)
		b->overflow = true;
	if (!b->overflow)
		ike_put16(b->data + at, (uint16_t)len);
}

void ike_build_payload_end(struct ike_buf *b, size_t at)
{
	ike_build_len16(b, at + 2, b->len - at);
}
