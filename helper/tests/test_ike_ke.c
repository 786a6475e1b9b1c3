// SPDX-License-Identifier: GPL-2.0-or-later
/* Key exchanges as two moves: groups and ML-KEM alike, and what the peer may not send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ike/ke.h"
#include "ike/kem.h"
#include "ike/suite.h"
#include "macros.h"

static const struct method {
	uint16_t id;
	size_t asked, answered, secret;	/* bytes */
} methods[] = {
	{ IKE_DH_MODP2048, 256, 256, 256 },
	{ IKE_DH_ECP256, 64, 64, 32 },
	{ IKE_DH_ECP521, 132, 132, 66 },
	{ IKE_DH_X25519, 32, 32, 32 },
	{ IKE_KE_ML_KEM_512, 800, 768, 32 },
	{ IKE_KE_ML_KEM_768, 1184, 1088, 32 },
	{ IKE_KE_ML_KEM_1024, 1568, 1568, 32 },
};

/* What the initiator sends, as the responder reads it */
static struct ike_bytes asked(const struct ike_ke *ke, uint8_t *raw, size_t cap)
{
	static const struct ike_hdr hdr;
	struct ike_payloads pl;
	struct ike_buf b;

	ike_build_begin(&b, raw, cap, &hdr);
	assert_int_equal(ike_ke_put(ke, &b), 0);
	assert_int_equal(ike_payloads_parse(IKE_PL_KE, raw + IKE_HDR_LEN, b.len - IKE_HDR_LEN, &pl),
			 0);
	assert_int_equal(ike_ke_method(&pl.p[0]), ke->method);
	return ike_ke_data(&pl.p[0]);
}

/* No other length will do than that of @peer, which was asked, and of the @answer */
static void only_this_long(const struct method *m, const struct ike_ke *ke, struct ike_bytes peer,
			   const uint8_t *answer)
{
	uint8_t out[IKE_KE_MAX], secret[IKE_SECRET_MAX];
	size_t len, n;

	for (n = 0; n <= IKE_KE_MAX; n++) {
		/* All of the short ones and of those nearby */
		if (n > 8 && n % 97 && n + 1 != m->asked && n - 1 != m->asked &&
		    n + 1 != m->answered && n - 1 != m->answered)
			continue;
		if (n != m->asked && n < peer.len + 2)
			assert_int_equal(ike_ke_answer(m->id, (struct ike_bytes){ peer.p, n }, out,
						       &len, secret), -1);
		if (n != m->answered)
			assert_int_equal(ike_ke_finish(ke, (struct ike_bytes){ answer, n }, secret),
					 -1);
	}
}

static void test_two_moves(void **state)
{
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		uint8_t raw[2048], out[IKE_KE_MAX], si[IKE_SECRET_MAX], sr[IKE_SECRET_MAX];
		const struct method *m = &methods[i];
		struct ike_bytes peer;
		struct ike_ke ke;
		size_t len;

		if (!ike_ke_available(m->id)) {
			assert_true(ike_kem_known(m->id));
			assert_int_equal(ike_ke_begin(&ke, m->id), -1);
			assert_int_equal(ike_ke_answer(m->id, (struct ike_bytes){ raw, m->asked },
						       out, &len, sr), -1);
			continue;
		}
		n++;
		assert_int_equal(ike_ke_begin(&ke, m->id), 0);
		peer = asked(&ke, raw, sizeof(raw));
		assert_int_equal(peer.len, m->asked);
		assert_int_equal(ike_ke_answer(m->id, peer, out, &len, sr), m->secret);
		assert_int_equal(len, m->answered);
		assert_int_equal(ike_ke_finish(&ke, (struct ike_bytes){ out, len }, si), m->secret);
		assert_memory_equal(si, sr, m->secret);

		only_this_long(m, &ke, peer, out);
		ike_ke_free(&ke);
		/* Nothing is under way any more */
		peer = (struct ike_bytes){ out, m->answered };
		assert_int_equal(ike_ke_finish(&ke, peer, si), -1);
	}
	assert_true(n >= 4);
	assert_false(ike_ke_available(IKE_DH_NONE));
	assert_false(ike_ke_available(38));
}

/* FIPS 203, section 7.2: each coefficient is less than 3329; a spoilt ciphertext shows late */
static void test_bad_values(void **state)
{
	uint8_t raw[2048], out[IKE_KE_MAX], si[IKE_SECRET_MAX], sr[IKE_SECRET_MAX];
	uint8_t key[IKE_KE_MAX];
	size_t i, len;

	(void)state;
	if (!ike_ke_available(IKE_KE_ML_KEM_768))
		skip();
	for (i = 4; i < ARRAY_SIZE(methods); i++) {
		uint16_t id = methods[i].id;
		struct ike_bytes peer;
		struct ike_ke ke;

		assert_int_equal(ike_ke_begin(&ke, id), 0);
		peer = asked(&ke, raw, sizeof(raw));
		memcpy(key, peer.p, peer.len);
		key[0] = 0x01;
		key[1] |= 0x0d;		/* the first twelve bits: 3329 at least */
		assert_int_equal(ike_ke_answer(id, (struct ike_bytes){ key, peer.len }, out, &len,
					       sr), -1);
		memset(key, 0xff, sizeof(key));
		assert_int_equal(ike_ke_answer(id, (struct ike_bytes){ key, peer.len }, out, &len,
					       sr), -1);
		assert_int_equal(ike_ke_answer(id, peer, out, &len, sr), 32);
		out[7] ^= 1;
		assert_int_equal(ike_ke_finish(&ke, (struct ike_bytes){ out, len }, si), 32);
		assert_memory_not_equal(si, sr, 32);
		ike_ke_free(&ke);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_moves),
		cmocka_unit_test(test_bad_values),
	};

	return cmocka_run_group_tests_name("ike_ke", tests, NULL, NULL);
}
