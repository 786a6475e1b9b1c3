// SPDX-License-Identifier: GPL-2.0-or-later
/* Puzzles (RFC 8019): solved within bounds, given with a cookie, good once. */
#include "ike/cookie.h"
#include "ike/puzzle.h"
#include "ike_pair.h"

#define BITS 10			/* 4096 tries on average */

/* Keys that another program has found; those of the examples in section 4.4 give other bits */
static void known_answers(void **state)
{
	static const uint8_t cookie[] = {
		0x73, 0x9a, 0xe7, 0x49, 0x2d, 0x8a, 0x81, 0x0c, 0xf5, 0xe8,
		0xdc, 0x0f, 0x96, 0x26, 0xc9, 0xdd, 0xa7, 0x73, 0xc5, 0xa3,
	};
	uint8_t keys[] = {
		0x00, 0xcd, 0x8a, 0x01, 0xc2, 0x44, 0x02, 0x08, 0xa8, 0x02, 0x9d, 0xb4,
	};
	struct ike_bytes c = { cookie, sizeof(cookie) }, k = { keys, sizeof(keys) };

	(void)state;
	assert_true(ike_puzzle_check(IKE_PRF_HMAC_SHA2_256, c, k, 16));
	assert_false(ike_puzzle_check(IKE_PRF_HMAC_SHA2_256, c, k, 17));
	assert_false(ike_puzzle_check(IKE_PRF_HMAC_SHA2_512, c, k, 16));
	c.len--;
	assert_false(ike_puzzle_check(IKE_PRF_HMAC_SHA2_256, c, k, 16));
	c.len++;
	/* Each of them counts */
	for (size_t i = 0; i < sizeof(keys); i += sizeof(keys) / IKE_PUZZLE_KEYS) {
		keys[i] ^= 1;
		assert_false(ike_puzzle_check(IKE_PRF_HMAC_SHA2_256, c, k, 16));
		keys[i] ^= 1;
	}
}

