// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration payloads: bytes, and addresses that the responder gives to the initiator. */
#include "ike/cp.h"
#include "ike/notify.h"
#include "ike_pair.h"

#define BODY(...)	((const uint8_t[]){ __VA_ARGS__ })
#define CHECK(...)	ike_cp_check(BODY(__VA_ARGS__), sizeof(BODY(__VA_ARGS__)))
#define GET(cp, ...)	get(BODY(__VA_ARGS__), sizeof(BODY(__VA_ARGS__)), cp)

static void get(const uint8_t *p, size_t len, struct ike_cp *cp)
{
	struct ike_payload pl = { .type = IKE_PL_CP, .body = { p, len } };

	assert_true(ike_cp_check(p, len));
	ike_cp_get(&pl, cp);
}

static void assert_net(const struct conf_subnet *net, const char *addr, uint8_t prefix)
{
	struct conf_subnet want = subnet(addr, prefix);

	assert_int_equal(net->family, want.family);
	assert_int_equal(net->prefix, prefix);
	assert_memory_equal(net->addr, want.addr, sizeof(want.addr));
}

static void test_bounds(void **state)
{
	(void)state;
	assert_false(CHECK(1));
	assert_false(CHECK(1, 0, 0));
	assert_true(CHECK(1, 0, 0, 0));
	assert_false(CHECK(1, 0, 0, 0, 0, 1, 0));
	assert_true(CHECK(1, 0, 0, 0, 0, 1, 0, 0));
	assert_false(CHECK(1, 0, 0, 0, 0, 1, 0, 1));
	assert_false(CHECK(1, 0, 0, 0, 0, 1, 0, 4, 10, 9, 0));
	assert_false(CHECK(1, 0, 0, 0, 0, 1, 0, 0, 0));
	assert_false(CHECK(1, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0));
}

static void test_request(void **state)
{
	struct ike_cp cp;

	(void)state;
	/* Address, DNS of IPv4, a type that nobody knows, the reserved bit set for IPv6 */
	GET(&cp, 1, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0x3f, 1, 0, 1, 9, 0x80, 8, 0, 0);
	assert_int_equal(cp.type, IKE_CP_REQUEST);
	assert_true(cp.asks_ip[IKE_CP_V4] && cp.asks_ip[IKE_CP_V6] && cp.asks_dns[IKE_CP_V4]);
	assert_false(cp.asks_dns[IKE_CP_V6] || cp.asks_subnet[IKE_CP_V4] || cp.asks_domain);
	assert_int_equal(cp.ip[IKE_CP_V4].family, 0);

	GET(&cp, 1, 0, 0, 0, 0, 1, 0, 4, 10, 9, 0, 7);
	assert_net(&cp.ip[IKE_CP_V4], "10.9.0.7", 32);
}

/* What is not as long as it should be, or no mask, no name, is not there */
static void test_malformed(void **state)
{
	struct ike_cp cp;

	(void)state;
	GET(&cp, 2, 0, 0, 0,
	    0, 1, 0, 3, 10, 9, 0,
	    0, 8, 0, 4, 1, 2, 3, 4,
	    0, 3, 0, 5, 1, 2, 3, 4, 5,
	    0, 10, 0, 4, 1, 2, 3, 4,
	    0, 13, 0, 8, 10, 1, 0, 0, 255, 0, 255, 0,
	    0, 13, 0, 4, 10, 1, 0, 0,
	    0, 25, 0, 2, '-', 'a',
	    0, 25, 0, 3, 'a', '\n', 'b',
	    0, 25, 0, 3, 'a', 0, 'b',
	    0, 25, 0, 4, 'a', '.', '.', 'b',
	    0, 25, 0, 1, '.');
	assert_int_equal(cp.ip[IKE_CP_V4].family, 0);
	assert_int_equal(cp.ip[IKE_CP_V6].family, 0);
	assert_int_equal(cp.n_dns, 0);
	assert_int_equal(cp.n_subnets, 0);
	assert_int_equal(cp.n_domains, 0);

	/* An IPv6 subnet's prefix has a bound */
	GET(&cp, 2, 0, 0, 0, 0, 15, 0, 17,
	    0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 129);
	assert_int_equal(cp.n_subnets, 0);
}

