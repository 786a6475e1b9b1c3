/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of ipsec.conf(5) to plain types. All are pure and return 0 or -1. */
#ifndef ESPINTCP_CONF_VALUE_H
#define ESPINTCP_CONF_VALUE_H

#include "conf/conf.h"

int conf_value_bool(const char *text, bool *out);
int conf_value_protocol(const char *text, uint8_t *out);	/* 1..255 */
int conf_value_service(const char *text, const char *protocol, uint16_t *out);
int conf_value_time(const char *text, uint32_t *out);
int conf_value_amount(const char *text, bool bytes, uint64_t *out);
int conf_value_mark(const char *text, struct conf_mark *out);
int conf_value_percent(const char *text, uint32_t *out);
int conf_value_port(const char *text, uint16_t *out);		/* 1..65535, host order */
int conf_value_addr(const char *text, struct conf_subnet *out);	/* prefix: all of it */
int conf_value_subnet(const char *text, struct conf_subnet *out);	/* host bits cleared */
bool conf_value_hostname(const char *text);			/* could DNS know it? */
bool conf_value_domain(const char *text, size_t len);	/* the same for a domain */

/* range.c: FIRST-LAST, or ADDRESS/LENGTH without what is no host there */
int conf_value_range(const char *text, struct conf_range *out);
/* The n-th address; n is less than count */
struct conf_subnet conf_range_addr(const struct conf_range *range, uint32_t n);
/* Which one it is; -1: none of them */
int64_t conf_range_find(const struct conf_range *range, const struct conf_subnet *addr);
bool conf_range_equal(const struct conf_range *a, const struct conf_range *b);
bool conf_range_overlap(const struct conf_range *a, const struct conf_range *b);

/* decode.c: number of bytes, 0 where the text is not valid */
size_t conf_decode_base64(const char *text, size_t len, uint8_t *out);
size_t conf_decode_hex(const char *text, uint8_t *out, size_t size);

/* Whether inner lies in outer; both of a family */
bool conf_subnet_contains(const struct conf_subnet *outer, const struct conf_subnet *inner);

#endif
