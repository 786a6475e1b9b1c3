// SPDX-License-Identifier: GPL-2.0-or-later
/* Key exchange: known answers, and public values that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "hex.h"
#include "ike/dh.h"
#include "ike/suite.h"

/* A key pair with a known private half, where only libcrypto knows how to make one */
static EVP_PKEY *key_from(const char *type, const char *group, const char *priv,
			  const char *pub)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	uint8_t b[256], point[257] = { 4 };
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;
	BIGNUM *x, *y;
	size_t len;

	x = BN_bin2bn(b, (int)unhex(priv, b), NULL);
	len = unhex(pub, point + 1);
	y = BN_bin2bn(point + 1, (int)len, NULL);
	OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, x);
	if (!strcmp(type, "DH"))
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, y);
	else
		OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, len + 1);
	params = OSSL_PARAM_BLD_to_param(bld);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(x);
	BN_free(y);
	return key;
}

/* Our public value and the shared secret are what they should be; frees the key */
static void check_dh(uint16_t group, EVP_PKEY *key, const char *pub, const char *peer,
		     const char *shared)
{
	struct ike_dh dh = { group, key };
	uint8_t b[IKE_DH_MAX], out[IKE_DH_MAX];
	size_t len = unhex(peer, b);
	int n;

	assert_non_null(key);
	assert_int_equal(ike_dh_public(&dh, out), 0);
	assert_hex(out, ike_dh_public_len(group), pub);
	n = ike_dh_shared(&dh, (struct ike_bytes){ b, len }, out);
	assert_true(n > 0);
	assert_hex(out, (size_t)n, shared);
	/* A public value of another length is never right */
	assert_int_equal(ike_dh_shared(&dh, (struct ike_bytes){ b, len - 1 }, out), -1);
	ike_dh_free(&dh);
}

/* RFC 5903, section 8.1 */
static void test_dh19(void **state)
{
	static const char pub_i[] =
		"dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
		"5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3";
	static const char pub_r[] =
		"d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
		"56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab";
	static const char priv_i[] =
		"c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433";
	static const char priv_r[] =
		"c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53";
	static const char shared[] =
		"d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de";
	EVP_PKEY *key;

	(void)state;
	key = key_from("EC", "P-256", priv_i, pub_i);
	check_dh(IKE_DH_ECP256, key, pub_i, pub_r, shared);
	key = key_from("EC", "P-256", priv_r, pub_r);
	check_dh(IKE_DH_ECP256, key, pub_r, pub_i, shared);
}

/* RFC 8031, appendix A */
static void test_dh31(void **state)
{
	uint8_t priv[32];

	(void)state;
	unhex("701fb4308655b476b6789b7325f9ea8cddd16a58533ff6d9e60009464a5f9d54", priv);
	check_dh(IKE_DH_X25519, EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, priv, 32),
		 "48d5ddd4061257ba166fa3f9bbdb74f1a4e81c089384fa77f790709f0dfbc766",
		 "0be7c1f5aad87d7e448662673298a443478b859745179eaf564c79c0ef6eee25",
		 "c74950607a12327f3204d94b6825bfb068b7f8319a9e3708ed3d43ce8130c950");
}

