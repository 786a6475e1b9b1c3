// SPDX-License-Identifier: GPL-2.0-or-later
/* Proposals and traffic selectors: what is chosen, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "hex.h"
#include "ike/build.h"
#include "ike/proposal.h"
#include "ike/ts.h"
#include "macros.h"

static struct ike_suite_list list_of(const char *text, bool ike)
{
	struct ike_suite_list list;
	char err[256];

	if ((ike ? ike_suite_parse_ike : ike_suite_parse_esp)(text, &list, err, sizeof(err)))
		fail_msg("%s", err);
	return list;
}

/* A payload from a builder, or from bytes, that has passed the check */
struct made {
	uint8_t data[2048];
	struct ike_payload pl;
};

static void made_from(struct made *m, uint8_t type, struct ike_buf *b)
{
	assert_false(b->overflow);
	m->pl = (struct ike_payload){ type, { m->data + IKE_HDR_LEN + 4,
					      b->len - IKE_HDR_LEN - 4 } };
	if (type == IKE_PL_SA)
		assert_true(ike_proposals_check(m->pl.body.p, m->pl.body.len));
	else
		assert_true(ike_ts_check(m->pl.body.p, m->pl.body.len));
}

static void begin(struct made *m, struct ike_buf *b)
{
	static const struct ike_hdr hdr;

	ike_build_begin(b, m->data, sizeof(m->data), &hdr);
}

static void offer(struct made *m, const char *text, bool ike)
{
	static const uint8_t spi[4] = { 1, 2, 3, 4 };
	struct ike_suite_list list = list_of(text, ike);
	struct ike_buf b;

	begin(m, &b);
	ike_proposal_put(&b, ike ? IKE_PROTO_IKE : IKE_PROTO_ESP, &list,
			 (struct ike_bytes){ spi, ike ? 0 : 4 });
	made_from(m, IKE_PL_SA, &b);
}

static void raw_sa(struct made *m, const char *hex)
{
	size_t len = unhex(hex, m->data);

	m->pl = (struct ike_payload){ IKE_PL_SA, { m->data, len } };
	assert_true(ike_proposals_check(m->pl.body.p, m->pl.body.len));
}

static void answer(struct made *m, const struct ike_choice *c, uint8_t protocol)
{
	static const uint8_t spi[4] = { 5, 6, 7, 8 };
	struct ike_buf b;

	begin(m, &b);
	ike_proposal_put_choice(&b, protocol, c,
				(struct ike_bytes){ spi, protocol == IKE_PROTO_ESP ? 4 : 0 });
	made_from(m, IKE_PL_SA, &b);
}

/* theirs is offered, ours chooses and answers, they accept: NULL if nothing is common */
static const char *negotiate(const char *theirs, const char *ours, bool ike, uint16_t ke)
{
	uint8_t protocol = ike ? IKE_PROTO_IKE : IKE_PROTO_ESP;
	struct ike_suite_list a = list_of(theirs, ike), b = list_of(ours, ike);
	struct ike_choice choice, accepted;
	static char text[128];
	struct made m, back;

	offer(&m, theirs, ike);
	if (ike_proposal_choose(&m.pl, protocol, &b, ke, &choice))
		return NULL;
	answer(&back, &choice, protocol);
	assert_int_equal(ike_proposal_accept(&back.pl, protocol, &a, &accepted), 0);
	assert_memory_equal(&accepted.suite, &choice.suite, sizeof(choice.suite));
	assert_int_equal(accepted.number, choice.number);
	return ike_suite_text(&choice.suite, text, sizeof(text));
}

