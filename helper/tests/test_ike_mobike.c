// SPDX-License-Identifier: GPL-2.0-or-later
/* Tunnels that move (RFC 4555), by UDP and TCP (RFC 9329, section 7.1). */
#include "ike/notify.h"
#include "ike_pair.h"
#include "macros.h"
#include "net/addr.h"

static void pair_mobike(struct pair *p, bool udp)
{
	pair_init(p);
	p->udp = udp;
	p->i.conn.mobike = true;
	p->r.conn.mobike = true;
	p->i.conn.tcp = udp ? CONF_TCP_NO : CONF_TCP_YES;
	p->r.conn.tcp = p->i.conn.tcp;
}

static void up(struct pair *p, bool udp)
{
	pair_mobike(p, udp);
	pair_start(p);
	assert_true(pair_is_up(p));
	assert_true(ike_sa_mobike(p->i.sa));
	assert_true(ike_sa_mobike(p->r.sa));
}

/* The initiator's messages come from there now, and it says so */
static void move(struct pair *p, const char *addr, enum ike_encap encap)
{
	p->i.at.local = subnet(addr, 32);
	p->i.at.encap = encap;
	ike_sa_moved(p->i.sa, &p->i.at);
	assert_int_equal(ike_sa_resend(p->i.sa), 0);
	assert_int_equal(ike_sa_announce(p->i.sa), 0);
}

static void assert_there(struct pair *p)
{
	struct ike_addrs seen = pair_seen(&p->i.at);

	assert_true(ike_sa_settled(p->i.sa));
	assert_true(ike_sa_settled(p->r.sa));
	assert_true(addr_pair_equal(&p->r.at, &seen));
	assert_int_equal(p->r.at.encap, seen.encap);
	assert_true(addr_pair_equal(&p->r.sa->addrs, &seen));
	assert_true(pair_is_up(p));
}

static void both_have_to_want_it(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct pair p;

		pair_mobike(&p, true);
		p.i.conn.mobike = i & 1;
		p.r.conn.mobike = i & 2;
		pair_start(&p);
		assert_true(pair_is_up(&p));
		assert_int_equal(ike_sa_mobike(p.i.sa), i == 3);
		assert_int_equal(ike_sa_mobike(p.r.sa), i == 3);
		pair_free(&p);
	}
}

static void not_in_transport_mode(void **state)
{
	struct pair p;

	(void)state;
	pair_mobike(&p, true);
	p.i.conn.mode = CONF_MODE_TRANSPORT;
	pair_start(&p);
	assert_false(ike_sa_mobike(p.i.sa));
	assert_false(ike_sa_mobike(p.r.sa));
	pair_free(&p);
}

static unsigned int count_messages(struct pair *p)
{
	unsigned int before = p->nth;

	pair_run(p);
	return p->nth - before;
}

/* Update, answer; check by COOKIE2, answer */
static void over_udp(void **state)
{
	struct pair p;

	(void)state;
	up(&p, true);
	move(&p, "198.51.100.7", IKE_ENCAP_UDP);
	assert_false(ike_sa_settled(p.i.sa));
	pair_deliver(&p);
	assert_int_equal(ike_sa_updates(p.r.sa), 1);
	assert_false(ike_sa_settled(p.r.sa));
	assert_int_equal(count_messages(&p), 3);
	assert_there(&p);
	assert_false(ike_sa_nat(p.i.sa, true));

	/* The same once more: nothing is new, and nothing is checked */
	assert_int_equal(ike_sa_announce(p.i.sa), 0);
	assert_int_equal(count_messages(&p), 2);
	assert_there(&p);
	pair_free(&p);
}

/* A connection that was made from there shows what a check would */
static void over_tcp(void **state)
{
	struct pair p;

	(void)state;
	up(&p, false);
	move(&p, "198.51.100.7", IKE_ENCAP_TCP);
	assert_int_equal(count_messages(&p), 2);
	assert_there(&p);
	pair_free(&p);
}

static void from_one_family_to_the_other(void **state)
{
	struct pair p;

	(void)state;
	up(&p, true);
	p.i.at.remote = subnet("2001:db8::2", 128);
	move(&p, "2001:db8::9", IKE_ENCAP_UDP);
	pair_run(&p);
	assert_there(&p);
	pair_free(&p);
}

