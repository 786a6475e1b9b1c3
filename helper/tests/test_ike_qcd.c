// SPDX-License-Identifier: GPL-2.0-or-later
/* Quick crash detection (RFC 6290): tokens given, shown, believed and not believed. */
#include "ike_pair.h"

#include "ike/notify.h"
#include "ike/unknown.h"

static const uint8_t secret_i[IKE_QCD_SECRET] = { 1 }, secret_r[IKE_QCD_SECRET] = { 2 };
static const uint8_t other_secret[IKE_QCD_SECRET] = { 3 };

static void up(struct pair *p, const char *ike)
{
	pair_init(p);
	p->i.qcd_secret = secret_i;
	p->r.qcd_secret = secret_r;
	if (ike) {
		pair_suites(&p->i, ike, NULL);
		pair_suites(&p->r, ike, NULL);
	}
	pair_start(p);
	assert_true(pair_is_up(p));
}

/*
 * @from asks whether the other one lives, which has been started again: what it answers, with
 * @secret. The request is lost.
 */
static size_t ask_restarted(struct pair *p, struct peer *from, const uint8_t *secret,
			    uint8_t answer[IKE_UNKNOWN_MAX])
{
	struct message *m;
	size_t n;

	assert_int_equal(ike_sa_liveness(from->sa), 0);
	assert_int_equal(p->tail - p->head, 1);
	m = &p->queue[p->head].m;
	n = ike_unknown_answer(m->data, m->len, secret, answer);
	assert_true(n > 0 && n <= m->len);
	free(m->data);
	p->head++;
	return n;
}

/* Whatever the algorithms, the shortest request of an SA is no shorter than the answer to it */
static void both_ends_believe_the_token(void **state)
{
	static const char *const suites[] = {
		"aes_gcm256-sha2_256;dh19", "chacha20_poly1305-sha2_256;dh19",
		"aes256-sha2_256;dh19", "aes128-sha1;dh19",
	};
	uint8_t answer[IKE_UNKNOWN_MAX];
	struct pair p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		for (int r = 0; r < 2; r++) {
			struct peer *from;
			size_t n;

			up(&p, suites[i]);
			from = r ? &p.r : &p.i;
			n = ask_restarted(&p, from, r ? secret_i : secret_r, answer);
			assert_int_equal(n, IKE_UNKNOWN_MAX);
			assert_false(ike_sa_crashed(from->sa));
			assert_int_equal(ike_sa_input(from->sa, answer, n), 0);
			assert_true(ike_sa_crashed(from->sa));
			pair_free(&p);
		}
	}
}

static void token_of_another_is_not_believed(void **state)
{
	uint8_t answer[IKE_UNKNOWN_MAX];
	struct pair p;
	size_t n;

	(void)state;
	up(&p, NULL);
	n = ask_restarted(&p, &p.i, other_secret, answer);
	assert_int_equal(ike_sa_input(p.i.sa, answer, n), 0);
	assert_false(ike_sa_crashed(p.i.sa));
	/* It is as good as none: the peer may have lost its secret */
	assert_true(ike_sa_disowned(p.i.sa));
	/* Every bit counts */
	for (size_t bit = 0; bit < 8 * IKE_QCD_LEN; bit++) {
		struct ike_hdr hdr;
		struct ike_buf b;

		assert_int_equal(ike_hdr_parse(answer, n, &hdr), 0);
		ike_build_begin(&b, answer, sizeof(answer), &hdr);
		ike_notify_put(&b, IKE_N_INVALID_IKE_SPI, NULL, 0);
		assert_int_equal(ike_qcd_put(&b, secret_r, hdr.spi_i, hdr.spi_r), 0);
		assert_int_equal(ike_build_end(&b), 0);
		answer[n - IKE_QCD_LEN + bit / 8] ^= 1 << bit % 8;
		assert_int_equal(ike_sa_input(p.i.sa, answer, n), 0);
		assert_false(ike_sa_crashed(p.i.sa));
	}
	pair_free(&p);
}

/* Without a token it is a hint, as ever: the peer may have lost its secret, too */
static void no_token_is_a_hint(void **state)
{
	uint8_t answer[IKE_UNKNOWN_MAX];
	struct pair p;
	size_t n;

	(void)state;
	up(&p, NULL);
	n = ask_restarted(&p, &p.i, NULL, answer);
	assert_int_equal(n, IKE_UNKNOWN_LEN);
	assert_int_equal(ike_sa_input(p.i.sa, answer, n), 0);
	assert_false(ike_sa_crashed(p.i.sa));
	assert_true(ike_sa_disowned(p.i.sa));
	pair_free(&p);
}

/* A peer that gave none has none to show: whoever shows one has made it up */
static void none_given_none_believed(void **state)
{
	uint8_t answer[IKE_UNKNOWN_MAX];
	struct pair p;
	size_t n;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	assert_true(pair_is_up(&p));
	assert_int_equal(p.i.sa->qcd.len, 0);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	/* Its requests are as short as they were: the answer has no room for one */
	n = ike_unknown_answer(p.queue[p.head].m.data, p.queue[p.head].m.len, secret_r, answer);
	assert_int_equal(n, IKE_UNKNOWN_LEN);
	assert_int_equal(ike_sa_input(p.i.sa, answer, n), 0);
	assert_true(ike_sa_disowned(p.i.sa));
	assert_false(ike_sa_crashed(p.i.sa));
	pair_free(&p);
}

