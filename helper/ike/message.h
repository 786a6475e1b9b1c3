/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of an IKE message: pure functions over bytes, no allocation. */
#ifndef ESPINTCP_IKE_MESSAGE_H
#define ESPINTCP_IKE_MESSAGE_H

#include <stdbool.h>

#include "ike/wire.h"

#define IKE_PAYLOADS_MAX 64

struct ike_hdr {
	uint8_t spi_i[IKE_SPI_LEN];
	uint8_t spi_r[IKE_SPI_LEN];
	uint8_t next;			/* type of the first payload */
	uint8_t version;
	uint8_t exchange;
	bool initiator;			/* sent by the SA's initiator */
	bool response;
	uint32_t id;
};

struct ike_payload {
	uint8_t type;
	struct ike_bytes body;		/* without the generic header */
};

struct ike_payloads {
	struct ike_payload p[IKE_PAYLOADS_MAX];
	size_t n;
	uint8_t inner;			/* behind an SK or SKF payload: type of its first */
	uint8_t critical;		/* unknown critical type, 0 if none */
};

/**
 * ike_hdr_parse - read the fixed header (RFC 7296, section 3.1)
 *
 * Return: 0; -1 where this is no IKE message of @len bytes, to be dropped; or
 * the notify type to answer with (INVALID_MAJOR_VERSION, @hdr is filled in).
 */
int ike_hdr_parse(const uint8_t *msg, size_t len, struct ike_hdr *hdr);
const char *ike_exchange_name(uint8_t exchange);

/**
 * ike_payloads_parse - walk a chain of payloads (RFC 7296, section 3.2)
 * @first: type of the first payload
 *
 * Every body of a known type is checked as a whole before this returns 0, so
 * that readers of single payloads meet well-formed ones alone. Payloads of
 * unknown types are left out of @list. The chain ends behind an SK or
 * SKF payload.
 *
 * Return: 0 or the notify type to answer with (INVALID_SYNTAX,
 * UNSUPPORTED_CRITICAL_PAYLOAD with @list->critical set).
 */
int ike_payloads_parse(uint8_t first, const uint8_t *data, size_t len,
		       struct ike_payloads *list);

/* First payload of a type, NULL if there is none */
const struct ike_payload *ike_payload_find(const struct ike_payloads *list, uint8_t type);

#endif