static bool behind_nat;
static uint16_t nat_port;

static bool nat(struct pair *pair, struct message *m, bool to_r, unsigned int nth)
{
	(void)pair;
	(void)nth;
	if (to_r && behind_nat) {
		m->from.local = subnet("203.0.113.1", 32);
		m->from.local_port = nat_port;
	}
	return true;
}

/* Into a network with a NAT, and out of it again */
static void nat_comes_and_goes(void **state)
{
	struct pair p;

	(void)state;
	nat_port = 61000;
	up(&p, true);
	p.filter = nat;
	for (int i = 0; i < 4; i++) {
		behind_nat = !(i & 1);
		move(&p, behind_nat ? "10.9.9.9" : "198.51.100.7", IKE_ENCAP_UDP);
		pair_run(&p);
		assert_int_equal(ike_sa_nat(p.i.sa, true), behind_nat);
		assert_int_equal(ike_sa_nat(p.r.sa, false), behind_nat);
		assert_false(ike_sa_nat(p.i.sa, false));
		assert_true(ike_sa_settled(p.r.sa));
		assert_int_equal(p.r.at.remote_port, behind_nat ? 61000 : 40000);
	}
	pair_free(&p);
}

static void up_behind_nat(struct pair *p)
{
	nat_port = 61000;
	behind_nat = true;
	pair_mobike(p, true);
	p->filter = nat;
	pair_new(p);
	p->r.at.remote = subnet("203.0.113.1", 32);
	p->r.at.remote_port = nat_port;
	ike_sa_moved(p->r.sa, &p->r.at);
	assert_int_equal(ike_sa_start(p->i.sa), 0);
	pair_run(p);
	assert_true(ike_sa_nat(p->i.sa, true));
}

/* The NAT gives us another port: a liveness check tells, and what follows it puts it right */
static void mapping_changes(void **state)
{
	struct pair p;

	(void)state;
	up_behind_nat(&p);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	pair_run(&p);
	assert_int_equal(ike_sa_updates(p.r.sa), 0);

	nat_port = 61001;
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	pair_run(&p);
	assert_int_equal(ike_sa_updates(p.r.sa), 1);
	assert_int_equal(p.r.at.remote_port, 61001);
	assert_true(ike_sa_settled(p.i.sa));
	assert_true(ike_sa_settled(p.r.sa));
	pair_free(&p);
}

/* The hashes of an IKE SA have its SPIs: one that was rekeyed has to learn where it is seen */
static void mapping_changes_behind_a_rekeying(void **state)
{
	(void)state;
	for (int by_r = 0; by_r < 2; by_r++) {
		for (int learnt = 0; learnt < 2; learnt++) {
			struct pair p;

			up_behind_nat(&p);
			assert_int_equal(ike_sa_rekey(by_r ? p.r.sa : p.i.sa), 0);
			pair_run(&p);
			assert_int_equal(p.i.replaced, 1);
			if (learnt) {
				assert_int_equal(ike_sa_liveness(p.i.sa), 0);
				pair_run(&p);
				assert_int_equal(p.r.at.remote_port, 61000);
				/* Once is enough */
				assert_int_equal(ike_sa_liveness(p.i.sa), 0);
				pair_run(&p);
				assert_true(ike_sa_updates(p.r.sa) <= 1);
			}
			nat_port = 61001;
			assert_int_equal(ike_sa_liveness(p.i.sa), 0);
			pair_run(&p);
			assert_int_equal(p.r.at.remote_port, 61001);
			assert_true(ike_sa_settled(p.i.sa));
			assert_true(ike_sa_settled(p.r.sa));
			pair_free(&p);
		}
	}
}

static bool lose_requests(struct pair *pair, struct message *m, bool to_r, unsigned int nth)
{
	(void)pair;
	(void)m;
	(void)nth;
	return !to_r;
}

static bool lose_answers(struct pair *pair, struct message *m, bool to_r, unsigned int nth)
{
	(void)pair;
	(void)m;
	(void)nth;
	return to_r;
}