static void test_choice_ike(void **state)
{
	(void)state;
	/* The responder's order counts */
	assert_string_equal(negotiate("aes128-sha2;dh14,aes_gcm256-sha2;dh19",
				      "aes_gcm256-sha2;dh19,aes128-sha2;dh14", true, 14),
			    "AES_GCM_16_256-HMAC_SHA2_256-DH19");
	/* But for the group the initiator has begun with one */
	assert_string_equal(negotiate("aes_gcm256-sha2;dh14+dh19", "aes_gcm256-sha2;dh19+dh14",
				      true, 14), "AES_GCM_16_256-HMAC_SHA2_256-MODP2048");
	assert_string_equal(negotiate("aes_gcm256-sha2;dh14+dh19", "aes_gcm256-sha2;dh19+dh14",
				      true, 31), "AES_GCM_16_256-HMAC_SHA2_256-DH19");
	/* ... which is no reason for a weaker cipher */
	assert_string_equal(negotiate("aes_gcm128-sha2;dh14,aes_gcm256-sha2;dh19",
				      "aes_gcm256-sha2;dh19,aes_gcm128-sha2;dh14", true, 14),
			    "AES_GCM_16_256-HMAC_SHA2_256-DH19");
	assert_string_equal(negotiate("aes_gcm,aes", "aes128-sha2;dh31", true, 19),
			    "AES_CBC_128-HMAC_SHA2_256_128-HMAC_SHA2_256-DH31");
	assert_null(negotiate("aes_gcm256-sha2;dh19", "aes_gcm128-sha2;dh19", true, 19));
	assert_null(negotiate("aes_gcm256-sha2;dh19", "aes_gcm256-sha2;dh31", true, 19));
	assert_null(negotiate("aes_gcm256-sha2;dh19", "aes_gcm256-sha2_384;dh19", true, 19));
	assert_null(negotiate("aes_gcm256-sha2;dh19", "aes256-sha2;dh19", true, 19));
}

static void test_choice_addke(void **state)
{
	static const struct {
		const char *ours, *theirs;
		bool ike;
		const char *want;	/* NULL: nothing in common */
	} cases[] = {
		{ "aes256-sha2_256;dh19;addke1=dh31+dh20",
		  "aes256-sha2_256;dh19;addke1=dh20+dh31", true,
		  "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_256-DH19;addke1=DH20" },
		{ "aes_gcm256-sha2;dh19;addke1=dh31;addke7=dh20+none",
		  "aes_gcm256-sha2;dh19;addke1=dh31", true,
		  "AES_GCM_16_256-HMAC_SHA2_256-DH19;addke1=DH31" },
		{ "aes_gcm256-none-dh19;addke1=dh31;addke2=dh20",
		  "aes_gcm256-none-dh19;addke1=dh31;addke2=dh20", false,
		  "AES_GCM_16_256-NONE-DH19-ESN;addke1=DH31;addke2=DH20" },
		{ "aes_gcm256-sha2;dh19;addke1=dh31", "aes_gcm256-sha2;dh19;addke2=dh31", true,
		  NULL },
		{ "aes_gcm256-sha2;dh19;addke1=dh31", "aes_gcm256-sha2;dh19", true, NULL },
		{ "aes_gcm256-sha2;dh19", "aes_gcm256-sha2;dh19;addke1=dh31", true, NULL },
	};
	const char *got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		got = negotiate(cases[i].ours, cases[i].theirs, cases[i].ike, 19);
		if (!cases[i].want)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].want);
	}
}

/* As others write it: NONE among the transforms, any order; and what nobody may write */
#define ADDKE_SUITE "0300000c 01000014 800e0100 03000008 02000005 03000008 04000013 "

