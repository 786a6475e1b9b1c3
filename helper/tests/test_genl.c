// SPDX-License-Identifier: GPL-2.0-or-later
/* Replies of the module, made here with libnl: parsing and printing. */
#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <cmocka.h>

#include "genl/genl.h"
#include "macros.h"

static struct nl_msg *message(int cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, 0, 32, 0, 0, cmd, 1));
	return msg;
}

static void put_counters(struct nl_msg *msg, int type)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	assert_non_null(nest);
	nla_put_u64(msg, ESPINTCP_A_COUNTER_RX_ESP, 7);
	nla_put_u64(msg, ESPINTCP_A_COUNTER_TX_CLOSED, 1ULL << 40);
	nla_put_u64(msg, ESPINTCP_A_COUNTER_MAX + 1, 9);	/* of a newer module */
	nla_nest_end(msg, nest);
}

static struct nl_msg *info_message(void)
{
	struct nl_msg *msg = message(ESPINTCP_CMD_INFO_GET);

	nla_put_string(msg, ESPINTCP_A_INFO_VERSION, "1.2\"3\\");
	nla_put_u32(msg, ESPINTCP_A_INFO_FEATURES, ESPINTCP_FEATURE_IPV6 | 1 << 30);
	put_counters(msg, ESPINTCP_A_INFO_COUNTERS);
	return msg;
}

/* Without the attribute lacks */
static struct nl_msg *socket_message(uint16_t family, int lacks)
{
	static const uint8_t local[16] = { 192, 0, 2, 1 }, remote[16] = { 192, 0, 2, 2 };
	struct nl_msg *msg = message(ESPINTCP_CMD_SOCKET_GET);
	int len = family == AF_INET ? 4 : 16;

	nla_put_u32(msg, ESPINTCP_A_SOCKET_NETNS, 4026531840U);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_INODE, 1234);
	if (lacks != ESPINTCP_A_SOCKET_FAMILY)
		nla_put_u16(msg, ESPINTCP_A_SOCKET_FAMILY, family);
	if (lacks != ESPINTCP_A_SOCKET_LOCAL)
		nla_put(msg, ESPINTCP_A_SOCKET_LOCAL, len, local);
	if (lacks != ESPINTCP_A_SOCKET_REMOTE)
		nla_put(msg, ESPINTCP_A_SOCKET_REMOTE, len, remote);
	if (lacks != ESPINTCP_A_SOCKET_LPORT)
		nla_put_u16(msg, ESPINTCP_A_SOCKET_LPORT, htons(4500));
	if (lacks != ESPINTCP_A_SOCKET_RPORT)
		nla_put_u16(msg, ESPINTCP_A_SOCKET_RPORT, htons(40000));
	nla_put_u32(msg, ESPINTCP_A_SOCKET_TX_QUEUE, 10);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_TX_LIMIT, 100);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_IKE_QUEUE, 20);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_IKE_LIMIT, 200);
	put_counters(msg, ESPINTCP_A_SOCKET_COUNTERS);
	nla_put_u64(msg, ESPINTCP_A_SOCKET_COOKIE, 0x100000001fULL);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_TX_PEAK, 50);
	return msg;
}

/* What only a newer module tells */
static void put_more(struct nl_msg *msg)
{
	struct nlattr *nest;

	nla_put_u32(msg, ESPINTCP_A_SOCKET_PID, 77);
	nla_put_u64(msg, ESPINTCP_A_SOCKET_RX_IDLE, 1200);
	nla_put_u64(msg, ESPINTCP_A_SOCKET_TX_IDLE, 500);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_END, ESPINTCP_END_ERROR);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_END_ERRNO, ECONNRESET);
	nest = nla_nest_start(msg, ESPINTCP_A_SOCKET_TCP);
	assert_non_null(nest);
	nla_put_u32(msg, ESPINTCP_A_TCP_STATE, 7);
	nla_put_u32(msg, ESPINTCP_A_TCP_RTT, 1500);
	nla_put_u32(msg, ESPINTCP_A_TCP_CWND, 10);
	nla_put_u32(msg, ESPINTCP_A_TCP_MSS, 1448);
	nla_nest_end(msg, nest);
}

