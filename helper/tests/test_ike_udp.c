// SPDX-License-Identifier: GPL-2.0-or-later
/* What UDP asks of an IKE SA: NAT detection, cookies, waiting between the exchanges. */
#include "ike/cookie.h"
#include "ike_pair.h"
#include "net/addr.h"

static void no_nat(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	assert_true(pair_is_up(&p));
	for (int ours = 0; ours < 2; ours++) {
		assert_false(ike_sa_nat(p.i.sa, ours));
		assert_false(ike_sa_nat(p.r.sa, ours));
	}
	pair_free(&p);
}

/* The responder sees another address, or port alone, than the initiator has */
static void nat_of_the_initiator(void **state)
{
	(void)state;
	for (int port = 0; port < 2; port++) {
		struct ike_addrs ar = pair_addrs(false);
		struct pair p;

		pair_init(&p);
		pair_new(&p);
		if (port)
			ar.remote_port = 1234;
		else
			ar.remote = subnet("198.51.100.1", 32);
		ike_sa_moved(p.r.sa, &ar);
		assert_int_equal(ike_sa_start(p.i.sa), 0);
		pair_run(&p);
		assert_true(pair_is_up(&p));
		assert_true(ike_sa_nat(p.i.sa, true));
		assert_false(ike_sa_nat(p.i.sa, false));
		assert_false(ike_sa_nat(p.r.sa, true));
		assert_true(ike_sa_nat(p.r.sa, false));
		pair_free(&p);
	}
}

static void nat_of_the_responder(void **state)
{
	struct ike_addrs ai = pair_addrs(true);
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_new(&p);
	ai.remote = subnet("203.0.113.9", 32);
	ike_sa_moved(p.i.sa, &ai);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	pair_run(&p);
	assert_true(pair_is_up(&p));
	assert_true(ike_sa_nat(p.i.sa, false));
	assert_false(ike_sa_nat(p.i.sa, true));
	assert_true(ike_sa_nat(p.r.sa, true));
	assert_false(ike_sa_nat(p.r.sa, false));
	pair_free(&p);
}

/* encapsulation=yes: both ends come to believe in a NAT, but not over TCP */
static void nat_that_is_wanted(void **state)
{
	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		struct ike_addrs ai = pair_addrs(true);
		struct pair p;

		pair_init(&p);
		p.i.conn.force_encap = true;
		pair_new(&p);
		ai.encap = tcp ? IKE_ENCAP_TCP : IKE_ENCAP_UDP;
		ike_sa_moved(p.i.sa, &ai);
		assert_int_equal(ike_sa_start(p.i.sa), 0);
		pair_run(&p);
		assert_true(pair_is_up(&p));
		assert_int_equal(ike_sa_nat(p.i.sa, true), !tcp);
		assert_int_equal(ike_sa_nat(p.r.sa, false), !tcp);
		pair_free(&p);
	}
}

static void auth_waits(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_new(&p);
	ike_sa_hold(p.i.sa);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	assert_false(ike_sa_held(p.i.sa));
	pair_run(&p);
	assert_true(ike_sa_held(p.i.sa));
	assert_int_equal(p.i.steps[IKE_STEP_INIT_DONE], 1);
	assert_false(ike_sa_waiting(p.i.sa));

	assert_int_equal(ike_sa_go_on(p.i.sa), 0);
	assert_false(ike_sa_held(p.i.sa));
	pair_run(&p);
	assert_true(pair_is_up(&p));
	/* Told twice, it goes on once */
	assert_int_equal(ike_sa_go_on(p.i.sa), 0);
	assert_int_equal(p.head, p.tail);
	pair_free(&p);
}

static bool lose_some(struct pair *pair, struct message *m, bool to_r, unsigned int nth)
{
	(void)pair;
	(void)m;
	(void)to_r;
	return (nth * 2654435761u >> 16) % 3 == 0;
}

/* About two of three messages are lost, in each direction: sending again makes up for it */
static void losses(void **state)
{
	struct pair p;
	int rounds = 0;

	(void)state;
	pair_init(&p);
	p.filter = lose_some;
	pair_start(&p);
	while (!pair_is_up(&p)) {
		assert_true(++rounds < 100);
		assert_int_equal(ike_sa_resend(p.i.sa), 0);
		pair_run(&p);
	}
	assert_true(rounds > 1);
	assert_int_equal(p.r.added, 1);
	pair_free(&p);
}

static enum ike_cookie_verdict check(struct ike_cookies *c, uint64_t now,
				     const struct ike_addrs *from, const struct message *m,
				     struct ike_cookie_answer *answer)
{
	return ike_cookie_check(c, now, from, (struct ike_bytes){ m->data, m->len }, NULL, 0,
				answer);
}

/* The responder keeps nothing before the cookie has come back */
static void cookies(void **state)
{
	struct ike_addrs from = pair_addrs(false), other = from;
	struct ike_cookies c = { 0 };
	struct ike_cookie_answer answer;
	struct message *m;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_new(&p);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	m = &p.queue[p.head].m;
	assert_int_equal(check(&c, 1000, &from, m, &answer), IKE_COOKIE_ASK);
	assert_true(answer.len < m->len);
	assert_int_equal(ike_sa_input(p.i.sa, answer.data, answer.len), 0);

	m = &p.queue[p.head + 1].m;
	/* From another port it is good all the same (RFC 9329, section 6.3), in two minutes not */
	from.remote_port++;
	assert_int_equal(check(&c, 2000, &from, m, &answer), IKE_COOKIE_GOOD);
	other.remote = subnet("198.51.100.1", 32);
	assert_int_equal(check(&c, 2000, &other, m, &answer), IKE_COOKIE_ASK);
	assert_int_equal(check(&c, 1000 + IKE_COOKIE_LIFE_MS, &from, m, &answer), IKE_COOKIE_GOOD);
	assert_int_equal(check(&c, 1000 + 2 * IKE_COOKIE_LIFE_MS, &from, m, &answer),
			 IKE_COOKIE_ASK);
	/* The first one has not been delivered */
	free(p.queue[p.head++].m.data);
	pair_run(&p);
	assert_true(pair_is_up(&p));
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_nat),
		cmocka_unit_test(nat_of_the_initiator),
		cmocka_unit_test(nat_of_the_responder),
		cmocka_unit_test(nat_that_is_wanted),
		cmocka_unit_test(auth_waits),
		cmocka_unit_test(losses),
		cmocka_unit_test(cookies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