static void test_addke_spelled_out(void **state)
{
	struct ike_suite_list with = list_of("aes_gcm256-sha2;dh19;addke1=dh31", true);
	struct ike_suite_list without = list_of("aes_gcm256-sha2;dh19", true);
	struct ike_choice c, accepted;
	struct made m, back;

	(void)state;
	/* ADDKE1: 31 or NONE; ADDKE2: NONE */
	raw_sa(&m, "0000003c 01010006 " ADDKE_SUITE
	       "03000008 0600001f 03000008 06000000 00000008 07000000");
	assert_int_equal(ike_proposal_choose(&m.pl, IKE_PROTO_IKE, &with, 19, &c), 0);
	assert_int_equal(c.suite.addke[0], 31);
	assert_int_equal(c.addke_none, 2);
	answer(&back, &c, IKE_PROTO_IKE);
	/* Each type once, as chosen: 12 + 3 transforms of 8, NONE and the key exchange */
	assert_int_equal(back.pl.body.len, 8 + 12 + 8 + 8 + 8 + 8);
	assert_int_equal(ike_proposal_accept(&back.pl, IKE_PROTO_IKE, &with, &accepted), 0);
	assert_int_equal(accepted.suite.addke[0], 31);
	assert_int_equal(ike_proposal_accept(&back.pl, IKE_PROTO_IKE, &without, &accepted), -1);
	assert_int_equal(ike_proposal_choose(&m.pl, IKE_PROTO_IKE, &without, 19, &c), 0);
	assert_int_equal(c.addke_none, 3);
	/* One type in an answer twice */
	raw_sa(&m, "00000034 01010005 " ADDKE_SUITE "03000008 0600001f 00000008 06000014");
	assert_int_equal(ike_proposal_accept(&m.pl, IKE_PROTO_IKE, &with, &accepted), -1);
	/* A type behind the last one is nobody's */
	raw_sa(&m, "0000002c 01010004 " ADDKE_SUITE "00000008 0d00001f");
	assert_int_equal(ike_proposal_choose(&m.pl, IKE_PROTO_IKE, &without, 19, &c), -1);
	assert_int_equal(ike_proposal_choose(&m.pl, IKE_PROTO_IKE, &with, 19, &c), -1);
}

static void test_choice_esp(void **state)
{
	(void)state;
	assert_string_equal(negotiate("aes,aes_gcm", "aes_gcm128,aes", false, 0),
			    "AES_GCM_16_128-NONE-ESN");
	assert_string_equal(negotiate("aes", "aes128", false, 0),
			    "AES_CBC_128-HMAC_SHA2_256_128-ESN");
	assert_null(negotiate("aes_gcm256", "aes_gcm128", false, 0));
}

/* AES-GCM-256 with INTEG NONE and DH NONE spelled out, ESN no; SPI 01020304 */
#define WITH_NONE \
	"00000030 01030404 01020304" \
	"0300000c 01000014 800e0100" \
	"03000008 03000000" \
	"03000008 04000000" \
	"00000008 05000000"

static void test_none_spelled_out(void **state)
{
	struct ike_suite_list ours = list_of("aes_gcm256", false);
	struct ike_choice c;
	struct made m, back;

	(void)state;
	raw_sa(&m, WITH_NONE);
	assert_int_equal(ike_proposal_choose(&m.pl, IKE_PROTO_ESP, &ours, 0, &c), 0);
	assert_int_equal(c.suite.esn, IKE_ESN_NO);
	assert_int_equal(c.number, 1);
	assert_int_equal(c.spi_len, 4);
	assert_memory_equal(c.spi, "\1\2\3\4", 4);
	answer(&back, &c, IKE_PROTO_ESP);
	/* The same but for the SPI */
	memcpy(back.data + IKE_HDR_LEN + 4 + 8, "\1\2\3\4", 4);
	assert_hex(back.pl.body.p, back.pl.body.len, WITH_NONE);
}

static void choose_none(const char *hex, bool ike, const char *ours)
{
	struct ike_suite_list list = list_of(ours, ike);
	struct ike_choice c;
	struct made m;

	raw_sa(&m, hex);
	assert_int_equal(ike_proposal_choose(&m.pl, ike ? IKE_PROTO_IKE : IKE_PROTO_ESP, &list,
					     0, &c), -1);
}

