// SPDX-License-Identifier: GPL-2.0-or-later
/* Each algorithm of ike= and esp= in a handshake of two ends, and under the kernel's name. */
#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "ike_pair.h"
#include "ike/algo.h"
#include "xfrm/keys.h"

static void run(const char *ike, const char *esp, const char *ike_text)
{
	struct pair p;
	char text[96];

	pair_init(&p);
	pair_suites(&p.i, ike, esp);
	pair_suites(&p.r, ike, esp);
	pair_start(&p);
	if (!pair_is_up(&p))
		fail_msg("ike=%s esp=%s: '%s', '%s'", ike, esp, ike_sa_error(p.i.sa),
			 ike_sa_error(p.r.sa));
	if (ike_text)
		assert_string_equal(ike_suite_text(ike_sa_suite(p.i.sa), text, sizeof(text)),
				    ike_text);
	assert_memory_equal(p.i.child.key_in, p.r.child.key_out, sizeof(p.i.child.key_in));
	assert_memory_equal(p.i.child.integ_out, p.r.child.integ_in, sizeof(p.i.child.integ_in));
	pair_free(&p);
}

static void test_ike_each(void **state)
{
	static const char *const encrs[][2] = {
		{ "aes_gcm256-sha2_256", "AES_GCM_16_256-HMAC_SHA2_256-DH19" },
		{ "aes_gcm128-sha2_512", "AES_GCM_16_128-HMAC_SHA2_512-DH19" },
		{ "chacha20_poly1305-sha2_256", "CHACHA20_POLY1305-HMAC_SHA2_256-DH19" },
		{ "aes_ccm_a256-sha2_384", "AES_CCM_8_256-HMAC_SHA2_384-DH19" },
		{ "aes_ccm_a128-sha1", "AES_CCM_8_128-HMAC_SHA1-DH19" },
		{ "aes256-sha2_512", "AES_CBC_256-HMAC_SHA2_512_256-HMAC_SHA2_512-DH19" },
		{ "aes128-sha2_384", "AES_CBC_128-HMAC_SHA2_384_192-HMAC_SHA2_384-DH19" },
		{ "aes128-sha1", "AES_CBC_128-HMAC_SHA1_96-HMAC_SHA1-DH19" },
		{ "aes128-aes_xcbc", "AES_CBC_128-AES_XCBC_96-AES_XCBC-DH19" },
		{ "aes_gcm128-aes_xcbc", "AES_GCM_16_128-AES_XCBC-DH19" },
		{ "aes256-aes_xcbc_96-sha2_256", "AES_CBC_256-AES_XCBC_96-HMAC_SHA2_256-DH19" },
	};
	char ike[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(encrs); i++) {
		snprintf(ike, sizeof(ike), "%s;dh19", encrs[i][0]);
		run(ike, NULL, encrs[i][1]);
	}
}

static void test_groups(void **state)
{
	static const char *const groups[] = {
		"dh14", "dh15", "dh16", "dh18", "dh19", "dh20", "dh21", "dh31",
	};
	char ike[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		snprintf(ike, sizeof(ike), "aes_gcm256-sha2_256;%s", groups[i]);
		run(ike, NULL, NULL);
	}
}

/* The attribute that names an algorithm in a message to the kernel, and its key's length */
static void named(const char *esp, int attr, const char *name, unsigned int bits,
		  unsigned int icv)
{
	struct ike_suite_list list;
	struct ike_child child = { .spi_in = 1 };
	struct nl_msg *msg = nlmsg_alloc();
	struct xfrm_algo_auth *alg;
	struct nlattr *nla;
	char err[160];

	assert_int_equal(ike_suite_parse_esp(esp, &list, err, sizeof(err)), 0);
	child.suite = list.s[0];
	child.key_len = ike_sk_key_len(child.suite.encr, child.suite.keylen);
	child.integ_len = ike_sk_integ_len(child.suite.integ);
	assert_non_null(msg);
	nlmsg_put(msg, 0, 0, XFRM_MSG_NEWSA, 0, 0);
	assert_int_equal(xfrm_keys_put(msg, &child, true), 0);
	nla = nlmsg_find_attr(nlmsg_hdr(msg), 0, attr);
	assert_non_null(nla);
	/* Name and key length begin all three structures, the ICV follows in two */
	alg = nla_data(nla);
	assert_string_equal(alg->alg_name, name);
	assert_int_equal(alg->alg_key_len, bits);
	if (attr != XFRMA_ALG_CRYPT)
		assert_int_equal(alg->alg_trunc_len, icv);
	nlmsg_free(msg);
}

static void test_kernel_names(void **state)
{
	struct ike_child child = { .suite.encr = IKE_ENCR_AES_CBC, .key_len = 16 };
	struct nl_msg *msg = nlmsg_alloc();

	(void)state;
	named("aes_gcm128", XFRMA_ALG_AEAD, "rfc4106(gcm(aes))", 160, 128);
	named("aes_ccm_a256", XFRMA_ALG_AEAD, "rfc4309(ccm(aes))", 280, 64);
	named("chacha20_poly1305", XFRMA_ALG_AEAD, "rfc7539esp(chacha20,poly1305)", 288, 128);
	named("aes256-sha1", XFRMA_ALG_CRYPT, "cbc(aes)", 256, 0);
	named("null-sha2_256", XFRMA_ALG_CRYPT, "ecb(cipher_null)", 0, 0);
	named("aes-sha1", XFRMA_ALG_AUTH_TRUNC, "hmac(sha1)", 160, 96);
	named("aes-sha2_256", XFRMA_ALG_AUTH_TRUNC, "hmac(sha256)", 256, 128);
	named("aes-sha2_384", XFRMA_ALG_AUTH_TRUNC, "hmac(sha384)", 384, 192);
	named("aes-aes_xcbc", XFRMA_ALG_AUTH_TRUNC, "xcbc(aes)", 128, 96);
	named("null-sha2_512", XFRMA_ALG_AUTH_TRUNC, "hmac(sha512)", 512, 256);
	/* Nothing without integrity, whatever a bug would ask for */
	nlmsg_put(msg, 0, 0, XFRM_MSG_NEWSA, 0, 0);
	assert_int_equal(xfrm_keys_put(msg, &child, true), -EOPNOTSUPP);
	child.suite.encr = 3;
	child.suite.integ = IKE_INTEG_HMAC_SHA2_256_128;
	assert_int_equal(xfrm_keys_put(msg, &child, true), -EOPNOTSUPP);
	child.suite.encr = IKE_ENCR_AES_GCM_16;
	assert_int_equal(xfrm_keys_put(msg, &child, true), -EOPNOTSUPP);
	nlmsg_free(msg);
}

static void test_esp_each(void **state)
{
	static const char *const esps[] = {
		"aes_gcm128", "aes_gcm256", "chacha20_poly1305", "aes_ccm_a", "aes-sha2_512",
		"aes-sha2_384", "aes128-sha1", "aes128-aes_xcbc", "null-sha2_256",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(esps); i++)
		run("aes_gcm256-sha2_256;dh19", esps[i], NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ike_each),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_esp_each),
		cmocka_unit_test(test_kernel_names),
	};

	return cmocka_run_group_tests_name("ike_algo", tests, NULL, NULL);
}
