// SPDX-License-Identifier: GPL-2.0-or-later
/* The syntax of ike= and esp=, as libreswan's algparse takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ike/ke.h"
#include "ike/suite.h"
#include "macros.h"

/* All suites of a list in one string */
static void text_of(const struct ike_suite_list *list, char *buf, size_t len)
{
	size_t i;

	buf[0] = '\0';
	for (i = 0; i < list->n; i++) {
		size_t at = strlen(buf);
		char one[IKE_SUITE_TEXT_MAX];

		snprintf(buf + at, len - at, "%s%s", i ? " " : "",
			 ike_suite_text(&list->s[i], one, sizeof(one)));
	}
}

static void good(int (*parse)(const char *, struct ike_suite_list *, char *, size_t),
		 const char *text, const char *want)
{
	struct ike_suite_list list;
	char err[256] = "", got[4096];

	if (parse(text, &list, err, sizeof(err)))
		fail_msg("'%s': %s", text, err);
	text_of(&list, got, sizeof(got));
	assert_string_equal(got, want);
}

static void bad(int (*parse)(const char *, struct ike_suite_list *, char *, size_t),
		const char *text, const char *part)
{
	struct ike_suite_list list;
	char err[256] = "";

	if (!parse(text, &list, err, sizeof(err)))
		fail_msg("'%s' was accepted", text);
	if (!strstr(err, part))
		fail_msg("'%s': '%s' does not say '%s'", text, err, part);
}

static void test_ike(void **state)
{
	static const char *const dh19[] = {
		"aes_gcm256-sha2_256;dh19", "aes_gcm_16_256-sha2_256-dh19",
		"aes_gcm_c_256-hmac_sha2_256-ecp_256", "aes_gcm256-none-sha2_256-dh19",
		"aes_gcm_256-sha256;DH19", "AES_GCM-256-SHA2;ECP256",
		"aes_gcm256-null-sha2_256;dh19", "aes_gcm256-sha2_256;dh19+ecp256",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(dh19); i++)
		good(ike_suite_parse_ike, dh19[i], "AES_GCM_16_256-HMAC_SHA2_256-DH19");
	good(ike_suite_parse_ike, "aes256-sha2;modp2048",
	     "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_256-MODP2048");
	good(ike_suite_parse_ike, "aes_cbc128-hmac_sha2_256;curve25519",
	     "AES_CBC_128-HMAC_SHA2_256_128-HMAC_SHA2_256-DH31");
	good(ike_suite_parse_ike, "aes128-sha2_256_128-sha2_512;dh14",
	     "AES_CBC_128-HMAC_SHA2_256_128-HMAC_SHA2_512-MODP2048");
	good(ike_suite_parse_ike, "aes_gcm256-sha2_256+sha2_512;dh19+dh31",
	     "AES_GCM_16_256-HMAC_SHA2_256-DH19 AES_GCM_16_256-HMAC_SHA2_256-DH31 "
	     "AES_GCM_16_256-HMAC_SHA2_512-DH19 AES_GCM_16_256-HMAC_SHA2_512-DH31");
	good(ike_suite_parse_ike, "aes_gcm-sha2_384;dh31, aes128-sha2_256;dh14",
	     "AES_GCM_16_256-HMAC_SHA2_384-DH31 AES_GCM_16_128-HMAC_SHA2_384-DH31 "
	     "AES_CBC_128-HMAC_SHA2_256_128-HMAC_SHA2_256-MODP2048");
	good(ike_suite_parse_ike, "aes_gcm256;dh19",
	     "AES_GCM_16_256-HMAC_SHA2_256-DH19 AES_GCM_16_256-HMAC_SHA2_384-DH19 "
	     "AES_GCM_16_256-HMAC_SHA2_512-DH19");
	/* The same twice is once */
	good(ike_suite_parse_ike, "aes_gcm256-sha2;dh19,aes_gcm256-sha2;dh19",
	     "AES_GCM_16_256-HMAC_SHA2_256-DH19");
}

static void test_esp(void **state)
{
	(void)state;
	good(ike_suite_parse_esp, "aes_gcm256", "AES_GCM_16_256-NONE-ESN AES_GCM_16_256-NONE");
	good(ike_suite_parse_esp, "aes_gcm_c_256-null",
	     "AES_GCM_16_256-NONE-ESN AES_GCM_16_256-NONE");
	good(ike_suite_parse_esp, "aes128-sha2_256",
	     "AES_CBC_128-HMAC_SHA2_256_128-ESN AES_CBC_128-HMAC_SHA2_256_128");
	good(ike_suite_parse_esp, "aes128-sha2_256_128;dh19",
	     "AES_CBC_128-HMAC_SHA2_256_128-DH19-ESN AES_CBC_128-HMAC_SHA2_256_128-DH19");
	good(ike_suite_parse_esp, "aes_gcm128-none-modp2048",
	     "AES_GCM_16_128-NONE-MODP2048-ESN AES_GCM_16_128-NONE-MODP2048");
	good(ike_suite_parse_esp, "chacha20_poly1305+aes_ccm_a128",
	     "CHACHA20_POLY1305-NONE-ESN CHACHA20_POLY1305-NONE AES_CCM_8_128-NONE-ESN AES_CCM_8_128-NONE");
	good(ike_suite_parse_esp, "null-sha2_512+sha1",
	     "NULL-HMAC_SHA2_512_256-ESN NULL-HMAC_SHA2_512_256 NULL-HMAC_SHA1_96-ESN NULL-HMAC_SHA1_96");
	good(ike_suite_parse_esp, "aes_gcm128;none",
	     "AES_GCM_16_128-NONE-ESN AES_GCM_16_128-NONE");
}

