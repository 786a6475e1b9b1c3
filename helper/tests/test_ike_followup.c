// SPDX-License-Identifier: GPL-2.0-or-later
/* IKE_FOLLOWUP_KE (RFC 9370, section 2.2.4): rekeying with additional key exchanges. */
#include "ike/followup.h"
#include "ike/notify.h"
#include "rekey_pair.h"

static void both(struct pair *p, const char *ike, const char *esp)
{
	pair_suites(&p->i, ike, esp);
	pair_suites(&p->r, ike, esp);
	p->i.conn.fragmentation = true;
	p->r.conn.fragmentation = true;
}

/* Child SAs have two additional key exchanges, the IKE SA has one */
static void addkes(struct pair *p)
{
	both(p, "aes256-sha2_256-dh19;addke1=dh31",
	     "aes_gcm256-none-dh19;addke1=dh31;addke4=dh20");
}

/* One of each: libcrypto may take ten times as long for dh20 as for either of these */
static void cheap_addkes(struct pair *p)
{
	both(p, "aes256-sha2_256-dh19;addke1=dh31", "aes_gcm256-none-dh19;addke3=dh31");
}

static void start(struct pair *p)
{
	start_with(p, addkes);
}

/* How many requests of each exchange, not counting repetitions */
struct count {
	unsigned int n[256];
	uint32_t last;
};

static bool count(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	struct count *c = p->filter_arg;

	(void)nth;
	if (m->data && to_r && !(m->data[IKE_FLAGS_AT] & IKE_FLAG_RESPONSE))
		c->n[m->data[18]]++;
	return true;
}

static void test_child(void **state)
{
	struct count seen = { 0 };
	struct pair p;
	int n;

	(void)state;
	start(&p);
	/* The first one has its keys from IKE_AUTH alone */
	assert_int_equal(ike_addke_from(&ike_sa_child(p.i.sa)->suite, 0), IKE_ADDKE_MAX);
	p.filter = count;
	p.filter_arg = &seen;
	for (n = 0; n < 20; n++) {
		struct peer *by = n % 2 ? &p.r : &p.i;
		uint32_t spi = ike_sa_child(p.i.sa)->spi_in;

		assert_int_equal(ike_sa_rekey_children(by->sa), 0);
		pair_run(&p);
		assert_int_equal(p.i.kernel.n_in, 2);
		assert_int_equal(p.i.kernel.n_out, 1);
		pair_pass(&p, SETTLE_MS);
		assert_settled(&p);
		assert_int_not_equal(spi, ike_sa_child(p.i.sa)->spi_in);
		assert_int_equal(ike_sa_child(p.i.sa)->suite.addke[0], IKE_DH_X25519);
		assert_int_equal(ike_sa_child(p.r.sa)->suite.addke[3], IKE_DH_ECP384);
		assert_int_equal(p.i.sa->pending.until + p.r.sa->pending.until, 0);
	}
	assert_int_equal(seen.n[IKE_CREATE_CHILD_SA], 10);
	assert_int_equal(seen.n[IKE_FOLLOWUP_KE], 20);
	assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 20);
	pair_free(&p);
}

static void test_ike(void **state)
{
	struct count seen = { 0 };
	struct pair p;
	int n;

	(void)state;
	start(&p);
	p.filter = count;
	p.filter_arg = &seen;
	for (n = 0; n < 10; n++) {
		struct peer *by = n % 2 ? &p.r : &p.i;
		uint64_t before = ike_sa_spi(p.i.sa, true);

		assert_int_equal(ike_sa_rekey(by->sa), 0);
		pair_run(&p);
		assert_settled(&p);
		assert_int_equal(p.i.replaced, n + 1);
		assert_int_equal(p.r.replaced, n + 1);
		assert_true(before != ike_sa_spi(p.i.sa, true));
		assert_int_equal(ike_sa_suite(p.r.sa)->addke[0], IKE_DH_X25519);
		assert_memory_equal(p.i.sa->keys.d, p.r.sa->keys.d, 32);
		assert_int_equal(ike_sa_rekey_children(p.r.sa), 0);
		pair_pass(&p, SETTLE_MS);
		assert_settled(&p);
	}
	assert_int_equal(seen.n[IKE_FOLLOWUP_KE], 5);
	pair_free(&p);
}

