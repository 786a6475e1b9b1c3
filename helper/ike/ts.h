/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic selectors (RFC 7296, sections 2.9 and 3.13). */
#ifndef ESPINTCP_IKE_TS_H
#define ESPINTCP_IKE_TS_H

#include "conf/conf.h"
#include "ike/build.h"

/* Is the body of a TS payload well formed? ike_payloads_parse() has asked already. */
bool ike_ts_check(const uint8_t *p, size_t len);

/* What XFRM can select: a subnet, of all protocols or one, of all ports or one */
struct ike_ts {
	struct conf_subnet net;
	uint8_t proto;			/* 0: any */
	uint16_t port;			/* host order; 0: any */
};

/**
 * ike_ts_narrow - the largest part of a selector of the payload that is inside @ours
 *
 * Ranges of addresses or ports whose part in @ours is no such selector are passed over.
 *
 * Return: 0, or -1 if there is none (TS_UNACCEPTABLE).
 */
int ike_ts_narrow(const struct ike_payload *pl, const struct ike_ts *ours, struct ike_ts *out);

/* Number of selectors in the payload */
size_t ike_ts_count(const struct ike_payload *pl);

/* Append a TS payload with one selector */
void ike_ts_put(struct ike_buf *b, uint8_t type, const struct ike_ts *ts);

/* The host itself as a subnet */
struct conf_subnet ike_ts_host(const struct conf_subnet *addr);

/* "10.0.0.0/8", "10.0.0.0/8:6/443"; returns buf */
const char *ike_ts_text(const struct ike_ts *ts, char *buf, size_t len);

#endif