static void parse_info(void **state)
{
	struct nl_msg *msg = info_message();
	struct genl_info info;

	(void)state;
	assert_int_equal(genl_parse_info(nlmsg_hdr(msg), &info), 0);
	assert_string_equal(info.version, "1.2\"3\\");
	assert_int_equal(info.features & 3, ESPINTCP_FEATURE_IPV6);
	assert_int_equal(info.counters.v[ESPINTCP_A_COUNTER_RX_ESP], 7);
	assert_true(info.counters.v[ESPINTCP_A_COUNTER_TX_CLOSED] == 1ULL << 40);
	nlmsg_free(msg);

	msg = message(ESPINTCP_CMD_INFO_GET);
	assert_int_equal(genl_parse_info(nlmsg_hdr(msg), &info), -1);
	nlmsg_free(msg);
}

static void parse_socket(void **state)
{
	struct nl_msg *msg = socket_message(AF_INET, 0);
	struct genl_socket s;

	(void)state;
	assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s), 0);
	assert_int_equal(s.family, AF_INET);
	assert_memory_equal(s.local, "\xc0\0\2\1", 4);
	assert_memory_equal(s.remote, "\xc0\0\2\2", 4);
	assert_int_equal(s.lport, 4500);
	assert_int_equal(s.rport, 40000);
	assert_int_equal(s.netns, 4026531840U);
	assert_int_equal(s.inode, 1234);
	assert_int_equal(s.ifindex, 0);
	assert_true(s.cookie == 0x100000001fULL);
	assert_int_equal(s.tx_peak, 50);
	assert_int_equal(s.pid, 0);
	assert_int_equal(s.tcp.state, 0);
	assert_int_equal(s.tx_queue, 10);
	assert_int_equal(s.ike_limit, 200);
	assert_int_equal(s.counters.v[ESPINTCP_A_COUNTER_RX_ESP], 7);
	nlmsg_free(msg);
}

static void parse_socket_bad(void **state)
{
	static const int needed[] = {
		ESPINTCP_A_SOCKET_FAMILY, ESPINTCP_A_SOCKET_LOCAL, ESPINTCP_A_SOCKET_REMOTE,
		ESPINTCP_A_SOCKET_LPORT, ESPINTCP_A_SOCKET_RPORT,
	};
	struct genl_socket s;
	struct nl_msg *msg;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		msg = socket_message(AF_INET, needed[i]);
		assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s), -1);
		nlmsg_free(msg);
	}
	/* A family that is none, and an address of another family's length */
	msg = socket_message(AF_UNIX, 0);
	assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s), -1);
	nlmsg_free(msg);
	msg = socket_message(AF_INET6, ESPINTCP_A_SOCKET_LOCAL);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_LOCAL, 0);
	assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s), -1);
	nlmsg_free(msg);

	msg = message(ESPINTCP_CMD_SOCKET_GET);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_COUNTERS, 0);
	assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s), -1);
	nlmsg_free(msg);
}

/* An attribute that is too short for its type */
static void parse_short(void **state)
{
	static const uint8_t two[2];
	struct genl_limits limits;
	struct genl_socket s;
	struct genl_event ev;
	struct nlattr *nest;
	struct nl_msg *msg;

	(void)state;
	msg = socket_message(AF_INET, 0);
	nla_put(msg, ESPINTCP_A_SOCKET_PID, sizeof(two), two);
	assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s), -1);
	nlmsg_free(msg);
	msg = socket_message(AF_INET, 0);
	nest = nla_nest_start(msg, ESPINTCP_A_SOCKET_TCP);
	nla_put(msg, ESPINTCP_A_TCP_STATE, sizeof(two), two);
	nla_nest_end(msg, nest);
	assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s), -1);
	nlmsg_free(msg);
	msg = message(ESPINTCP_CMD_LIMITS_GET);
	nla_put_u32(msg, ESPINTCP_A_LIMITS_MEMORY, 1);
	assert_int_equal(genl_parse_limits(nlmsg_hdr(msg), &limits), -1);
	nlmsg_free(msg);
	msg = message(ESPINTCP_CMD_EVENT_NTF);
	nla_put(msg, ESPINTCP_A_EVENT_KIND, sizeof(two), two);
	assert_int_equal(genl_parse_event(nlmsg_hdr(msg), &ev), -1);
	nlmsg_free(msg);
}

