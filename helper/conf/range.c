// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges of addresses, such as those of rightaddresspool=. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "conf/value.h"

#define RANGE_TEXT_MAX (2 * INET6_ADDRSTRLEN + 1)

static int addr_len(sa_family_t family)
{
	return family == AF_INET ? 4 : 16;
}

/* b - a, at most CONF_RANGE_MAX; negative if b is before a */
static int64_t distance(const uint8_t *a, const uint8_t *b, int len)
{
	int64_t d = 0;

	for (int i = 0; i < len; i++) {
		d = d * 256 + b[i] - a[i];
		if (d > 256 * (int64_t)CONF_RANGE_MAX)
			d = 256 * (int64_t)CONF_RANGE_MAX;
		if (d < -1)
			d = -1;
	}
	return d < CONF_RANGE_MAX ? d : CONF_RANGE_MAX;
}

static void advance(uint8_t *addr, int len, uint32_t n)
{
	uint64_t carry = n;

	for (int i = len - 1; i >= 0; i--) {
		carry += addr[i];
		addr[i] = carry & 0xff;
		carry >>= 8;
	}
}

static int between(const char *text, const char *dash, struct conf_range *out)
{
	char first[INET6_ADDRSTRLEN];
	struct conf_subnet a, b;
	int64_t d;

	if (dash - text >= (int)sizeof(first))
		return -1;
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	if (conf_value_addr(first, &a) || conf_value_addr(dash + 1, &b) || a.family != b.family)
		return -1;
	d = distance(a.addr, b.addr, addr_len(a.family));
	if (d < 0)
		return -1;
	*out = (struct conf_range){ .family = a.family };
	memcpy(out->first, a.addr, sizeof(out->first));
	out->count = d < CONF_RANGE_MAX ? (uint32_t)d + 1 : CONF_RANGE_MAX;
	return 0;
}

/* Without the network's own address, and without IPv4's broadcast address */
static int of_subnet(const char *text, struct conf_range *out)
{
	struct conf_subnet net;
	unsigned int bits;

	if (conf_value_subnet(text, &net))
		return -1;
	bits = 8 * addr_len(net.family) - net.prefix;
	*out = (struct conf_range){ .family = net.family };
	memcpy(out->first, net.addr, sizeof(out->first));
	out->count = bits < 24 ? 1u << bits : CONF_RANGE_MAX;
	if (bits < 2)
		return 0;
	advance(out->first, addr_len(net.family), 1);
	out->count -= net.family == AF_INET ? 2 : 1;
	return 0;
}

/**
 * conf_value_range - a range of addresses
 * @text: FIRST-LAST or ADDRESS/LENGTH
 * @out: set on success
 *
 * Return: 0 or -1.
 */
int conf_value_range(const char *text, struct conf_range *out)
{
	const char *dash = strchr(text, '-');

	if (strlen(text) > RANGE_TEXT_MAX)
		return -1;
	return dash ? between(text, dash, out) : of_subnet(text, out);
}

struct conf_subnet conf_range_addr(const struct conf_range *range, uint32_t n)
{
	struct conf_subnet addr = { .family = range->family };

	addr.prefix = 8 * addr_len(range->family);
	memcpy(addr.addr, range->first, sizeof(addr.addr));
	advance(addr.addr, addr_len(range->family), n);
	return addr;
}

int64_t conf_range_find(const struct conf_range *range, const struct conf_subnet *addr)
{
	int64_t d;

	if (!range->family || range->family != addr->family)
		return -1;
	d = distance(range->first, addr->addr, addr_len(range->family));
	return d < range->count ? d : -1;
}

bool conf_range_equal(const struct conf_range *a, const struct conf_range *b)
{
	return a->family == b->family && a->count == b->count &&
	       !memcmp(a->first, b->first, sizeof(a->first));
}

bool conf_range_overlap(const struct conf_range *a, const struct conf_range *b)
{
	struct conf_subnet first_a = conf_range_addr(a, 0), first_b = conf_range_addr(b, 0);

	return conf_range_find(a, &first_b) >= 0 || conf_range_find(b, &first_a) >= 0;
}
