/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identification payloads (RFC 7296, section 3.5). */
#ifndef ESPINTCP_IKE_ID_H
#define ESPINTCP_IKE_ID_H

#include "conf/conf.h"
#include "ike/build.h"

/**
 * ike_id_get - read the body of an IDi or IDr payload
 *
 * Return: 0, or -1 if conf_id_set() does not know what is in it.
 */
int ike_id_get(const struct ike_payload *pl, struct conf_id *id);

/* The ID that an address is, for an end that has no other */
void ike_id_from_addr(const struct conf_subnet *addr, struct conf_id *id);

/* Append an ID payload, and tell where its body lies: AUTH signs it */
void ike_id_put(struct ike_buf *b, uint8_t type, const struct conf_id *id,
		struct ike_bytes *body);

#endif