/* By Python's pow(): a secret that begins with a zero byte, which has to stay */
static void test_dh14(void **state)
{
	static const char pub[] =
		"4056f03b8be48d4cef4e9f63e521e765ac489df50b23c61edfe2c574cb9bc4f9"
		"73695e3688e81bc0eb44bebebabd27592656b320c68a904bde81c5f3172c29ec"
		"4711a3fec36e4b9c15a0819aeb3e2d72096ca1f7c30136ec2252aad43a0bd2e9"
		"1cfe23420dc4d0a8398a86791129a9955121c94540119f9b4488a16561bd328c"
		"06d8b99fef7c38fa575b0db3e87c29abe67004f4bba7a27c1ed099c2d47c59d1"
		"e57f1b465a2ba462b7e0e1551f76e0ef95b0138cdfd986fe486fcc239925fd1d"
		"4ab455242e1901de3bf633018c35fcc15bb9b6fac3029f32964f987458017719"
		"7c500392d85d47e8f494a679846338755616b5d194b21922ebfb9e9833219fae";
	static const char peer[] =
		"34edf1668eb675badadfad2b76537d0fe28020941d1bed04477d94b6101eaae5"
		"d4c2df4a6566a24c005fb8e36c91e8d9adcb591408f8c8ba50e21e702dd9c12f"
		"7b54c7d5d4a8465664e2a44c94f74609ba68aa01f1490636278c15c5ed55637d"
		"7239e6a4392fff65e563c4616d1e95e30ac83e190133cf283fb5b521a885f26d"
		"a2664f05e43079d7a6823c4ab1138970ac244d32cea28c26159df04b5b5a0632"
		"189156fcfac60bc3a70b8fc1bb5160234a24131deedebb79b16b4bd37b1ee190"
		"a1dae42f3def4acadbabea510a2572c1f29c6f7fec7749bac910ad16a0fec531"
		"249848c7ae0d6653592b5373501bdd67400c40a5d1c5ac776218600ea9b98702";
	static const char priv[] =
		"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
		"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
	static const char shared[] =
		"0094db654821fa37116e240743974254291ce80ba27feff9d38d60efbca25532"
		"0eca8558c0e7f42afb459e997b355fd6aef7e111729d5d710f47e26ca1e022f8"
		"93bc4ae56a6a9f3cb2e0ef905ad4873403dc55926b41110c60f89c6a07bb3656"
		"aa1e57e7cadc31eb4b85f6f73b527295ebef45657aeabe22cbaaa14c18345325"
		"6dddfd64bf362fa5480e2d161348c968969b45099bd951fa761004761815084d"
		"9ee91a60c1e3064fff5bf30dbb313145abc487ee715473286b6dcd77d4b85582"
		"255e774f35398be72aed0ecebd5b96aa9f51314e89889b49cfe09d1512421ac2"
		"f30d3ce1a835a403bf913bcdb522a4b21ea6c2fdaf27d576624a8d0ea8e690b9";

	(void)state;
	check_dh(IKE_DH_MODP2048, key_from("DH", "modp_2048", priv, pub), pub, peer, shared);
}

static void assert_refused(uint16_t group, const uint8_t *peer, size_t len)
{
	uint8_t out[IKE_DH_MAX];
	struct ike_dh dh;

	assert_int_equal(ike_dh_generate(&dh, group), 0);
	assert_int_equal(ike_dh_shared(&dh, (struct ike_bytes){ peer, len }, out), -1);
	ike_dh_free(&dh);
}

static void test_dh_bad_peer(void **state)
{
	/* Points of small order: RFC 7748, section 6.1, and the one of order 8 in common use */
	static const char *const small[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t peer[IKE_DH_MAX], out[IKE_DH_MAX];
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL);
	struct ike_dh dh;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_refused(IKE_DH_X25519, peer, unhex(small[i], peer));

	/* 0, 1, 11 that is not of order q, p, p - 1, more than p */
	memset(peer, 0, sizeof(peer));
	peer[255] = 11;
	assert_refused(IKE_DH_MODP2048, peer, 256);
	peer[255] = 0;
	assert_refused(IKE_DH_MODP2048, peer, 256);
	peer[255] = 1;
	assert_refused(IKE_DH_MODP2048, peer, 256);
	BN_bn2binpad(p, peer, 256);
	assert_refused(IKE_DH_MODP2048, peer, 256);
	peer[255]--;
	assert_refused(IKE_DH_MODP2048, peer, 256);
	memset(peer, 0xff, sizeof(peer));
	assert_refused(IKE_DH_MODP2048, peer, 256);
	BN_free(p);

	/* Not on the curve, and the point at infinity that cannot be written */
	assert_int_equal(ike_dh_generate(&dh, IKE_DH_ECP256), 0);
	assert_int_equal(ike_dh_public(&dh, peer), 0);
	assert_int_equal(ike_dh_shared(&dh, (struct ike_bytes){ peer, 64 }, out), 32);
	peer[63] ^= 1;
	assert_int_equal(ike_dh_shared(&dh, (struct ike_bytes){ peer, 64 }, out), -1);
	ike_dh_free(&dh);
	memset(peer, 0, 64);
	assert_refused(IKE_DH_ECP256, peer, 64);

	assert_int_equal(ike_dh_generate(&dh, 2), -1);
	assert_int_equal(ike_dh_public_len(2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dh19),
		cmocka_unit_test(test_dh31),
		cmocka_unit_test(test_dh14),
		cmocka_unit_test(test_dh_bad_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
