// SPDX-License-Identifier: GPL-2.0-or-later
/* Additional key exchanges before IKE_AUTH (RFC 9242, RFC 9370), and ML-KEM where there is any. */
#include "addke_pair.h"
#include "ike/intermediate.h"
#include "ike/notify.h"

#define SEVEN	";addke1=dh31;addke2=dh20;addke3=dh21;addke4=dh14;addke5=dh15;addke6=dh16;addke7=dh18"

/* Exchanges and message IDs, in the order that they are seen first */
struct seen {
	uint8_t exchange[16];
	uint32_t id[16];
	size_t n;
	size_t longest;
};

static bool see(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	struct seen *s = p->filter_arg;

	(void)nth;
	if (m->len > s->longest)
		s->longest = m->len;
	if (!to_r || (s->n && s->id[s->n - 1] == ike_get32(m->data + 20)))
		return true;
	assert_true(s->n < 16);
	s->exchange[s->n] = m->data[18];
	s->id[s->n++] = ike_get32(m->data + 20);
	return true;
}

/* Of those with @n IKE_INTERMEDIATE among them */
static uint8_t nth_exchange(size_t nth, size_t n)
{
	if (!nth)
		return IKE_SA_INIT;
	return nth <= n ? IKE_INTERMEDIATE : IKE_AUTH;
}

static void test_exchanges(void **state)
{
	static const struct {
		const char *ike;
		size_t n;
	} cases[] = {
		{ "aes256-sha2_256;dh19", 0 },
		{ "aes256-sha2_256-dh19;addke1=dh31", 1 },
		{ "aes_gcm256-sha2_512;dh19;addke2=dh31;addke6=dh14", 2 },
		{ "chacha20_poly1305-sha2_384;dh19" SEVEN, 7 },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seen seen = { 0 };
		struct pair p;

		set_up(&p, cases[i].ike, cases[i].ike);
		p.filter = see;
		p.filter_arg = &seen;
		p.traffic = true;
		pair_start(&p);
		assert_up(&p);
		assert_int_equal(p.lost, 0);
		assert_int_equal(seen.n, 2 + cases[i].n);
		for (j = 0; j < seen.n; j++) {
			assert_int_equal(seen.id[j], j);
			assert_int_equal(seen.exchange[j], nth_exchange(j, cases[i].n));
		}
		/* Nothing that AUTH alone needed is left */
		assert_int_equal(p.r.sa->inter.old_id, 0);
		assert_int_equal(p.i.sa->inter.done, 0);
		pair_free(&p);
	}
}

/* The keys of each generation are others, for both ends the same ones */
static void test_keys_change(void **state)
{
	struct ike_keys first;
	struct pair p;

	(void)state;
	set_up(&p, "aes256-sha2_256-dh19;addke1=dh31", "aes256-sha2_256-dh19;addke1=dh31");
	pair_new(&p);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	pair_deliver(&p);
	pair_deliver(&p);
	assert_int_equal(p.i.sa->state, IKE_ST_INTERMEDIATE_SENT);
	first = p.i.sa->keys;
	assert_memory_equal(first.d, p.r.sa->keys.d, 32);
	pair_run(&p);
	assert_up(&p);
	assert_memory_not_equal(first.d, p.i.sa->keys.d, 32);
	assert_memory_not_equal(first.i.key, p.i.sa->keys.i.key, 32);
	assert_memory_not_equal(first.r.integ, p.r.sa->keys.r.integ, 32);
	pair_free(&p);
}

/* With a first key exchange and without one, which a child SA may have */
static void test_secrets(void **state)
{
	struct ike_secrets got;
	size_t first;

	(void)state;
	for (first = 0; first < 4; first += 3) {
		struct ike_shared s = { 0 };

		assert_int_equal(ike_shared_first(&s, (const uint8_t *)"abc", first), 0);
		assert_int_equal(ike_shared_get(&s).more.len, 0);
		assert_int_equal(ike_shared_add(&s, (const uint8_t *)"de", 2), 0);
		assert_int_equal(ike_shared_add(&s, (const uint8_t *)"f", 1), 0);
		got = ike_shared_get(&s);
		assert_int_equal(got.first.len, first);
		assert_memory_equal(got.first.p, "abc", first);
		assert_int_equal(got.more.len, 3);
		assert_memory_equal(got.more.p, "def", 3);
		ike_shared_free(&s);
		assert_null(s.p);
	}
}