static void limits(void **state)
{
	struct nl_msg *msg = message(ESPINTCP_CMD_LIMITS_GET);
	struct genl_limits l;
	char *out = NULL;
	size_t len;
	FILE *f;

	(void)state;
	nla_put_u64(msg, ESPINTCP_A_LIMITS_MEMORY, 1ULL << 33);
	nla_put_u32(msg, ESPINTCP_A_LIMITS_TX_QUEUE, 4096);
	nla_put_u8(msg, ESPINTCP_A_LIMITS_UNPRIVILEGED, 1);
	assert_int_equal(genl_parse_limits(nlmsg_hdr(msg), &l), 0);
	nlmsg_free(msg);

	f = open_memstream(&out, &len);
	genl_print_limits(f, &l, true);
	genl_print_limits(f, &l, false);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(out, "{\"memory\":8589934592,\"tx_queue\":4096,\"unprivileged\":1}\n"
				 "memory        8589934592\n"
				 "tx_queue      4096\n"
				 "unprivileged  1\n");
	free(out);
}

static void stats(void **state)
{
	struct nl_msg *msg = message(ESPINTCP_CMD_STATS_GET);
	struct genl_stats s;
	char *out = NULL;
	size_t len;
	FILE *f;

	(void)state;
	nla_put_u32(msg, ESPINTCP_A_STATS_SOCKETS, 2);
	assert_int_equal(genl_parse_stats(nlmsg_hdr(msg), &s), -1);
	nla_put_u64(msg, ESPINTCP_A_STATS_MEMORY, 4096);
	put_counters(msg, ESPINTCP_A_STATS_COUNTERS);
	assert_int_equal(genl_parse_stats(nlmsg_hdr(msg), &s), 0);
	nlmsg_free(msg);

	f = open_memstream(&out, &len);
	genl_print_stats(f, &s, false, false);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(out, "netns                               0\n"
				 "sockets                             2\n"
				 "memory                           4096\n"
				 "rx_esp                              7\n"
				 "tx_closed               1099511627776\n");
	free(out);
}

static void event(void **state)
{
	static const uint8_t addr[4] = { 192, 0, 2, 1 };
	struct nl_msg *msg = message(ESPINTCP_CMD_EVENT_NTF);
	struct genl_event ev;
	char *out = NULL;
	size_t len;
	FILE *f;

	(void)state;
	nla_put_u32(msg, ESPINTCP_A_EVENT_KIND, ESPINTCP_EVENT_REFUSED);
	nla_put_u64(msg, ESPINTCP_A_EVENT_COOKIE, 0x1f);
	nla_put_u16(msg, ESPINTCP_A_EVENT_FAMILY, AF_INET);
	nla_put(msg, ESPINTCP_A_EVENT_LOCAL, 4, addr);
	nla_put_u16(msg, ESPINTCP_A_EVENT_LPORT, htons(4500));
	nla_put_u16(msg, ESPINTCP_A_EVENT_RPORT, htons(4501));
	assert_int_equal(genl_parse_event(nlmsg_hdr(msg), &ev), -1);
	nla_put(msg, ESPINTCP_A_EVENT_REMOTE, 4, addr);
	nla_put_u32(msg, ESPINTCP_A_EVENT_COUNTER, ESPINTCP_A_COUNTER_TX_LOOP);
	nla_put_u32(msg, ESPINTCP_A_EVENT_COUNT, 3);
	assert_int_equal(genl_parse_event(nlmsg_hdr(msg), &ev), 0);
	nlmsg_free(msg);

	f = open_memstream(&out, &len);
	genl_print_event(f, &ev, 1234, true);
	/* Of a newer module */
	ev.kind = 1000;
	ev.end = 1000;
	ev.counter = 1000;
	genl_print_event(f, &ev, 1234, true);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(out,
			    "{\"time\":1.234,\"event\":\"refused\",\"cookie\":\"1f\",\"netns\":0,"
			    "\"inode\":0,\"local\":\"192.0.2.1\",\"lport\":4500,"
			    "\"remote\":\"192.0.2.1\",\"rport\":4501,"
			    "\"counter\":\"tx_loop\",\"count\":3}\n"
			    "{\"time\":1.234,\"event\":\"unknown\",\"cookie\":\"1f\",\"netns\":0,"
			    "\"inode\":0,\"local\":\"192.0.2.1\",\"lport\":4500,"
			    "\"remote\":\"192.0.2.1\",\"rport\":4501,"
			    "\"end\":\"unknown\",\"errno\":0,\"counter\":\"unknown\",\"count\":3}\n");
	free(out);
}