static void test_reply(void **state)
{
	struct ike_cp cp;

	(void)state;
	GET(&cp, 2, 0, 0, 0,
	    0, 1, 0, 4, 10, 9, 0, 7,
	    0, 1, 0, 4, 10, 9, 0, 8,
	    0, 2, 0, 4, 255, 255, 255, 0,
	    0, 3, 0, 4, 10, 1, 0, 53,
	    0, 10, 0, 16, 0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
	    0, 13, 0, 8, 10, 1, 2, 3, 255, 255, 0, 0,
	    0, 15, 0, 17, 0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 64,
	    0, 25, 0, 12, 'c', 'o', 'r', 'p', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e');
	assert_int_equal(cp.type, IKE_CP_REPLY);
	assert_net(&cp.ip[IKE_CP_V4], "10.9.0.7", 32);
	assert_int_equal(cp.n_dns, 2);
	assert_net(&cp.dns[0], "10.1.0.53", 32);
	assert_net(&cp.dns[1], "fd01::53", 128);
	assert_int_equal(cp.n_subnets, 3);
	assert_net(&cp.subnet[0], "10.1.0.0", 16);
	assert_net(&cp.subnet[1], "fd01::", 64);
	assert_net(&cp.subnet[2], "10.9.0.0", 24);
	assert_int_equal(cp.n_domains, 1);
	assert_string_equal(cp.domain[0], "corp.example");
}

/* More than there is room for */
static void test_full(void **state)
{
	uint8_t body[4 + 100 * 8 + 100 * 12 + 100 * 5] = { 2 }, *p = body + 4;
	struct ike_cp cp;

	(void)state;
	for (int i = 0; i < 100; i++, p += 8)
		memcpy(p, (uint8_t[]){ 0, 3, 0, 4, 10, 1, 0, i }, 8);
	for (int i = 0; i < 100; i++, p += 12)
		memcpy(p, (uint8_t[]){ 0, 13, 0, 8, 10, i, 0, 0, 255, 255, 0, 0 }, 12);
	for (int i = 0; i < 100; i++, p += 5)
		memcpy(p, (uint8_t[]){ 0, 25, 0, 1, 'a' }, 5);
	get(body, sizeof(body), &cp);
	assert_int_equal(cp.n_dns, CONF_DNS_MAX);
	assert_int_equal(cp.n_subnets, IKE_CP_SUBNETS_MAX);
	assert_int_equal(cp.n_domains, CONF_DOMAINS_MAX);
}

/* What we build is what we read */
static void test_round(void **state)
{
	struct conf_subnet ip = subnet("10.9.0.7", 32), ip6 = subnet("fd09::7", 128);
	struct conf_subnet net = subnet("10.1.0.0", 20), all = subnet("0.0.0.0", 0);
	struct conf_subnet net6 = subnet("fd01::", 64);
	struct ike_hdr hdr = { .exchange = IKE_AUTH };
	struct ike_cp cp;
	uint8_t raw[512];
	struct ike_buf b;
	size_t at;

	(void)state;
	ike_build_begin(&b, raw, sizeof(raw), &hdr);
	at = ike_cp_begin(&b, IKE_CP_REPLY);
	ike_cp_put_ip(&b, false, &ip);
	ike_cp_put_ip(&b, true, &ip6);
	ike_cp_put_dns(&b, false, &ip);
	ike_cp_put_dns(&b, true, &ip6);
	ike_cp_put_subnet(&b, false, &net);
	ike_cp_put_subnet(&b, false, &all);
	ike_cp_put_subnet(&b, true, &net6);
	ike_cp_put_domain(&b, "example");
	ike_build_payload_end(&b, at);
	assert_int_equal(ike_build_end(&b), 0);
	get(raw + at + 4, b.len - at - 4, &cp);
	assert_net(&cp.ip[IKE_CP_V4], "10.9.0.7", 32);
	assert_net(&cp.ip[IKE_CP_V6], "fd09::7", 128);
	assert_net(&cp.dns[1], "fd09::7", 128);
	assert_net(&cp.subnet[0], "10.1.0.0", 20);
	assert_net(&cp.subnet[1], "0.0.0.0", 0);
	assert_net(&cp.subnet[2], "fd01::", 64);
	assert_string_equal(cp.domain[0], "example");
}

/* The initiator gets its addresses from the responder, which has 10.2.0.0/16 */
static void warrior(struct pair *p)
{
	pair_init(p);
	p->i.conn.pfs = true;
	p->r.conn.pfs = true;
	p->i.conn.local.modecfg_client = true;
	memset(&p->i.conn.local.subnet, 0, sizeof(struct conf_subnet));
	p->r.conn.remote.modecfg_client = true;
	memset(&p->r.conn.remote.subnet, 0, sizeof(struct conf_subnet));
	p->r.conn.remote.pool[IKE_CP_V4].family = AF_INET;
	p->r.pool[IKE_CP_V4] = 2;
	p->r.conn.dns[0] = subnet("10.2.0.53", 32);
	p->r.conn.n_dns = 1;
	p->r.conn.domains[0] = (char *)"corp.example";
	p->r.conn.n_domains = 1;
}

static void assert_pair(struct peer *p, size_t n, const char *want)
{
	const struct ike_child *child = ike_sa_child_nth(p->sa, n);
	char text[160];

	assert_non_null(child);
	assert_string_equal(ike_child_ts_text(child, text, sizeof(text)), want);
}

static void test_address(void **state)
{
	const struct ike_cp *cp;
	struct pair p;

	(void)state;
	warrior(&p);
	pair_start(&p);
	assert_pair(&p.i, 0, "10.9.0.2/32 === 10.2.0.0/16");
	assert_pair(&p.r, 0, "10.2.0.0/16 === 10.9.0.2/32");
	assert_net(ike_sa_inner(p.i.sa, false), "10.9.0.2", 32);
	assert_null(ike_sa_inner(p.i.sa, true));
	assert_null(ike_sa_inner(p.r.sa, false));
	cp = ike_sa_config(p.i.sa);
	assert_int_equal(cp->n_dns, 1);
	assert_net(&cp->dns[0], "10.2.0.53", 32);
	assert_int_equal(cp->n_subnets, 1);
	assert_net(&cp->subnet[0], "10.2.0.0", 16);
	assert_string_equal(cp->domain[0], "corp.example");
	assert_int_equal(p.r.leases, 1);
	assert_int_equal(p.r.wanted.family, 0);

	assert_int_equal(ike_sa_delete(p.i.sa), 0);
	pair_run(&p);
	assert_int_equal(p.r.leases, 0);
	pair_free(&p);
}

/* Freed without an end in good order, it is given back as well */
static void test_freed(void **state)
{
	struct pair p;

	(void)state;
	warrior(&p);
	pair_start(&p);
	assert_int_equal(p.r.leases, 1);
	pair_free(&p);
}

/* What it had before is asked for again */
static void test_former(void **state)
{
	struct pair p;

	(void)state;
	warrior(&p);
	p.i.former[IKE_CP_V4] = subnet("10.9.0.200", 32);
	pair_start(&p);
	assert_net(&p.r.wanted, "10.9.0.200", 32);
	assert_true(pair_is_up(&p));
	pair_free(&p);
}

static void test_rekeyed(void **state)
{
	struct pair p;
	int turn;

	(void)state;
	for (turn = 0; turn < 4; turn++) {
		struct peer *who;

		warrior(&p);
		p.traffic = true;
		pair_start(&p);
		who = turn & 1 ? &p.i : &p.r;
		assert_int_equal(ike_sa_rekey(who->sa), 0);
		if (turn & 2)
			assert_int_equal(ike_sa_rekey(turn & 1 ? p.r.sa : p.i.sa), 0);
		pair_pass(&p, 1000);
		assert_int_equal(ike_sa_rekey_children(who->sa), 0);
		pair_pass(&p, 300000);
		assert_int_equal(p.i.replaced, 1);
		assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 1);
		assert_pair(&p.i, 0, "10.9.0.2/32 === 10.2.0.0/16");
		assert_net(ike_sa_inner(p.i.sa, false), "10.9.0.2", 32);
		assert_non_null(ike_sa_config(p.i.sa));
		assert_int_equal(p.r.leases, 1);
		assert_int_equal(p.lost, 0);
		pair_free(&p);
	}
}

