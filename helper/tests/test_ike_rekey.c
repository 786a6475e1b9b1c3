// SPDX-License-Identifier: GPL-2.0-or-later
/* Rekeying (RFC 7296, section 2.8): by either end, by both at once, and no packet is lost. */
#include "ike/notify.h"
#include "rekey_pair.h"

static void start(struct pair *p)
{
	start_with(p, NULL);
}

static void test_child(void **state)
{
	struct ike_child before;
	struct pair p;
	int n;

	(void)state;
	start(&p);
	for (n = 0; n < 20; n++) {
		struct peer *by = n % 2 ? &p.r : &p.i;

		before = *ike_sa_child(p.i.sa);
		assert_int_equal(ike_sa_rekey_children(by->sa), 0);
		pair_run(&p);
		/* The old ones are still taken, but not used */
		assert_int_equal(p.i.kernel.n_in, 2);
		assert_int_equal(p.r.kernel.n_in, 2);
		assert_int_equal(p.i.kernel.n_out, 1);
		assert_int_equal(p.r.kernel.n_out, 1);
		pair_pass(&p, SETTLE_MS);
		assert_settled(&p);
		assert_int_not_equal(before.spi_in, ike_sa_child(p.i.sa)->spi_in);
		assert_int_equal(before.reqid, ike_sa_child(p.i.sa)->reqid);
		assert_int_equal(ike_sa_child(p.i.sa)->suite.dh, IKE_DH_ECP256);
	}
	assert_int_equal(p.i.added, 1);
	assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 20);
	assert_int_equal(p.r.steps[IKE_STEP_CHILD_REKEYED], 20);
	assert_true(p.i.kernel.packets > 40);
	pair_free(&p);
}

static void no_pfs(struct pair *p)
{
	p->i.conn.pfs = false;
	p->r.conn.pfs = false;
}

static void pfs_of_one(struct pair *p)
{
	p->r.conn.pfs = false;
}

static void other_group(struct pair *p)
{
	pair_suites(&p->i, NULL, "aes_gcm256-none-dh31+dh14");
	pair_suites(&p->r, NULL, "aes_gcm256-none-dh14");
}

static void cbc(struct pair *p)
{
	pair_suites(&p->i, "aes256-sha2_256;dh14", "aes128-sha2_256");
}

static void test_groups(void **state)
{
	static const struct {
		void (*change)(struct pair *p);
		uint16_t dh;
	} cases[] = {
		{ no_pfs, IKE_DH_NONE },
		{ pfs_of_one, IKE_DH_ECP256 },
		{ other_group, IKE_DH_MODP2048 },	/* by INVALID_KE_PAYLOAD */
		{ cbc, IKE_DH_MODP2048 },
	};
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		start_with(&p, cases[i].change);
		assert_int_equal(ike_sa_rekey_children(p.i.sa), 0);
		pair_pass(&p, SETTLE_MS);
		assert_settled(&p);
		assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 1);
		assert_int_equal(ike_sa_child(p.i.sa)->suite.dh, cases[i].dh);
		assert_int_equal(ike_sa_child(p.r.sa)->suite.dh, cases[i].dh);
		assert_int_equal(ike_sa_rekey(p.r.sa), 0);
		pair_pass(&p, SETTLE_MS);
		assert_settled(&p);
		assert_int_equal(p.i.replaced, 1);
		pair_free(&p);
	}
}

/* One end insists on a key exchange, the other one makes none */
static void pfs_of_responder(struct pair *p)
{
	p->i.conn.pfs = false;
}

static void test_pfs_needed(void **state)
{
	struct pair p;

	(void)state;
	start_with(&p, pfs_of_responder);
	assert_int_equal(ike_sa_rekey_children(p.i.sa), 0);
	pair_run(&p);
	assert_has(p.i.log, "the peer refused to rekey a child SA: NO_PROPOSAL_CHOSEN");
	assert_has(p.r.log, "NO_PROPOSAL_CHOSEN");
	assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 0);
	/* Nothing has changed */
	p.i.sa->children.tqh_first->rekey_wanted = false;
	assert_settled(&p);
	pair_free(&p);
}

