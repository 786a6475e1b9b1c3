// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "conf/value.h"
#include "ike/cp.h"

#define CP_LEN		4	/* type, reserved */
#define ATTR_LEN	4	/* type, length */
#define TYPE_MASK	0x7fff	/* the bit above is reserved */
#define IP6_LEN		17	/* with the length of a prefix */

enum attr {
	INTERNAL_IP4_ADDRESS = 1,
	INTERNAL_IP4_NETMASK = 2,
	INTERNAL_IP4_DNS = 3,
	INTERNAL_IP6_ADDRESS = 8,
	INTERNAL_IP6_DNS = 10,
	INTERNAL_IP4_SUBNET = 13,
	INTERNAL_IP6_SUBNET = 15,
	INTERNAL_DNS_DOMAIN = 25,
};

bool ike_cp_check(const uint8_t *p, size_t len)
{
	if (len < CP_LEN)
		return false;
	p += CP_LEN;
	len -= CP_LEN;
	while (len) {
		size_t alen;

		if (len < ATTR_LEN)
			return false;
		alen = ike_get16(p + 2);
		if (alen > len - ATTR_LEN)
			return false;
		p += ATTR_LEN + alen;
		len -= ATTR_LEN + alen;
	}
	return true;
}

static void addr_get(sa_family_t family, const uint8_t *p, struct conf_subnet *ip)
{
	memset(ip, 0, sizeof(*ip));
	ip->family = family;
	ip->prefix = family == AF_INET ? 32 : 128;
	memcpy(ip->addr, p, family == AF_INET ? 4 : 16);
}

/* Ones, then zeros; -1: it is no netmask */
static int mask_get(const uint8_t *p)
{
	uint32_t inv = ~ike_get32(p);

	if (inv & (inv + 1))
		return -1;
	return inv ? __builtin_clz(inv) : 32;
}

static void add_subnet(struct ike_cp *cp, const struct conf_subnet *ip, int prefix)
{
	size_t size = ip->family == AF_INET ? 4 : 16;
	struct conf_subnet *net;

	if (cp->n_subnets == IKE_CP_SUBNETS_MAX || prefix < 0 || (size_t)prefix > 8 * size)
		return;
	net = &cp->subnet[cp->n_subnets++];
	*net = *ip;
	net->prefix = (uint8_t)prefix;
	for (size_t bit = net->prefix; bit < 8 * size; bit++)
		net->addr[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

static void get_ip(struct ike_cp *cp, bool v6, const uint8_t *p, size_t len)
{
	cp->asks_ip[v6] = true;
	if (cp->ip[v6].family || len != (v6 ? IP6_LEN : 4))
		return;
	addr_get(v6 ? AF_INET6 : AF_INET, p, &cp->ip[v6]);
}

static void get_dns(struct ike_cp *cp, bool v6, const uint8_t *p, size_t len)
{
	cp->asks_dns[v6] = true;
	if (cp->n_dns == CONF_DNS_MAX || len < 4)
		return;
	/* libreswan sends a prefix with it, as with an address */
	if (v6 ? len == 16 || len == IP6_LEN : len == 4)
		addr_get(v6 ? AF_INET6 : AF_INET, p, &cp->dns[cp->n_dns++]);
}

static void get_subnet(struct ike_cp *cp, bool v6, const uint8_t *p, size_t len)
{
	struct conf_subnet ip;

	cp->asks_subnet[v6] = true;
	if (len != (v6 ? IP6_LEN : 8))
		return;
	addr_get(v6 ? AF_INET6 : AF_INET, p, &ip);
	add_subnet(cp, &ip, v6 ? p[16] : mask_get(p + 4));
}

static void get_domain(struct ike_cp *cp, const uint8_t *p, size_t len)
{
	cp->asks_domain = true;
	if (len && p[len - 1] == '.')
		len--;
	if (cp->n_domains == CONF_DOMAINS_MAX || !conf_value_domain((const char *)p, len))
		return;
	memcpy(cp->domain[cp->n_domains], p, len);
	cp->domain[cp->n_domains++][len] = '\0';
}

void ike_cp_get(const struct ike_payload *pl, struct ike_cp *cp)
{
	const uint8_t *p = pl->body.p + CP_LEN, *end = pl->body.p + pl->body.len;
	int mask = -1;

	memset(cp, 0, sizeof(*cp));
	cp->type = pl->body.p[0];
	for (size_t len; p < end; p += len) {
		uint16_t type = ike_get16(p) & TYPE_MASK;

		len = ike_get16(p + 2);
		p += ATTR_LEN;
		switch (type) {
		case INTERNAL_IP4_ADDRESS:
		case INTERNAL_IP6_ADDRESS:
			get_ip(cp, type == INTERNAL_IP6_ADDRESS, p, len);
			break;
		case INTERNAL_IP4_NETMASK:
			mask = len == 4 ? mask_get(p) : -1;
			break;
		case INTERNAL_IP4_DNS:
		case INTERNAL_IP6_DNS:
			get_dns(cp, type == INTERNAL_IP6_DNS, p, len);
			break;
		case INTERNAL_IP4_SUBNET:
		case INTERNAL_IP6_SUBNET:
			get_subnet(cp, type == INTERNAL_IP6_SUBNET, p, len);
			break;
		case INTERNAL_DNS_DOMAIN:
			get_domain(cp, p, len);
			break;
		}
	}
	/* About the same as a subnet (section 3.15.1); of a single host it says nothing */
	if (cp->ip[IKE_CP_V4].family && mask >= 0 && mask < 32)
		add_subnet(cp, &cp->ip[IKE_CP_V4], mask);
}

size_t ike_cp_begin(struct ike_buf *b, enum ike_cp_type type)
{
	size_t at = ike_build_payload(b, IKE_PL_CP);

	ike_put_u8(b, (uint8_t)type);
	ike_put_zero(b, CP_LEN - 1);
	return at;
}

static void put_attr(struct ike_buf *b, enum attr type, const void *data, size_t len)
{
	ike_put_u16(b, (uint16_t)type);
	ike_put_u16(b, (uint16_t)len);
	ike_put_bytes(b, data, len);
}

void ike_cp_put_ip(struct ike_buf *b, bool v6, const struct conf_subnet *ip)
{
	uint8_t raw[IP6_LEN];

	memcpy(raw, ip->addr, 16);
	raw[16] = 128;
	put_attr(b, v6 ? INTERNAL_IP6_ADDRESS : INTERNAL_IP4_ADDRESS, raw,
		 !ip->family ? 0 : v6 ? IP6_LEN : 4);
}

void ike_cp_put_dns(struct ike_buf *b, bool v6, const struct conf_subnet *ip)
{
	put_attr(b, v6 ? INTERNAL_IP6_DNS : INTERNAL_IP4_DNS, ip->addr,
		 !ip->family ? 0 : v6 ? 16 : 4);
}

void ike_cp_put_subnet(struct ike_buf *b, bool v6, const struct conf_subnet *net)
{
	uint8_t raw[IP6_LEN];

	memcpy(raw, net->addr, 16);
	if (v6)
		raw[16] = net->prefix;
	else
		ike_put32(raw + 4, net->prefix ? UINT32_MAX << (32 - net->prefix) : 0);
	put_attr(b, v6 ? INTERNAL_IP6_SUBNET : INTERNAL_IP4_SUBNET, raw,
		 !net->family ? 0 : v6 ? IP6_LEN : 8);
}

void ike_cp_put_domain(struct ike_buf *b, const char *name)
{
	put_attr(b, INTERNAL_DNS_DOMAIN, name, strlen(name));
}
