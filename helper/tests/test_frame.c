// SPDX-License-Identifier: GPL-2.0-or-later
/* The classifier of messages in the stream: every length, split at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <linux/espintcp_frame.h>

#include "macros.h"

#define HEAD ESPINTCP_HEAD_SIZE
#define BODY_UNSET 0xbeef

struct pattern {
	uint8_t bytes[4];		/* behind the length field */
	enum espintcp_frame_kind one;	/* what a body of one such byte is */
	enum espintcp_frame_kind full;	/* what a body of five bytes and more is */
};

/* One bit set at each end of each byte of the marker, and none */
static const struct pattern patterns[] = {
	{ { 0, 0, 0, 0 }, ESPINTCP_FRAME_SHORT, ESPINTCP_FRAME_IKE },
	{ { 1, 0, 0, 0 }, ESPINTCP_FRAME_SHORT, ESPINTCP_FRAME_ESP },
	{ { 0x80, 0, 0, 0 }, ESPINTCP_FRAME_SHORT, ESPINTCP_FRAME_ESP },
	{ { 0, 1, 0, 0 }, ESPINTCP_FRAME_SHORT, ESPINTCP_FRAME_ESP },
	{ { 0, 0, 0x80, 0 }, ESPINTCP_FRAME_SHORT, ESPINTCP_FRAME_ESP },
	{ { 0, 0, 0, 1 }, ESPINTCP_FRAME_SHORT, ESPINTCP_FRAME_ESP },
	{ { 0, 0, 0, 0x80 }, ESPINTCP_FRAME_SHORT, ESPINTCP_FRAME_ESP },
	{ { 0xfe, 0, 0, 0 }, ESPINTCP_FRAME_SHORT, ESPINTCP_FRAME_ESP },
	{ { 0xff, 0, 0, 0 }, ESPINTCP_FRAME_KEEPALIVE, ESPINTCP_FRAME_ESP },
	{ { 0xff, 0xff, 0xff, 0xff }, ESPINTCP_FRAME_KEEPALIVE, ESPINTCP_FRAME_ESP },
};

/* RFC 9329, sections 3.1 and 3.2, said once more and in another way */
static enum espintcp_frame_kind expected(unsigned int len, unsigned int avail,
					 const struct pattern *p)
{
	unsigned int need = len < HEAD ? len : HEAD;

	if (avail < 2)
		return ESPINTCP_FRAME_MORE;
	if (len == 0 || len == 1)
		return ESPINTCP_FRAME_BAD_LENGTH;
	if (avail < need)
		return ESPINTCP_FRAME_MORE;
	switch (len) {
	case 3:
		return p->one;
	case 2: case 4: case 5: case 6:
		return ESPINTCP_FRAME_SHORT;
	default:
		return p->full;
	}
}

/*
 * The head lies at the end of a heap block of just avail bytes, so that the
 * address sanitizer sees a read of a byte that has not arrived.
 */
static void check(unsigned int len, const struct pattern *p)
{
	uint8_t head[HEAD] = { len >> 8, len & 0xff };

	memcpy(head + 2, p->bytes, 4);
	for (unsigned int avail = 0; avail <= HEAD; avail++) {
		uint8_t *bytes = test_malloc(avail ? avail : 1);
		uint16_t body = BODY_UNSET;
		enum espintcp_frame_kind kind;

		memcpy(bytes, head, avail);
		kind = espintcp_frame_classify(bytes, avail, &body);
		assert_int_equal(kind, expected(len, avail, p));
		if (kind == ESPINTCP_FRAME_MORE || kind == ESPINTCP_FRAME_BAD_LENGTH)
			assert_int_equal(body, BODY_UNSET);
		else
			assert_int_equal(body, len - 2);
		test_free(bytes);
	}
}

static void every_length(void **state)
{
	(void)state;
	for (unsigned int len = 0; len <= 65535; len++) {
		/* Beyond the first few, the length alone decides nothing */
		size_t step = len <= 16 || len >= 65530 || !(len & (len - 1)) ? 1 : 5;

		for (size_t i = 0; i < ARRAY_SIZE(patterns); i += step)
			check(len, &patterns[i]);
	}
}

/* More bytes than the head change nothing */
static void long_buffer(void **state)
{
	uint8_t buf[64] = { 0, 3, 0xff, 0, 40, 0, 0, 0, 0 };
	uint16_t body;

	(void)state;
	assert_int_equal(espintcp_frame_classify(buf, sizeof(buf), &body),
			 ESPINTCP_FRAME_KEEPALIVE);
	assert_int_equal(body, 1);
	assert_int_equal(espintcp_frame_classify(buf + 3, sizeof(buf) - 3, &body),
			 ESPINTCP_FRAME_IKE);
	assert_int_equal(body, 38);
}

struct seen {
	unsigned int n[ESPINTCP_FRAME_ESP + 1];
	unsigned int bytes;
};

/* A reader that gets the stream in two pieces, cut at @cut */
static void read_split(const uint8_t *stream, size_t size, size_t cut, struct seen *seen)
{
	size_t at = 0, have = cut;
	uint16_t body;

	memset(seen, 0, sizeof(*seen));
	while (at < size) {
		enum espintcp_frame_kind kind;

		kind = espintcp_frame_classify(stream + at, have - at, &body);
		assert_int_not_equal(kind, ESPINTCP_FRAME_BAD_LENGTH);
		if (kind == ESPINTCP_FRAME_MORE || at + 2 + body > have) {
			assert_int_not_equal(have, size);
			have = size;
			continue;
		}
		seen->n[kind]++;
		seen->bytes += body;
		at += 2 + body;
	}
	assert_int_equal(at, size);
}

static void every_split(void **state)
{
	static const uint8_t stream[] = {
		0, 3, 0xff,				/* keepalive */
		0, 10, 0, 0, 0, 0, 1, 2, 3, 4,		/* IKE */
		0, 2,					/* short, no body */
		0, 9, 0xff, 0, 0, 1, 5, 6, 7,		/* ESP */
		0, 6, 0, 0, 0, 0,			/* short, a marker alone */
		0, 7, 0, 0, 0, 1, 9,			/* ESP, one byte behind its SPI */
	};
	struct seen seen;

	(void)state;
	for (size_t cut = 0; cut <= sizeof(stream); cut++) {
		read_split(stream, sizeof(stream), cut, &seen);
		assert_int_equal(seen.n[ESPINTCP_FRAME_KEEPALIVE], 1);
		assert_int_equal(seen.n[ESPINTCP_FRAME_IKE], 1);
		assert_int_equal(seen.n[ESPINTCP_FRAME_ESP], 2);
		assert_int_equal(seen.n[ESPINTCP_FRAME_SHORT], 2);
		assert_int_equal(seen.bytes, 1 + 8 + 0 + 7 + 4 + 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(long_buffer),
		cmocka_unit_test(every_split),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