static void test_ike(void **state)
{
	struct pair p;
	int n;

	(void)state;
	start(&p);
	for (n = 0; n < 20; n++) {
		struct peer *by = n % 3 ? &p.r : &p.i;
		uint64_t before = ike_sa_spi(p.i.sa, true);
		uint32_t spi = ike_sa_child(p.i.sa)->spi_in;

		assert_int_equal(ike_sa_rekey(by->sa), 0);
		pair_run(&p);
		assert_settled(&p);
		assert_int_equal(p.i.replaced, n + 1);
		assert_int_equal(p.r.replaced, n + 1);
		assert_true(by->sa->initiator);
		assert_true(before != ike_sa_spi(p.i.sa, true));
		/* Children are inherited as they are */
		assert_int_equal(ike_sa_child(p.i.sa)->spi_in, spi);
		assert_string_equal(ike_sa_peer_id(p.i.sa)->text, "@east");
		assert_ptr_equal(ike_sa_conn(p.r.sa), &p.r.conn);
		/* And rekeyed under the new keys */
		assert_int_equal(ike_sa_rekey_children(p.r.sa), 0);
		pair_pass(&p, SETTLE_MS);
		assert_settled(&p);
	}
	assert_int_equal(p.i.steps[IKE_STEP_CLOSED], 0);
	/* It ends as any other one */
	assert_int_equal(ike_sa_delete(p.r.sa), 0);
	pair_run(&p);
	assert_true(p.i.over && p.r.over);
	assert_int_equal(p.i.steps[IKE_STEP_CLOSED], 1);
	pair_free(&p);
}

/* The algorithms of the new IKE SA need not be the old one's */
static void test_ike_other_suite(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_suites(&p.i, "aes_gcm128-sha2_384;dh31,aes_gcm256-sha2_512;dh14", NULL);
	pair_suites(&p.r, "aes_gcm128-sha2_384;dh31,aes_gcm256-sha2_512;dh14", NULL);
	pair_start(&p);
	assert_int_equal(ike_sa_suite(p.i.sa)->dh, IKE_DH_X25519);
	p.r.conn.ike.s[0] = p.r.conn.ike.s[1];
	p.r.conn.ike.n = 1;
	p.traffic = true;
	assert_int_equal(ike_sa_rekey(p.i.sa), 0);
	pair_run(&p);
	assert_settled(&p);
	assert_int_equal(ike_sa_suite(p.i.sa)->dh, IKE_DH_MODP2048);
	assert_int_equal(ike_sa_suite(p.r.sa)->prf, IKE_PRF_HMAC_SHA2_512);
	pair_free(&p);
}

static void test_collisions(void **state)
{
	uint32_t n;

	(void)state;
	for (n = 0; n < 100; n++) {
		/* Some over TCP, the others over a wire that keeps no order */
		uint32_t random = n < 20 ? 0 : n;

		collide(NULL, random, ike_sa_rekey_children, ike_sa_rekey_children);
		collide(NULL, random, ike_sa_rekey, ike_sa_rekey);
		collide(NULL, random, ike_sa_rekey, ike_sa_rekey_children);
		collide(NULL, random, ike_sa_rekey_children, ike_sa_rekey);
	}
}

/* Two days in a moment: by the clock alone all is rekeyed in time, and the initiator does it */
static void test_lifetimes(void **state)
{
	struct pair p;

	(void)state;
	start_with(&p, lifetimes);
	pair_pass(&p, 48 * 3600 * 1000);
	p.i.sa->children.tqh_first->rekey_at = UINT64_MAX;
	pair_pass(&p, SETTLE_MS);
	assert_settled(&p);
	assert_in_range(p.i.replaced, 48, 52);
	assert_int_equal(p.i.replaced, p.r.replaced);
	assert_in_range(p.i.steps[IKE_STEP_CHILD_REKEYED], 144, 180);
	assert_true(p.i.sa->initiator);
	pair_free(&p);
}

static void test_rough_wire(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 1; seed <= 20; seed++)
		rough_hours(both_at_once, seed);
}

/* rekey=no: the peer may, we do not begin, and the end comes when the lifetime is over */
static void no_rekey(struct pair *p)
{
	lifetimes(p);
	p->i.conn.rekey = false;
	p->r.conn.rekey = false;
}

