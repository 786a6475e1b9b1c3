// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses and ports as people write them, and as sockets have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "macros.h"
#include "net/addr.h"

static void split_accepts(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} good[] = {
		{ "vpn.example", "vpn.example", 4500 },
		{ "vpn.example:443", "vpn.example", 443 },
		{ "192.0.2.1:1", "192.0.2.1", 1 },
		{ "2001:db8::1", "2001:db8::1", 4500 },
		{ "[2001:db8::1]", "2001:db8::1", 4500 },
		{ "[2001:db8::1]:65535", "2001:db8::1", 65535 },
		{ ":443", "", 443 },
	};
	char host[32];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(addr_split(good[i].text, 4500, host, sizeof(host), &port), 0);
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
	}
}

static void split_refuses(void **state)
{
	static const char *const bad[] = {
		"", "host:", "host:0", "host:65536", "host:-1", "host:+1", "host: 1", "host:1x",
		"[]", "[]:1", "[::1", "[::1]x", "[::1]:", "[::1]:0",
		"a.name.that.is.longer.than.the.buffer.for.it",
		"a.name.that.is.longer.than.the.buffer.for.it:1",
	};
	char host[32];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(addr_split(bad[i], 4500, host, sizeof(host), &port), -1);
}

static void listen_takes_a_port_alone(void **state)
{
	char host[32] = "x";
	uint16_t port;

	(void)state;
	assert_int_equal(addr_listen("443", host, sizeof(host), &port), 0);
	assert_string_equal(host, "");
	assert_int_equal(port, 443);
	assert_int_equal(addr_listen("[::1]:443", host, sizeof(host), &port), 0);
	assert_string_equal(host, "::1");
	assert_int_equal(port, 443);
}

static void sockaddr_round_trip(void **state)
{
	static const char *const texts[] = { "192.0.2.7", "2001:db8::7" };
	struct sockaddr_storage sa;
	struct conf_subnet addr, back;
	char text[ADDR_TEXT_MAX];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(addr_parse(texts[i], &addr));
		addr_to_sockaddr(&addr, 4500, &sa);
		assert_int_equal(addr_from_sockaddr(&sa, &back, &port), 0);
		assert_memory_equal(&addr, &back, sizeof(addr));
		assert_int_equal(port, 4500);
		assert_string_equal(addr_text(&back, 0, text, sizeof(text)), texts[i]);
	}
	assert_false(addr_parse("%any", &addr));
	assert_false(addr_parse(NULL, &addr));
	assert_int_equal(addr.family, 0);
}

/* The kernel's SAs must get the IPv4 addresses that the packets carry */
static void mapped_becomes_ipv4(void **state)
{
	struct sockaddr_storage sa = { 0 };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&sa;
	struct conf_subnet addr;
	uint16_t port;

	(void)state;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(4711);
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.9", &in6->sin6_addr), 1);
	assert_int_equal(addr_from_sockaddr(&sa, &addr, &port), 0);
	assert_int_equal(addr.family, AF_INET);
	assert_int_equal(addr.prefix, 32);
	assert_memory_equal(addr.addr, "\xc0\x00\x02\x09", 4);
	assert_int_equal(port, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_accepts),
		cmocka_unit_test(split_refuses),
		cmocka_unit_test(listen_takes_a_port_alone),
		cmocka_unit_test(sockaddr_round_trip),
		cmocka_unit_test(mapped_becomes_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