/* One end has them, the other one may leave them out, or not */
static void optional_child(struct pair *p)
{
	pair_suites(&p->i, NULL, "aes_gcm256-none-dh19;addke1=dh31+none");
	pair_suites(&p->r, NULL, "aes_gcm256-none-dh19");
}

static void needed_child(struct pair *p)
{
	pair_suites(&p->i, NULL, "aes_gcm256-none-dh19");
	pair_suites(&p->r, NULL, "aes_gcm256-none-dh19;addke1=dh31");
}

/* esp= names no group, and the IKE SA's is taken for something else */
static void same_group(struct pair *p)
{
	both(p, "aes256-sha2_256-dh19", "aes_gcm256;addke1=dh19;addke2=dh31");
}

static void test_agree(void **state)
{
	struct pair p;

	(void)state;
	start_with(&p, optional_child);
	assert_int_equal(ike_sa_rekey_children(p.i.sa), 0);
	pair_pass(&p, SETTLE_MS);
	assert_settled(&p);
	assert_int_equal(ike_addke_from(&ike_sa_child(p.i.sa)->suite, 0), IKE_ADDKE_MAX);
	assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 1);
	pair_free(&p);

	start_with(&p, needed_child);
	assert_int_equal(ike_sa_rekey_children(p.i.sa), 0);
	pair_run(&p);
	assert_has(p.i.log, "NO_PROPOSAL_CHOSEN");
	p.i.sa->children.tqh_first->rekey_wanted = false;
	assert_settled(&p);
	pair_free(&p);

	start_with(&p, same_group);
	assert_int_equal(ike_sa_rekey_children(p.r.sa), 0);
	pair_pass(&p, SETTLE_MS);
	assert_settled(&p);
	assert_int_equal(ike_sa_child(p.i.sa)->suite.dh, IKE_DH_ECP384);
	assert_int_equal(ike_sa_child(p.i.sa)->suite.addke[0], IKE_DH_ECP256);
	assert_int_equal(ike_sa_child(p.i.sa)->suite.addke[1], IKE_DH_X25519);
	pair_free(&p);
}

static void test_collisions(void **state)
{
	uint32_t n;

	(void)state;
	for (n = 0; n < 60; n++) {
		/* Some over TCP, the others over a wire that keeps no order and doubles */
		uint32_t random = n < 20 ? 0 : n * 2654435761;
		void (*with)(struct pair *p) = n % 10 ? cheap_addkes : addkes;

		collide(with, random, ike_sa_rekey_children, ike_sa_rekey_children);
		collide(with, random, ike_sa_rekey, ike_sa_rekey);
		collide(with, random, ike_sa_rekey, ike_sa_rekey_children);
		collide(with, random, ike_sa_rekey_children, ike_sa_rekey);
	}
}

/* One end begins when the other one is somewhere in the midst of it */
static void begin_late(unsigned int after, int (*rekey_i)(struct ike_sa *sa),
		       int (*rekey_r)(struct ike_sa *sa))
{
	struct pair p;

	start(&p);
	p.traffic = false;
	assert_int_equal(rekey_i(p.i.sa), 0);
	for (; after && p.head < p.tail; after--)
		pair_deliver(&p);
	p.traffic = true;
	assert_int_equal(rekey_r(p.r.sa), 0);
	pair_pass(&p, 4 * SETTLE_MS);
	assert_settled(&p);
	assert_int_equal(p.i.replaced, p.r.replaced);
	assert_true(p.i.replaced || p.i.steps[IKE_STEP_CHILD_REKEYED]);
	assert_int_equal(p.i.sa->pending.until + p.r.sa->pending.until, 0);
	pair_free(&p);
}

static void test_late_collisions(void **state)
{
	int (*const rekeys[])(struct ike_sa *sa) = { ike_sa_rekey_children, ike_sa_rekey };
	unsigned int after, n;

	(void)state;
	/* The nonces decide who wins: four times each */
	for (after = 0; after < 10; after++)
		for (n = 0; n < 16; n++)
			begin_late(after, rekeys[n % 2], rekeys[n / 2 % 2]);
}

