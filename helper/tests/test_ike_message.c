// SPDX-License-Identifier: GPL-2.0-or-later
/* The message parser against well-formed and malformed input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ike/build.h"
#include "ike/message.h"
#include "ike/notify.h"
#include "ike/proposal.h"
#include "ike/ts.h"
#include "macros.h"

#define CRITICAL 0x80

/* A message with a payload of every kind whose body is checked */
static size_t sample(uint8_t *msg, size_t cap)
{
	struct ike_hdr hdr = { .spi_i = { 1 }, .exchange = IKE_SA_INIT, .initiator = true };
	struct ike_ts net = { .net = { .family = AF_INET, .addr = { 10 }, .prefix = 8 } };
	struct ike_suite_list list;
	char err[128];
	struct ike_buf b;
	size_t at;

	assert_int_equal(ike_suite_parse_ike("aes_gcm,aes", &list, err, sizeof(err)), 0);
	ike_build_begin(&b, msg, cap, &hdr);
	ike_proposal_put(&b, IKE_PROTO_IKE, &list, (struct ike_bytes){ NULL, 0 });
	at = ike_build_payload(&b, IKE_PL_KE);
	ike_put_u32(&b, 19 << 16);
	ike_put_zero(&b, 64);
	ike_build_payload_end(&b, at);
	at = ike_build_payload(&b, IKE_PL_NONCE);
	ike_put_zero(&b, 32);
	ike_build_payload_end(&b, at);
	ike_notify_put(&b, IKE_N_COOKIE, "cookie", 6);
	ike_delete_put_esp(&b, 0x12345678);
	ike_ts_put(&b, IKE_PL_TSI, &net);
	net = (struct ike_ts){ .net = { .family = AF_INET6, .prefix = 64 } };
	ike_ts_put(&b, IKE_PL_TSR, &net);
	at = ike_build_payload(&b, IKE_PL_IDI);
	ike_put_u32(&b, 2u << 24);
	ike_put_bytes(&b, "west", 4);
	ike_build_payload_end(&b, at);
	assert_int_equal(ike_build_end(&b), 0);
	return b.len;
}

static int parse(const uint8_t *msg, size_t len, struct ike_payloads *pl)
{
	/* In memory of just this size, so that ASan sees one byte too many */
	uint8_t *copy = malloc(len ? len : 1);
	struct ike_hdr hdr;
	int err;

	memcpy(copy, msg, len);
	err = ike_hdr_parse(copy, len, &hdr);
	if (!err)
		err = ike_payloads_parse(hdr.next, copy + IKE_HDR_LEN, len - IKE_HDR_LEN, pl);
	free(copy);
	return err;
}

static void test_good(void **state)
{
	struct ike_payloads pl;
	uint8_t msg[4096];
	size_t len = sample(msg, sizeof(msg));
	struct ike_notify n;
	struct ike_delete d;

	(void)state;
	assert_int_equal(parse(msg, len, &pl), 0);
	assert_int_equal(pl.n, 8);
	assert_int_equal(ike_payloads_parse(msg[16], msg + IKE_HDR_LEN, len - IKE_HDR_LEN, &pl),
			 0);
	assert_int_equal(pl.p[0].type, IKE_PL_SA);
	assert_int_equal(pl.p[7].type, IKE_PL_IDI);
	assert_int_equal(ike_payload_find(&pl, IKE_PL_NONCE)->body.len, 32);
	assert_null(ike_payload_find(&pl, IKE_PL_AUTH));
	assert_true(ike_notify_find(&pl, IKE_N_COOKIE, &n));
	assert_int_equal(n.data.len, 6);
	assert_memory_equal(n.data.p, "cookie", 6);
	assert_false(ike_notify_find(&pl, IKE_N_INITIAL_CONTACT, NULL));
	assert_int_equal(ike_notify_error(&pl, NULL), 0);
	ike_delete_get(ike_payload_find(&pl, IKE_PL_DELETE), &d);
	assert_int_equal(d.protocol, IKE_PROTO_ESP);
	assert_int_equal(d.n, 1);
}