static void test_odd_proposals(void **state)
{
	struct ike_suite_list ours = list_of("aes_gcm256", false);
	struct ike_choice c;
	struct made m;

	(void)state;
	/* A DH group other than NONE in IKE_AUTH */
	choose_none("00000028 01030403 01020304 0300000c 01000014 800e0100"
		    "03000008 04000013 00000008 05000000", false, "aes_gcm256");
	/* No ESN at all */
	choose_none("00000018 01030401 01020304 0000000c 01000014 800e0100", false,
		    "aes_gcm256");
	/* A type of transform that we do not know: the whole proposal is not for us */
	choose_none("00000028 01030403 01020304 0300000c 01000014 800e0100"
		    "03000008 06000001 00000008 05000000", false, "aes_gcm256");
	/* AES without its key length, and with one of an unknown attribute beside it */
	choose_none("0000001c 01030402 01020304 03000008 01000014 00000008 05000000", false,
		    "aes_gcm256");
	choose_none("00000024 01030402 01020304 03000010 01000014 800e0100 80110001"
		    "00000008 05000000", false, "aes_gcm256");
	/* AES-CBC without integrity */
	choose_none("00000020 01030402 01020304 0300000c 0100000c 800e0100"
		    "00000008 05000000", false, "aes256");
	/* SPIs of a wrong size, another protocol */
	choose_none("0000001c 01030002 0300000c 01000014 800e0100 00000008 05000000", false,
		    "aes_gcm256");
	choose_none("00000020 01020402 01020304 0300000c 01000014 800e0100"
		    "00000008 05000000", false, "aes_gcm256");

	/* What we do not know beside what we know is passed over */
	raw_sa(&m, "00000034 01030404 01020304 0300000c 01000014 800e00c0"
		   "0300000c 01000014 800e0100 03000008 05000007 00000008 05000001");
	assert_int_equal(ike_proposal_choose(&m.pl, IKE_PROTO_ESP, &ours, 0, &c), 0);
	assert_int_equal(c.suite.esn, IKE_ESN_YES);
	/* The second proposal, after one that is not for us */
	raw_sa(&m, "02000020 01030402 01020304 0300000c 01000014 800e0080 00000008 05000000"
		   "00000020 02030402 0a0b0c0d 0300000c 01000014 800e0100 00000008 05000000");
	assert_int_equal(ike_proposal_choose(&m.pl, IKE_PROTO_ESP, &ours, 0, &c), 0);
	assert_int_equal(c.number, 2);
	assert_memory_equal(c.spi, "\x0a\x0b\x0c\x0d", 4);
}

static void accept_none(const char *hex)
{
	struct ike_suite_list list = list_of("aes_gcm256,aes_gcm128", false);
	struct ike_choice c;
	struct made m;

	raw_sa(&m, hex);
	assert_int_equal(ike_proposal_accept(&m.pl, IKE_PROTO_ESP, &list, &c), -1);
}

static void test_accept(void **state)
{
	struct ike_suite_list list = list_of("aes_gcm256,aes_gcm128", false);
	struct ike_choice c;
	struct made m;

	(void)state;
	raw_sa(&m, "00000020 02030402 01020304 0300000c 01000014 800e0080 00000008 05000000");
	assert_int_equal(ike_proposal_accept(&m.pl, IKE_PROTO_ESP, &list, &c), 0);
	assert_int_equal(c.suite.keylen, 128);
	/* Another number than ours for it */
	accept_none("00000020 01030402 01020304 0300000c 01000014 800e0080 00000008 05000000");
	/* Two of a type, two proposals, what we did not offer */
	accept_none("00000028 02030403 01020304 0300000c 01000014 800e0080"
		    "03000008 05000001 00000008 05000000");
	accept_none("02000020 01030402 01020304 0300000c 01000014 800e0100 00000008 05000000"
		    "00000020 02030402 01020304 0300000c 01000014 800e0080 00000008 05000000");
	accept_none("00000020 02030402 01020304 0300000c 01000014 800e00c0 00000008 05000000");
}

