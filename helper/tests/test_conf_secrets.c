// SPDX-License-Identifier: GPL-2.0-or-later
/* Pre-shared keys: the file's words, its rights, and which key is for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "macros.h"
#include "tests/conf_files.h"

static struct conf_secret *load(const char *text)
{
	char err[256] = "";
	struct conf_secret *list;

	if (conf_secrets_text(text, strlen(text), true, &list, err, sizeof(err)))
		fail_msg("%s", err);
	return list;
}

static void refused(const char *text, const char *with)
{
	struct conf_secret *list;
	char err[256] = "";

	assert_int_equal(conf_secrets_text(text, strlen(text), true, &list, err, sizeof(err)), -1);
	assert_null(list);
	if (!strstr(err, with))
		fail_msg("'%s' lacks '%s'", err, with);
}

static void is_key(const struct conf_secret *s, const char *key, size_t len)
{
	assert_non_null(s);
	assert_int_equal(s->len, len);
	assert_memory_equal(s->key, key, len);
}

static void formats(void **state)
{
	struct conf_secret *list = load("# comment\n"
					": PSK \"with blank # and 'quote'\" # comment\n"
					": psk 'with \"quote\"'\n"
					": PSK 0x00_ff_1A\n"
					": PSK 0X00ff\n"
					": PSK 0sAP8a\n"
					": PSK 0sAP8=\n"
					": PSK 0tplain#text\n"
					":\n"
					"\tPSK\n"
					"# margin comment\n"
					"\t\"continued\"\r\n");
	struct conf_secret *s = list;

	(void)state;
	is_key(s, "with blank # and 'quote'", 24);
	is_key(s = s->next, "with \"quote\"", 12);
	is_key(s = s->next, "\0\xff\x1a", 3);
	is_key(s = s->next, "\0\xff", 2);
	is_key(s = s->next, "\0\xff\x1a", 3);
	is_key(s = s->next, "\0\xff", 2);
	is_key(s = s->next, "plain#text", 10);
	is_key(s = s->next, "continued", 9);
	assert_null(s->next);
	conf_secrets_free(list);
}

/* Passphrases of key files; where there is none, the entry says nothing that we need */
static void passphrases(void **state)
{
	struct conf_secret *list = load(": RSA west.key \"open sesame\"\n"
					": RSA other.key\n"
					": RSA { Modulus: 0xabc\n\tExponent: 3\n\t}\n"
					": P12 /etc/w.p12 0t1234\n"
					": ECDSA 0sAAAA\n"
					"@a @b : PSK \"x\"\n");
	struct conf_secret *s = list;
	struct conf_id a, b;

	(void)state;
	is_key(s, "open sesame", 11);
	assert_string_equal(s->name, "west.key");
	assert_int_equal(s->kind, CONF_SECRET_PASS);
	is_key(s = s->next, "1234", 4);
	assert_string_equal(s->name, "/etc/w.p12");
	is_key(s = s->next, "x", 1);
	assert_null(s->next);
	conf_id_parse("@c", &a);
	conf_id_parse("@d", &b);
	assert_null(conf_secret_find(list, &a, &b));
	conf_secrets_free(list);
	refused(": RSA x.key \"a\" \"b\"\n", "too many words");
	refused(": RSA x.key open\n", "double quotes");
	refused(": RSA x.key \"open\"\n", "no pre-shared key");
}

static void ppks(void **state)
{
	struct conf_secret *list = load("@a @b : PPKS \"one\" \"first\"\n@a @c : PPKS \"two\" 0x0102\n"
					": PSK \"x\"\n");
	struct conf_id a, b, c;

	(void)state;
	conf_id_parse("@a", &a);
	conf_id_parse("@b", &b);
	conf_id_parse("@c", &c);
	assert_true(conf_has_ppk(list));
	is_key(conf_ppk_find(list, &a, &b, NULL), "first", 5);
	is_key(conf_ppk_find(list, &c, &a, "two"), "\1\2", 2);
	assert_null(conf_ppk_find(list, &a, &b, "two"));
	assert_null(conf_ppk_find(list, &b, &c, NULL));
	is_key(conf_secret_find(list, &a, &b), "x", 1);
	conf_secrets_free(list);
	refused(": PPKS one \"first\"\n", "an identity of 64 characters at most");
	refused(": PPKS \"one\"\n", "no secret behind PSK or PPKS");
}