/* The peer is there after all: somebody between has had its token */
static void a_sign_of_life_counts_more(void **state)
{
	uint8_t answer[IKE_UNKNOWN_MAX];
	struct message *m;
	struct pair p;
	size_t n;

	(void)state;
	up(&p, NULL);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	m = &p.queue[p.head].m;
	n = ike_unknown_answer(m->data, m->len, secret_r, answer);
	assert_int_equal(ike_sa_input(p.i.sa, answer, n), 0);
	assert_true(ike_sa_crashed(p.i.sa));
	pair_run(&p);
	assert_false(ike_sa_crashed(p.i.sa));
	assert_false(ike_sa_waiting(p.i.sa));
	pair_free(&p);
}

/* Rekeying makes other SPIs, and so other tokens, at both ends (section 4.3) */
static void rekeyed_sas_have_tokens(void **state)
{
	(void)state;
	for (int by_r = 0; by_r < 2; by_r++) {
		for (int r = 0; r < 2; r++) {
			uint8_t answer[IKE_UNKNOWN_MAX];
			struct peer *from;
			struct pair p;
			size_t n;

			up(&p, NULL);
			assert_int_equal(ike_sa_rekey(by_r ? p.r.sa : p.i.sa), 0);
			pair_run(&p);
			assert_int_equal(p.i.replaced, 1);
			assert_int_equal(p.r.replaced, 1);
			from = r ? &p.r : &p.i;
			n = ask_restarted(&p, from, r ? secret_i : secret_r, answer);
			assert_int_equal(n, IKE_UNKNOWN_MAX);
			assert_int_equal(ike_sa_input(from->sa, answer, n), 0);
			assert_true(ike_sa_crashed(from->sa));
			pair_free(&p);
		}
	}
}

/* Both at once, and messages lost and twice: the SAs that remain have tokens */
static void whatever_the_wire_does(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 200; seed++) {
		struct pair p;

		pair_init(&p);
		p.i.qcd_secret = secret_i;
		p.r.qcd_secret = secret_r;
		pair_new(&p);
		ike_sa_reliable(p.i.sa, false);
		ike_sa_reliable(p.r.sa, false);
		assert_int_equal(ike_sa_start(p.i.sa), 0);
		pair_run(&p);
		assert_true(pair_is_up(&p));
		p.random = seed;
		p.loss = 10;
		p.twice = 10;
		assert_int_equal(ike_sa_rekey(p.i.sa), 0);
		assert_int_equal(ike_sa_rekey(p.r.sa), 0);
		pair_pass(&p, 120000);
		assert_true(pair_is_up(&p));
		assert_int_equal(ike_sa_spi(p.i.sa, true), ike_sa_spi(p.r.sa, true));
		assert_int_equal(p.i.sa->qcd.len, IKE_QCD_LEN);
		assert_int_equal(p.r.sa->qcd.len, IKE_QCD_LEN);
		p.random = 0;
		pair_free(&p);
	}
}

/* Up to four tokens of a peer whose secret is renewed (section 4.5), in any place */
static void one_of_four(void **state)
{
	uint8_t raw[256], answer[IKE_UNKNOWN_MAX];
	struct ike_hdr hdr;
	struct pair p;

	(void)state;
	for (int right = 0; right < 5; right++) {
		struct ike_buf b;

		up(&p, NULL);
		assert_int_equal(ike_hdr_parse(answer, ask_restarted(&p, &p.i, secret_r, answer),
					       &hdr), 0);
		ike_build_begin(&b, raw, sizeof(raw), &hdr);
		ike_notify_put(&b, IKE_N_INVALID_IKE_SPI, NULL, 0);
		for (int i = 0; i < 5; i++)
			assert_int_equal(ike_qcd_put(&b, i == right ? secret_r : other_secret,
						     hdr.spi_i, hdr.spi_r), 0);
		assert_int_equal(ike_build_end(&b), 0);
		assert_int_equal(ike_sa_input(p.i.sa, raw, b.len), 0);
		assert_int_equal(ike_sa_crashed(p.i.sa), right < 4);
		pair_free(&p);
	}
}

static void answers_are_limited(void **state)
{
	struct ike_unknown_limit limit = { 0 };
	unsigned int n = 0;

	(void)state;
	for (unsigned int ms = 5000; ms < 6000; ms++)
		n += ike_unknown_may_leave(&limit, ms);
	assert_int_equal(n, IKE_UNKNOWN_EACH_S);
	assert_true(ike_unknown_may_leave(&limit, 6000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_believe_the_token),
		cmocka_unit_test(token_of_another_is_not_believed),
		cmocka_unit_test(no_token_is_a_hint),
		cmocka_unit_test(none_given_none_believed),
		cmocka_unit_test(a_sign_of_life_counts_more),
		cmocka_unit_test(rekeyed_sas_have_tokens),
		cmocka_unit_test(whatever_the_wire_does),
		cmocka_unit_test(one_of_four),
		cmocka_unit_test(answers_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