static void test_expiry(void **state)
{
	struct pair p;

	(void)state;
	start_with(&p, no_rekey);
	pair_pass(&p, 1199 * 1000);
	assert_settled(&p);
	pair_pass(&p, 1000);
	assert_null(ike_sa_child(p.i.sa));
	assert_null(ike_sa_child(p.r.sa));
	assert_true(mock_kernel_empty(&p.i.kernel) && mock_kernel_empty(&p.r.kernel));
	assert_has(ike_sa_error(p.i.sa), "the lifetime of the child SA is over");
	pair_pass(&p, 2400 * 1000);
	assert_true(p.i.over && p.r.over);
	pair_free(&p);
}

/* Nobody answers: given up after a minute of repetitions, but over TCP by the SA's owner */
static bool nobody(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	(void)p;
	(void)m;
	(void)to_r;
	(void)nth;
	return false;
}

static void test_no_answer(void **state)
{
	unsigned int sent;
	struct pair p;

	(void)state;
	start(&p);
	p.filter = nobody;
	assert_int_equal(ike_sa_rekey_children(p.i.sa), 0);
	sent = p.nth;
	pair_pass(&p, 3600 * 1000);
	assert_false(p.i.over);
	assert_int_equal(p.nth, sent + 1);
	/* Over the next connection it goes on */
	p.filter = NULL;
	assert_int_equal(ike_sa_resend(p.i.sa), 0);
	pair_pass(&p, SETTLE_MS);
	assert_settled(&p);
	pair_free(&p);

	start(&p);
	ike_sa_reliable(p.i.sa, false);
	p.filter = nobody;
	sent = p.nth;
	assert_int_equal(ike_sa_rekey(p.i.sa), 0);
	pair_pass(&p, 63000);
	assert_false(p.i.over);
	assert_int_equal(p.nth, sent + 7);
	pair_pass(&p, 1000);
	assert_true(p.i.over);
	pair_free(&p);
}

/* With reauth=yes the IKE SA is left alone when its time comes, and the owner is told once */
static void reauth_in_time(struct pair *p)
{
	p->i.conn.rekey = true;
	p->i.conn.reauth = true;
	p->i.conn.ike_life_s = 100;
	p->i.conn.rekey_margin_s = 20;
}

static void test_reauth(void **state)
{
	struct pair p;

	(void)state;
	start_with(&p, reauth_in_time);
	pair_pass(&p, 79000);
	assert_false(ike_sa_reauth(p.i.sa));
	pair_pass(&p, 1000);
	assert_true(ike_sa_reauth(p.i.sa));
	assert_false(ike_sa_reauth(p.i.sa));
	assert_int_equal(p.i.replaced, 0);
	/* And if nothing comes of it, it ends like any other */
	assert_true(pair_is_up(&p));
	pair_pass(&p, 20000);
	assert_true(p.i.over);
	assert_has(ike_sa_error(p.i.sa), "lifetime of the IKE SA");
	pair_free(&p);
}

/* A peer that rekeys the IKE SA and never deletes the old one cannot fill our memory */
static bool no_deletes(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	(void)p;
	(void)nth;
	return !(to_r && m->data[18] == IKE_INFORMATIONAL);
}

static size_t others(const struct ike_sa *sa)
{
	const struct ike_sa *other;
	size_t n = 0;

	LIST_FOREACH(other, &sa->others, entry)
		n++;
	return n;
}

static void test_never_deletes(void **state)
{
	struct pair p;
	int n;

	(void)state;
	start(&p);
	p.filter = no_deletes;
	for (n = 0; n < 10; n++) {
		assert_int_equal(ike_sa_rekey(p.i.sa), 0);
		pair_run(&p);
	}
	assert_int_equal(p.r.replaced, IKE_OTHERS_MAX);
	assert_int_equal(others(p.r.sa), IKE_OTHERS_MAX);
	assert_has(p.r.log, "TEMPORARY_FAILURE");
	/* What is not deleted is forgotten some day, and then it may */
	pair_pass(&p, 61000);
	/* The initiator tries again at times of its own: it may have done so since */
	assert_int_equal(others(p.r.sa), p.r.replaced - IKE_OTHERS_MAX);
	p.filter = NULL;
	pair_pass(&p, 120000);
	assert_int_equal(p.r.replaced, IKE_OTHERS_MAX + 1);
	assert_settled(&p);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_pfs_needed),
		cmocka_unit_test(test_ike),
		cmocka_unit_test(test_ike_other_suite),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_lifetimes),
		cmocka_unit_test(test_rough_wire),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_reauth),
		cmocka_unit_test(test_never_deletes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
