// SPDX-License-Identifier: GPL-2.0-or-later
/* prf, prf+ and the keys made of them, against known answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "ike/keys.h"
#include "ike/prf.h"
#include "macros.h"

static struct ike_bytes str(const char *s)
{
	return (struct ike_bytes){ (const uint8_t *)s, strlen(s) };
}

/* RFC 4231, section 4.3 (test case 2) */
static void test_prf(void **state)
{
	static const struct {
		uint16_t prf;
		const char *out;
	} t[] = {
		{ IKE_PRF_HMAC_SHA2_256,
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ IKE_PRF_HMAC_SHA2_384,
		  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		  "8e2240ca5e69e2c78b3239ecfab21649" },
		{ IKE_PRF_HMAC_SHA2_512,
		  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	};
	/* In two parts: they are one message */
	struct ike_bytes parts[] = { str("what do ya want "), str("for nothing?") };
	uint8_t out[IKE_PRF_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(ike_prf(t[i].prf, str("Jefe"), parts, 2, out), 0);
		assert_hex(out, ike_prf_len(t[i].prf), t[i].out);
	}
	assert_int_equal(ike_prf_len(1), 0);
	assert_int_equal(ike_prf(1, str("Jefe"), parts, 2, out), -1);
}

/* RFC 3566, section 4.6, and RFC 4434, section 5 */
static void test_xcbc(void **state)
{
	static const struct {
		size_t key, len;
		const char *out;
	} t[] = {
		{ 16, 0, "75f0251d528ac01c4573dfd584d79f29" },
		{ 16, 3, "5b376580ae2f19afe7219ceef172756f" },
		{ 16, 16, "d2a246fa349b68a79998a4394ff7a263" },
		{ 16, 20, "47f51b4564966215b8985c63055ed308" },
		{ 16, 32, "f54f0ec8d2b9f3d36807734bd5283fd4" },
		{ 16, 34, "becbb3bccdb518a30677d5481fb6b4d8" },
		{ 10, 20, "0fa087af7d866e7653434e602fdde835" },
		{ 18, 20, "8cd3c93ae598a9803006ffb67c40e9e4" },
	};
	uint8_t key[18], data[34], out[IKE_PRF_MAX];
	struct ike_prf_ctx *ctx;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	memcpy(key, data, 16);
	key[16] = 0xed;
	key[17] = 0xcb;
	ctx = ike_prf_begin(IKE_PRF_AES128_XCBC);
	assert_non_null(ctx);
	assert_int_equal(ike_prf_len(IKE_PRF_AES128_XCBC), 16);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct ike_bytes k = { key, t[i].key };

		for (size_t cut = 0; cut <= t[i].len; cut++) {
			struct ike_bytes parts[] = {
				{ data, cut }, { data + cut, t[i].len - cut }
			};

			assert_int_equal(ike_prf(IKE_PRF_AES128_XCBC, k, parts, 2, out), 0);
			assert_hex(out, 16, t[i].out);
		}
		assert_int_equal(ike_prf_next(ctx, k, (struct ike_bytes){ data, t[i].len }, out),
				 0);
		assert_hex(out, 16, t[i].out);
	}
	ike_prf_end(ctx);
}

/* By Python's hmac, from the formula of RFC 7296, section 2.13 */
static void test_prf_plus(void **state)
{
	static uint8_t out[255 * 32 + 1];

	(void)state;
	assert_int_equal(ike_prf_plus(IKE_PRF_HMAC_SHA2_256, str("key"), str("seed"), out, 100),
			 0);
	assert_hex(out, 100,
		   "a2392e429a99b173341b368bb5ce320bfd483d89567c14ec187c2d77e3c0a208"
		   "ba45d21d42611712996c0cd4b329ac8681e093a8a5bbbbf0fb8c9d1cf674f742"
		   "3fe3d2fbd6641ff544749daa37804f04be0b1beba59ddc3867c3016209779fa7"
		   "4e8b8654");
	assert_int_equal(ike_prf_plus(IKE_PRF_HMAC_SHA2_256, str("key"), str("seed"), out,
				      sizeof(out) - 1), 0);
	/* The counter is one byte */
	assert_int_equal(ike_prf_plus(IKE_PRF_HMAC_SHA2_256, str("key"), str("seed"), out,
				      sizeof(out)), -1);
}

