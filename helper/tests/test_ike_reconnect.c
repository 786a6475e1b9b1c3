// SPDX-License-Identifier: GPL-2.0-or-later
/* A responder that closes the connection behind INVALID_KE_PAYLOAD, as libreswan does. */
#include "ike_pair.h"

/* The connection is closed: the initiator's second request gets nowhere */
static bool closed_behind_refusal(struct pair *pair, struct message *m, bool to_r,
				  unsigned int nth)
{
	(void)pair;
	(void)m;
	return !to_r || nth == 0;
}

/* A new connection, from another port, meets a responder that knows nothing */
static void reconnect(struct pair *p)
{
	struct ike_addrs ai = pair_addrs(true), ar = pair_addrs(false);
	struct ike_env er = pair_env(&p->r);

	ike_sa_free(p->r.sa);
	p->r.over = false;
	ai.local_port = 40001;
	ar.remote_port = 40001;
	p->r.sa = ike_sa_new_responder(&p->r.conn.ike, &ar, &er);
	assert_non_null(p->r.sa);
	assert_true(ike_sa_may_reconnect(p->i.sa));
	assert_int_equal(ike_sa_reconnected(p->i.sa, &ai), 0);
}

static void comes_up_on_the_new_one(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_suites(&p.r, "aes_gcm256-sha2_256;dh14", NULL);
	p.filter = closed_behind_refusal;
	pair_start(&p);
	assert_false(pair_is_up(&p));

	reconnect(&p);
	p.filter = NULL;
	pair_run(&p);
	assert_true(pair_is_up(&p));
	assert_int_equal(ike_sa_suite(p.i.sa)->dh, IKE_DH_MODP2048);
	assert_false(ike_sa_may_reconnect(p.i.sa));
	pair_free(&p);
}

/* Without a refusal the end of a connection is the end */
static void not_before_a_refusal(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_new(&p);
	assert_false(ike_sa_may_reconnect(p.i.sa));
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	assert_false(ike_sa_may_reconnect(p.i.sa));
	assert_false(ike_sa_may_reconnect(p.r.sa));
	pair_free(&p);
}

static bool lost(struct pair *pair, struct message *m, bool to_r, unsigned int nth)
{
	(void)pair;
	(void)m;
	(void)to_r;
	return nth < 2;
}

static void not_for_ever(void **state)
{
	struct ike_addrs ai = pair_addrs(true);
	struct pair p;
	int rounds = 0;

	(void)state;
	pair_init(&p);
	pair_suites(&p.r, "aes_gcm256-sha2_256;dh14", NULL);
	p.filter = lost;
	pair_start(&p);
	while (ike_sa_may_reconnect(p.i.sa)) {
		assert_int_equal(ike_sa_reconnected(p.i.sa, &ai), 0);
		pair_run(&p);
		assert_true(++rounds < 10);
	}
	assert_true(rounds > 0);
	assert_int_equal(ike_sa_reconnected(p.i.sa, &ai), -1);
	assert_has(ike_sa_error(p.i.sa), "again and again");
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_up_on_the_new_one),
		cmocka_unit_test(not_before_a_refusal),
		cmocka_unit_test(not_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