/* Which end sends IKE_FOLLOWUP_KE */
static bool who_follows(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	unsigned int *sent = p->filter_arg;

	(void)nth;
	if (m->data[18] == IKE_FOLLOWUP_KE && !(m->data[IKE_FLAGS_AT] & IKE_FLAG_RESPONSE))
		sent[to_r]++;
	return true;
}

static const struct ike_nonce *low(const struct ike_pending *p)
{
	return ike_nonce_lower(&p->s.ni, &p->s.nr);
}

/*
 * Both at once: who has the lowest nonce knows that it has lost when its first answer is there,
 * while the other's is under way. It goes no further (RFC 9370, section 2.2.4).
 */
static void test_loser_stops(void **state)
{
	int (*const rekeys[])(struct ike_sa *sa) = { ike_sa_rekey_children, ike_sa_rekey };
	unsigned int n;

	(void)state;
	/* The nonces decide */
	for (n = 0; n < 16; n++) {
		unsigned int sent[2] = { 0 };
		struct pair p;
		bool i_wins;

		start_with(&p, cheap_addkes);
		p.traffic = false;
		p.filter = who_follows;
		p.filter_arg = sent;
		assert_int_equal(rekeys[n % 2](p.i.sa), 0);
		assert_int_equal(rekeys[n % 2](p.r.sa), 0);
		pair_deliver(&p);
		pair_deliver(&p);
		i_wins = ike_nonce_is_lower(low(&p.i.sa->pending), low(&p.r.sa->pending));
		pair_run(&p);
		assert_int_equal(sent[true], i_wins);
		assert_int_equal(sent[false], !i_wins);
		pair_pass(&p, 2 * SETTLE_MS);
		assert_settled(&p);
		pair_free(&p);
	}
}

static void rough_addkes(struct pair *p)
{
	cheap_addkes(p);
	both_at_once(p);
}

static void test_rough_wire(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 1; seed <= 12; seed++)
		rough_hours(rough_addkes, seed);
}

/* The peer's IKE_FOLLOWUP_KE do not come: what it waits for with is forgotten */
static bool no_followup(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	(void)p;
	(void)to_r;
	(void)nth;
	return m->data[18] != IKE_FOLLOWUP_KE;
}

static void test_forgotten(void **state)
{
	int (*const rekeys[])(struct ike_sa *sa) = { ike_sa_rekey_children, ike_sa_rekey };
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		start(&p);
		p.traffic = false;
		p.filter = no_followup;
		assert_int_equal(rekeys[i](p.i.sa), 0);
		pair_run(&p);
		assert_true(ike_sa_waiting(p.i.sa));
		assert_true(p.r.sa->pending.until > 0);
		assert_int_equal(!!p.r.sa->pending.ike, i);
		assert_int_equal(p.r.spis, 1 - i);
		/* It does not begin the same itself meanwhile, and is not in the way of others */
		assert_int_equal(rekeys[i](p.r.sa), 0);
		assert_false(ike_sa_waiting(p.r.sa));
		p.r.sa->rekey_wanted = false;
		p.r.sa->children.tqh_first->rekey_wanted = false;
		pair_pass(&p, 91000);
		assert_int_equal(p.r.sa->pending.until, 0);
		assert_int_equal(p.r.spis, 0);
		/* Late, as over the next connection: then all begins anew */
		p.filter = NULL;
		assert_int_equal(ike_sa_resend(p.i.sa), 0);
		pair_run(&p);
		assert_has(p.i.log, "STATE_NOT_FOUND");
		assert_has(p.r.log, "follows nothing that is known here");
		p.traffic = true;
		pair_pass(&p, 2 * SETTLE_MS);
		assert_settled(&p);
		assert_int_equal(i ? p.i.replaced : p.i.steps[IKE_STEP_CHILD_REKEYED], 1);
		pair_free(&p);
	}
}

/* In the midst of it the SA ends, at either end */
static void test_ended(void **state)
{
	int (*const rekeys[])(struct ike_sa *sa) = { ike_sa_rekey_children, ike_sa_rekey };
	struct pair p;
	int n;

	(void)state;
	for (n = 0; n < 16; n++) {
		start(&p);
		p.traffic = false;
		assert_int_equal(rekeys[n % 2](p.i.sa), 0);
		/* One to four messages of it */
		for (int m = 0; m <= n / 4; m++)
			pair_deliver(&p);
		assert_int_equal(ike_sa_delete(n & 2 ? p.i.sa : p.r.sa), 0);
		pair_pass(&p, SETTLE_MS);
		assert_true(p.i.over && p.r.over);
		pair_free(&p);
	}
}

