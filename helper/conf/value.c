// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of ipsec.conf(5): numbers, addresses, subnets. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/value.h"
#include "macros.h"

static unsigned int addr_bits(const struct conf_subnet *s)
{
	return s->family == AF_INET ? 32 : 128;
}

/**
 * conf_value_bool - yes or no
 * @text: one of libreswan's words for either
 * @out: set on success
 *
 * Return: 0, or -1 for any other word.
 */
int conf_value_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(text, yes[i]) && strcasecmp(text, no[i]))
			continue;
		*out = !strcasecmp(text, yes[i]);
		return 0;
	}
	return -1;
}

static int number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno || *end || *out > max ? -1 : 0;
}

/**
 * conf_value_port - a TCP port
 * @text: decimal, 1 to 65535
 * @out: set on success, host order
 *
 * Return: 0 or -1.
 */
int conf_value_port(const char *text, uint16_t *out)
{
	unsigned long v;

	if (number(text, 65535, &v) || !v)
		return -1;
	*out = v;
	return 0;
}

/**
 * conf_value_protocol - a protocol of IP
 * @text: a name of protocols(5), or a number from 1 to 255
 * @out: set on success
 *
 * Return: 0 or -1.
 */
int conf_value_protocol(const char *text, uint8_t *out)
{
	const struct protoent *entry;
	unsigned long v;

	if (isdigit((unsigned char)*text)) {
		if (number(text, 255, &v) || !v)
			return -1;
		*out = v;
		return 0;
	}
	entry = getprotobyname(text);
	if (!entry || entry->p_proto < 1 || entry->p_proto > 255)
		return -1;
	*out = entry->p_proto;
	return 0;
}

/**
 * conf_value_service - a port
 * @text: a name of services(5), or a number from 1 to 65535
 * @protocol: whose port it is; a number finds no name
 * @out: set on success, host order
 *
 * Return: 0 or -1.
 */
int conf_value_service(const char *text, const char *protocol, uint16_t *out)
{
	const struct servent *entry;

	if (!conf_value_port(text, out))
		return 0;
	entry = getservbyname(text, protocol);
	if (!entry)
		return -1;
	*out = ntohs((uint16_t)entry->s_port);
	return 0;
}

/**
 * conf_value_time - a span of time
 * @text: a number, which s, m, h or d may follow; seconds without
 * @out: set on success, seconds, at least 1
 *
 * Return: 0 or -1.
 */
int conf_value_time(const char *text, uint32_t *out)
{
	static const struct {
		const char *unit;
		unsigned long s;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	size_t digits = strspn(text, "0123456789");
	unsigned long v;
	char buf[8];

	if (digits >= sizeof(buf))
		return -1;
	memcpy(buf, text, digits);
	buf[digits] = '\0';
	if (number(buf, 9999999, &v) || !v)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(text + digits, units[i].unit) || v > UINT32_MAX / units[i].s)
			continue;
		*out = v * units[i].s;
		return 0;
	}
	return -1;
}

/**
 * conf_value_amount - a number of things that a connection carries
 * @text: decimal, which Ki, Mi, Gi, Ti, Pi or Ei may follow
 * @bytes: and B
 * @out: set on success, 1 to 2^63
 *
 * Return: 0 or -1.
 */
int conf_value_amount(const char *text, bool bytes, uint64_t *out)
{
	static const char units[] = "KMGTPE";
	unsigned int shift = 0;
	unsigned long long v;
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	v = strtoull(text, &end, 10);
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end++;
		end += tolower((unsigned char)*end) == 'i';
	}
	if (bytes && *end == 'B')
		end++;
	if (errno || *end || !v || v > (1ULL << 63) >> shift)
		return -1;
	*out = v << shift;
	return 0;
}

static int number32(const char *text, const char *ends, uint32_t *out, const char **end)
{
	unsigned long v;
	char *stop;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	v = strtoul(text, &stop, 0);
	if (errno || v > UINT32_MAX || !strchr(ends, *stop))
		return -1;
	*out = v;
	*end = stop;
	return 0;
}

/**
 * conf_value_mark - a mark of packets
 * @text: VALUE or VALUE/MASK, decimal or hexadecimal; all bits count without a mask
 * @out: set on success
 *
 * Return: 0, or -1, also for a mask that leaves nothing of the value.
 */
int conf_value_mark(const char *text, struct conf_mark *out)
{
	struct conf_mark mark = { .mask = UINT32_MAX };

	if (number32(text, "/", &mark.value, &text))
		return -1;
	if (*text && number32(text + 1, "", &mark.mask, &text))
		return -1;
	if (!mark.mask || mark.value & ~mark.mask)
		return -1;
	*out = mark;
	return 0;
}