static void test_malformed(void **state)
{
	/* Cut short, too long, lengths of 0, "more" where nothing follows, no transform */
	static const char *const bad[] = {
		"", "00000008 01030401", "00000008 01030000", "02000020 01030402 01020304"
		"0300000c 01000014 800e0100 00000008 05000000",
		"00000020 01030402 01020304 0000000c 01000014 800e0100 00000008 05000000",
		"00000020 01030402 01020304 0300000c 01000014 800e0100 03000008 05000000",
		"00000020 01030403 01020304 0300000c 01000014 800e0100 03000008 05000000",
		"00000020 01030401 01020304 0000000c 01000014 800e0100 00000008 05000000",
		"00000020 010304ff 01020304 0300000c 01000014 800e0100 00000008 05000000",
		"00000020 0103ff02 01020304 0300000c 01000014 800e0100 00000008 05000000",
		"00000020 01030402 01020304 0300000c 01000014 000e0100 00000008 05000000",
		"00000020 01030402 01020304 03000009 01000014 800e0100 00000008 05000000",
		"00000021 01030402 01020304 0300000c 01000014 800e0100 00000008 05000000",
		"00000000 01030402 01020304 0300000c 01000014 800e0100 00000008 05000000",
		"00000020 01030402 01020304 03000000 01000014 800e0100 00000008 05000000",
	};
	uint8_t data[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(ike_proposals_check(data, unhex(bad[i], data)));
}

static struct conf_subnet net(const char *addr, uint8_t prefix)
{
	struct conf_subnet s = { .prefix = prefix };

	s.family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(s.family, addr, s.addr), 1);
	return s;
}

static const char *narrow_to(const char *hex, struct ike_ts ours)
{
	struct ike_ts out;
	static char text[64];
	uint8_t data[256];
	size_t len = unhex(hex, data);
	struct ike_payload pl = { IKE_PL_TSI, { data, len } };

	assert_true(ike_ts_check(data, len));
	return ike_ts_narrow(&pl, &ours, &out) ? "" : ike_ts_text(&out, text, sizeof(text));
}

/* Narrow a TS payload body to ours: "" if it cannot be done */
static const char *narrow(const char *hex, const char *addr, uint8_t prefix)
{
	return narrow_to(hex, (struct ike_ts){ .net = net(addr, prefix) });
}

#define V4 "01000000 07000010 0000ffff "

static void test_narrow(void **state)
{
	(void)state;
	assert_string_equal(narrow(V4 "00000000 ffffffff", "10.1.0.0", 16), "10.1.0.0/16");
	assert_string_equal(narrow(V4 "0a010200 0a0102ff", "10.1.0.0", 16), "10.1.2.0/24");
	assert_string_equal(narrow(V4 "0a010203 0a010203", "10.1.0.0", 16), "10.1.2.3/32");
	assert_string_equal(narrow(V4 "00000000 ffffffff", "0.0.0.0", 0), "0.0.0.0/0");
	/* A range that is no subnet, but has ours inside, or not */
	assert_string_equal(narrow(V4 "0a000001 0affffff", "10.1.0.0", 16), "10.1.0.0/16");
	assert_string_equal(narrow(V4 "0a010001 0a0100fe", "10.1.0.0", 16), "");
	assert_string_equal(narrow(V4 "0a020000 0a02ffff", "10.1.0.0", 16), "");
	assert_string_equal(narrow(V4 "0a0200ff 0a020000", "10.0.0.0", 8), "");
	/* One protocol, one port; then all of them */
	assert_string_equal(narrow("01000000 07060010 0000ffff 00000000 ffffffff", "10.0.0.0", 8),
			    "10.0.0.0/8:6");
	assert_string_equal(narrow("01000000 07060010 00500050 00000000 ffffffff", "10.0.0.0", 8),
			    "10.0.0.0/8:6/80");
	/* A port of no protocol, and a range of ports that is not all of them */
	assert_string_equal(narrow("01000000 07060010 04000fff 00000000 ffffffff", "10.0.0.0", 8),
			    "");
	assert_string_equal(narrow("01000000 07000010 00500050 00000000 ffffffff", "10.0.0.0", 8),
			    "");
	assert_string_equal(narrow("02000000 07060010 00500050 0a010101 0a010101"
				   "07000010 0000ffff 0a010000 0a01ffff", "10.0.0.0", 8),
			    "10.1.0.0/16");
	/* The larger of two, in either order; another family and an unknown type beside */
	assert_string_equal(narrow("02000000 07000010 0000ffff 0a010100 0a0101ff"
				   "07000010 0000ffff 0a010000 0a01ffff", "10.0.0.0", 8),
			    "10.1.0.0/16");
	assert_string_equal(narrow("02000000 0900000c 0000ffff 00000000"
				   "07000010 0000ffff 0a010000 0a01ffff", "10.0.0.0", 8),
			    "10.1.0.0/16");
	assert_string_equal(narrow(V4 "00000000 ffffffff", "2001:db8::", 32), "");
	assert_string_equal(narrow("01000000 08000028 0000ffff"
				   "20010db8000000000000000000000000"
				   "20010db80000ffffffffffffffffffff", "2001:db8::", 32),
			    "2001:db8::/48");
	/* Host bits in a subnet of ours do not matter */
	assert_string_equal(narrow(V4 "00000000 ffffffff", "10.1.2.3", 9), "10.0.0.0/9");
}

