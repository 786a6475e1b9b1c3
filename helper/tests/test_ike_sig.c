// SPDX-License-Identifier: GPL-2.0-or-later
/* Signatures in AUTH: algorithms on the wire, old and new methods, and what is refused. */
#include "cert_pair.h"
#include "ike/sig.h"
#include "hex.h"

#define ALL_AUTH (CONF_AUTH_SIGNATURE | CONF_AUTH_RSA_SHA1)

static const struct ike_octets octets = { {
	{ (const uint8_t *)"message", 7 }, { (const uint8_t *)"nonce", 5 },
	{ (const uint8_t *)"id", 2 },
} };

struct auth {
	uint8_t data[1024];
	struct ike_buf b;
};

/* The body of an AUTH payload; its length, 0 with err set where there is none */
static struct ike_bytes make(struct auth *a, EVP_PKEY *key, unsigned int auth,
			     unsigned int hashes, char *err, size_t errlen)
{
	struct ike_hdr hdr = { .exchange = IKE_AUTH };

	ike_build_begin(&a->b, a->data, sizeof(a->data), &hdr);
	if (ike_sig_put(&a->b, key, auth, hashes, &octets, err, errlen))
		return (struct ike_bytes){ NULL, 0 };
	assert_false(a->b.overflow);
	return (struct ike_bytes){ a->data + IKE_HDR_LEN + 4, a->b.len - IKE_HDR_LEN - 4 };
}

/* RFC 7427, appendix A; the PSS ones are as libreswan and strongSwan compare them */
static void test_identifiers(void **state)
{
	static const struct {
		const char *kind;
		unsigned int auth, hash;
		const char *der;
	} algs[] = {
		{ "RSA", CONF_AUTH_RSA_SHA2_256, IKE_HASH_SHA2_256,
		  "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a86"
		  "4886f70d010108300d06096086480165030402010500a203020120" },
		{ "RSA", CONF_AUTH_RSA_SHA2_384, IKE_HASH_SHA2_384,
		  "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a86"
		  "4886f70d010108300d06096086480165030402020500a203020130" },
		{ "RSA", CONF_AUTH_RSA_SHA2_512, IKE_HASH_SHA2_512,
		  "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a86"
		  "4886f70d010108300d06096086480165030402030500a203020140" },
		{ "P-256", CONF_AUTH_ECDSA, IKE_HASH_SHA2_256, "300a06082a8648ce3d040302" },
		{ "P-256", CONF_AUTH_ECDSA, IKE_HASH_SHA2_384, "300a06082a8648ce3d040303" },
		{ "P-521", CONF_AUTH_ECDSA, IKE_HASHES_OURS, "300a06082a8648ce3d040304" },
		{ "Ed25519", CONF_AUTH_EDDSA, IKE_HASH_IDENTITY, "300506032b6570" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
		EVP_PKEY *key = ca_key(algs[i].kind);
		const struct ike_sig_alg *alg = ike_sig_alg_for(key, algs[i].auth, algs[i].hash);
		uint8_t der[IKE_SIG_DER_MAX], want[IKE_SIG_DER_MAX];
		size_t len;

		assert_non_null(alg);
		len = ike_sig_alg_put(alg, der);
		assert_int_equal(len, unhex(algs[i].der, want));
		assert_memory_equal(der, want, len);
		assert_ptr_equal(ike_sig_alg_get((struct ike_bytes){ der, len }), alg);
		EVP_PKEY_free(key);
	}
}

static const struct ike_sig_alg *get(const char *text)
{
	uint8_t der[200];
	size_t len = unhex(text, der);

	return ike_sig_alg_get((struct ike_bytes){ der, len });
}

static void test_other_identifiers(void **state)
{
	(void)state;
	/* PKCS #1 v1.5, and PSS without the NULLs, which RFC 4055 allows */
	assert_non_null(get("300d06092a864886f70d01010b0500"));
	assert_non_null(get("300d06092a864886f70d01010d0500"));
	assert_non_null(get("303d06092a864886f70d01010a3030a00d300b0609608648016503040201a11a301806"
			    "092a864886f70d010108300b0609608648016503040201a203020120"));
	/* SHA-1, MD5, PSS with its defaults (SHA-1), with another mask or salt, DSA, Ed448 */
	assert_null(get("300d06092a864886f70d0101050500"));
	assert_null(get("300906072a8648ce3d0401"));
	assert_null(get("300d06092a864886f70d0101040500"));
	assert_null(get("300d06092a864886f70d01010a3000"));
	assert_null(get("303d06092a864886f70d01010a3030a00d300b0609608648016503040201a11a301806"
			"092a864886f70d010108300b0609608648016503040202a203020120"));
	assert_null(get("303d06092a864886f70d01010a3030a00d300b0609608648016503040201a11a301806"
			"092a864886f70d010108300b0609608648016503040201a203020114"));
	assert_null(get("300b0609608648016503040302"));
	assert_null(get("300506032b6571"));
	/* Not DER, not whole, too much */
	assert_null(get("30"));
	assert_null(get("300506032b65"));
	assert_null(get("300506032b657000"));
	assert_null(get("0000"));
}

/* Each bit of a signature and of what is signed counts */
static void test_flipped(void **state)
{
	static const struct {
		const char *kind;
		unsigned int hashes;
		uint8_t method;
	} ways[] = {
		{ "P-256", IKE_HASHES_OURS, IKE_AUTH_DIGITAL_SIGNATURE },
		{ "P-256", 0, IKE_AUTH_ECDSA_256 }, { "P-384", 0, IKE_AUTH_ECDSA_384 },
		{ "P-521", 0, IKE_AUTH_ECDSA_521 }, { "RSA", 0, IKE_AUTH_RSA },
		{ "RSA", IKE_HASHES_OURS, IKE_AUTH_DIGITAL_SIGNATURE },
		{ "Ed25519", IKE_HASHES_OURS, IKE_AUTH_DIGITAL_SIGNATURE },
	};
	char err[160] = "";
	struct auth a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		EVP_PKEY *key = ca_key(ways[i].kind);
		struct ike_octets other = octets;
		struct ike_bytes body = make(&a, key, ALL_AUTH, ways[i].hashes, err, sizeof(err));

		assert_true(body.len > 4);
		assert_int_equal(body.p[0], ways[i].method);
		assert_int_equal(ike_sig_check(body, key, ALL_AUTH, &octets, err, sizeof(err)), 0);
		other.part[1].len--;
		assert_int_equal(ike_sig_check(body, key, ALL_AUTH, &other, err, sizeof(err)), -1);
		body.len--;
		assert_int_equal(ike_sig_check(body, key, ALL_AUTH, &octets, err, sizeof(err)), -1);
		body.len++;
		for (size_t at = 4; at < body.len; at++) {
			uint8_t *p = (uint8_t *)body.p + at;

			*p ^= 1;
			if (!ike_sig_check(body, key, ALL_AUTH, &octets, err, sizeof(err)))
				fail_msg("%s, method %u: byte %zu does not count", ways[i].kind,
					 ways[i].method, at);
			*p ^= 1;
		}
		EVP_PKEY_free(key);
	}
}