/* The child SA goes while the peer replaces it */
static void test_old_is_gone(void **state)
{
	struct pair p;

	(void)state;
	start(&p);
	p.traffic = false;
	p.filter = no_followup;
	assert_int_equal(ike_sa_rekey_children(p.i.sa), 0);
	pair_run(&p);
	assert_int_equal(ike_sa_delete_child(p.r.sa), 0);
	pair_run(&p);
	assert_null(p.r.sa->pending.old);
	p.filter = NULL;
	assert_int_equal(ike_sa_resend(p.i.sa), 0);
	pair_pass(&p, SETTLE_MS);
	assert_false(p.i.over || p.r.over);
	pair_free(&p);
}

/* The same as over UDP with losses: a message of the test in the place of a real one */
static void half_way(struct pair *p, int (*rekey)(struct ike_sa *sa))
{
	start(p);
	p->traffic = false;
	assert_int_equal(rekey(p->i.sa), 0);
	pair_deliver(p);
	pair_deliver(p);
	assert_int_equal(p->i.sa->sent_info, IKE_INFO_FOLLOWUP);
	free(p->queue[p->head++].m.data);
}

static void put_ke(struct ike_buf *b, uint16_t method, size_t len)
{
	uint8_t data[2048] = { 9 };

	ike_ke_put_data(b, method, (struct ike_bytes){ data, len });
}

