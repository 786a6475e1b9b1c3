// SPDX-License-Identifier: GPL-2.0-or-later
/* Identities: text to bytes and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf.h"
#include "macros.h"

static void parses(const char *text, enum conf_id_type type, const char *data, size_t len,
		   const char *shown)
{
	struct conf_id id;

	assert_int_equal(conf_id_parse(text, &id), 0);
	assert_int_equal(id.type, type);
	assert_int_equal(id.len, len);
	assert_memory_equal(id.data, data, len);
	assert_string_equal(id.text, shown);
}

static void parse_good(void **state)
{
	(void)state;
	parses("192.0.2.1", CONF_ID_IPV4, "\xc0\0\2\1", 4, "192.0.2.1");
	parses("2001:DB8::1", CONF_ID_IPV6, " \1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, "2001:db8::1");
	parses("@vpn.example", CONF_ID_FQDN, "vpn.example", 11, "@vpn.example");
	parses("@a@b", CONF_ID_FQDN, "a@b", 3, "@a@b");
	parses("me@vpn.example", CONF_ID_EMAIL, "me@vpn.example", 14, "me@vpn.example");
	parses("@#00ff1a", CONF_ID_KEY, "\0\xff\x1a", 3, "@#00ff1a");
	parses("@#0x00FF1A", CONF_ID_KEY, "\0\xff\x1a", 3, "@#00ff1a");
	parses("@[GroupName]", CONF_ID_KEY, "GroupName", 9, "@#47726f75704e616d65");
	parses("%any", CONF_ID_NONE, "", 0, "%any");
	parses("%any6", CONF_ID_NONE, "", 0, "%any");
}

static void parse_bad(void **state)
{
	static const char *const bad[] = {
		"", "@", "@#", "@#0", "@#0x", "@#zz", "@~3000", "@[]", "@[x", "bare.example",
		"me@", "CN=", "=x", "NoSuchName=x", "CN=*", "CN=a,b", "C=DEU", "192.0.2.256",
		"%fromcert", "with blank@x", "@tab\tinside",
		"@caf\xc3\xa9",
	};
	struct conf_id id;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!conf_id_parse(bad[i], &id))
			fail_msg("'%s' was taken", bad[i]);
}

static void parse_limits(void **state)
{
	char text[2 + 2 * (CONF_ID_MAX + 1) + 1] = "@";
	struct conf_id id;

	(void)state;
	memset(text + 1, 'a', CONF_ID_MAX);
	assert_int_equal(conf_id_parse(text, &id), 0);
	assert_int_equal(id.len, CONF_ID_MAX);
	assert_int_equal(strlen(id.text), CONF_ID_MAX + 1);
	text[CONF_ID_MAX + 1] = 'a';
	assert_int_equal(conf_id_parse(text, &id), -1);

	/* A key ID may be longer than its text, which then says so */
	text[1] = '#';
	memset(text + 2, 'b', 2 * CONF_ID_MAX);
	text[2 + 2 * CONF_ID_MAX] = '\0';
	assert_int_equal(conf_id_parse(text, &id), 0);
	assert_int_equal(id.len, CONF_ID_MAX);
	assert_true(strlen(id.text) < sizeof(id.text));
	assert_string_equal(id.text + strlen(id.text) - 5, "bb...");
	memset(text + 2, 'b', 2 * (CONF_ID_MAX + 1));
	text[2 + 2 * (CONF_ID_MAX + 1)] = '\0';
	assert_int_equal(conf_id_parse(text, &id), -1);
}