static void test_truncated(void **state)
{
	struct ike_payloads pl;
	uint8_t msg[4096];
	size_t len = sample(msg, sizeof(msg)), n;

	(void)state;
	for (n = 0; n < len; n++) {
		/* As it is: the header tells another length */
		assert_int_equal(parse(msg, n, &pl), -1);
		if (n < IKE_HDR_LEN)
			continue;
		/* And with a header that tells the truth */
		ike_put32(msg + 24, (uint32_t)n);
		assert_int_equal(parse(msg, n, &pl), IKE_N_INVALID_SYNTAX);
		ike_put32(msg + 24, (uint32_t)len);
	}
	assert_int_equal(parse(msg, len, &pl), 0);
}

/* Every pair of bytes set to what a liar would set a length to */
static void test_lying_lengths(void **state)
{
	static const uint16_t lies[] = { 0, 1, 3, 4, 5, 7, 8, 0x7fff, 0x8000, 0xfffe, 0xffff };
	uint8_t msg[4096], good[4096];
	size_t len = sample(good, sizeof(good)), at, i;
	unsigned int refused = 0;

	(void)state;
	for (at = IKE_HDR_LEN; at + 2 <= len; at++) {
		for (i = 0; i < ARRAY_SIZE(lies); i++) {
			struct ike_payloads pl;

			memcpy(msg, good, len);
			ike_put16(msg + at, lies[i]);
			refused += parse(msg, len, &pl) != 0;
		}
	}
	/* Most places are no length, yet all of the real ones were met */
	assert_true(refused > 100);

	/* The length of each payload in turn, one more and one less */
	for (at = IKE_HDR_LEN; at < len; at += ike_get16(good + at + 2)) {
		struct ike_payloads pl;

		memcpy(msg, good, len);
		ike_put16(msg + at + 2, ike_get16(good + at + 2) + 1);
		assert_int_equal(parse(msg, len, &pl), IKE_N_INVALID_SYNTAX);
		ike_put16(msg + at + 2, ike_get16(good + at + 2) - 1);
		assert_int_equal(parse(msg, len, &pl), IKE_N_INVALID_SYNTAX);
		/* 0 would go round in circles */
		ike_put16(msg + at + 2, 0);
		assert_int_equal(parse(msg, len, &pl), IKE_N_INVALID_SYNTAX);
	}
}

static void test_header(void **state)
{
	struct ike_hdr hdr;
	uint8_t msg[4096];
	size_t len = sample(msg, sizeof(msg));

	(void)state;
	assert_int_equal(ike_hdr_parse(msg, len, &hdr), 0);
	assert_int_equal(hdr.exchange, IKE_SA_INIT);
	assert_true(hdr.initiator);
	assert_false(hdr.response);
	msg[17] = 0x30;
	assert_int_equal(ike_hdr_parse(msg, len, &hdr), IKE_N_INVALID_MAJOR_VERSION);
	msg[17] = 0x2f;			/* a minor version is to be ignored */
	assert_int_equal(ike_hdr_parse(msg, len, &hdr), 0);
	msg[17] = 0x10;
	assert_int_equal(ike_hdr_parse(msg, len, &hdr), -1);
	msg[17] = 0x20;
	msg[19] = 0xff;			/* so are reserved flags */
	assert_int_equal(ike_hdr_parse(msg, len, &hdr), 0);
	assert_true(hdr.response);
	assert_int_equal(ike_hdr_parse(msg, 0, &hdr), -1);
}

/* One payload of a type in a message of its own */
static int one(uint8_t type, uint8_t flags, const void *body, size_t len,
	       struct ike_payloads *pl)
{
	uint8_t data[4 + 512] = { 0, flags };

	ike_put16(data + 2, (uint16_t)(4 + len));
	memcpy(data + 4, body, len);
	return ike_payloads_parse(type, data, 4 + len, pl);
}