/* An error with the sentence text behind @req bytes of the request */
static struct nl_msg *error_message(const char *text, size_t len, uint32_t req, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlmsghdr *nlh = nlmsg_put(msg, 0, 0, NLMSG_ERROR, 0, flags);
	struct nlmsgerr e = { .error = -EPERM, .msg.nlmsg_len = req };

	assert_non_null(nlh);
	assert_int_equal(nlmsg_append(msg, &e, sizeof(e), NLMSG_ALIGNTO), 0);
	nla_put(msg, NLMSGERR_ATTR_MSG, len, text);
	return msg;
}

static void parse_error(void **state)
{
	const int tlvs = NLM_F_ACK_TLVS, capped = tlvs | NLM_F_CAPPED;
	struct nl_msg *msg = error_message("why", 4, NLMSG_HDRLEN, tlvs);

	(void)state;
	assert_string_equal(genl_parse_error(nlmsg_hdr(msg)), "why");
	nlmsg_free(msg);
	msg = error_message("why", 4, 4000, capped);
	assert_string_equal(genl_parse_error(nlmsg_hdr(msg)), "why");
	nlmsg_free(msg);
	/* No end, a request that is longer than the message, none at all, no sentence */
	msg = error_message("why", 3, NLMSG_HDRLEN, tlvs);
	assert_null(genl_parse_error(nlmsg_hdr(msg)));
	nlmsg_free(msg);
	for (uint32_t req = 0; req < 3; req++) {
		msg = error_message("why", 4, req ? UINT32_MAX - 8 * req : 0, tlvs);
		assert_null(genl_parse_error(nlmsg_hdr(msg)));
		nlmsg_free(msg);
	}
	msg = error_message("why", 4, NLMSG_HDRLEN, 0);
	assert_null(genl_parse_error(nlmsg_hdr(msg)));
	nlmsg_free(msg);
}

static void counter_names(void **state)
{
	(void)state;
	assert_null(genl_counter_name(-1));
	assert_null(genl_counter_name(ESPINTCP_A_COUNTER_UNSPEC));
	assert_null(genl_counter_name(ESPINTCP_A_COUNTER_PAD));
	for (int i = ESPINTCP_A_COUNTER_PAD + 1; i <= ESPINTCP_A_COUNTER_MAX; i++)
		assert_non_null(genl_counter_name(i));
	assert_null(genl_counter_name(ESPINTCP_A_COUNTER_MAX + 1));
	assert_string_equal(genl_counter_name(ESPINTCP_A_COUNTER_TX_LOOP), "tx_loop");
}

struct shown {
	struct genl_info info;
	struct genl_socket sock[2];
};

static void prepare(struct shown *s)
{
	struct nl_msg *msg = info_message();

	assert_int_equal(genl_parse_info(nlmsg_hdr(msg), &s->info), 0);
	nlmsg_free(msg);
	msg = socket_message(AF_INET, 0);
	assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s->sock[0]), 0);
	nlmsg_free(msg);
	msg = socket_message(AF_INET6, 0);
	nla_put_u32(msg, ESPINTCP_A_SOCKET_IFINDEX, 3);
	put_more(msg);
	assert_int_equal(genl_parse_socket(nlmsg_hdr(msg), &s->sock[1]), 0);
	nlmsg_free(msg);
	memset(&s->sock[1].counters, 0, sizeof(s->sock[1].counters));
}

static char *print(struct shown *s, size_t n, bool json, bool all)
{
	struct genl_sockets socks = { .s = s->sock, .n = n };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	if (json) {
		fputc('{', f);
		genl_print_json(f, &s->info, &socks);
		fputs("}\n", f);
	} else {
		genl_print_text(f, &s->info, &socks, all);
	}
	assert_int_equal(fclose(f), 0);
	return text;
}

