// SPDX-License-Identifier: GPL-2.0-only
/* KUnit: the frame classifier as the module's compiler and types have it. */

#include <kunit/test.h>
#include <linux/espintcp_frame.h>

#include "fixture.h"

struct frame_case {
	const char			*name;
	u8				head[ESPINTCP_HEAD_SIZE];
	unsigned int			len;
	enum espintcp_frame_kind	kind;
};

static const struct frame_case cases[] = {
	{ "length 0",		{ 0, 0 },		2, ESPINTCP_FRAME_BAD_LENGTH },
	{ "length 1",		{ 0, 1 },		2, ESPINTCP_FRAME_BAD_LENGTH },
	{ "empty",		{ 0, 2 },		2, ESPINTCP_FRAME_SHORT },
	{ "keepalive",		{ 0, 3, 0xff },		3, ESPINTCP_FRAME_KEEPALIVE },
	{ "one other byte",	{ 0, 3, 0xfe },		3, ESPINTCP_FRAME_SHORT },
	{ "marker alone",	{ 0, 6 },		6, ESPINTCP_FRAME_SHORT },
	{ "SPI alone",		{ 0, 6, 1, 2, 3, 4 },	6, ESPINTCP_FRAME_SHORT },
	{ "shortest IKE",	{ 0, 7 },		6, ESPINTCP_FRAME_IKE },
	{ "longest IKE",	{ 0xff, 0xff },		6, ESPINTCP_FRAME_IKE },
	{ "shortest ESP",	{ 0, 7, 0, 0, 0, 1 },	6, ESPINTCP_FRAME_ESP },
	{ "longest ESP",	{ 0xff, 0xff, 0xff },	6, ESPINTCP_FRAME_ESP },
};

/* Decided by its last deciding byte, and by none before */
static void frame_kinds(struct kunit *test)
{
	const struct frame_case *c;
	unsigned int avail;
	u16 body;

	for (c = cases; c < cases + ARRAY_SIZE(cases); c++) {
		for (avail = 0; avail < c->len; avail++)
			KUNIT_EXPECT_EQ_MSG(test, ESPINTCP_FRAME_MORE,
					    espintcp_frame_classify(c->head,
								    avail,
								    &body),
					    "%s, %u bytes", c->name, avail);
		KUNIT_EXPECT_EQ_MSG(test, c->kind,
				    espintcp_frame_classify(c->head, c->len,
							    &body),
				    "%s", c->name);
	}
}

static void frame_body(struct kunit *test)
{
	u8 head[ESPINTCP_HEAD_SIZE] = { 0, 0, 1, 1, 1, 1 };
	unsigned int len;
	u16 body;

	for (len = ESPINTCP_LEN_SIZE; len <= ESPINTCP_MAX_MSG; len++) {
		head[0] = len >> 8;
		head[1] = len;
		espintcp_frame_classify(head, sizeof(head), &body);
		KUNIT_ASSERT_EQ(test, len - ESPINTCP_LEN_SIZE, body);
	}
}

static struct kunit_case frame_tests[] = {
	KUNIT_CASE(frame_kinds),
	KUNIT_CASE(frame_body),
	{}
};

struct kunit_suite frame_suite = {
	.name		= "espintcp_frame",
	.test_cases	= frame_tests,
};