static void either(struct pair *p)
{
	pair_mobike(p, true);
	p->i.conn.tcp = CONF_TCP_FALLBACK;
	p->r.conn.tcp = CONF_TCP_FALLBACK;
	pair_start(p);
	ike_sa_reliable(p->i.sa, false);
	ike_sa_reliable(p->r.sa, false);
}

/*
 * UDP is dead in the new network. The same request goes by TCP, with hashes that do not fit,
 * and a new one behind it, with such as do.
 */
static void from_udp_to_tcp(void **state)
{
	(void)state;
	for (int answers = 0; answers < 2; answers++) {
		struct pair p;

		either(&p);
		p.filter = answers ? lose_answers : lose_requests;
		move(&p, "198.51.100.7", IKE_ENCAP_UDP);
		pair_pass(&p, 2000);
		assert_false(ike_sa_settled(p.i.sa));
		assert_int_equal(ike_sa_updates(p.r.sa), answers);

		p.filter = NULL;
		move(&p, "198.51.100.7", IKE_ENCAP_TCP);
		assert_int_equal(p.tail - p.head, 1);
		pair_deliver(&p);
		/* A repetition moves nobody */
		assert_int_equal(p.r.at.encap, answers ? IKE_ENCAP_UDP : IKE_ENCAP_TCP);
		pair_pass(&p, 3000);
		assert_there(&p);
		assert_int_equal(p.r.at.encap, IKE_ENCAP_TCP);
		assert_false(ike_sa_nat(p.i.sa, true));
		assert_false(ike_sa_nat(p.r.sa, false));
		pair_free(&p);
	}
}

static void from_tcp_to_udp(void **state)
{
	struct pair p;

	(void)state;
	pair_mobike(&p, false);
	p.i.conn.tcp = CONF_TCP_FALLBACK;
	p.r.conn.tcp = CONF_TCP_FALLBACK;
	pair_start(&p);
	move(&p, "192.0.2.1", IKE_ENCAP_UDP);
	pair_run(&p);
	assert_there(&p);
	/* enable-tcp=fallback asks for ESP in UDP */
	assert_true(ike_sa_nat(p.i.sa, true));
	assert_true(ike_sa_nat(p.r.sa, false));
	pair_free(&p);
}

/* Moved again before the answer has come: the answer to the first update means nothing */
static void twice_in_a_row(void **state)
{
	struct pair p;

	(void)state;
	up(&p, true);
	move(&p, "198.51.100.7", IKE_ENCAP_UDP);
	pair_deliver(&p);
	move(&p, "198.51.100.8", IKE_ENCAP_UDP);
	pair_run(&p);
	assert_int_equal(ike_sa_updates(p.r.sa), 2);
	assert_there(&p);
	pair_free(&p);
}

/* enable-tcp= of the responder does not allow it: all stays as it was, and the peer is told */
static void refused(void **state)
{
	struct ike_addrs was;
	struct pair p;

	(void)state;
	up(&p, true);
	was = p.r.at;
	move(&p, "198.51.100.7", IKE_ENCAP_TCP);
	pair_run(&p);
	assert_int_equal(ike_sa_updates(p.r.sa), 0);
	assert_true(addr_pair_equal(&p.r.at, &was));
	assert_true(addr_pair_equal(&p.r.sa->addrs, &was));
	assert_false(ike_sa_settled(p.i.sa));
	assert_true(ike_sa_update_refused(p.i.sa));
	assert_has(p.i.log, "UNACCEPTABLE_ADDRESSES");

	move(&p, "198.51.100.7", IKE_ENCAP_UDP);
	pair_run(&p);
	assert_there(&p);
	assert_false(ike_sa_update_refused(p.i.sa));
	pair_free(&p);
}