static void test_hostile_initiator(void **state)
{
	int (*const rekeys[])(struct ike_sa *sa) = { ike_sa_rekey_children, ike_sa_rekey };
	static const struct {
		uint16_t method;
		size_t len, link_len;
		const char *why;
		uint8_t spoil;			/* in the link */
	} cases[] = {
		{ IKE_DH_X25519, 32, 0, "STATE_NOT_FOUND", 0 },
		{ IKE_DH_X25519, 32, 7, "STATE_NOT_FOUND", 0 },
		{ IKE_DH_X25519, 32, 9, "STATE_NOT_FOUND", 0 },
		{ IKE_DH_X25519, 32, 8, "STATE_NOT_FOUND", 1 },
		{ IKE_DH_X25519, 31, 8, "INVALID_SYNTAX", 0 },
		{ IKE_DH_X25519, 1184, 8, "INVALID_SYNTAX", 0 },
		{ IKE_DH_ECP384, 96, 8, "INVALID_SYNTAX", 0 },
		{ 0, 0, 8, "INVALID_SYNTAX", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		uint8_t link[16] = { 0 };
		struct ike_out out;
		struct pair p;

		half_way(&p, rekeys[i % 2]);
		memcpy(link, p.r.sa->pending.s.link, 8);
		link[7] ^= cases[i / 2].spoil;
		ike_out_request(p.i.sa, &out, IKE_FOLLOWUP_KE);
		if (cases[i / 2].len)
			put_ke(&out.b, cases[i / 2].method, cases[i / 2].len);
		if (cases[i / 2].link_len)
			ike_notify_put(&out.b, IKE_N_ADDITIONAL_KEY_EXCHANGE, link,
				       cases[i / 2].link_len);
		assert_int_equal(ike_out_send(p.i.sa, &out), 0);
		pair_run(&p);
		assert_has(p.i.log, cases[i / 2].why);
		assert_false(p.i.over || p.r.over);
		/* It begins anew, and all is well */
		p.traffic = true;
		pair_pass(&p, 4 * SETTLE_MS);
		assert_settled(&p);
		pair_free(&p);
	}
}

/* Nothing was asked for, and it follows */
static void test_unasked(void **state)
{
	uint8_t link[8] = { 0 };
	struct ike_out out;
	struct pair p;

	(void)state;
	start(&p);
	ike_out_request(p.r.sa, &out, IKE_FOLLOWUP_KE);
	put_ke(&out.b, IKE_DH_X25519, 32);
	ike_notify_put(&out.b, IKE_N_ADDITIONAL_KEY_EXCHANGE, link, sizeof(link));
	p.r.sa->sent_info = IKE_INFO_LIVENESS;
	assert_int_equal(ike_out_send(p.r.sa, &out), 0);
	pair_run(&p);
	assert_has(p.i.log, "follows nothing that is known here");
	assert_settled(&p);
	/* Nor may IKE_INTERMEDIATE come so late */
	ike_out_request(p.r.sa, &out, IKE_INTERMEDIATE);
	put_ke(&out.b, IKE_DH_X25519, 32);
	assert_int_equal(ike_out_send(p.r.sa, &out), 0);
	pair_run(&p);
	assert_has(p.i.log, "exchange 43, which has no place here");
	assert_settled(&p);
	pair_free(&p);
}

static void test_hostile_responder(void **state)
{
	int (*const rekeys[])(struct ike_sa *sa) = { ike_sa_rekey_children, ike_sa_rekey };
	static const struct {
		uint16_t notify, method;
		size_t len, link_len;
		const char *why[2];		/* NULL: it is what it should be */
	} cases[] = {
		{ IKE_N_TEMPORARY_FAILURE, 0, 0, 0, { "TEMPORARY_FAILURE", "TEMPORARY_FAILURE" } },
		{ 0, 0, 0, 8, { "is not valid", "is not valid" } },
		{ 0, IKE_DH_X25519, 31, 8, { "is not valid", "is not valid" } },
		{ 0, IKE_DH_ECP384, 96, 8, { "is not valid", "is not valid" } },
		/* A child SA has another key exchange to come, the IKE SA has not */
		{ 0, IKE_DH_X25519, 32, 0, { "does not say what IKE_FOLLOWUP_KE", NULL } },
		{ 0, IKE_DH_X25519, 32, 257, { "does not say what IKE_FOLLOWUP_KE", NULL } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		bool ike = i % 2;
		struct ike_hdr hdr = { .exchange = IKE_FOLLOWUP_KE };
		uint8_t link[257] = { 0 };
		struct ike_out out;
		struct pair p;

		if (!cases[i / 2].why[ike])
			continue;
		half_way(&p, rekeys[ike]);
		hdr.id = p.i.sa->send_id;
		ike_out_answer(p.r.sa, &out, &hdr);
		p.r.sa->recv_id++;
		if (cases[i / 2].notify)
			ike_notify_put(&out.b, cases[i / 2].notify, NULL, 0);
		if (cases[i / 2].len)
			put_ke(&out.b, cases[i / 2].method, cases[i / 2].len);
		if (cases[i / 2].link_len)
			ike_notify_put(&out.b, IKE_N_ADDITIONAL_KEY_EXCHANGE, link,
				       cases[i / 2].link_len);
		assert_int_equal(ike_out_send(p.r.sa, &out), 0);
		pair_deliver(&p);
		if (ike && !cases[i / 2].notify) {
			assert_true(p.i.over);
			assert_has(ike_sa_error(p.i.sa), cases[i / 2].why[1]);
		} else {
			assert_false(p.i.over);
			assert_has(p.i.log, cases[i / 2].why[ike]);
		}
		pair_free(&p);
	}
}

static void ml_kem(struct pair *p)
{
	both(p, "aes256-sha2_256-dh31;addke1=ml_kem_768",
	     "aes_gcm256-none-dh31;addke1=ml_kem_768;addke2=ml_kem_512");
}

static void rough_ml_kem(struct pair *p)
{
	ml_kem(p);
	both_at_once(p);
}

static void test_ml_kem(void **state)
{
	uint32_t n;

	(void)state;
	if (!ike_ke_available(IKE_KE_ML_KEM_768))
		skip();
	for (n = 0; n < 20; n++) {
		collide(ml_kem, n, ike_sa_rekey_children, ike_sa_rekey_children);
		collide(ml_kem, n, ike_sa_rekey, ike_sa_rekey);
	}
	for (n = 1; n <= 3; n++)
		rough_hours(rough_ml_kem, n);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_ike),
		cmocka_unit_test(test_agree),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_late_collisions),
		cmocka_unit_test(test_loser_stops),
		cmocka_unit_test(test_rough_wire),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_old_is_gone),
		cmocka_unit_test(test_hostile_initiator),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_hostile_responder),
		cmocka_unit_test(test_ml_kem),
	};

	return cmocka_run_group_tests_name("ike_followup", tests, NULL, NULL);
}
