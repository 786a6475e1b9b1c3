// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "ike/notify.h"
#include "macros.h"

#define NOTIFY_LEN	4
#define DELETE_LEN	4

bool ike_notify_check(const uint8_t *p, size_t len)
{
	return len >= NOTIFY_LEN && p[1] <= len - NOTIFY_LEN;
}

bool ike_delete_check(const uint8_t *p, size_t len)
{
	uint8_t want;

	if (len < DELETE_LEN)
		return false;
	want = p[0] == IKE_PROTO_IKE ? 0 : 4;
	return p[1] == want && (size_t)p[1] * ike_get16(p + 2) == len - DELETE_LEN;
}

void ike_notify_get(const struct ike_payload *pl, struct ike_notify *n)
{
	const uint8_t *p = pl->body.p;

	n->protocol = p[0];
	n->spi = (struct ike_bytes){ p + NOTIFY_LEN, p[1] };
	n->type = ike_get16(p + 2);
	n->data = (struct ike_bytes){ p + NOTIFY_LEN + p[1], pl->body.len - NOTIFY_LEN - p[1] };
}

void ike_delete_get(const struct ike_payload *pl, struct ike_delete *d)
{
	const uint8_t *p = pl->body.p;

	d->protocol = p[0];
	d->spi_len = p[1];
	d->n = ike_get16(p + 2);
	d->spis = p + DELETE_LEN;
}

bool ike_notify_find(const struct ike_payloads *list, uint16_t type, struct ike_notify *n)
{
	struct ike_notify tmp;
	size_t i;

	if (!n)
		n = &tmp;
	for (i = 0; i < list->n; i++) {
		if (list->p[i].type != IKE_PL_NOTIFY)
			continue;
		ike_notify_get(&list->p[i], n);
		if (n->type == type)
			return true;
	}
	return false;
}

uint16_t ike_notify_error(const struct ike_payloads *list, struct ike_notify *n)
{
	struct ike_notify tmp;
	size_t i;

	if (!n)
		n = &tmp;
	for (i = 0; i < list->n; i++) {
		if (list->p[i].type != IKE_PL_NOTIFY)
			continue;
		ike_notify_get(&list->p[i], n);
		if (n->type && n->type <= IKE_N_ERROR_MAX)
			return n->type;
	}
	return 0;
}

void ike_notify_put(struct ike_buf *b, uint16_t type, const void *data, size_t len)
{
	size_t at = ike_build_payload(b, IKE_PL_NOTIFY);

	ike_put_u8(b, IKE_PROTO_NONE);
	ike_put_u8(b, 0);
	ike_put_u16(b, type);
	ike_put_bytes(b, data, len);
	ike_build_payload_end(b, at);
}

void ike_notify_put_esp(struct ike_buf *b, uint16_t type, uint32_t spi)
{
	size_t at = ike_build_payload(b, IKE_PL_NOTIFY);

	ike_put_u8(b, IKE_PROTO_ESP);
	ike_put_u8(b, sizeof(spi));
	ike_put_u16(b, type);
	ike_put_bytes(b, &spi, sizeof(spi));
	ike_build_payload_end(b, at);
}

void ike_delete_put_ike(struct ike_buf *b)
{
	size_t at = ike_build_payload(b, IKE_PL_DELETE);

	ike_put_u8(b, IKE_PROTO_IKE);
	ike_put_u8(b, 0);
	ike_put_u16(b, 0);
	ike_build_payload_end(b, at);
}

void ike_delete_put_esp(struct ike_buf *b, uint32_t spi)
{
	size_t at = ike_build_payload(b, IKE_PL_DELETE);

	ike_put_u8(b, IKE_PROTO_ESP);
	ike_put_u8(b, sizeof(spi));
	ike_put_u16(b, 1);
	ike_put_bytes(b, &spi, sizeof(spi));
	ike_build_payload_end(b, at);
}

const char *ike_notify_name(uint16_t type, char *buf, size_t len)
{
	static const struct {
		uint16_t type;
		const char *name;
	} names[] = {
		{ IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, "UNSUPPORTED_CRITICAL_PAYLOAD" },
		{ IKE_N_INVALID_IKE_SPI, "INVALID_IKE_SPI" },
		{ IKE_N_INVALID_MAJOR_VERSION, "INVALID_MAJOR_VERSION" },
		{ IKE_N_INVALID_SYNTAX, "INVALID_SYNTAX" },
		{ IKE_N_INVALID_MESSAGE_ID, "INVALID_MESSAGE_ID" },
		{ IKE_N_INVALID_SPI, "INVALID_SPI" },
		{ IKE_N_NO_PROPOSAL_CHOSEN, "NO_PROPOSAL_CHOSEN" },
		{ IKE_N_INVALID_KE_PAYLOAD, "INVALID_KE_PAYLOAD" },
		{ IKE_N_AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED" },
		{ IKE_N_SINGLE_PAIR_REQUIRED, "SINGLE_PAIR_REQUIRED" },
		{ IKE_N_NO_ADDITIONAL_SAS, "NO_ADDITIONAL_SAS" },
		{ IKE_N_INTERNAL_ADDRESS_FAILURE, "INTERNAL_ADDRESS_FAILURE" },
		{ IKE_N_FAILED_CP_REQUIRED, "FAILED_CP_REQUIRED" },
		{ IKE_N_TS_UNACCEPTABLE, "TS_UNACCEPTABLE" },
		{ IKE_N_INVALID_SELECTORS, "INVALID_SELECTORS" },
		{ IKE_N_UNACCEPTABLE_ADDRESSES, "UNACCEPTABLE_ADDRESSES" },
		{ IKE_N_UNEXPECTED_NAT_DETECTED, "UNEXPECTED_NAT_DETECTED" },
		{ IKE_N_TEMPORARY_FAILURE, "TEMPORARY_FAILURE" },
		{ IKE_N_CHILD_SA_NOT_FOUND, "CHILD_SA_NOT_FOUND" },
		{ IKE_N_STATE_NOT_FOUND, "STATE_NOT_FOUND" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].type == type)
			return names[i].name;
	snprintf(buf, len, "notify %u", type);
	return buf;
}