/* A peer without RFC 7427: SHA-1 is for who asks for it by name */
static void test_old_rsa(void **state)
{
	EVP_PKEY *key = ca_key("RSA");
	char err[160] = "";
	struct ike_bytes body;
	struct auth a;

	(void)state;
	body = make(&a, key, CONF_AUTH_SIGNATURE, 0, err, sizeof(err));
	assert_int_equal(body.len, 0);
	assert_has(err, "does not know RFC 7427");
	body = make(&a, key, CONF_AUTH_SIGNATURE, IKE_HASH_SHA1, err, sizeof(err));
	assert_int_equal(body.len, 0);
	body = make(&a, key, CONF_AUTH_RSA_SHA1, 0, err, sizeof(err));
	assert_int_equal(body.len, 4 + 256);
	assert_int_equal(ike_sig_check(body, key, CONF_AUTH_RSA_SHA1, &octets, err, sizeof(err)),
			 0);
	assert_int_equal(ike_sig_check(body, key, CONF_AUTH_SIGNATURE, &octets, err, sizeof(err)),
			 -1);
	assert_has(err, "by a hash that authby= has not");
	EVP_PKEY_free(key);
}

/* A key of another kind, another method, another curve */
static void test_mixed_up(void **state)
{
	EVP_PKEY *p256 = ca_key("P-256"), *p384 = ca_key("P-384"), *rsa = ca_key("RSA");
	char err[160] = "";
	struct ike_bytes body;
	struct auth a;

	(void)state;
	body = make(&a, p256, ALL_AUTH, IKE_HASHES_OURS, err, sizeof(err));
	assert_int_equal(ike_sig_check(body, rsa, ALL_AUTH, &octets, err, sizeof(err)), -1);
	assert_has(err, "not of its key's kind");
	assert_int_equal(ike_sig_check(body, p384, ALL_AUTH, &octets, err, sizeof(err)), -1);
	assert_int_equal(ike_sig_check(body, p256, CONF_AUTH_ECDSA_SHA2_512, &octets, err,
				       sizeof(err)), -1);
	assert_has(err, "not one of authby=");
	body = make(&a, p256, ALL_AUTH, 0, err, sizeof(err));
	assert_int_equal(ike_sig_check(body, p384, ALL_AUTH, &octets, err, sizeof(err)), -1);
	a.data[IKE_HDR_LEN + 4] = IKE_AUTH_ECDSA_384;
	assert_int_equal(ike_sig_check(body, p256, ALL_AUTH, &octets, err, sizeof(err)), -1);
	a.data[IKE_HDR_LEN + 4] = IKE_AUTH_RSA;
	assert_int_equal(ike_sig_check(body, p256, ALL_AUTH, &octets, err, sizeof(err)), -1);
	a.data[IKE_HDR_LEN + 4] = 3;
	assert_int_equal(ike_sig_check(body, p256, ALL_AUTH, &octets, err, sizeof(err)), -1);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identifiers),
		cmocka_unit_test(test_other_identifiers),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_old_rsa),
		cmocka_unit_test(test_mixed_up),
	};

	return cmocka_run_group_tests_name("ike_sig", tests, NULL, NULL);
}