static void no_solutions(void **state)
{
	static const uint8_t zeros[4 * 33], twice[] = { 1, 2, 3, 1 }, four[] = { 1, 2, 3, 4 };
	struct ike_bytes c = { four, 4 };
	const struct {
		uint16_t prf;
		struct ike_bytes solution;
		bool good;
	} cases[] = {
		{ IKE_PRF_HMAC_SHA2_256, { four, 4 }, true },
		{ IKE_PRF_HMAC_SHA2_256, { twice, 4 }, false },
		{ IKE_PRF_HMAC_SHA2_256, { four, 3 }, false },
		{ IKE_PRF_HMAC_SHA2_256, { four, 0 }, false },
		{ IKE_PRF_HMAC_SHA2_256, { zeros, sizeof(zeros) }, false },
		{ 9, { four, 4 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(ike_puzzle_check(cases[i].prf, c, cases[i].solution, 0),
				 cases[i].good);
}

/* An initiator and a responder under load */
struct load {
	struct pair p;
	struct ike_cookies cookies;
	struct ike_addrs from;
	struct ike_cookie_answer answer;
};

static void start(struct load *l)
{
	memset(l, 0, sizeof(*l));
	l->from = pair_addrs(false);
	pair_init(&l->p);
	pair_new(&l->p);
	assert_int_equal(ike_sa_start(l->p.i.sa), 0);
}

/* What the initiator has sent last, once more */
static enum ike_cookie_verdict check(struct load *l, unsigned int bits)
{
	const struct message *m = &l->p.queue[l->p.tail - 1].m;

	return ike_cookie_check(&l->cookies, l->p.now, &l->from,
				(struct ike_bytes){ m->data, m->len }, &l->p.r.conn.ike, bits,
				&l->answer);
}

/* It has an answer, and nothing of it is for the responder any more */
static void answered(struct load *l)
{
	for (; l->p.head < l->p.tail; l->p.head++)
		free(l->p.queue[l->p.head].m.data);
	assert_int_equal(ike_sa_input(l->p.i.sa, l->answer.data, l->answer.len), 0);
}

static void puzzle(struct load *l, unsigned int bits)
{
	assert_int_equal(check(l, bits), IKE_COOKIE_ASK);
	answered(l);
}

/* Until something goes out */
static void work(struct load *l)
{
	unsigned int n = 0;

	while (l->p.head == l->p.tail) {
		assert_int_equal(ike_sa_due(l->p.i.sa), l->p.now);
		assert_int_equal(ike_sa_timeout(l->p.i.sa), 0);
		assert_true(++n < 10000);
	}
}

static bool has_solution(const struct load *l)
{
	const struct message *m = &l->p.queue[l->p.tail - 1].m;
	struct ike_payloads pl;

	assert_int_equal(ike_payloads_parse(m->data[16], m->data + IKE_HDR_LEN,
					    m->len - IKE_HDR_LEN, &pl), 0);
	/* The cookie is in front, then the solution (section 7.1.2) */
	assert_int_equal(pl.p[0].type, IKE_PL_NOTIFY);
	return pl.p[1].type == IKE_PL_PS;
}

static void comes_up(struct load *l)
{
	pair_run(&l->p);
	assert_true(pair_is_up(&l->p));
	pair_free(&l->p);
}

static void solved(void **state)
{
	struct load l;

	(void)state;
	start(&l);
	puzzle(&l, BITS);
	assert_has(l.p.i.log, "puzzle of 10 bits");
	assert_false(ike_sa_waiting(l.p.i.sa));
	/* What comes twice does not disturb it */
	assert_int_equal(ike_sa_input(l.p.i.sa, l.answer.data, l.answer.len), 0);
	work(&l);
	assert_true(has_solution(&l));
	l.p.now += IKE_COOKIE_PUZZLE_MS;
	/* From another port, but not from another address */
	l.from.remote_port++;
	l.from.remote.addr[3]++;
	assert_int_equal(check(&l, BITS), IKE_COOKIE_ASK);
	l.from.remote.addr[3]--;
	assert_int_equal(check(&l, BITS), IKE_COOKIE_GOOD);
	comes_up(&l);
}

/* A solution is for one IKE SA, and for its time */
static void not_for_ever(void **state)
{
	struct load l;

	(void)state;
	start(&l);
	puzzle(&l, BITS);
	work(&l);
	l.p.now += IKE_COOKIE_PUZZLE_MS + 1;
	assert_int_equal(check(&l, BITS), IKE_COOKIE_ASK);
	l.p.now--;
	assert_int_equal(check(&l, BITS), IKE_COOKIE_GOOD);
	assert_int_equal(check(&l, BITS), IKE_COOKIE_ASK);
	/* Then there is another puzzle to solve, for which there would be no time left */
	l.p.i.sa->puzzle.until = UINT64_MAX;
	answered(&l);
	work(&l);
	assert_int_equal(check(&l, BITS), IKE_COOKIE_GOOD);
	comes_up(&l);
}

/* The load rises and falls meanwhile */
static void load_changes(void **state)
{
	struct load l;

	(void)state;
	start(&l);
	assert_int_equal(check(&l, 0), IKE_COOKIE_ASK);
	answered(&l);
	assert_false(has_solution(&l));
	puzzle(&l, BITS);
	work(&l);
	/* What was asked for counts, not what would be asked for now */
	assert_int_equal(check(&l, BITS + 6), IKE_COOKIE_GOOD);
	assert_int_equal(check(&l, 0), IKE_COOKIE_GOOD);
	/* Another cookie, and no puzzle: what was solved is of no use */
	memset(&l.cookies, 0, sizeof(l.cookies));
	assert_int_equal(check(&l, 0), IKE_COOKIE_ASK);
	answered(&l);
	assert_false(has_solution(&l));
	comes_up(&l);
}

/* Who has no common algorithms has no puzzle to solve either (section 7.1.1.2) */
static void no_common_prf(void **state)
{
	struct load l;

	(void)state;
	start(&l);
	pair_suites(&l.p.r, "aes_gcm128-sha2_512;dh20", NULL);
	assert_int_equal(check(&l, BITS), IKE_COOKIE_ASK);
	assert_int_equal(ike_sa_input(l.p.i.sa, l.answer.data, l.answer.len), -1);
	assert_has(ike_sa_error(l.p.i.sa), "NO_PROPOSAL_CHOSEN");
	pair_free(&l.p);
}

/* A puzzle that is too hard comes back with its cookie alone */
static void too_hard(void **state)
{
	struct load l;

	(void)state;
	start(&l);
	puzzle(&l, IKE_PUZZLE_BITS_MAX + 1);
	assert_has(l.p.i.log, "not one that is solved here");
	assert_false(has_solution(&l));
	assert_int_equal(check(&l, BITS), IKE_COOKIE_UNSOLVED);
	comes_up(&l);
}

/* Work and time have an end, however many puzzles there are */
static void bounds(void **state)
{
	struct load l;

	(void)state;
	start(&l);
	puzzle(&l, IKE_PUZZLE_BITS_MAX);
	l.p.i.sa->puzzle.tries = IKE_PUZZLE_TRIES_MAX;
	work(&l);
	assert_has(l.p.i.log, "takes too long");
	assert_false(has_solution(&l));
	pair_free(&l.p);

	start(&l);
	puzzle(&l, BITS);
	work(&l);
	assert_true(has_solution(&l));
	l.p.now += IKE_PUZZLE_MS;
	assert_int_equal(check(&l, BITS), IKE_COOKIE_GOOD);
	puzzle(&l, BITS);
	work(&l);
	assert_has(l.p.i.log, "takes too long");
	assert_false(has_solution(&l));
	pair_free(&l.p);
}

/* PUZZLE alone, in the place of a COOKIE that was there */
static void forge(struct load *l, size_t at, uint16_t type)
{
	assert_int_equal(check(l, BITS), IKE_COOKIE_ASK);
	assert_int_equal(ike_get16(l->answer.data + at), type);
	ike_put16(l->answer.data + at, 40960);
}

static void forgeries(void **state)
{
	const size_t cookie = IKE_HDR_LEN + 6, notify = IKE_HDR_LEN + 8 + IKE_COOKIE_LEN;
	struct load l;

	(void)state;
	/* Without a cookie it is as if it had not come (section 7.1.2) */
	start(&l);
	forge(&l, cookie, IKE_N_COOKIE);
	assert_int_equal(ike_sa_input(l.p.i.sa, l.answer.data, l.answer.len), 0);
	assert_has(l.p.i.log, "a puzzle without a cookie");
	assert_true(ike_sa_waiting(l.p.i.sa));
	comes_up(&l);

	/* A prf that we did not offer */
	start(&l);
	assert_int_equal(check(&l, BITS), IKE_COOKIE_ASK);
	ike_put16(l.answer.data + notify + 8, IKE_PRF_HMAC_SHA1);
	answered(&l);
	assert_has(l.p.i.log, "not one that is solved here");
	assert_false(has_solution(&l));
	comes_up(&l);

	/* As hard as we like */
	start(&l);
	assert_int_equal(check(&l, BITS), IKE_COOKIE_ASK);
	l.answer.data[notify + 10] = 0;
	answered(&l);
	assert_has(l.p.i.log, "puzzle of 16 bits");
	work(&l);
	assert_true(has_solution(&l));
	comes_up(&l);
}

/* The connection is closed while we work: it goes out over another one (RFC 9329, 6.3.1) */
static void closed_meanwhile(void **state)
{
	struct ike_addrs ai = pair_addrs(true);
	struct load l;

	(void)state;
	start(&l);
	assert_false(ike_sa_may_reconnect(l.p.i.sa));
	puzzle(&l, BITS);
	assert_true(ike_sa_may_reconnect(l.p.i.sa));
	ai.local_port++;
	assert_int_equal(ike_sa_reconnected(l.p.i.sa, &ai), 0);
	assert_int_equal(l.p.head, l.p.tail);
	work(&l);
	assert_int_equal(l.p.tail - l.p.head, 1);
	assert_int_equal(check(&l, BITS), IKE_COOKIE_GOOD);
	comes_up(&l);
}

/* The solution goes with the cookie, also when INVALID_KE_PAYLOAD is next */
static void with_another_group(void **state)
{
	struct load l;

	(void)state;
	start(&l);
	pair_suites(&l.p.r, "aes_gcm256-sha2_256;dh14", NULL);
	puzzle(&l, BITS);
	work(&l);
	pair_deliver(&l.p);
	pair_deliver(&l.p);
	assert_true(has_solution(&l));
	comes_up(&l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(no_solutions),
		cmocka_unit_test(solved),
		cmocka_unit_test(not_for_ever),
		cmocka_unit_test(load_changes),
		cmocka_unit_test(no_common_prf),
		cmocka_unit_test(too_hard),
		cmocka_unit_test(bounds),
		cmocka_unit_test(forgeries),
		cmocka_unit_test(closed_meanwhile),
		cmocka_unit_test(with_another_group),
	};

	return cmocka_run_group_tests_name("ike_puzzle", tests, NULL, NULL);
}
