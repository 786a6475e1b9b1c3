// SPDX-License-Identifier: GPL-2.0-or-later
#include "ike/id.h"

#define ID_LEN	4	/* type, reserved */

int ike_id_get(const struct ike_payload *pl, struct conf_id *id)
{
	return conf_id_set(id, pl->body.p[0], pl->body.p + ID_LEN, pl->body.len - ID_LEN);
}

void ike_id_from_addr(const struct conf_subnet *addr, struct conf_id *id)
{
	if (addr->family == AF_INET)
		conf_id_set(id, CONF_ID_IPV4, addr->addr, 4);
	else
		conf_id_set(id, CONF_ID_IPV6, addr->addr, 16);
}

void ike_id_put(struct ike_buf *b, uint8_t type, const struct conf_id *id,
		struct ike_bytes *body)
{
	size_t at = ike_build_payload(b, type);
	size_t start = b->len;

	ike_put_u8(b, (uint8_t)id->type);
	ike_put_zero(b, 3);
	ike_put_bytes(b, id->data, id->len);
	ike_build_payload_end(b, at);
	body->p = b->data + start;
	body->len = b->overflow ? 0 : b->len - start;
}