struct kdf {
	struct ike_suite suite;
	const char *d, *ai, *ar, *ei, *er, *pi, *pr;
	const char *gcm256, *cbc128;	/* KEYMAT of child SAs */
};

/* By Python's hmac: g^ir 80..9f, Ni 00..1f, Nr 40..5f, SPIs 0102..08 and 1112..18 */
static const struct kdf kdfs[] = {
	{
		.suite = { IKE_ENCR_AES_GCM_16, 256, IKE_PRF_HMAC_SHA2_256, 0, 0, 0 },
		.d = "2bc8059eee8bca1cf2dbdc128464b2844935f59ff701c97d395caee2d5e4b900",
		.ai = "",
		.ar = "",
		.ei = "bb1c5593342163857d7c04f1335ce9ed98a80d7e94a2eeec55fc97f67d926673"
		      "e9e7ecf1",
		.er = "47851d38ff8ee9c77d0ad18284a6023a44692aaa66696e28449af8f06e6c69ad"
		      "d0dbcb0f",
		.pi = "770ea1e022472be4ca52bdb9b78f758513408c8f1f0341f3cd545728929d7688",
		.pr = "ccdddc9a302f01079bd615076257a9105877675e5a6d85deee944fdcc725e7ff",
		.gcm256 = "c7d6a7d0ef768f6bd00f95c7f57ff80887acdfd68ddf9ad3ee58eab05866ff54"
			  "b9424ae482934d3a348248481b17033aee43c1b411741795122f2580c9d93c44"
			  "20911a95e1a67976",
		.cbc128 = "c7d6a7d0ef768f6bd00f95c7f57ff80887acdfd68ddf9ad3ee58eab05866ff54"
			  "b9424ae482934d3a348248481b17033aee43c1b411741795122f2580c9d93c44"
			  "20911a95e1a679766fc482c30da8413b798dfeb97ed9d5472762e9aff1e65c30",
	},
	{
		.suite = { IKE_ENCR_AES_GCM_16, 128, IKE_PRF_HMAC_SHA2_384, 0, 0, 0 },
		.d = "d6756dd21757b08c46827fb980b0fa87d8e368c885fd58d042b91126f4d0826b"
		      "5787c2fcc06f301bd4a5010c35f5c0b8",
		.ai = "",
		.ar = "",
		.ei = "a4382d3797327793ae23fc0984a74fbccff41f86",
		.er = "f3834d89bfe8e1df96cb6075aaa38d2a8860fb4f",
		.pi = "a6a17a365e7bd5dd87cfbc8eca297192cac3bd5d82e2e49481dcf1d0ba200d53"
		      "358b77de53dfa1e903e0adb407f69974",
		.pr = "aac263b53c5fffc688805fbc77b4b82762381cba4a77b39e4b75e560542d3ae1"
		      "b297f9d2144441959722100d3485e1ae",
		.gcm256 = "125071e3fd8d2766a6942411c2bf573432c04d3a68875484410753392a053f26"
			  "d55c29b8ebf396ebff3671edd3d5cdb3a683dc8707bc3eddad9a44e3f040a42b"
			  "f9c7ed201c680002",
		.cbc128 = "125071e3fd8d2766a6942411c2bf573432c04d3a68875484410753392a053f26"
			  "d55c29b8ebf396ebff3671edd3d5cdb3a683dc8707bc3eddad9a44e3f040a42b"
			  "f9c7ed201c680002f6d0128bc61175cce34c64d5470151811aaa91615ad119af",
	},
	{
		.suite = { IKE_ENCR_AES_CBC, 256, IKE_PRF_HMAC_SHA2_512,
			   IKE_INTEG_HMAC_SHA2_256_128, 0, 0 },
		.d = "8a6621b1847de8327184b5f33c87bfc10b960030f9df3d744fe39a21dfe728ae"
		      "a266ff7eb5623804e21191f2bd47b5dbdb2137b88fb89e07a58c92a7804186bf",
		.ai = "057b3231fff6319cada89c9d0e4585b4d526265155888e3bdae28a0635ec28b1",
		.ar = "90adcf39fc664afccebc63aeba6efb67c15ace7cd928fe6faedbaaeac8055bad",
		.ei = "f483c006aeb0e7de468f88c3785741dda1b58ab31f28af58ad3122ad3ffb1c39",
		.er = "fc346cd7b6fb5519f34ca63ab91ae096050a05f14edf19103ef02ee284095202",
		.pi = "7629743c2238f48e4a24c8f443a2ba02fea0d625f09f341a3a70d40dbf339058"
		      "2220d690df7748e60a78bc693b337ca6f507b22be82a5918ff09eb70427a1b69",
		.pr = "e2e6b68f246172c1610c9974a2a767877983c6f8cd8ab03f1080774d05998e49"
		      "804819e2ac6149eba235c75caaed5564123961cdc0c0a6993c51411f1703ca40",
		.gcm256 = "4ba96ac85389f0938644bdcb111bb33c5306176f959dcf70de694c1a980bec09"
			  "445408e68ef0577cebbad1809e89806d88437f1fff16fcecce811347fb766054"
			  "8f7850c927f17a0a",
		.cbc128 = "4ba96ac85389f0938644bdcb111bb33c5306176f959dcf70de694c1a980bec09"
			  "445408e68ef0577cebbad1809e89806d88437f1fff16fcecce811347fb766054"
			  "8f7850c927f17a0abdf5c2af52d8a29c18152a625341b220f9739cbcd24ad8f3",
	},
};