static void indices(void **state)
{
	struct conf_secret *list = load("@a 192.0.2.1 me@b\n  2001:db8::1 %any : PSK \"x\"\n"
					"@c: PSK \"y\"\n");

	(void)state;
	assert_int_equal(list->n_ids, 5);
	assert_string_equal(list->ids[0].text, "@a");
	assert_string_equal(list->ids[3].text, "2001:db8::1");
	assert_int_equal(list->ids[4].type, CONF_ID_NONE);
	assert_int_equal(list->next->n_ids, 1);
	assert_string_equal(list->next->ids[0].text, "@c");
	conf_secrets_free(list);
}

static void other_kinds(void **state)
{
	struct conf_secret *list = load("@u : XAUTH \"not for us\"\n"
					": RSA\t{\n\tModulus: 0x12\n\t}\n"
					"@p : PIN \"id\" \"not for us\"\n"
					"@a @b : PSK \"ours\"\n"
					": RSA key.pem\n");

	(void)state;
	is_key(list, "ours", 4);
	assert_null(list->next);
	conf_secrets_free(list);
}

static void malformed(void **state)
{
	(void)state;
	refused("", "no pre-shared key");
	refused("@u : XAUTH \"x\"\n", "no pre-shared key");
	refused(" @a : PSK \"x\"\n", ":1: an entry begins at the margin");
	refused("@a @b PSK \"x\"\n", ":1: ':' is missing before PSK");
	refused("@a @b\n@c : PSK \"x\"\n", ":2: the entry above");
	refused("@a @b", ":1: the entry above");
	refused("@a : PSK\n@b : PSK \"x\"\n", ":2: the entry above has no secret");
	refused("@a : PSK\n", "has no secret");
	refused("@a :\n", "PSK is expected");
	refused("@a : KSP \"x\"\n", "PSK is expected");
	refused("@a : PSK \"x\n", ":1: a quote opens");
	refused("@a : PSK \"x\" \"y\"\n", "too many words");
	refused("@a : PSK \"x\"y\n", "too many words");
	refused("@a : PSK unquoted\n", "double quotes");
	refused("@a : PSK \"\"\n", "empty");
	refused("@a : PSK 0t\n", "double quotes");
	refused("@a : PSK 0x0\n", "not valid hex");
	refused("@a : PSK 0xzz\n", "not valid hex");
	refused("@a : PSK 0x_\n", "not valid hex");
	refused("@a : PSK 0sA\n", "not valid base64");
	refused("@a : PSK 0sAAA\n", "not valid base64");
	refused("@a : PSK 0sA=AA\n", "not valid base64");
	refused("@a : PSK 0sA===\n", "not valid base64");
	refused("@a : PSK 0sAA-A\n", "not valid base64");
	refused("bare.example : PSK \"x\"\n", "write @NAME");
	refused("include x\n", "include");
	refused("include\n", "include needs a file name");
}

/* Whatever is wrong, the message has no word of the file but what we expect */
static void no_leaks(void **state)
{
	static const char *const texts[] = {
		"\"topsecret\" : PSK\n", "topsecret : PSK \"x\"\n", "@a : topsecret\n",
		"@a : PSK topsecret\n", "@a : PSK \"x\" topsecret\n", "@a : PSK \"topsecret\n",
		"@a : PSK 0xtopsecret\n", "@a : PSK 0stopsecret!\n", " topsecret\n",
	};
	struct conf_secret *list;
	char err[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(conf_secrets_text(texts[i], strlen(texts[i]), true, &list, err,
						   sizeof(err)), -1);
		assert_null(strstr(err, "topsecret"));
	}
}

/* Files with a zero byte are refused before; the scanner stands it all the same */
static void zero_byte(void **state)
{
	static const char text[] = "@a : PSK 0x00\0ffffffffffffffff\n@b\0c : PSK 0sAA\0=\n";
	struct conf_secret *list;
	char err[256];

	(void)state;
	assert_int_equal(conf_secrets_text(text, sizeof(text) - 1, true, &list, err, sizeof(err)),
			 -1);
	assert_string_equal(err, "secrets:2: the secret is not valid base64");
}

static void bounds(void **state)
{
	char text[64 * 8 + 64] = "";

	(void)state;
	for (int i = 0; i < 33; i++)
		strcat(text, "@a ");
	strcat(text, ": PSK \"x\"\n");
	refused(text, "more than 32");
}