/* Who has them and who does not: what they agree on, or what the one that began says */
static void test_agree(void **state)
{
	static const struct {
		const char *i, *r;
		const char *suite;	/* NULL: none */
	} cases[] = {
		{ "aes256-sha2_256;dh19", "aes256-sha2_256;dh19;addke1=dh31", NULL },
		{ "aes256-sha2_256;dh19;addke1=dh31", "aes256-sha2_256;dh19", NULL },
		{ "aes256-sha2_256;dh19;addke1=dh31", "aes256-sha2_256;dh19;addke1=dh20", NULL },
		{ "aes256-sha2_256;dh19;addke1=dh31", "aes256-sha2_256;dh19;addke2=dh31", NULL },
		{ "aes256-sha2_256;dh19;addke1=dh31+none", "aes256-sha2_256;dh19",
		  "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_256-DH19" },
		{ "aes256-sha2_256;dh19", "aes256-sha2_256;dh19;addke1=dh31+none",
		  "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_256-DH19" },
		{ "aes256-sha2_256;dh19;addke1=dh31+dh20", "aes256-sha2_256;dh19;addke1=dh20",
		  "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_256-DH19;addke1=DH20" },
		{ "aes256-sha2_256;dh19;addke1=dh31+none;addke2=dh20",
		  "aes256-sha2_256;dh19;addke2=dh20",
		  "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_256-DH19;addke2=DH20" },
		/* By INVALID_KE_PAYLOAD, and each method once */
		{ "aes256-sha2_256;dh19+dh31;addke1=dh31+dh19",
		  "aes256-sha2_256;dh31;addke1=dh31+dh19",
		  "AES_CBC_256-HMAC_SHA2_256_128-HMAC_SHA2_256-DH31;addke1=DH19" },
	};
	char text[200];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pair p;

		set_up(&p, cases[i].i, cases[i].r);
		pair_start(&p);
		if (cases[i].suite) {
			assert_up(&p);
			ike_suite_text(ike_sa_suite(p.i.sa), text, sizeof(text));
			assert_string_equal(text, cases[i].suite);
			assert_true(ike_suite_equal(ike_sa_suite(p.i.sa), ike_sa_suite(p.r.sa)));
		} else {
			assert_false(pair_is_up(&p));
			assert_has(ike_sa_error(p.i.sa), "NO_PROPOSAL_CHOSEN");
		}
		pair_free(&p);
	}
}

/* The first message has not said that IKE_INTERMEDIATE is known: then it is as if it were not */
static bool hide_intermediate(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	bool *request = p->filter_arg;
	size_t i;

	(void)nth;
	if (m->data[18] != IKE_SA_INIT || to_r != *request)
		return true;
	for (i = IKE_HDR_LEN; i + 2 <= m->len; i++)
		if (ike_get16(m->data + i) == IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED)
			ike_put16(m->data + i, 40960);
	return true;
}

static void test_not_supported(void **state)
{
	bool request = true;
	struct pair p;

	(void)state;
	set_up(&p, "aes256-sha2_256;dh19;addke1=dh31", "aes256-sha2_256;dh19;addke1=dh31");
	p.filter = hide_intermediate;
	p.filter_arg = &request;
	pair_start(&p);
	assert_has(ike_sa_error(p.i.sa), "NO_PROPOSAL_CHOSEN");
	pair_free(&p);

	request = false;
	set_up(&p, "aes256-sha2_256;dh19;addke1=dh31", "aes256-sha2_256;dh19;addke1=dh31");
	p.filter = hide_intermediate;
	p.filter_arg = &request;
	pair_start(&p);
	assert_has(ike_sa_error(p.i.sa), "does not support IKE_INTERMEDIATE");
	pair_free(&p);
}

/* Over a wire that loses, doubles and reorders: also answers under keys that are gone */
static void rough(const char *ike)
{
	unsigned int ups = 0;
	uint32_t seed;

	for (seed = 1; seed <= 60; seed++) {
		struct pair p;

		set_up(&p, ike, ike);
		pair_new(&p);
		ike_sa_reliable(p.i.sa, false);
		ike_sa_reliable(p.r.sa, false);
		p.random = seed * 2654435761;
		p.loss = 15;
		p.twice = 25;
		assert_int_equal(ike_sa_start(p.i.sa), 0);
		pair_pass(&p, 120000);
		if (p.i.over || p.r.over)
			fail_msg("seed %u: '%s', '%s'", seed, ike_sa_error(p.i.sa),
				 ike_sa_error(p.r.sa));
		assert_up(&p);
		ups++;
		pair_free(&p);
	}
	assert_int_equal(ups, 60);
}

static void test_rough_wire(void **state)
{
	(void)state;
	rough("aes_gcm256-sha2_256-dh19;addke1=dh31;addke2=dh20;addke3=dh21");
	rough("aes256-sha2_256-dh19;addke1=dh31;addke2=dh20");
}

