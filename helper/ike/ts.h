/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic selectors (RFC 7296, sections 2.9 and 3.13). */
#ifndef ESPINTCP_IKE_TS_H
#define ESPINTCP_IKE_TS_H

#include "conf/conf.h"
#include "ike/build.h"

/* Is the body of a TS payload well formed? ike_payloads_parse() has asked already. */
bool ike_ts_check(const uint8_t *p, size_t len);

/**
 * ike_ts_narrow - the largest subnet inside both @ours and a selector of the payload
 *
 * Selectors of a single protocol or port are passed over, since a child SA here
 * carries all of them; so are ranges whose part in @ours is no subnet.
 *
 * Return: 0, or -1 if there is none (TS_UNACCEPTABLE).
 */
int ike_ts_narrow(const struct ike_payload *pl, const struct conf_subnet *ours,
		  struct conf_subnet *out);

/* Number of selectors in the payload */
size_t ike_ts_count(const struct ike_payload *pl);

/* Append a TS payload with one selector: all protocols and ports of a subnet */
void ike_ts_put(struct ike_buf *b, uint8_t type, const struct conf_subnet *net);

/* The host itself as a subnet */
struct conf_subnet ike_ts_host(const struct conf_subnet *addr);

/* "10.0.0.0/8"; returns buf */
const char *ike_ts_text(const struct conf_subnet *net, char *buf, size_t len);

#endif
