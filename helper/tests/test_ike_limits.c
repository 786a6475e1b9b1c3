// SPDX-License-Identifier: GPL-2.0-or-later
/* Child SAs that may carry so much and no more: the limits, and what their end leads to. */
#include "ike_pair.h"

static void up(struct pair *p, uint64_t bytes, uint64_t packets, bool rekey)
{
	pair_init(p);
	for (int r = 0; r < 2; r++) {
		struct conf_conn *conn = r ? &p->r.conn : &p->i.conn;

		conn->rekey = rekey;
		conn->sa_max_bytes = bytes;
		conn->sa_max_packets = packets;
	}
	pair_start(p);
	assert_true(pair_is_up(p));
}

static void initiator_begins_first(void **state)
{
	struct pair p;

	(void)state;
	for (int i = 0; i < 50; i++) {
		up(&p, 1 << 20, 100000, true);
		assert_int_equal(p.i.child.bytes.hard, 1 << 20);
		assert_int_equal(p.r.child.bytes.hard, 1 << 20);
		assert_int_equal(p.i.child.packets.hard, 100000);
		assert_true(p.i.child.bytes.soft > 0 && p.i.child.packets.soft > 0);
		assert_true(p.i.child.bytes.soft < p.r.child.bytes.soft);
		assert_true(p.r.child.bytes.soft < p.r.child.bytes.hard);
		assert_true(p.i.child.packets.soft < p.r.child.packets.soft);
		assert_true(p.r.child.packets.soft < p.r.child.packets.hard);
		pair_free(&p);
	}
}

/* Who does not rekey has nothing to be told before the end */
static void no_rekey_no_warning(void **state)
{
	struct pair p;

	(void)state;
	up(&p, 1000, 10, false);
	assert_int_equal(p.i.child.bytes.soft, 0);
	assert_int_equal(p.i.child.bytes.hard, 1000);
	assert_int_equal(p.i.child.packets.hard, 10);
	pair_free(&p);
}

/* 32 bits of sequence numbers are a limit by themselves, whatever the configuration says */
static void numbers_end_without_esn(void **state)
{
	static const uint64_t packets[] = { 0, 1000, 1ULL << 40 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
		for (int esn = 0; esn < 2; esn++) {
			struct pair p;

			pair_init(&p);
			for (int r = 0; r < 2; r++) {
				struct conf_conn *conn = r ? &p.r.conn : &p.i.conn;

				conn->rekey = true;
				conn->sa_max_packets = packets[i];
				for (size_t n = 0; n < conn->esp.n; n++)
					conn->esp.s[n].esn = esn ? IKE_ESN_YES : IKE_ESN_NO;
			}
			pair_start(&p);
			assert_true(pair_is_up(&p));
			assert_int_equal(p.i.child.suite.esn, esn ? IKE_ESN_YES : IKE_ESN_NO);
			if (esn || packets[i] == 1000)
				assert_int_equal(p.i.child.packets.hard, packets[i]);
			else
				assert_in_range(p.i.child.packets.hard, 1, UINT32_MAX - (1 << 24));
			assert_true(p.i.child.packets.soft <= p.i.child.packets.hard);
			pair_free(&p);
		}
	}
}

/* Either end, either direction, told once or more often: one new child SA, and no packet lost */
static void soft_rekeys(void **state)
{
	(void)state;
	for (int bits = 0; bits < 16; bits++) {
		bool by_r = bits & 1, in = bits & 2, twice = bits & 4, hard = bits & 8;
		struct ike_child old;
		struct peer *from;
		struct pair p;
		uint32_t spi;

		up(&p, 1000, 0, true);
		p.traffic = true;
		from = by_r ? &p.r : &p.i;
		old = *ike_sa_child(from->sa);
		spi = in ? old.spi_in : old.spi_out;
		assert_int_equal(ike_sa_expired(from->sa, spi, in, hard), 0);
		if (twice) {
			assert_int_equal(ike_sa_expired(from->sa, spi, in, true), 0);
			assert_int_equal(ike_sa_expired(from->sa, in ? old.spi_out : old.spi_in,
							!in, false), 0);
		}
		pair_run(&p);
		assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 1);
		assert_int_equal(p.r.steps[IKE_STEP_CHILD_REKEYED], 1);
		assert_int_not_equal(ike_sa_child(from->sa)->spi_in, old.spi_in);
		assert_int_equal(p.lost, 0);
		/* The old one is nobody's concern any more */
		assert_int_equal(ike_sa_expired(from->sa, spi, in, true), 0);
		pair_run(&p);
		assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 1);
		pair_free(&p);
	}
}

/* Both ends at once: one of the two goes on */
static void soft_at_both_ends(void **state)
{
	struct pair p;

	(void)state;
	up(&p, 1000, 0, true);
	assert_int_equal(ike_sa_expired(p.i.sa, ike_sa_child(p.i.sa)->spi_in, true, false), 0);
	assert_int_equal(ike_sa_expired(p.r.sa, ike_sa_child(p.r.sa)->spi_in, true, false), 0);
	pair_pass(&p, 60000);
	assert_true(pair_is_up(&p));
	assert_null(ike_sa_child_nth(p.i.sa, 1));
	assert_int_equal(p.i.kernel.n_in, 1);
	assert_int_equal(p.r.kernel.n_out, 1);
	pair_free(&p);
}

static void hard_deletes(void **state)
{
	struct pair p;
	uint32_t spi;

	(void)state;
	up(&p, 1000, 0, false);
	spi = ike_sa_child(p.i.sa)->spi_out;
	assert_int_equal(ike_sa_expired(p.i.sa, spi, false, false), 0);
	pair_run(&p);
	assert_true(pair_is_up(&p));
	assert_int_equal(ike_sa_expired(p.i.sa, spi, false, true), 0);
	pair_run(&p);
	assert_null(ike_sa_child(p.i.sa));
	assert_null(ike_sa_child(p.r.sa));
	assert_has(ike_sa_error(p.i.sa), "carried as much as it may");
	pair_free(&p);
}

/* An inbound SPI is another SA than an outbound one of the same number */
static void others_are_left_alone(void **state)
{
	const struct ike_child *child;
	struct pair p;

	(void)state;
	up(&p, 1000, 0, true);
	child = ike_sa_child(p.i.sa);
	assert_int_equal(ike_sa_expired(p.i.sa, child->spi_in, false, true), 0);
	assert_int_equal(ike_sa_expired(p.i.sa, child->spi_out, true, true), 0);
	assert_int_equal(ike_sa_expired(p.i.sa, htonl(0x1000), true, true), 0);
	pair_run(&p);
	assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 0);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initiator_begins_first),
		cmocka_unit_test(no_rekey_no_warning),
		cmocka_unit_test(numbers_end_without_esn),
		cmocka_unit_test(soft_rekeys),
		cmocka_unit_test(soft_at_both_ends),
		cmocka_unit_test(hard_deletes),
		cmocka_unit_test(others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
