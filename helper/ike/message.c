// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ike/cp.h"
#include "ike/id.h"
#include "ike/message.h"
#include "ike/notify.h"
#include "ike/proposal.h"
#include "ike/ts.h"

#define GENERIC_LEN	4
#define CRITICAL	0x80

const char *ike_exchange_name(uint8_t exchange)
{
	switch (exchange) {
	case IKE_SA_INIT:
		return "IKE_SA_INIT";
	case IKE_AUTH:
		return "IKE_AUTH";
	case IKE_CREATE_CHILD_SA:
		return "CREATE_CHILD_SA";
	case IKE_INFORMATIONAL:
		return "INFORMATIONAL";
	case IKE_INTERMEDIATE:
		return "IKE_INTERMEDIATE";
	case IKE_FOLLOWUP_KE:
		return "IKE_FOLLOWUP_KE";
	default:
		return "another exchange";
	}
}

int ike_hdr_parse(const uint8_t *msg, size_t len, struct ike_hdr *hdr)
{
	if (len < IKE_HDR_LEN || len > IKE_MSG_MAX || ike_get32(msg + 24) != len)
		return -1;

	memcpy(hdr->spi_i, msg, IKE_SPI_LEN);
	memcpy(hdr->spi_r, msg + 8, IKE_SPI_LEN);
	hdr->next = msg[16];
	hdr->version = msg[17];
	hdr->exchange = msg[18];
	hdr->initiator = msg[19] & IKE_FLAG_INITIATOR;
	hdr->response = msg[19] & IKE_FLAG_RESPONSE;
	hdr->id = ike_get32(msg + 20);

	if (hdr->version >> 4 < IKE_VERSION >> 4)
		return -1;
	return hdr->version >> 4 > IKE_VERSION >> 4 ? IKE_N_INVALID_MAJOR_VERSION : 0;
}

static bool known(uint8_t type)
{
	return (type >= IKE_PL_SA && type <= IKE_PL_EAP) || type == IKE_PL_SKF ||
	       type == IKE_PL_PS;
}

/* A type that a message may carry once only */
static bool single(uint8_t type)
{
	switch (type) {
	case IKE_PL_SA:
	case IKE_PL_KE:
	case IKE_PL_IDI:
	case IKE_PL_IDR:
	case IKE_PL_AUTH:
	case IKE_PL_NONCE:
	case IKE_PL_TSI:
	case IKE_PL_TSR:
	case IKE_PL_SK:
	case IKE_PL_SKF:
	case IKE_PL_PS:
		return true;
	default:
		return false;
	}
}

static bool body_ok(uint8_t type, const uint8_t *p, size_t len)
{
	switch (type) {
	case IKE_PL_SA:
		return ike_proposals_check(p, len);
	case IKE_PL_KE:
	case IKE_PL_AUTH:
		return len > 4;
	case IKE_PL_IDI:
	case IKE_PL_IDR:
		return len >= 4;
	case IKE_PL_SKF:
		return len > 4;
	case IKE_PL_PS:
		return len && !(len % 4);
	case IKE_PL_CERT:
		return len > 1;
	case IKE_PL_CERTREQ:
		return len >= 1;
	case IKE_PL_NONCE:
		return len >= IKE_NONCE_MIN && len <= IKE_NONCE_MAX;
	case IKE_PL_NOTIFY:
		return ike_notify_check(p, len);
	case IKE_PL_DELETE:
		return ike_delete_check(p, len);
	case IKE_PL_TSI:
	case IKE_PL_TSR:
		return ike_ts_check(p, len);
	case IKE_PL_CP:
		return ike_cp_check(p, len);
	default:
		return true;
	}
}

static int payload_add(struct ike_payloads *list, uint8_t type, const uint8_t *body, size_t len)
{
	if (single(type) && ike_payload_find(list, type))
		return IKE_N_INVALID_SYNTAX;
	if (list->n == IKE_PAYLOADS_MAX || !body_ok(type, body, len))
		return IKE_N_INVALID_SYNTAX;
	list->p[list->n].type = type;
	list->p[list->n].body = (struct ike_bytes){ body, len };
	list->n++;
	return 0;
}

int ike_payloads_parse(uint8_t first, const uint8_t *data, size_t len,
		       struct ike_payloads *list)
{
	uint8_t type = first;

	list->n = 0;
	list->inner = 0;
	list->critical = 0;

	while (type != IKE_PL_NONE) {
		uint8_t this = type;
		size_t plen;

		if (len < GENERIC_LEN)
			return IKE_N_INVALID_SYNTAX;
		plen = ike_get16(data + 2);
		if (plen < GENERIC_LEN || plen > len)
			return IKE_N_INVALID_SYNTAX;

		type = data[0];
		if (known(this)) {
			int err = payload_add(list, this, data + GENERIC_LEN, plen - GENERIC_LEN);

			if (err)
				return err;
		} else if (data[1] & CRITICAL) {
			list->critical = this;
		}
		data += plen;
		len -= plen;

		/* Its next payload is the first one inside; it is the last itself */
		if (this == IKE_PL_SK || this == IKE_PL_SKF) {
			list->inner = type;
			break;
		}
	}

	if (len)
		return IKE_N_INVALID_SYNTAX;
	return list->critical ? IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD : 0;
}

const struct ike_payload *ike_payload_find(const struct ike_payloads *list, uint8_t type)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->p[i].type == type)
			return &list->p[i];
	return NULL;
}