static void check_child(const struct kdf *t, const struct ike_keys *keys, struct ike_bytes ni,
			struct ike_bytes nr, bool initiator)
{
	struct ike_secrets none = { 0 };
	struct ike_child c;
	uint8_t got[256];

	memset(&c, 0, sizeof(c));
	c.suite = (struct ike_suite){ .encr = IKE_ENCR_AES_GCM_16, .keylen = 256 };
	assert_int_equal(ike_keys_child(t->suite.prf, keys, none, ni, nr, initiator, &c), 0);
	assert_int_equal(c.key_len, 36);
	assert_int_equal(c.integ_len, 0);
	memcpy(got, initiator ? c.key_out : c.key_in, 36);
	memcpy(got + 36, initiator ? c.key_in : c.key_out, 36);
	assert_hex(got, 72, t->gcm256);

	c.suite = (struct ike_suite){ .encr = IKE_ENCR_AES_CBC, .keylen = 128,
				      .integ = IKE_INTEG_HMAC_SHA2_256_128 };
	assert_int_equal(ike_keys_child(t->suite.prf, keys, none, ni, nr, initiator, &c), 0);
	assert_int_equal(c.key_len, 16);
	assert_int_equal(c.integ_len, 32);
	memcpy(got, initiator ? c.key_out : c.key_in, 16);
	memcpy(got + 16, initiator ? c.integ_out : c.integ_in, 32);
	memcpy(got + 48, initiator ? c.key_in : c.key_out, 16);
	memcpy(got + 64, initiator ? c.integ_in : c.integ_out, 32);
	assert_hex(got, 96, t->cbc128);
}

static void test_keys(void **state)
{
	uint8_t ni[32], nr[32], shared[32], spi_i[8], spi_r[8];
	size_t i;

	(void)state;
	for (i = 0; i < 32; i++) {
		ni[i] = (uint8_t)i;
		nr[i] = (uint8_t)(0x40 + i);
		shared[i] = (uint8_t)(0x80 + i);
	}
	unhex("0102030405060708", spi_i);
	unhex("1112131415161718", spi_r);

	for (i = 0; i < ARRAY_SIZE(kdfs); i++) {
		const struct kdf *t = &kdfs[i];
		size_t prf = ike_prf_len(t->suite.prf);
		size_t integ = ike_sk_integ_len(t->suite.integ);
		size_t key = ike_sk_key_len(t->suite.encr, t->suite.keylen);
		struct ike_bytes bi = { ni, 32 }, br = { nr, 32 };
		struct ike_keys k;

		assert_int_equal(ike_keys_derive(&t->suite, (struct ike_bytes){ shared, 32 }, bi,
						 br, spi_i, spi_r, &k), 0);
		assert_hex(k.d, prf, t->d);
		assert_hex(k.i.integ, integ, t->ai);
		assert_hex(k.r.integ, integ, t->ar);
		assert_hex(k.i.key, key, t->ei);
		assert_hex(k.r.key, key, t->er);
		assert_hex(k.pi, prf, t->pi);
		assert_hex(k.pr, prf, t->pr);
		check_child(t, &k, bi, br, true);
		check_child(t, &k, bi, br, false);
	}
}