/* Over TCP: another connection in the midst of it, over which all goes out once more */
static bool lose_answers(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	(void)p;
	(void)nth;
	return to_r || m->data[18] != IKE_INTERMEDIATE;
}

static void test_resend(void **state)
{
	struct pair p;

	(void)state;
	set_up(&p, "aes_gcm256-sha2_256-dh19;addke1=dh31;addke2=dh20",
	       "aes_gcm256-sha2_256-dh19;addke1=dh31;addke2=dh20");
	p.filter = lose_answers;
	pair_start(&p);
	assert_int_equal(p.r.sa->inter.done, 1);
	assert_int_equal(p.i.sa->inter.done, 0);
	p.filter = NULL;
	assert_int_equal(ike_sa_resend(p.i.sa), 0);
	pair_run(&p);
	assert_up(&p);
	pair_free(&p);
}

/* Waiting for the winner of a race, before the first IKE_INTERMEDIATE */
static void test_hold(void **state)
{
	struct pair p;

	(void)state;
	set_up(&p, "aes_gcm256-sha2_256-dh19;addke1=dh31", "aes_gcm256-sha2_256-dh19;addke1=dh31");
	pair_new(&p);
	ike_sa_hold(p.i.sa);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	pair_run(&p);
	assert_true(ike_sa_held(p.i.sa));
	assert_int_equal(ike_sa_go_on(p.i.sa), 0);
	assert_int_equal(p.i.sa->state, IKE_ST_INTERMEDIATE_SENT);
	assert_false(ike_sa_held(p.i.sa));
	pair_run(&p);
	assert_up(&p);
	pair_free(&p);
}

/* As far as IKE_SA_INIT: then the test plays one of the ends */
static void half_way(struct pair *p)
{
	set_up(p, "aes256-sha2_256-dh19;addke1=dh31", "aes256-sha2_256-dh19;addke1=dh31");
	pair_new(p);
	ike_sa_hold(p->i.sa);
	assert_int_equal(ike_sa_start(p->i.sa), 0);
	pair_run(p);
}

static void put_ke(struct ike_buf *b, uint16_t method, size_t len)
{
	uint8_t data[2048] = { 9 };

	ike_ke_put_data(b, method, (struct ike_bytes){ data, len });
}

/* The next message is lost */
static void lose(struct pair *p)
{
	free(p->queue[p->head++].m.data);
}

/* What the initiator would not send by itself: a key exchange by @exchange */
static void send_ke(struct pair *p, enum ike_exchange exchange)
{
	struct ike_out out;

	ike_out_request(p->i.sa, &out, exchange);
	put_ke(&out.b, IKE_DH_X25519, 32);
	assert_int_equal(ike_out_send(p->i.sa, &out), 0);
	pair_run(p);
}

