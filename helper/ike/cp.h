/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration payloads (RFC 7296, section 3.15; INTERNAL_DNS_DOMAIN: RFC 8598). */
#ifndef ESPINTCP_IKE_CP_H
#define ESPINTCP_IKE_CP_H

#include "conf/conf.h"
#include "ike/build.h"
#include "ike/message.h"

enum ike_cp_type { IKE_CP_REQUEST = 1, IKE_CP_REPLY = 2 };

/* Of IPv4 and IPv6 */
enum { IKE_CP_V4, IKE_CP_V6, IKE_CP_FAMILIES };

#define IKE_CP_SUBNETS_MAX 32

/* What is known of it; more than there is room for is passed over */
struct ike_cp {
	uint8_t type;
	/* An attribute is there, also without a value: it is asked for */
	bool asks_ip[IKE_CP_FAMILIES], asks_dns[IKE_CP_FAMILIES], asks_subnet[IKE_CP_FAMILIES];
	bool asks_domain;
	struct conf_subnet ip[IKE_CP_FAMILIES];	/* the first of each; family 0: none */
	struct conf_subnet dns[CONF_DNS_MAX];
	size_t n_dns;
	struct conf_subnet subnet[IKE_CP_SUBNETS_MAX];	/* behind the sender, also by a netmask */
	size_t n_subnets;
	char domain[CONF_DOMAINS_MAX][CONF_DOMAIN_LEN + 1];
	size_t n_domains;
};

/* Is the body well formed? ike_payloads_parse() has asked already. */
bool ike_cp_check(const uint8_t *p, size_t len);

/**
 * ike_cp_get - read a body that has passed the check
 *
 * An attribute that is not known, or not as it should be, is passed over (section 2.19).
 */
void ike_cp_get(const struct ike_payload *pl, struct ike_cp *cp);

/*
 * Append a payload: begin, attributes, ike_build_payload_end(). An address or a subnet of
 * family 0 asks for one of @v6's family.
 */
size_t ike_cp_begin(struct ike_buf *b, enum ike_cp_type type);
void ike_cp_put_ip(struct ike_buf *b, bool v6, const struct conf_subnet *ip);
void ike_cp_put_dns(struct ike_buf *b, bool v6, const struct conf_subnet *ip);
void ike_cp_put_subnet(struct ike_buf *b, bool v6, const struct conf_subnet *net);
void ike_cp_put_domain(struct ike_buf *b, const char *name);

#endif