/* Ours is one protocol, and perhaps one port */
static void test_narrow_ports(void **state)
{
	struct ike_ts tcp = { .net = net("10.0.0.0", 8), .proto = 6 }, http = tcp;

	(void)state;
	http.port = 80;
	assert_string_equal(narrow_to(V4 "00000000 ffffffff", tcp), "10.0.0.0/8:6");
	assert_string_equal(narrow_to(V4 "00000000 ffffffff", http), "10.0.0.0/8:6/80");
	assert_string_equal(narrow_to("01000000 07060010 00500050 00000000 ffffffff", tcp),
			    "10.0.0.0/8:6/80");
	assert_string_equal(narrow_to("01000000 07060010 0050005f 00000000 ffffffff", http),
			    "10.0.0.0/8:6/80");
	assert_string_equal(narrow_to("01000000 07060010 0051005f 00000000 ffffffff", http), "");
	assert_string_equal(narrow_to("01000000 07110010 00500050 00000000 ffffffff", http), "");
}

static void test_ts_put(void **state)
{
	static const struct { const char *addr; uint8_t prefix; } nets[] = {
		{ "0.0.0.0", 0 }, { "10.0.0.0", 7 }, { "192.0.2.128", 25 }, { "192.0.2.1", 32 },
		{ "::", 0 }, { "2001:db8::", 33 }, { "2001:db8::1", 128 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(nets); i++) {
		struct ike_ts in = {
			.net = net(nets[i].addr, nets[i].prefix),
			.proto = i % 2 ? 17 : 0, .port = i % 2 ? 500 : 0,
		}, all, out;
		struct ike_buf b;
		struct made m;

		begin(&m, &b);
		ike_ts_put(&b, IKE_PL_TSR, &in);
		made_from(&m, IKE_PL_TSR, &b);
		assert_int_equal(ike_ts_count(&m.pl), 1);
		all = (struct ike_ts){
			.net = net(in.net.family == AF_INET ? "0.0.0.0" : "::", 0),
		};
		assert_int_equal(ike_ts_narrow(&m.pl, &all, &out), 0);
		assert_memory_equal(&out.net, &in.net, sizeof(in.net));
		assert_int_equal(out.proto, in.proto);
		assert_int_equal(out.port, in.port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice_ike),
		cmocka_unit_test(test_choice_addke),
		cmocka_unit_test(test_addke_spelled_out),
		cmocka_unit_test(test_choice_esp),
		cmocka_unit_test(test_none_spelled_out),
		cmocka_unit_test(test_odd_proposals),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_narrow_ports),
		cmocka_unit_test(test_ts_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