#define CBC "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_256"

typedef int parse_fn(const char *, struct ike_suite_list *, char *, size_t);

static void test_addke(void **state)
{
	static const struct {
		parse_fn *parse;
		const char *text, *want;
	} cases[] = {
		{ ike_suite_parse_ike, "aes256-sha2_256;dh19;addke1=dh31",
		  CBC "-DH19;addke1=DH31" },
		{ ike_suite_parse_ike, "aes256-sha2_256-dh19;addke1=dh31",
		  CBC "-DH19;addke1=DH31" },
		{ ike_suite_parse_ike, "aes256-sha2_256-dh19;ADDKE7=Curve25519;addke2=modp2048",
		  CBC "-DH19;addke2=MODP2048;addke7=DH31" },
		/* More key exchanges go first, whatever else there is */
		{ ike_suite_parse_ike, "aes256-sha2_256+sha2_512-dh19;addke1=dh31+none",
		  CBC "-DH19;addke1=DH31 "
		  "AES_CBC_256-HMAC_SHA2_512_256-HMAC_SHA2_256-DH19;addke1=DH31 "
		  "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_512-DH19;addke1=DH31 "
		  "AES_CBC_256-HMAC_SHA2_512_256-HMAC_SHA2_512-DH19;addke1=DH31 "
		  CBC "-DH19 AES_CBC_256-HMAC_SHA2_512_256-HMAC_SHA2_256-DH19 "
		  "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_512-DH19 "
		  "AES_CBC_256-HMAC_SHA2_512_256-HMAC_SHA2_512-DH19" },
		/* None twice */
		{ ike_suite_parse_ike, "aes256-sha2_256;dh19+dh20;addke1=dh19+dh20",
		  CBC "-DH20;addke1=DH19 " CBC "-DH19;addke1=DH20" },
		{ ike_suite_parse_ike, "aes256-sha2_256-modp2048;addke1=modp3072;addke2=modp4096;"
		  "addke3=modp8192;addke4=dh19;addke5=dh20;addke6=dh21;addke7=dh31",
		  CBC "-MODP2048;addke1=MODP3072;addke2=MODP4096;addke3=MODP8192;addke4=DH19;"
		  "addke5=DH20;addke6=DH21;addke7=DH31" },
		{ ike_suite_parse_ike, "aes256-sha2_256;dh19;addke2=none;addke4=dh20",
		  CBC "-DH19;addke4=DH20" },
		{ ike_suite_parse_esp, "aes_gcm256;addke1=dh31",
		  "AES_GCM_16_256-NONE-ESN;addke1=DH31 AES_GCM_16_256-NONE;addke1=DH31" },
		{ ike_suite_parse_esp, "aes_gcm256-none-dh19;addke3=dh31",
		  "AES_GCM_16_256-NONE-DH19-ESN;addke3=DH31 AES_GCM_16_256-NONE-DH19;addke3=DH31" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		good(cases[i].parse, cases[i].text, cases[i].want);
}

static void test_addke_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "aes256-sha2_256;dh19;addke0=dh31", "is not addke1= to addke7=" },
		{ "aes256-sha2_256;dh19;addke8=dh31", "is not addke1= to addke7=" },
		{ "aes256-sha2_256;dh19;addke1", "'addke1' is too much" },
		{ "aes256-sha2_256;dh19;addkex=dh31", "'addkex=dh31' is not addke1=" },
		{ "aes256-sha2_256;dh19;addke1=dh31;dh20", "'dh20' is not addke1=" },
		{ "aes256-sha2_256;dh19;addke1=", "'' is not supported" },
		{ "aes256-sha2_256;dh19;addke1=dh22",
		  "'dh22' is not supported; supported: dh19" },
		{ "addke1=dh31", "'addke1=dh31' is not supported" },
		{ ";addke1=dh31", "'' is not supported" },
		{ "aes256-sha2_256;dh19;addke1=dh19", "the same key exchange twice" },
		{ "aes256-sha2_256;dh19;addke1=dh31;addke2=dh31",
		  "the same key exchange twice" },
		{ "aes256-sha2_256;none;addke1=dh31", "'none' is not supported" },
		{ "aes;addke1=dh19+dh20+dh21+dh31;addke2=dh19+dh20+dh21+dh31;addke3=dh19+dh20+dh21+dh31;addke4=dh19+dh20+dh21+dh31",
		  "more than 128" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		bad(ike_suite_parse_ike, cases[i][0], cases[i][1]);
}

/* By what libcrypto has: an old one is no reason to take it for a misspelling */
static void test_ml_kem(void **state)
{
	static const char *const names[] = { "ml_kem_512", "ml_kem_768", "MLKEM1024" };
	static const char *const texts[] = { "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char in[128], out[128];

		snprintf(in, sizeof(in), "aes256-sha2_256-dh31;addke1=%s", names[i]);
		snprintf(out, sizeof(out), CBC "-DH31;addke1=%s", texts[i]);
		if (ike_ke_available(IKE_KE_ML_KEM_768))
			good(ike_suite_parse_ike, in, out);
		else
			bad(ike_suite_parse_ike, in, "libcrypto of this system does not have it");
	}
}

static void test_default(void **state)
{
	struct ike_suite_list list;
	char err[256], text[128];

	(void)state;
	assert_int_equal(ike_suite_parse_ike(NULL, &list, err, sizeof(err)), 0);
	assert_int_equal(list.n, 63);
	assert_string_equal(ike_suite_text(&list.s[0], text, sizeof(text)),
			    "AES_GCM_16_256-HMAC_SHA2_256-DH19");
	assert_int_equal(ike_suite_parse_esp(NULL, &list, err, sizeof(err)), 0);
	assert_int_equal(list.n, 14);
	assert_string_equal(ike_suite_text(&list.s[0], text, sizeof(text)),
			    "AES_GCM_16_256-NONE-ESN");
	/* All that there is fits into a list */
	assert_int_equal(ike_suite_parse_ike("aes_gcm,chacha20_poly1305,aes", &list, err,
					     sizeof(err)), 0);
	assert_int_equal(list.n, 119);
}

static void test_refused(void **state)
{
	char big[600];

	(void)state;
	bad(ike_suite_parse_ike, "3des-sha1;dh14", "'3des' is not supported; supported: aes_gcm");
	bad(ike_suite_parse_ike, "aes256-md5;dh14", "'md5' is not supported; supported: sha2");
	bad(ike_suite_parse_ike, "null-sha2_256;dh14", "'null' is not supported");
	bad(ike_suite_parse_ike, "aes256-sha2_256;dh22", "'dh22' is not supported");
	bad(ike_suite_parse_ike, "aes256-sha2_256;dh5", "'dh5' is not supported");
	bad(ike_suite_parse_esp, "null-none", "'none' is not supported");
	bad(ike_suite_parse_ike, "aes_gcm256-md5", "PRF algorithm 'md5' is not supported");
	bad(ike_suite_parse_ike, "aes_gcm256-sha2;modp1024", "'modp1024' is not supported");
	bad(ike_suite_parse_ike, "aes_gcm256-sha2;none", "'none' is not supported");
	bad(ike_suite_parse_ike, "aes_gcm16", "16 bits");
	bad(ike_suite_parse_ike, "aes_gcm192", "192 bits");
	bad(ike_suite_parse_ike, "aes99999999999999999999", "bits is not supported");
	bad(ike_suite_parse_ike, "aes_gcm256+aes256-sha2_256", "cannot share a proposal");
	bad(ike_suite_parse_ike, "aesgcm256", "'aesgcm256' is not supported");
	bad(ike_suite_parse_ike, "aes_gcm256-sha2;dh19;dh31", "'dh31' is too much");
	bad(ike_suite_parse_ike, "aes_gcm,aes,chacha20_poly1305,aes_ccm_a", "more than 128");
	bad(ike_suite_parse_ike, "", "empty");
	bad(ike_suite_parse_ike, "aes_gcm256,,aes", "empty");
	bad(ike_suite_parse_ike, "aes_gcm256,", "empty");
	bad(ike_suite_parse_ike, "-", "'' is not supported");
	bad(ike_suite_parse_ike, "256", "'256' is not supported");
	bad(ike_suite_parse_ike, "aes_gcm256-", "'' is not supported");
	bad(ike_suite_parse_ike, "aes_gcm256+", "'' is not supported");
	bad(ike_suite_parse_esp, "aes_gcm256-sha2_256", "supported: none");
	bad(ike_suite_parse_esp, "aes256-none", "'none' is not supported; supported: sha2_256");
	bad(ike_suite_parse_esp, "aes_gcm_a", "'aes_gcm_a' is not supported");
	bad(ike_suite_parse_esp, "aes_gcm256;dh1", "'dh1' is not supported");
	bad(ike_suite_parse_esp, "aes256-sha2_256-dh19-x", "'x' is too much");
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	bad(ike_suite_parse_esp, big, "longer than");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ike),
		cmocka_unit_test(test_esp),
		cmocka_unit_test(test_addke),
		cmocka_unit_test(test_addke_refused),
		cmocka_unit_test(test_ml_kem),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