/* An IPv4 and an IPv6 network: an address and a child SA of each */
static void test_both(void **state)
{
	struct pair p;

	(void)state;
	warrior(&p);
	p.i.conn.remote.more[p.i.conn.remote.n_more++] = subnet("fd02::", 64);
	p.r.conn.local.more[p.r.conn.local.n_more++] = subnet("fd02::", 64);
	p.r.conn.remote.pool[IKE_CP_V6].family = AF_INET6;
	p.r.pool[IKE_CP_V6] = 3;
	pair_start(&p);
	pair_pass(&p, 1000);
	assert_pair(&p.i, 0, "10.9.0.2/32 === 10.2.0.0/16");
	assert_pair(&p.i, 1, "fd09::3/128 === fd02::/64");
	assert_pair(&p.r, 1, "fd02::/64 === fd09::3/128");
	assert_int_equal(p.r.leases, 2);
	assert_int_equal(ike_sa_rekey(p.r.sa), 0);
	pair_pass(&p, 1000);
	assert_int_equal(p.r.leases, 2);
	pair_free(&p);

	/* IPv6 is out of addresses: IPv4 alone */
	warrior(&p);
	p.i.conn.remote.more[p.i.conn.remote.n_more++] = subnet("fd02::", 64);
	p.r.conn.local.more[p.r.conn.local.n_more++] = subnet("fd02::", 64);
	p.r.conn.remote.pool[IKE_CP_V6].family = AF_INET6;
	pair_start(&p);
	pair_pass(&p, 60000);
	assert_pair(&p.i, 0, "10.9.0.2/32 === 10.2.0.0/16");
	assert_null(ike_sa_child_nth(p.i.sa, 1));
	assert_false(p.i.over || p.r.over);
	pair_free(&p);
}