/*
 * A rekeyed IKE SA, whose prf is another one than the old one's, and a child SA with a key
 * exchange of its own (sections 2.18 and 2.17). From Python's hmac.
 */
static void test_rekey(void **state)
{
	struct ike_suite suite = {
		.encr = IKE_ENCR_AES_GCM_16, .keylen = 256, .prf = IKE_PRF_HMAC_SHA2_384,
	};
	struct ike_child child = { .suite = { .encr = IKE_ENCR_AES_GCM_16, .keylen = 256 } };
	uint8_t ni[32], nr[32], shared[32], more[32], spi_i[8], spi_r[8], got[72];
	struct ike_bytes bi = { ni, 32 }, br = { nr, 32 };
	struct ike_secrets ss = { .first = { shared, 32 } };
	struct ike_keys old, new;
	size_t i;

	(void)state;
	for (i = 0; i < 32; i++) {
		ni[i] = (uint8_t)i;
		nr[i] = (uint8_t)(0x40 + i);
		shared[i] = (uint8_t)(0x80 + i);
		more[i] = (uint8_t)(0xc0 + i);
	}
	unhex("0102030405060708", spi_i);
	unhex("1112131415161718", spi_r);
	memset(&old, 0, sizeof(old));
	memset(old.d, 0x11, 32);

	assert_int_equal(ike_keys_rekey(IKE_PRF_HMAC_SHA2_256, &old, &suite, ss, bi, br, spi_i,
					spi_r, &new), 0);
	assert_hex(new.d, 48,
		   "1c19db3cfefa8e5e89f906687fc511bf57783389afa91008deb065d34682e22a"
		   "af7fc36e33e4a525d51f9464a2c52531");
	assert_hex(new.i.key, 36,
		   "55fb3d953a1f1134de0478bae6364968f811512909e4c5a251fd09dd2e7e7305"
		   "5c2bc3b4");
	assert_hex(new.pr, 48,
		   "46c9fd531db9e98082500283deeede363073bfdff1de5dbd416eec684fe4254c"
		   "c91b63714c08429a5003e0938007fee6");

	assert_int_equal(ike_keys_child(IKE_PRF_HMAC_SHA2_256, &old, ss, bi, br, true, &child),
			 0);
	memcpy(got, child.key_out, 36);
	memcpy(got + 36, child.key_in, 36);
	assert_hex(got, 72,
		   "fac66d281f9b70478547cfd6ca2078a135f5e52ee0c03daef63fd98a212cb048"
		   "c1b8349ed4eb08fe627e2c44ddc7684da36c3e4f95f854aac238a4e26519322a"
		   "0602ae391bcf8c7e");

	/* Further secrets go behind the nonces (RFC 9370, section 2.2.4) */
	ss.more = (struct ike_bytes){ more, 32 };
	assert_int_equal(ike_keys_rekey(IKE_PRF_HMAC_SHA2_256, &old, &suite, ss, bi, br, spi_i,
					spi_r, &new), 0);
	assert_hex(new.d, 48,
		   "e734feb0c6e9686b5bff708a57085fa454daac78859732fe3dceba1421d0a6fb"
		   "4e7d45f62172b91c80c1aee98b09c281");
	assert_int_equal(ike_keys_child(IKE_PRF_HMAC_SHA2_256, &old, ss, bi, br, true, &child),
			 0);
	memcpy(got, child.key_out, 36);
	memcpy(got + 36, child.key_in, 36);
	assert_hex(got, 72,
		   "5a52ec47a7575259f48948960864e0a152a30b87ae67f015604e4c6c1a762fbe"
		   "fb0e11e14834d8718fa5863325f9d137df7bc011f56d72223acc9a7ea368cc88"
		   "065e0e5003ba4629");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prf),
		cmocka_unit_test(test_xcbc),
		cmocka_unit_test(test_prf_plus),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_rekey),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
