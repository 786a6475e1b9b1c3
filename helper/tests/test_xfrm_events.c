// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel tells of SAs: how it is read, and who gets it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>

#include "net/addr.h"
#include "netns.h"
#include "xfrm/events.h"
#include "xfrm/xfrm.h"

static struct xfrm *x;
static struct ike_addrs addrs4, addrs6;

static int setup(void **state)
{
	char err[256];

	(void)state;
	addr_parse("192.0.2.1", &addrs4.local);
	addr_parse("192.0.2.2", &addrs4.remote);
	addr_parse("2001:db8::1", &addrs6.local);
	addr_parse("2001:db8::2", &addrs6.remote);
	if (netns_enter())
		x = xfrm_open(err, sizeof(err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	xfrm_close(x);
	return 0;
}

static void make_expire(struct nlmsghdr *nlh, uint16_t family, bool hard)
{
	struct xfrm_user_expire e = { .hard = hard };

	e.state.family = family;
	e.state.id.proto = IPPROTO_ESP;
	e.state.id.spi = htonl(0x1234);
	memcpy(&e.state.id.daddr, addrs6.local.addr, 16);
	nlh->nlmsg_type = XFRM_MSG_EXPIRE;
	nlh->nlmsg_len = NLMSG_LENGTH(sizeof(e));
	memcpy(NLMSG_DATA(nlh), &e, sizeof(e));
}

static void events_are_read(void **state)
{
	union {
		struct nlmsghdr head;
		uint8_t bytes[512];
	} m = { 0 };
	struct xfrm_user_mapping map = {
		.id = { .spi = htonl(7), .family = AF_INET, .proto = IPPROTO_ESP },
		.new_sport = htons(61001),
	};
	struct xfrm_event ev;

	(void)state;
	for (int hard = 0; hard < 2; hard++) {
		make_expire(&m.head, AF_INET6, hard);
		for (size_t len = 0; len < m.head.nlmsg_len; len++)
			assert_false(xfrm_event_parse(&m, len, &ev));
		assert_true(xfrm_event_parse(&m, m.head.nlmsg_len, &ev));
		assert_int_equal(ev.kind, hard ? XFRM_EVENT_HARD : XFRM_EVENT_SOFT);
		assert_int_equal(ev.spi, htonl(0x1234));
		assert_int_equal(ev.dst.family, AF_INET6);
		assert_memory_equal(ev.dst.addr, addrs6.local.addr, 16);
		/* What it says of its length is no more than what came */
		m.head.nlmsg_len--;
		assert_false(xfrm_event_parse(&m, sizeof(m), &ev));
		m.head.nlmsg_len = sizeof(m) + 1;
		assert_false(xfrm_event_parse(&m, sizeof(m), &ev));
	}
	make_expire(&m.head, AF_UNIX, false);
	assert_false(xfrm_event_parse(&m, m.head.nlmsg_len, &ev));
	make_expire(&m.head, AF_INET, false);
	m.head.nlmsg_type = XFRM_MSG_POLEXPIRE;
	assert_false(xfrm_event_parse(&m, m.head.nlmsg_len, &ev));

	memcpy(&map.id.daddr, addrs4.local.addr, 4);
	memcpy(&map.new_saddr, addrs4.remote.addr, 4);
	m.head.nlmsg_type = XFRM_MSG_MAPPING;
	m.head.nlmsg_len = NLMSG_LENGTH(sizeof(map));
	memcpy(NLMSG_DATA(&m.head), &map, sizeof(map));
	assert_true(xfrm_event_parse(&m, m.head.nlmsg_len, &ev));
	assert_int_equal(ev.kind, XFRM_EVENT_MAPPING);
	assert_true(addr_equal(&ev.dst, &addrs4.local));
	assert_true(addr_equal(&ev.from, &addrs4.remote));
	assert_int_equal(ev.from_port, 61001);
	assert_false(xfrm_event_parse(&m, m.head.nlmsg_len - 1, &ev));
}

struct hearer {
	struct xfrm_listener l, *frees;
	struct loop *loop;
	unsigned int heard;
	uint32_t spi;
	bool takes;
};

static bool hear(void *arg, const struct xfrm_event *ev)
{
	struct hearer *h = arg;

	h->heard++;
	h->spi = ev->spi;
	if (h->frees)
		xfrm_listen_end(h->frees);
	if (h->takes)
		loop_stop(h->loop);
	return h->takes;
}

static bool sysctl(const char *path, const char *value)
{
	FILE *f = fopen(path, "w");

	return f && fputs(value, f) >= 0 && !fclose(f);
}

/* The kernel ends a reserved SPI after a second, and says so */
static void kernel_tells(void **state)
{
	struct loop *loop = loop_new();
	struct hearer a = { .loop = loop, .takes = true }, b = { .loop = loop };
	struct xfrm_events *events;
	uint32_t spi;

	(void)state;
	if (!x || !sysctl("/proc/sys/net/core/xfrm_acq_expires", "1")) {
		loop_free(loop);
		skip();
	}
	events = xfrm_events_open(loop);
	assert_non_null(events);
	a.l = (struct xfrm_listener){ .event = hear, .arg = &a };
	b.l = (struct xfrm_listener){ .event = hear, .arg = &b };
	xfrm_listen(events, &a.l);
	xfrm_listen(events, &b.l);
	assert_int_equal(xfrm_spi_alloc(x, &addrs4, &spi), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(a.heard, 1);
	assert_int_equal(b.heard, 1);
	assert_int_equal(a.spi, spi);
	/* Whoever takes it is the last one that is asked, and may remove others */
	b.takes = true;
	b.frees = &a.l;
	assert_int_equal(xfrm_spi_alloc(x, &addrs6, &spi), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(a.heard, 1);
	assert_int_equal(b.heard, 2);
	assert_int_equal(b.spi, spi);
	xfrm_listen_end(&b.l);
	xfrm_listen_end(&b.l);
	xfrm_listen_end(&a.l);
	xfrm_events_close(events);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_read),
		cmocka_unit_test(kernel_tells),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