static void text(void **state)
{
	const char *expected;
	struct shown s;
	char *out;

	(void)state;
	prepare(&s);
	out = print(&s, 2, false, false);
	expected =
		"espintcp module 1.2\"3\\\n"
		"  features  ipv6\n"
		"  counters  rx_esp 7  tx_closed 1099511627776\n"
		"\n"
		"192.0.2.1:4500 -> 192.0.2.2:40000\n"
		"  socket    cookie 100000001f  inode 1234  netns 4026531840\n"
		"  queues    esp 10 of 100 bytes, was 50  ike 20 of 200 bytes\n"
		"  counters  rx_esp 7  tx_closed 1099511627776\n"
		"\n"
		"[c000:201::]:4500 -> [c000:202::]:40000\n"
		"  socket    cookie 100000001f  inode 1234  netns 4026531840  pid 77  device index 3\n"
		"  queues    esp 10 of 100 bytes, was 50  ike 20 of 200 bytes\n"
		"  idle      received 1.2 s ago  sent 0.5 s ago\n"
		"  tcp       closed  rtt 1.500 ms  cwnd 10  mss 1448  unacked 0  retrans 0  unsent 0\n"
		"  end       error: Connection reset by peer\n"
		"  counters  all zero\n";
	assert_string_equal(out, expected);
	free(out);
	out = print(&s, 0, false, false);
	assert_non_null(strstr(out, "\nno sockets in this network namespace\n"));
	free(out);
	out = print(&s, 0, false, true);
	assert_non_null(strstr(out, "\nno sockets in any network namespace\n"));
	free(out);
}

/* jq reads it, finds what is there, and is nobody of ours */
static void json_is(struct shown *s, size_t n, const char *filter)
{
	char *out = print(s, n, true, false), cmd[256];
	FILE *jq;

	snprintf(cmd, sizeof(cmd), "jq -e '%s' >/dev/null", filter);
	jq = popen(cmd, "w");
	assert_non_null(jq);
	fputs(out, jq);
	if (pclose(jq))
		fail_msg("%s is not true of %s", filter, out);
	free(out);
}

static void json(void **state)
{
	struct shown s;
	char filter[64];

	(void)state;
	if (system("jq --version >/dev/null 2>&1"))
		skip();
	prepare(&s);
	json_is(&s, 0, ".sockets == []");
	json_is(&s, 0, ".version == \"1.2\\\"3\\\\\"");
	json_is(&s, 0, ".features == [\"ipv6\"]");
	json_is(&s, 0, ".counters.rx_esp == 7 and .counters.rx_short == 0");
	/* All but PAD and UNSPEC */
	snprintf(filter, sizeof(filter), ".counters | length == %d", ESPINTCP_A_COUNTER_MAX - 1);
	json_is(&s, 0, filter);
	json_is(&s, 2, ".sockets | length == 2");
	json_is(&s, 2, ".sockets[0] | .local == \"192.0.2.1\" and .lport == 4500");
	json_is(&s, 2, ".sockets[1] | .remote == \"c000:202::\" and .ifindex == 3");
	json_is(&s, 2, ".sockets[1].counters.rx_esp == 0");
	json_is(&s, 2, ".sockets[1] | .cookie == \"100000001f\" and .end == \"error\"");
	json_is(&s, 2, ".sockets[1].tcp | .state == \"closed\" and .mss == 1448");

	strcpy(s.info.version, "\x01\xff");
	json_is(&s, 1, ".version == \"\\u0001\\u00ff\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_info),
		cmocka_unit_test(parse_socket),
		cmocka_unit_test(parse_socket_bad),
		cmocka_unit_test(parse_short),
		cmocka_unit_test(limits),
		cmocka_unit_test(stats),
		cmocka_unit_test(event),
		cmocka_unit_test(parse_error),
		cmocka_unit_test(counter_names),
		cmocka_unit_test(text),
		cmocka_unit_test(json),
	};

	return cmocka_run_group_tests_name("genl", tests, NULL, NULL);
}