static const char *find(const struct conf_secret *list, const char *local, const char *remote)
{
	const struct conf_secret *s;
	struct conf_id a, b;

	assert_int_equal(conf_id_parse(local, &a), 0);
	assert_int_equal(conf_id_parse(remote, &b), 0);
	s = conf_secret_find(list, &a, &b);
	return s ? (const char *)s->key : "none";
}

static void best_match(void **state)
{
	struct conf_secret *list = load(": PSK \"default\"\n"
					"@a : PSK \"only-a\"\n"
					"@a %any : PSK \"a-any\"\n"
					"@a @b : PSK \"a-b\"\n"
					"@c @d @e : PSK \"group\"\n");

	(void)state;
	assert_string_equal(find(list, "@a", "@b"), "a-b");
	assert_string_equal(find(list, "@b", "@a"), "a-b");
	assert_string_equal(find(list, "@A", "@B"), "a-b");
	assert_string_equal(find(list, "@a", "@z"), "a-any");
	assert_string_equal(find(list, "@c", "@e"), "group");
	assert_string_equal(find(list, "@c", "@z"), "default");
	assert_string_equal(find(list, "@z", "@c"), "default");
	assert_string_equal(find(list, "192.0.2.1", "192.0.2.2"), "default");
	conf_secrets_free(list);

	list = load("%any : PSK \"any\"\n@b %any : PSK \"b-any\"\n");
	assert_string_equal(find(list, "@a", "192.0.2.2"), "any");
	assert_string_equal(find(list, "@a", "@b"), "b-any");
	assert_string_equal(find(list, "@b", "@a"), "b-any");
	conf_secrets_free(list);

	list = load("@a : PSK \"only-a\"\n@b @c : PSK \"b-c\"\n");
	assert_string_equal(find(list, "@a", "@z"), "only-a");
	assert_string_equal(find(list, "@z", "@a"), "none");
	assert_string_equal(find(list, "@b", "@z"), "none");
	assert_string_equal(find(list, "@z", "@y"), "none");
	conf_secrets_free(list);
}

static void load_refused(const char *path, const char *with)
{
	struct conf_secret *list;
	char err[512] = "";

	assert_int_equal(conf_secrets_load(path, true, &list, err, sizeof(err)), -1);
	if (!strstr(err, with))
		fail_msg("'%s' lacks '%s'", err, with);
}

static void rights(void **state)
{
	static const mode_t bad[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0666 };
	const char *path = conf_file("secrets", "@a : PSK \"x\"\n", 0600);
	struct conf_secret *list;
	char err[512];

	(void)state;
	assert_int_equal(conf_secrets_load(path, true, &list, err, sizeof(err)), 0);
	is_key(list, "x", 1);
	conf_secrets_free(list);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(chmod(path, bad[i]), 0);
		load_refused(path, "chmod 600");
	}
	/* Only root can give a file away, and only then there is something to see */
	if (!geteuid()) {
		assert_int_equal(chmod(path, 0600), 0);
		assert_int_equal(chown(path, 65534, -1), 0);
		load_refused(path, "belongs to user 65534");
	}
}

static void includes(void **state)
{
	const char *path = conf_file("main", "include sub/*.s\n@m : PSK \"m\"\n", 0600);
	struct conf_secret *list;
	char err[512];

	(void)state;
	conf_file("sub/b.s", "@b : PSK \"b\"\n", 0600);
	conf_file("sub/a.s", "@a : PSK \"a\"\n", 0600);
	assert_int_equal(conf_secrets_load(path, true, &list, err, sizeof(err)), 0);
	is_key(list, "a", 1);
	is_key(list->next, "b", 1);
	is_key(list->next->next, "m", 1);
	conf_secrets_free(list);

	conf_file("sub/a.s", "@a : PSK \"a\"\n", 0644);
	load_refused(path, "chmod 600");
	load_refused(conf_file("loop", "include loop\n", 0600), "include itself");
	load_refused(conf_file("missing", "\n\ninclude nothing\n", 0600), "missing:3: include");
	load_refused(conf_path("absent"), "cannot open");
	load_refused(conf_path("sub"), "not a regular file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(passphrases),
		cmocka_unit_test(ppks),
		cmocka_unit_test(indices),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(malformed),
		cmocka_unit_test(no_leaks),
		cmocka_unit_test(zero_byte),
		cmocka_unit_test(bounds),
		cmocka_unit_test(best_match),
		cmocka_unit_test_setup_teardown(rights, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(includes, conf_files_begin, conf_files_end),
	};

	return cmocka_run_group_tests_name("conf_secrets", tests, NULL, NULL);
}
