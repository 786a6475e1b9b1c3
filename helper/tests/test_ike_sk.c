// SPDX-License-Identifier: GPL-2.0-or-later
/* The Encrypted payload: known answers, round trips, tampering. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "ike/build.h"
#include "ike/notify.h"
#include "ike/sk.h"
#include "ike/suite.h"
#include "macros.h"

/* By Python's cryptography package: a message whose inside is N(INITIAL_CONTACT) */
static const struct {
	struct ike_sk sk;
	const char *msg;
} sealed[] = {
	{ { .encr = IKE_ENCR_AES_GCM_16, .keylen = 256, .iv = 7 },
	  "010203040506070811121314151617182e202508000000020000004129000025"
	  "0000000000000007707b3c3456e2bbd569d95dc6edffc829dcf2ad111ba39ba3"
	  "31" },
	{ { .encr = IKE_ENCR_AES_GCM_16, .keylen = 128, .iv = 7 },
	  "010203040506070811121314151617182e202508000000020000004129000025"
	  "00000000000000073cb7e3f8dfd0b773713769e3429048a4c85f5d47f13d00d5"
	  "f3" },
	{ { .encr = IKE_ENCR_CHACHA20_POLY1305, .keylen = 256, .iv = 7 },
	  "010203040506070811121314151617182e202508000000020000004129000025"
	  "0000000000000007ac9bba9fbf0cd5d92f4f843da7055c690aee71a29ef63d14"
	  "f5" },
	{ { .encr = IKE_ENCR_AES_CCM_8, .keylen = 256, .iv = 7 },
	  "010203040506070811121314151617182e20250800000002000000392900001d"
	  "0000000000000007399d12db3ed16d38ebe4681cf13f5c0477" },
	{ { .encr = IKE_ENCR_AES_CCM_8, .keylen = 128, .iv = 7 },
	  "010203040506070811121314151617182e20250800000002000000392900001d"
	  "00000000000000075e7f1f588e84fee8dd1a7fdb90a19a2357" },
	{ { .encr = IKE_ENCR_AES_CBC, .keylen = 256, .integ_alg = IKE_INTEG_HMAC_SHA2_256_128 },
	  "010203040506070811121314151617182e202508000000020000005029000034"
	  "707172737475767778797a7b7c7d7e7f38fbe6e01b5ca413a550d374fa636c22"
	  "d9c50b1122ecd37858d42b214d50868f" },
	{ { .encr = IKE_ENCR_AES_CBC, .keylen = 256, .integ_alg = IKE_INTEG_HMAC_SHA2_384_192 },
	  "010203040506070811121314151617182e20250800000002000000582900003c"
	  "707172737475767778797a7b7c7d7e7f38fbe6e01b5ca413a550d374fa636c22"
	  "dd05bab13c5ec1ddabccb23194b5281d786b511df4cb9aae" },
	{ { .encr = IKE_ENCR_AES_CBC, .keylen = 256, .integ_alg = IKE_INTEG_HMAC_SHA2_512_256 },
	  "010203040506070811121314151617182e202508000000020000006029000044"
	  "707172737475767778797a7b7c7d7e7f38fbe6e01b5ca413a550d374fa636c22"
	  "34f10fd64034fd5f265bee98f3f253077dbbdd309e7694f03ed9c732cb761092" },
	{ { .encr = IKE_ENCR_AES_CBC, .keylen = 128, .integ_alg = IKE_INTEG_HMAC_SHA1_96 },
	  "010203040506070811121314151617182e202508000000020000004c29000030"
	  "707172737475767778797a7b7c7d7e7fb5999bb0d325f46a060c6543c5d749ba"
	  "82b0dbf35d0d4424fcb2ed28" },
};

#define AEADS 5				/* of them, the first ones */

/* Keys 00.., salt a0a1a2a3, integrity key 40.. */
static void test_key(struct ike_sk *sk)
{
	size_t i;

	for (i = 0; i < 64; i++) {
		sk->integ[i] = (uint8_t)(0x40 + i);
		if (i < sk->keylen / 8u)
			sk->key[i] = (uint8_t)i;
	}
	for (i = 0; i < 4; i++)
		sk->key[sk->keylen / 8 + i] = (uint8_t)(0xa0 + i);
}

static int open_msg(const struct ike_sk *sk, const uint8_t *msg, size_t len, uint8_t *out)
{
	const struct ike_payload *pl;
	struct ike_payloads list;
	struct ike_hdr hdr;

	if (ike_hdr_parse(msg, len, &hdr) ||
	    ike_payloads_parse(hdr.next, msg + IKE_HDR_LEN, len - IKE_HDR_LEN, &list))
		return -1;
	pl = ike_payload_find(&list, IKE_PL_SK);
	return pl ? ike_sk_open(sk, (struct ike_bytes){ msg, len }, pl, out) : -1;
}