static void test_hostile_initiator(void **state)
{
	static const struct {
		enum ike_exchange exchange;
		uint16_t method;
		size_t len;		/* 0: no KE payload */
		const char *why;
	} cases[] = {
		{ IKE_AUTH, IKE_DH_X25519, 32, "exchange 35 instead of IKE_INTERMEDIATE" },
		{ IKE_INFORMATIONAL, 0, 0, "exchange 37 instead of IKE_INTERMEDIATE" },
		{ IKE_FOLLOWUP_KE, IKE_DH_X25519, 32, "exchange 44 instead of IKE_INTERMEDIATE" },
		{ IKE_INTERMEDIATE, 0, 0, "lacks the key exchange" },
		{ IKE_INTERMEDIATE, IKE_DH_ECP384, 96, "lacks the key exchange" },
		{ IKE_INTERMEDIATE, IKE_DH_ECP256, 64, "lacks the key exchange" },
		{ IKE_INTERMEDIATE, IKE_DH_X25519, 31, "is not valid" },
		{ IKE_INTERMEDIATE, IKE_DH_X25519, 33, "is not valid" },
		{ IKE_INTERMEDIATE, IKE_DH_X25519, 1600, "is not valid" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ike_out out;
		struct pair p;

		half_way(&p);
		ike_out_request(p.i.sa, &out, cases[i].exchange);
		if (cases[i].len)
			put_ke(&out.b, cases[i].method, cases[i].len);
		p.i.sa->state = IKE_ST_INTERMEDIATE_SENT;
		assert_int_equal(ike_out_send(p.i.sa, &out), 0);
		pair_run(&p);
		assert_true(p.r.over);
		assert_has(ike_sa_error(p.r.sa), cases[i].why);
		assert_true(p.i.over);
		assert_has(ike_sa_error(p.i.sa), "INVALID_SYNTAX");
		pair_free(&p);
	}
}

/* All is done, and one more comes */
static void test_one_too_many(void **state)
{
	struct pair p;

	(void)state;
	half_way(&p);
	assert_int_equal(ike_sa_go_on(p.i.sa), 0);
	pair_deliver(&p);
	assert_int_equal(p.r.sa->inter.done, 1);
	pair_deliver(&p);
	/* IKE_AUTH is on its way: another message of that ID takes its place */
	assert_int_equal(p.i.sa->state, IKE_ST_AUTH_SENT);
	lose(&p);
	send_ke(&p, IKE_INTERMEDIATE);
	assert_has(ike_sa_error(p.r.sa), "exchange 43 instead of IKE_AUTH");
	pair_free(&p);
}

/* A message whose ID skips one is not even answered */
static void test_message_id(void **state)
{
	struct pair p;

	(void)state;
	half_way(&p);
	p.i.sa->send_id++;
	send_ke(&p, IKE_INTERMEDIATE);
	assert_has(p.r.log, "wrong message ID");
	assert_int_equal(p.r.sa->inter.done, 0);
	assert_false(p.r.over);
	pair_free(&p);
}

static void test_hostile_responder(void **state)
{
	static const struct {
		uint16_t notify, method;
		size_t len;
		const char *why;
	} cases[] = {
		{ IKE_N_INVALID_SYNTAX, 0, 0, "refused IKE_INTERMEDIATE: INVALID_SYNTAX" },
		{ 0, 0, 0, "lacks the key exchange" },
		{ 0, IKE_DH_ECP384, 96, "lacks the key exchange" },
		{ 0, IKE_DH_X25519, 31, "(method 31) is not valid" },
		{ 0, IKE_DH_X25519, 800, "(method 31) is not valid" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ike_hdr hdr = { .exchange = IKE_INTERMEDIATE, .id = 1 };
		struct ike_out out;
		struct pair p;

		half_way(&p);
		assert_int_equal(ike_sa_go_on(p.i.sa), 0);
		lose(&p);
		ike_out_answer(p.r.sa, &out, &hdr);
		if (cases[i].notify)
			ike_notify_put(&out.b, cases[i].notify, NULL, 0);
		if (cases[i].len)
			put_ke(&out.b, cases[i].method, cases[i].len);
		assert_int_equal(ike_out_send(p.r.sa, &out), 0);
		pair_run(&p);
		assert_true(p.i.over);
		assert_has(ike_sa_error(p.i.sa), cases[i].why);
		pair_free(&p);
	}
}

/* An end that goes away in the midst of it */
static void test_given_up(void **state)
{
	struct pair p;

	(void)state;
	half_way(&p);
	assert_int_equal(ike_sa_go_on(p.i.sa), 0);
	assert_int_equal(ike_sa_delete(p.i.sa), -1);
	p.i.over = true;
	pair_run(&p);
	assert_false(p.r.over);
	pair_free(&p);
}

static bool have_ml_kem(void)
{
	return ike_ke_available(IKE_KE_ML_KEM_768);
}

static void test_ml_kem(void **state)
{
	static const char *const ikes[] = {
		"aes256-sha2_256-dh31;addke1=ml_kem_512",
		"aes256-sha2_256-dh31;addke1=mlkem768",
		"aes_gcm256-sha2_384-dh20;addke1=ml_kem_1024",
		"aes256-sha2_256-dh31;addke2=ml_kem_768;addke4=modp2048;addke6=ml_kem_1024",
		"aes256-sha2_256-ml_kem_768",
	};
	size_t i;

	(void)state;
	if (!have_ml_kem())
		skip();
	for (i = 0; i < 2 * ARRAY_SIZE(ikes); i++) {
		struct seen seen = { 0 };
		struct pair p;

		set_up(&p, ikes[i / 2], ikes[i / 2]);
		pair_new(&p);
		ike_sa_reliable(p.i.sa, i % 2);
		ike_sa_reliable(p.r.sa, i % 2);
		p.filter = see;
		p.filter_arg = &seen;
		assert_int_equal(ike_sa_start(p.i.sa), 0);
		pair_run(&p);
		assert_up(&p);
		/* Over UDP in fragments, all but the first message */
		if (!(i % 2) && i / 2 != 4)
			assert_true(seen.longest <= 1228);
		pair_free(&p);
	}
	rough("aes256-sha2_256-dh31;addke1=ml_kem_768;addke2=ml_kem_1024");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_keys_change),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_agree),
		cmocka_unit_test(test_not_supported),
		cmocka_unit_test(test_rough_wire),
		cmocka_unit_test(test_resend),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_hostile_initiator),
		cmocka_unit_test(test_one_too_many),
		cmocka_unit_test(test_message_id),
		cmocka_unit_test(test_hostile_responder),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_ml_kem),
	};

	return cmocka_run_group_tests_name("ike_addke", tests, NULL, NULL);
}