/* An update that forbids NATs, as it leaves; @wrong: it says another address */
static void send_no_nats(struct pair *p, bool wrong)
{
	struct ike_addrs *at = &p->i.at;
	struct ike_out out;
	uint8_t data[12];

	memcpy(data, at->local.addr, 4);
	memcpy(data + 4, at->remote.addr, 4);
	ike_put16(data + 8, at->local_port);
	ike_put16(data + 10, at->remote_port);
	data[3] ^= wrong;
	ike_out_request(p->i.sa, &out, IKE_INFORMATIONAL);
	ike_notify_put(&out.b, IKE_N_UPDATE_SA_ADDRESSES, NULL, 0);
	ike_notify_put(&out.b, IKE_N_NO_NATS_ALLOWED, data, sizeof(data));
	p->i.sa->sent_info = IKE_INFO_UPDATE;
	assert_int_equal(ike_out_send(p->i.sa, &out), 0);
}

static void nats_are_forbidden(void **state)
{
	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		for (int wrong = 0; wrong < 2; wrong++) {
			bool no = wrong && !tcp;
			struct pair p;

			up(&p, !tcp);
			p.i.at.local = subnet("198.51.100.7", 32);
			send_no_nats(&p, wrong);
			pair_run(&p);
			assert_int_equal(ike_sa_updates(p.r.sa), !no);
			assert_int_equal(ike_sa_update_refused(p.i.sa), no);
			if (no)
				assert_has(p.i.log, "UNEXPECTED_NAT_DETECTED");
			pair_free(&p);
		}
	}
}

/* A peer that cannot have seen our question answers it: somebody else's address is attacked */
static void wrong_cookie(void **state)
{
	(void)state;
	for (int none = 0; none < 2; none++) {
		struct pair p;

		up(&p, true);
		move(&p, "198.51.100.7", IKE_ENCAP_UDP);
		pair_deliver(&p);
		if (none)
			p.i.sa->mobike.agreed = false;
		else
			p.r.sa->mobike.cookie2[15] ^= 1;
		pair_run(&p);
		assert_true(p.r.over);
		assert_has(ike_sa_error(p.r.sa), "COOKIE2");
		pair_free(&p);
	}
}

static void cookie_is_copied(void **state)
{
	static const size_t lengths[] = { 0, 7, 8, 64, 65 };
	uint8_t cookie[65] = { 1, 2, 3 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		bool good = lengths[i] >= 8 && lengths[i] <= 64;
		struct ike_payloads pl = { 0 };
		struct ike_in in = { 0 };
		uint8_t raw[256], answer[256];
		struct ike_hdr hdr = { 0 };
		struct ike_notify n;
		struct ike_buf b;
		struct pair p;

		up(&p, true);
		p.r.came = p.r.at;
		ike_build_begin(&b, raw, sizeof(raw), &hdr);
		ike_notify_put(&b, IKE_N_COOKIE2, cookie, lengths[i]);
		assert_int_equal(ike_build_end(&b), 0);
		assert_int_equal(ike_payloads_parse(IKE_PL_NOTIFY, raw + IKE_HDR_LEN,
						    b.len - IKE_HDR_LEN, &in.pl), 0);
		ike_build_begin(&b, answer, sizeof(answer), &hdr);
		ike_mobike_request(p.r.sa, &in, &b);
		assert_int_equal(ike_build_end(&b), 0);
		assert_int_equal(b.len > IKE_HDR_LEN, good);
		if (good) {
			assert_int_equal(ike_payloads_parse(IKE_PL_NOTIFY, answer + IKE_HDR_LEN,
							    b.len - IKE_HDR_LEN, &pl), 0);
			assert_true(ike_notify_find(&pl, IKE_N_COOKIE2, &n));
			assert_int_equal(n.data.len, lengths[i]);
			assert_memory_equal(n.data.p, cookie, n.data.len);
		}
		pair_free(&p);
	}
}

/* Whoever rekeyed, the one that began it all decides of addresses, and the other one does not */
static void roles_outlive_a_rekeying(void **state)
{
	struct pair p;

	(void)state;
	up(&p, true);
	assert_int_equal(ike_sa_rekey(p.r.sa), 0);
	pair_run(&p);
	assert_int_equal(p.i.replaced, 1);
	assert_int_equal(p.r.replaced, 1);
	assert_true(ike_sa_mobike(p.i.sa));
	move(&p, "198.51.100.7", IKE_ENCAP_UDP);
	pair_run(&p);
	assert_int_equal(ike_sa_updates(p.r.sa), 1);
	assert_there(&p);

	p.r.at.local = subnet("198.51.100.9", 32);
	assert_int_equal(ike_sa_announce(p.r.sa), 0);
	pair_run(&p);
	assert_int_equal(ike_sa_updates(p.i.sa), 0);
	pair_free(&p);
}