/**
 * conf_value_percent - a percentage
 * @text: a number up to 1000, with '%' behind it or not
 * @out: set on success
 *
 * Return: 0 or -1.
 */
int conf_value_percent(const char *text, uint32_t *out)
{
	size_t len = strcspn(text, "%");
	unsigned long v;
	char buf[5];

	if (len >= sizeof(buf) || (text[len] && strcmp(text + len, "%")))
		return -1;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (number(buf, 1000, &v))
		return -1;
	*out = v;
	return 0;
}

/**
 * conf_value_addr - an IPv4 or IPv6 address
 * @text: as inet_pton(3) reads it
 * @out: set on success, with the full prefix length
 *
 * Return: 0 or -1.
 */
int conf_value_addr(const char *text, struct conf_subnet *out)
{
	struct conf_subnet s = { 0 };

	if (inet_pton(AF_INET, text, s.addr) == 1)
		s.family = AF_INET;
	else if (inet_pton(AF_INET6, text, s.addr) == 1)
		s.family = AF_INET6;
	else
		return -1;
	s.prefix = addr_bits(&s);
	*out = s;
	return 0;
}

/* 255.255.240.0: ones, then zeros */
static int mask_prefix(const char *text, uint8_t *prefix)
{
	struct in_addr mask;
	uint32_t inv;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return -1;
	inv = ~ntohl(mask.s_addr);
	if (inv & (inv + 1))
		return -1;
	*prefix = inv ? __builtin_clz(inv) : 32;
	return 0;
}

static void clear_host_bits(struct conf_subnet *s)
{
	for (unsigned int bit = s->prefix; bit < addr_bits(s); bit++)
		s->addr[bit / 8] &= ~(0x80 >> bit % 8);
}

/**
 * conf_value_subnet - ADDRESS/LENGTH or ADDRESS/NETMASK
 * @text: the subnet; 0/0 is every IPv4 address
 * @out: set on success; bits beyond the prefix are cleared, as libreswan does
 *
 * Return: 0 or -1.
 */
int conf_value_subnet(const char *text, struct conf_subnet *out)
{
	char buf[INET6_ADDRSTRLEN + sizeof("/255.255.255.255")];
	struct conf_subnet s;
	unsigned long v;
	char *slash;

	if (strlen(text) >= sizeof(buf))
		return -1;
	strcpy(buf, text);
	slash = strchr(buf, '/');
	if (!slash)
		return -1;
	*slash++ = '\0';
	if (conf_value_addr(strcmp(buf, "0") ? buf : "0.0.0.0", &s))
		return -1;
	if (!number(slash, addr_bits(&s), &v))
		s.prefix = v;
	else if (s.family != AF_INET || mask_prefix(slash, &s.prefix))
		return -1;
	clear_host_bits(&s);
	*out = s;
	return 0;
}

/**
 * conf_value_hostname - tell whether a text could be a DNS name
 * @text: letters, digits, '.', '-' and '_' make one
 *
 * Return: whether it could; digits and dots alone are a mistyped address.
 */
bool conf_value_hostname(const char *text)
{
	bool letter = false;

	if (!isalnum((unsigned char)*text) || strlen(text) > 253)
		return false;
	for (; *text; text++) {
		if (isalpha((unsigned char)*text))
			letter = true;
		else if (!isdigit((unsigned char)*text) && !strchr(".-_", *text))
			return false;
	}
	return letter;
}

/**
 * conf_value_domain - tell whether a text is the name of a domain
 * @text: labels of letters, digits, '-' and '_', with dots between
 * @len: its length
 *
 * Such a name means nothing else to whom it is handed: it does not begin with '-', and has
 * no blank.
 *
 * Return: whether it is.
 */
bool conf_value_domain(const char *text, size_t len)
{
	size_t label = 0;

	if (!len || len > CONF_DOMAIN_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c == '.') {
			if (!label)
				return false;
			label = 0;
		} else if (!isalnum(c) && c != '_' && (c != '-' || !label)) {
			return false;
		} else if (++label > 63) {
			return false;
		}
	}
	return true;
}

/**
 * conf_subnet_contains - tell whether a subnet lies in another one
 * @outer: the larger one
 * @inner: the smaller one
 *
 * Return: whether it does; false where their families differ.
 */
bool conf_subnet_contains(const struct conf_subnet *outer, const struct conf_subnet *inner)
{
	struct conf_subnet cut = *inner;

	if (outer->family != inner->family || inner->prefix < outer->prefix)
		return false;
	cut.prefix = outer->prefix;
	clear_host_bits(&cut);
	return !memcmp(cut.addr, outer->addr, addr_bits(outer) / 8);
}