static void test_unknown(void **state)
{
	struct ike_payloads pl;

	(void)state;
	assert_int_equal(one(200, 0, "x", 1, &pl), 0);
	assert_int_equal(pl.n, 0);
	assert_int_equal(one(200, CRITICAL, "x", 1, &pl), IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(pl.critical, 200);
	/* On a type that we know the bit says nothing (RFC 7296, section 2.5) */
	assert_int_equal(one(IKE_PL_VENDOR, CRITICAL, "x", 1, &pl), 0);
	assert_int_equal(pl.critical, 0);
	assert_int_equal(one(1, CRITICAL, "x", 1, &pl), IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD);
}

static void test_bodies(void **state)
{
	static const uint8_t zero[512];
	struct ike_payloads pl;
	size_t n;

	(void)state;
	for (n = 0; n < 300; n++) {
		int want = n >= 16 && n <= 256 ? 0 : IKE_N_INVALID_SYNTAX;

		assert_int_equal(one(IKE_PL_NONCE, 0, zero, n, &pl), want);
		want = n >= 4 ? 0 : IKE_N_INVALID_SYNTAX;
		assert_int_equal(one(IKE_PL_NOTIFY, 0, zero, n, &pl), want);
		assert_int_equal(one(IKE_PL_IDR, 0, zero, n, &pl), want);
		want = n > 4 ? 0 : IKE_N_INVALID_SYNTAX;
		assert_int_equal(one(IKE_PL_KE, 0, zero, n, &pl), want);
		assert_int_equal(one(IKE_PL_AUTH, 0, zero, n, &pl), want);
		/* No proposal, no selector: never */
		assert_int_equal(one(IKE_PL_SA, 0, zero, n, &pl), IKE_N_INVALID_SYNTAX);
		assert_int_equal(one(IKE_PL_TSI, 0, zero, n, &pl), IKE_N_INVALID_SYNTAX);
	}
	/* A SPI beyond the notify, SPIs beyond the delete, of a wrong size */
	assert_int_equal(one(IKE_PL_NOTIFY, 0, "\0\4\0\1abc", 7, &pl), IKE_N_INVALID_SYNTAX);
	assert_int_equal(one(IKE_PL_DELETE, 0, "\3\4\0\2abcd", 8, &pl), IKE_N_INVALID_SYNTAX);
	assert_int_equal(one(IKE_PL_DELETE, 0, "\3\10\0\1abcdefgh", 12, &pl),
			 IKE_N_INVALID_SYNTAX);
	assert_int_equal(one(IKE_PL_DELETE, 0, "\3\0\377\377", 4, &pl), IKE_N_INVALID_SYNTAX);
	assert_int_equal(one(IKE_PL_DELETE, 0, "\3\4\0\1abcd", 8, &pl), 0);
	assert_int_equal(one(IKE_PL_DELETE, 0, "\1\0\0\0", 4, &pl), 0);
}

static void test_twice(void **state)
{
	uint8_t data[2 * 36] = { IKE_PL_NONCE, 0, 0, 36 };
	struct ike_payloads pl;

	(void)state;
	data[36 + 3] = 36;
	assert_int_equal(ike_payloads_parse(IKE_PL_NONCE, data, sizeof(data), &pl),
			 IKE_N_INVALID_SYNTAX);
	data[0] = IKE_PL_VENDOR;
	assert_int_equal(ike_payloads_parse(IKE_PL_VENDOR, data, sizeof(data), &pl), 0);
	assert_int_equal(pl.n, 2);
}

static void test_too_many(void **state)
{
	static uint8_t data[4 * (IKE_PAYLOADS_MAX + 1)];
	struct ike_payloads pl;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i += 4) {
		data[i] = IKE_PL_VENDOR;
		data[i + 3] = 4;
	}
	data[sizeof(data) - 8] = 0;
	assert_int_equal(ike_payloads_parse(IKE_PL_VENDOR, data, sizeof(data) - 4, &pl), 0);
	assert_int_equal(pl.n, IKE_PAYLOADS_MAX);
	data[sizeof(data) - 8] = IKE_PL_VENDOR;
	data[sizeof(data) - 4] = 0;
	assert_int_equal(ike_payloads_parse(IKE_PL_VENDOR, data, sizeof(data), &pl),
			 IKE_N_INVALID_SYNTAX);
}

/* The chain ends with SK, whose "next payload" is the first one inside of it */
static void test_sk_last(void **state)
{
	uint8_t data[] = { IKE_PL_IDI, 0, 0, 8, 1, 2, 3, 4, 0 };
	struct ike_payloads pl;

	(void)state;
	assert_int_equal(ike_payloads_parse(IKE_PL_SK, data, 8, &pl), 0);
	assert_int_equal(pl.n, 1);
	assert_int_equal(pl.inner, IKE_PL_IDI);
	assert_int_equal(ike_payloads_parse(IKE_PL_SK, data, 9, &pl), IKE_N_INVALID_SYNTAX);
	/* Nothing announced, yet something there */
	assert_int_equal(ike_payloads_parse(IKE_PL_NONE, data, 1, &pl), IKE_N_INVALID_SYNTAX);
	assert_int_equal(ike_payloads_parse(IKE_PL_NONE, data, 0, &pl), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_lying_lengths),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_sk_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