static void test_exhausted(void **state)
{
	struct pair p;

	(void)state;
	warrior(&p);
	p.r.pool[IKE_CP_V4] = 0;
	pair_start(&p);
	assert_null(ike_sa_child(p.i.sa));
	assert_has(ike_sa_error(p.i.sa), "INTERNAL_ADDRESS_FAILURE");
	assert_has(p.r.log, "no address of rightaddresspool= is free");
	pair_free(&p);
}

/* The responder gives nothing, and does as if it had not been asked */
static void test_no_pool(void **state)
{
	struct pair p;

	(void)state;
	warrior(&p);
	p.r.conn.remote.modecfg_client = false;
	p.r.conn.remote.subnet = subnet("10.9.0.0", 16);
	pair_start(&p);
	assert_null(ike_sa_child(p.i.sa));
	assert_has(ike_sa_error(p.i.sa), "the peer gives us no address");
	pair_free(&p);
}

static void test_not_asked(void **state)
{
	struct pair p;

	(void)state;
	warrior(&p);
	p.i.conn.local.modecfg_client = false;
	p.i.conn.local.subnet = subnet("10.9.0.0", 16);
	pair_start(&p);
	assert_null(ike_sa_child(p.i.sa));
	assert_has(ike_sa_error(p.i.sa), "FAILED_CP_REQUIRED");
	assert_has(p.r.log, "FAILED_CP_REQUIRED");
	assert_int_equal(p.r.leases, 0);
	pair_free(&p);
}

/* A child SA that cannot be made gives the address back, while the IKE SA stays */
static void test_refused(void **state)
{
	struct pair p;

	(void)state;
	warrior(&p);
	p.r.child_error = -EPERM;
	pair_new(&p);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	while (p.head < p.tail) {
		pair_deliver(&p);
		assert_int_equal(p.r.leases, 0);
	}
	assert_has(p.r.log, "the kernel refused");
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_former),
		cmocka_unit_test(test_rekeyed),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_no_pool),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