enum { REKEY_CHILD, REKEY_IKE };

static void rekey(struct peer *p, int what)
{
	assert_int_equal(what == REKEY_IKE ? ike_sa_rekey(p->sa) : ike_sa_rekey_children(p->sa),
			 0);
}

/* Each end rekeys, the IKE SA or its child, before the move, behind it, and in its midst */
static void while_rekeying(void **state)
{
	(void)state;
	for (int n = 0; n < 2 * 2 * 6; n++) {
		struct pair p;
		bool by_r = n & 1;
		int what = n >> 1 & 1, when = n >> 2;

		up(&p, true);
		ike_sa_reliable(p.i.sa, false);
		ike_sa_reliable(p.r.sa, false);
		p.traffic = true;
		/* 0: rekeying is asked for first; then behind so many messages of the move */
		if (!when)
			rekey(by_r ? &p.r : &p.i, what);
		move(&p, "198.51.100.7", IKE_ENCAP_UDP);
		if (when) {
			for (int i = 1; i < when && p.head < p.tail; i++)
				pair_deliver(&p);
			rekey(by_r ? &p.r : &p.i, what);
		}
		pair_pass(&p, 120000);
		assert_there(&p);
		assert_int_equal(p.lost, 0);
		if (what == REKEY_IKE)
			assert_true(p.i.replaced && p.r.replaced);
		else
			assert_true(p.i.steps[IKE_STEP_CHILD_REKEYED] &&
				    p.r.steps[IKE_STEP_CHILD_REKEYED]);
		pair_free(&p);
	}
}

/* Losses, repetitions, disorder, rekeyings of all kinds, and an initiator that never rests */
static void restless(void **state)
{
	unsigned int seeds = 200, moved = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= seeds; seed++) {
		uint32_t random = seed * 2654435761u;
		struct pair p;

		either(&p);
		p.random = seed;
		p.loss = 20;
		p.twice = 20;
		for (int i = 0; i < 8 && !p.i.over && !p.r.over; i++) {
			char addr[32];

			snprintf(addr, sizeof(addr), "198.51.100.%u",
				 next_random(&random) % 250 + 1);
			move(&p, addr, next_random(&random) & 1 ? IKE_ENCAP_UDP : IKE_ENCAP_TCP);
			if (next_random(&random) % 3 == 0)
				rekey(next_random(&random) & 1 ? &p.i : &p.r,
				      next_random(&random) & 1);
			pair_pass(&p, next_random(&random) % 3000);
		}
		/* The last word is not lost */
		p.loss = 0;
		if (!p.i.over && !p.r.over) {
			pair_pass(&p, 90000);
			if (!p.i.over && !p.r.over) {
				assert_there(&p);
				moved++;
			}
		}
		pair_free(&p);
	}
	/* A minute without an answer ends an SA, and that takes many losses in a row */
	assert_true(moved > seeds * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_have_to_want_it),
		cmocka_unit_test(not_in_transport_mode),
		cmocka_unit_test(over_udp),
		cmocka_unit_test(over_tcp),
		cmocka_unit_test(from_one_family_to_the_other),
		cmocka_unit_test(nat_comes_and_goes),
		cmocka_unit_test(mapping_changes),
		cmocka_unit_test(mapping_changes_behind_a_rekeying),
		cmocka_unit_test(from_udp_to_tcp),
		cmocka_unit_test(from_tcp_to_udp),
		cmocka_unit_test(twice_in_a_row),
		cmocka_unit_test(refused),
		cmocka_unit_test(nats_are_forbidden),
		cmocka_unit_test(wrong_cookie),
		cmocka_unit_test(cookie_is_copied),
		cmocka_unit_test(roles_outlive_a_rekeying),
		cmocka_unit_test(while_rekeying),
		cmocka_unit_test(restless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
