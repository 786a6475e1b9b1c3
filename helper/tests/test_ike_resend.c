// SPDX-License-Identifier: GPL-2.0-or-later
/* What has no answer goes out again; what tells a peer's new way (RFC 9329, 6.1 and 6.2). */
#include "ike/unknown.h"
#include "ike_pair.h"

static bool drop_all(struct pair *pair, struct message *m, bool to_r, unsigned int nth)
{
	(void)pair;
	(void)m;
	(void)to_r;
	(void)nth;
	return false;
}

static bool drop_answers(struct pair *pair, struct message *m, bool to_r, unsigned int nth)
{
	(void)pair;
	(void)m;
	(void)nth;
	return to_r;
}

static void up(struct pair *p)
{
	pair_init(p);
	pair_start(p);
	assert_true(pair_is_up(p));
}

static void request_is_sent_again(void **state)
{
	struct pair p;

	(void)state;
	up(&p);
	p.filter = drop_all;
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	pair_run(&p);
	assert_true(ike_sa_waiting(p.i.sa));

	p.filter = NULL;
	assert_int_equal(ike_sa_resend(p.i.sa), 0);
	pair_run(&p);
	assert_false(ike_sa_waiting(p.i.sa));
	/* Nothing is out: nothing is sent */
	assert_int_equal(ike_sa_resend(p.i.sa), 0);
	assert_int_equal(p.head, p.tail);
	pair_free(&p);
}

/* A repetition is answered once more, and is not fresh: anybody may have recorded it */
static void repetition_is_not_fresh(void **state)
{
	struct pair p;
	unsigned int fresh;

	(void)state;
	up(&p);
	p.filter = drop_answers;
	fresh = ike_sa_fresh(p.r.sa);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	pair_run(&p);
	assert_int_equal(ike_sa_fresh(p.r.sa), fresh + 1);

	p.filter = NULL;
	assert_int_equal(ike_sa_resend(p.i.sa), 0);
	pair_run(&p);
	assert_int_equal(ike_sa_fresh(p.r.sa), fresh + 1);
	assert_false(ike_sa_waiting(p.i.sa));
	pair_free(&p);
}

static bool break_it(struct pair *pair, struct message *m, bool to_r, unsigned int nth)
{
	(void)pair;
	(void)nth;
	if (to_r)
		m->data[m->len - 1] ^= 1;
	return true;
}

static void forgery_is_not_fresh(void **state)
{
	struct pair p;
	unsigned int fresh;

	(void)state;
	up(&p);
	fresh = ike_sa_fresh(p.r.sa);
	p.filter = break_it;
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	pair_run(&p);
	assert_int_equal(ike_sa_fresh(p.r.sa), fresh);
	pair_free(&p);
}

/* The peer restarted: it answers without knowing the SA, which is a hint and no more */
static void peer_does_not_know_it(void **state)
{
	uint8_t answer[IKE_UNKNOWN_MAX];
	struct pair p;

	(void)state;
	up(&p);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	assert_int_equal(p.tail - p.head, 1);
	assert_int_equal(ike_unknown_answer(p.queue[p.head].m.data, p.queue[p.head].m.len, NULL,
					    answer), IKE_UNKNOWN_LEN);
	assert_false(ike_sa_disowned(p.i.sa));
	assert_int_equal(ike_sa_input(p.i.sa, answer, IKE_UNKNOWN_LEN), 0);
	assert_true(ike_sa_disowned(p.i.sa));
	assert_true(pair_is_up(&p));
	assert_true(ike_sa_waiting(p.i.sa));

	/* The peer itself knows better */
	pair_run(&p);
	assert_false(ike_sa_disowned(p.i.sa));
	assert_false(ike_sa_waiting(p.i.sa));
	pair_free(&p);
}

/* No answer to an answer, or two hosts would go on for ever; none to what is no IKE */
static void unknown_answers_requests_only(void **state)
{
	uint8_t answer[IKE_UNKNOWN_MAX], again[IKE_UNKNOWN_MAX], junk[64] = { 0 };
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_new(&p);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	assert_int_equal(ike_unknown_answer(p.queue[p.head].m.data, p.queue[p.head].m.len, NULL,
					    answer), 0);
	pair_run(&p);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	assert_int_equal(ike_unknown_answer(p.queue[p.head].m.data, p.queue[p.head].m.len, NULL,
					    answer), IKE_UNKNOWN_LEN);
	assert_int_equal(ike_unknown_answer(answer, IKE_UNKNOWN_LEN, NULL, again), 0);
	assert_int_equal(ike_unknown_answer(junk, sizeof(junk), NULL, again), 0);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_sent_again),
		cmocka_unit_test(repetition_is_not_fresh),
		cmocka_unit_test(forgery_is_not_fresh),
		cmocka_unit_test(peer_does_not_know_it),
		cmocka_unit_test(unknown_answers_requests_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