/* As certificates have them; how they are written does not matter */
static void names(void **state)
{
	static const char *const same[] = {
		"C=DE, O=Example\\, Inc, CN=vpn.example",
		"C=de,O=example,, inc,CN=VPN.example",
		" C = DE , O = \"Example,, Inc\" , CN = 'vpn.example' ",
		"OID.2.5.4.6=DE, O=Example  \\, Inc, CN=vpn.example",
	};
	struct conf_id first, id;
	char hex[2 + 2 * CONF_ID_MAX + 1] = "@~", *p = hex + 2;

	(void)state;
	assert_int_equal(conf_id_parse(same[0], &first), 0);
	assert_int_equal(first.type, CONF_ID_DN);
	assert_string_equal(first.text, "C=DE, O=Example\\, Inc, CN=vpn.example");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(conf_id_parse(same[i], &id), 0);
		assert_true(conf_id_equal(&first, &id));
	}
	assert_int_equal(conf_id_parse("E=me@x, S=Hessen, CN=caf\xc3\xa9", &id), 0);
	assert_string_equal(id.text, "emailAddress=me@x, ST=Hessen, CN=caf\\C3\\A9");
	assert_false(conf_id_equal(&first, &id));
	/* In another order it is somebody else */
	assert_int_equal(conf_id_parse("CN=vpn.example, O=Example\\, Inc, C=DE", &id), 0);
	assert_false(conf_id_equal(&first, &id));
	for (size_t i = 0; i < first.len; i++)
		p += sprintf(p, "%02x", first.data[i]);
	assert_int_equal(conf_id_parse(hex, &id), 0);
	assert_true(conf_id_equal(&first, &id));
	strcpy(p, "00");
	assert_int_equal(conf_id_parse(hex, &id), -1);
}

/* What parses from text is the same when it comes from the wire */
static void set_same(void **state)
{
	static const char *const texts[] = {
		"192.0.2.1", "2001:db8::1", "@vpn.example", "me@vpn.example", "@#00ff1a",
		"C=DE, O=Example, CN=vpn.example", "CN=tab\there, O=a\"b",
	};
	struct conf_id a, b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(conf_id_parse(texts[i], &a), 0);
		assert_int_equal(conf_id_set(&b, a.type, a.data, a.len), 0);
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

static void set_bad(void **state)
{
	static const uint8_t data[CONF_ID_MAX + 1] = { 'a', '\n', 'b' };
	static const uint8_t types[] = { 0, 4, 6, 7, 8, 9, 10, 12, 255 };
	struct conf_id id;

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++)
		assert_int_equal(conf_id_set(&id, types[i], data, 4), -1);
	assert_int_equal(conf_id_set(&id, CONF_ID_IPV4, data, 3), -1);
	assert_int_equal(conf_id_set(&id, CONF_ID_IPV4, data, 5), -1);
	assert_int_equal(conf_id_set(&id, CONF_ID_IPV6, data, 4), -1);
	assert_int_equal(conf_id_set(&id, CONF_ID_FQDN, data, 3), -1);
	assert_int_equal(conf_id_set(&id, CONF_ID_EMAIL, data, 3), -1);
	assert_int_equal(conf_id_set(&id, CONF_ID_KEY, data, 0), -1);
	assert_int_equal(conf_id_set(&id, CONF_ID_KEY, data, CONF_ID_MAX + 1), -1);
	assert_int_equal(id.type, CONF_ID_NONE);
}

static bool equal(const char *a, const char *b)
{
	struct conf_id x, y;

	assert_int_equal(conf_id_parse(a, &x), 0);
	assert_int_equal(conf_id_parse(b, &y), 0);
	return conf_id_equal(&x, &y);
}

static void compare(void **state)
{
	(void)state;
	assert_true(equal("@vpn.example", "@VPN.Example"));
	assert_true(equal("me@vpn.example", "ME@vpn.example"));
	assert_true(equal("@#6162", "@[ab]"));
	assert_true(equal("2001:db8:0::1", "2001:db8::0001"));
	assert_true(equal("%any", "%any6"));
	assert_false(equal("@vpn.example", "@vpn.exampl"));
	assert_false(equal("@vpn.example", "@vpn.example."));
	assert_false(equal("@[ab]", "@[AB]"));
	assert_false(equal("@ab", "@[ab]"));
	assert_false(equal("192.0.2.1", "@192.0.2.1"));
	assert_false(equal("192.0.2.1", "192.0.2.2"));
	assert_false(equal("%any", "192.0.2.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_good),
		cmocka_unit_test(parse_bad),
		cmocka_unit_test(parse_limits),
		cmocka_unit_test(names),
		cmocka_unit_test(set_same),
		cmocka_unit_test(set_bad),
		cmocka_unit_test(compare),
	};

	return cmocka_run_group_tests_name("conf_id", tests, NULL, NULL);
}