static void test_sk_known(void **state)
{
	uint8_t msg[256], out[256];
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sealed); i++) {
		struct ike_sk sk = sealed[i].sk;

		test_key(&sk);
		len = unhex(sealed[i].msg, msg);
		assert_int_equal(open_msg(&sk, msg, len, out), 8);
		assert_hex(out, 8, "0000000800004000");
	}
}

static size_t seal(struct ike_sk *sk, size_t notify_len, uint8_t *msg, size_t cap)
{
	struct ike_hdr hdr = { .exchange = IKE_INFORMATIONAL, .initiator = true, .id = 2 };
	static const uint8_t data[512];
	struct ike_buf b;
	size_t at;

	unhex("0102030405060708", hdr.spi_i);
	unhex("1112131415161718", hdr.spi_r);
	ike_build_begin(&b, msg, cap, &hdr);
	at = ike_sk_begin(sk, &b);
	ike_notify_put(&b, IKE_N_INITIAL_CONTACT, data, notify_len);
	return ike_sk_seal(sk, &b, at) ? 0 : b.len;
}

/* With the IV of the vector, an AEAD gives the very same message */
static void test_sk_seal_known(void **state)
{
	uint8_t msg[256];
	size_t i;

	(void)state;
	for (i = 0; i < AEADS; i++) {
		struct ike_sk sk = sealed[i].sk;

		test_key(&sk);
		assert_hex(msg, seal(&sk, 0, msg, sizeof(msg)), sealed[i].msg);
		assert_int_equal(sk.iv, 8);
	}
}

static void test_sk_round_trip(void **state)
{
	uint8_t msg[1024], again[1024], out[1024];
	size_t i, n, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sealed); i++) {
		for (n = 0; n < 64; n++) {
			struct ike_sk sk = sealed[i].sk;

			test_key(&sk);
			len = seal(&sk, n, msg, sizeof(msg));
			assert_int_not_equal(len, 0);
			assert_int_equal(open_msg(&sk, msg, len, out), 8 + n);
			/* The IV is never the same twice */
			assert_int_equal(seal(&sk, n, again, sizeof(again)), len);
			assert_memory_not_equal(msg + 32, again + 32, 8);
		}
	}
}

/* Not one bit of it, header included, can be changed */
static void test_sk_tamper(void **state)
{
	uint8_t msg[256], out[256];
	size_t i, bit, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sealed); i++) {
		struct ike_sk sk = sealed[i].sk;

		test_key(&sk);
		len = seal(&sk, 5, msg, sizeof(msg));
		for (bit = 0; bit < len * 8; bit++) {
			msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(open_msg(&sk, msg, len, out), -1);
			msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_int_equal(open_msg(&sk, msg, len, out), 13);
	}
}

/* A body of every length that is too short, and a writer without room */
static void test_sk_lengths(void **state)
{
	uint8_t msg[256], out[256];
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sealed); i++) {
		struct ike_sk sk = sealed[i].sk;
		struct ike_payload pl = { .type = IKE_PL_SK };

		test_key(&sk);
		len = seal(&sk, 0, msg, sizeof(msg));
		for (pl.body.len = 0; pl.body.len < len - 32; pl.body.len++) {
			pl.body.p = msg + 32;
			assert_int_equal(ike_sk_open(&sk, (struct ike_bytes){ msg, len }, &pl,
						     out), -1);
		}
		for (; len > IKE_HDR_LEN; len--)
			assert_int_equal(seal(&sk, 0, msg, len - 1), 0);
	}
}

/* Authentic, yet the pad length says more than there is; by the same package */
static void test_sk_padding(void **state)
{
	static const struct {
		const char *msg;
		int len;
	} t[] = {
		{ "010203040506070811121314151617182e20250800000002000000390000001d"
		  "00000000000000078f54cca0aad25789e0a97f0bd946c3b3a2", -1 },
		{ "010203040506070811121314151617182e20250800000002000000390000001d"
		  "0000000000000007712d6d6502555224941f627138f1c5b396", -1 },
		{ "010203040506070811121314151617182e202508000000020000004100000025"
		  "0000000000000007707b3c3c56e2fbd560ce34090b685763580e5d0365f1cf4f"
		  "30", -1 },
		{ "010203040506070811121314151617182e202508000000020000004100000025"
		  "0000000000000007707b3c3c56e2fbd561fdcdf31b2d9a8704d2d6f6c0432398"
		  "69", 0 },
		{ "010203040506070811121314151617182e20250800000002000000390000001d"
		  "0000000000000007702de690a7e7bef3cd30e75cec7a0b24b8", 0 },
	};
	struct ike_sk sk = sealed[0].sk;
	uint8_t msg[256], out[256];
	size_t i;

	(void)state;
	test_key(&sk);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		assert_int_equal(open_msg(&sk, msg, unhex(t[i].msg, msg), out), t[i].len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sk_known),
		cmocka_unit_test(test_sk_seal_known),
		cmocka_unit_test(test_sk_round_trip),
		cmocka_unit_test(test_sk_tamper),
		cmocka_unit_test(test_sk_lengths),
		cmocka_unit_test(test_sk_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
