// SPDX-License-Identifier: GPL-2.0-or-later
/* What a stranger's first request gets, by how many clients have not authenticated. */
#include "ike_pair.h"
#include "serve/serve.h"

static struct serve serve;

static enum ike_cookie_verdict welcome(struct pair *p, bool tcp, size_t half_open,
				       struct ike_cookie_answer *answer)
{
	const struct message *m = &p->queue[p->tail - 1].m;
	struct ike_addrs from = pair_addrs(false);

	serve.n_half_open = half_open;
	return serve_welcome(&serve, &from, tcp, (struct ike_bytes){ m->data, m->len }, answer);
}

static unsigned int puzzle_of(const struct ike_cookie_answer *answer)
{
	struct ike_payloads pl;
	struct ike_notify n;

	assert_int_equal(ike_payloads_parse(answer->data[16], answer->data + IKE_HDR_LEN,
					    answer->len - IKE_HDR_LEN, &pl), 0);
	assert_true(ike_notify_find(&pl, IKE_N_COOKIE, NULL));
	return ike_notify_find(&pl, IKE_N_PUZZLE, &n) ? n.data.p[2] : 0;
}

static void start(struct pair *p)
{
	memset(&serve, 0, sizeof(serve));
	serve.who = "test";
	serve.next_puzzle_log = UINT64_MAX;
	pair_init(p);
	pair_new(p);
	serve.offer = p->r.conn.ike;
	assert_int_equal(ike_sa_start(p->i.sa), 0);
}

static void by_load(void **state)
{
	static const struct {
		size_t half_open;
		bool tcp;
		enum ike_cookie_verdict verdict;
		unsigned int bits;
	} cases[] = {
		{ 0, false, IKE_COOKIE_GOOD, 0 },
		{ SERVE_HALF_OPEN_MAX / 2 - 1, false, IKE_COOKIE_GOOD, 0 },
		{ SERVE_HALF_OPEN_MAX / 2, false, IKE_COOKIE_ASK, 0 },
		/* Over TCP no cookie without a puzzle (RFC 9329, section 6.3) */
		{ SERVE_HALF_OPEN_MAX * 3 / 4 - 1, true, IKE_COOKIE_GOOD, 0 },
		{ SERVE_HALF_OPEN_MAX * 3 / 4, true, IKE_COOKIE_ASK, 16 },
		{ SERVE_HALF_OPEN_MAX * 3 / 4, false, IKE_COOKIE_ASK, 16 },
		{ SERVE_HALF_OPEN_MAX * 7 / 8, false, IKE_COOKIE_ASK, 18 },
		{ SERVE_HALF_OPEN_MAX, true, IKE_COOKIE_ASK, 18 },
	};
	struct ike_cookie_answer answer;
	struct pair p;

	(void)state;
	start(&p);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(welcome(&p, cases[i].tcp, cases[i].half_open, &answer),
				 cases[i].verdict);
		if (cases[i].verdict == IKE_COOKIE_ASK)
			assert_int_equal(puzzle_of(&answer), cases[i].bits);
	}
	pair_free(&p);
}

/* Peers that know no puzzles have to stand back, but not at once */
static void who_does_not_solve(void **state)
{
	struct ike_cookie_answer answer, other;
	struct pair p;

	(void)state;
	start(&p);
	assert_int_equal(welcome(&p, true, SERVE_HALF_OPEN_MAX * 3 / 4, &answer), IKE_COOKIE_ASK);
	/* As if the puzzle were a notify that it does not know */
	ike_put16(answer.data + IKE_HDR_LEN + 8 + IKE_COOKIE_LEN + 6, 40960);
	assert_int_equal(ike_sa_input(p.i.sa, answer.data, answer.len), 0);
	assert_int_equal(welcome(&p, true, SERVE_HALF_OPEN_MAX * 3 / 4, &other), IKE_COOKIE_GOOD);
	assert_int_equal(welcome(&p, true, SERVE_HALF_OPEN_MAX * 7 / 8, &other), IKE_COOKIE_ASK);
	assert_int_equal(puzzle_of(&other), 18);
	pair_free(&p);
}

/* Whoever solves is served to the end */
static void who_solves(void **state)
{
	struct ike_cookie_answer answer;
	struct pair p;

	(void)state;
	start(&p);
	assert_int_equal(welcome(&p, true, SERVE_HALF_OPEN_MAX * 3 / 4, &answer), IKE_COOKIE_ASK);
	assert_int_equal(ike_sa_input(p.i.sa, answer.data, answer.len), 0);
	while (!ike_sa_waiting(p.i.sa))
		assert_int_equal(ike_sa_timeout(p.i.sa), 0);
	assert_int_equal(welcome(&p, true, SERVE_HALF_OPEN_MAX - 1, &answer), IKE_COOKIE_GOOD);
	/* Once */
	assert_int_equal(welcome(&p, true, SERVE_HALF_OPEN_MAX - 1, &answer), IKE_COOKIE_ASK);
	pair_free(&p);
}

/* global-redirect=auto sends new peers away under load alone, from where cookies begin */
static void redirected(void **state)
{
	static const struct {
		enum conf_redirect redirect;
		size_t half_open;
		bool away;
	} cases[] = {
		{ CONF_REDIRECT_AUTO, 0, false },
		{ CONF_REDIRECT_AUTO, SERVE_HALF_OPEN_MAX / 2 - 1, false },
		{ CONF_REDIRECT_AUTO, SERVE_HALF_OPEN_MAX / 2, true },
		{ CONF_REDIRECT_AUTO, SERVE_HALF_OPEN_MAX, true },
		/* The load is over */
		{ CONF_REDIRECT_AUTO, SERVE_HALF_OPEN_MAX / 2 - 1, false },
		{ CONF_REDIRECT_YES, 0, true },
		{ CONF_REDIRECT_NO, SERVE_HALF_OPEN_MAX, false },
	};
	char gateway[] = "gw.example.org";
	char *const to[] = { gateway };
	struct ike_redirect_answer answer;
	const struct message *m;
	struct pair p;

	(void)state;
	memset(&serve, 0, sizeof(serve));
	serve.who = "test";
	serve.next_redirect_log = UINT64_MAX;
	serve.redirect_to = to;
	serve.n_redirect_to = 1;
	pair_init(&p);
	p.i.conn.accept_redirect = true;
	pair_new(&p);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	m = &p.queue[p.tail - 1].m;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		serve.redirect = cases[i].redirect;
		serve.n_half_open = cases[i].half_open;
		assert_int_equal(serve_redirects(&serve, (struct ike_bytes){ m->data, m->len },
						 &answer), cases[i].away);
	}
	assert_int_equal(serve.next_redirect, 3);
	pair_free(&p);
}

static void no_request(void **state)
{
	struct ike_cookie_answer answer;
	struct pair p;

	(void)state;
	start(&p);
	p.queue[p.tail - 1].m.data[IKE_HDR_LEN + 3]++;
	assert_int_equal(welcome(&p, true, SERVE_HALF_OPEN_MAX - 1, &answer), IKE_COOKIE_JUNK);
	pair_free(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_load),
		cmocka_unit_test(who_does_not_solve),
		cmocka_unit_test(who_solves),
		cmocka_unit_test(redirected),
		cmocka_unit_test(no_request),
	};

	return cmocka_run_group_tests_name("serve_load", tests, NULL, NULL);
}
