// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ike/ts.h"

#define TS_LEN			4	/* number of selectors, reserved */
#define SELECTOR_LEN		8	/* without the addresses */
#define TYPE_IPV4_RANGE		7
#define TYPE_IPV6_RANGE		8

struct range {
	sa_family_t family;
	size_t size;			/* of an address */
	uint8_t lo[16], hi[16];
};

static size_t addr_size(sa_family_t family)
{
	return family == AF_INET ? 4 : 16;
}

bool ike_ts_check(const uint8_t *p, size_t len)
{
	unsigned int n;

	if (len < TS_LEN || !p[0])
		return false;
	n = p[0];
	p += TS_LEN;
	len -= TS_LEN;

	for (; n; n--) {
		size_t tlen;

		if (len < SELECTOR_LEN)
			return false;
		tlen = ike_get16(p + 2);
		if (tlen < SELECTOR_LEN || tlen > len)
			return false;
		if (p[0] == TYPE_IPV4_RANGE && tlen != SELECTOR_LEN + 8)
			return false;
		if (p[0] == TYPE_IPV6_RANGE && tlen != SELECTOR_LEN + 32)
			return false;
		p += tlen;
		len -= tlen;
	}
	return !len;
}

size_t ike_ts_count(const struct ike_payload *pl)
{
	return pl->body.p[0];
}

static bool range_get(const uint8_t *p, struct range *r)
{
	if (p[0] != TYPE_IPV4_RANGE && p[0] != TYPE_IPV6_RANGE)
		return false;
	r->family = p[0] == TYPE_IPV4_RANGE ? AF_INET : AF_INET6;
	r->size = addr_size(r->family);
	memcpy(r->lo, p + SELECTOR_LEN, r->size);
	memcpy(r->hi, p + SELECTOR_LEN + r->size, r->size);
	return memcmp(r->lo, r->hi, r->size) <= 0;
}

/* Protocol and ports of a selector, as far as they are in @ours; false: not at all */
static bool narrow_ports(const uint8_t *p, const struct ike_ts *ours, struct ike_ts *out)
{
	uint16_t lo = ike_get16(p + 4), hi = ike_get16(p + 6);
	bool any = lo == 0 && hi == UINT16_MAX;

	if (p[1] && ours->proto && p[1] != ours->proto)
		return false;
	out->proto = p[1] ? p[1] : ours->proto;
	out->port = ours->port;
	if (any)
		return true;
	if (ours->port)
		return lo <= ours->port && ours->port <= hi;
	/* A range is nothing that XFRM could select; no protocol, no port */
	out->port = lo;
	return lo == hi && lo && out->proto;
}

static void range_of(const struct conf_subnet *net, struct range *r)
{
	size_t i;

	r->family = net->family;
	r->size = addr_size(net->family);
	for (i = 0; i < r->size; i++) {
		int bits = (int)net->prefix - (int)i * 8;
		uint8_t mask = bits >= 8 ? 0xff : bits <= 0 ? 0 : (uint8_t)(0xff << (8 - bits));

		r->lo[i] = net->addr[i] & mask;
		r->hi[i] = (uint8_t)(r->lo[i] | ~mask);
	}
}

/* The subnet that a range is; -1 if it is none */
static int range_subnet(const struct range *r, struct conf_subnet *net)
{
	struct range back;
	size_t i = 0;
	int bits = 0;

	while (i < r->size && r->lo[i] == r->hi[i])
		i++;
	if (i < r->size)
		while (!((r->lo[i] ^ r->hi[i]) & (0x80 >> bits)))
			bits++;

	memset(net, 0, sizeof(*net));
	net->family = r->family;
	net->prefix = (uint8_t)(i * 8 + (size_t)bits);
	memcpy(net->addr, r->lo, r->size);
	range_of(net, &back);
	return memcmp(back.lo, r->lo, r->size) || memcmp(back.hi, r->hi, r->size) ? -1 : 0;
}

static int intersect(const struct range *a, const struct range *b, struct conf_subnet *net)
{
	struct range r = *a;

	if (a->family != b->family)
		return -1;
	if (memcmp(b->lo, r.lo, r.size) > 0)
		memcpy(r.lo, b->lo, r.size);
	if (memcmp(b->hi, r.hi, r.size) < 0)
		memcpy(r.hi, b->hi, r.size);
	if (memcmp(r.lo, r.hi, r.size) > 0)
		return -1;
	return range_subnet(&r, net);
}

static bool larger(const struct ike_ts *a, const struct ike_ts *b)
{
	if (a->net.prefix != b->net.prefix)
		return a->net.prefix < b->net.prefix;
	if (!a->proto != !b->proto)
		return !a->proto;
	return !a->port && b->port;
}

int ike_ts_narrow(const struct ike_payload *pl, const struct ike_ts *ours, struct ike_ts *out)
{
	const uint8_t *p = pl->body.p + TS_LEN;
	size_t n = ike_ts_count(pl);
	struct range mine;
	int found = -1;

	range_of(&ours->net, &mine);
	for (; n; n--, p += ike_get16(p + 2)) {
		struct range theirs;
		struct ike_ts ts;

		if (!range_get(p, &theirs) || intersect(&mine, &theirs, &ts.net) ||
		    !narrow_ports(p, ours, &ts))
			continue;
		if (found < 0 || larger(&ts, out))
			*out = ts;
		found = 0;
	}
	return found;
}

void ike_ts_put(struct ike_buf *b, uint8_t type, const struct ike_ts *ts)
{
	size_t at = ike_build_payload(b, type);
	struct range r;

	range_of(&ts->net, &r);
	ike_put_u8(b, 1);
	ike_put_zero(b, 3);
	ike_put_u8(b, r.family == AF_INET ? TYPE_IPV4_RANGE : TYPE_IPV6_RANGE);
	ike_put_u8(b, ts->proto);
	ike_put_u16(b, (uint16_t)(SELECTOR_LEN + 2 * r.size));
	ike_put_u16(b, ts->port);
	ike_put_u16(b, ts->port ? ts->port : UINT16_MAX);
	ike_put_bytes(b, r.lo, r.size);
	ike_put_bytes(b, r.hi, r.size);
	ike_build_payload_end(b, at);
}

struct conf_subnet ike_ts_host(const struct conf_subnet *addr)
{
	struct conf_subnet host = *addr;

	host.prefix = (uint8_t)(addr_size(addr->family) * 8);
	return host;
}

const char *ike_ts_text(const struct ike_ts *ts, char *buf, size_t len)
{
	char addr[INET6_ADDRSTRLEN], ports[16] = "";

	if (!inet_ntop(ts->net.family, ts->net.addr, addr, sizeof(addr)))
		addr[0] = '\0';
	if (ts->port)
		snprintf(ports, sizeof(ports), ":%u/%u", ts->proto, ts->port);
	else if (ts->proto)
		snprintf(ports, sizeof(ports), ":%u", ts->proto);
	snprintf(buf, len, "%s/%u%s", addr, ts->net.prefix, ports);
	return buf;
}
