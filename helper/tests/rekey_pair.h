/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two peers that are up, with packets through the tunnel all the time, for what rekeys them. */
#ifndef ESPINTCP_TESTS_REKEY_PAIR_H
#define ESPINTCP_TESTS_REKEY_PAIR_H

#include "ike_pair.h"

static inline void start_with(struct pair *p, void (*change)(struct pair *p))
{
	pair_init(p);
	p->i.conn.pfs = true;
	p->r.conn.pfs = true;
	if (change)
		change(p);
	pair_start(p);
	assert_true(pair_is_up(p));
	p->traffic = true;
}

/* One SA of each direction at each end, that fit; the IKE SA answers */
static inline void assert_settled(struct pair *p)
{
	const struct ike_child *ci = ike_sa_child(p->i.sa), *cr = ike_sa_child(p->r.sa);

	assert_false(p->i.over || p->r.over);
	assert_non_null(ci);
	assert_non_null(cr);
	assert_int_equal(ci->spi_in, cr->spi_out);
	assert_int_equal(ci->spi_out, cr->spi_in);
	assert_null(ike_sa_child_nth(p->i.sa, 1));
	assert_null(ike_sa_child_nth(p->r.sa, 1));
	assert_int_equal(p->i.kernel.n_in, 1);
	assert_int_equal(p->i.kernel.n_out, 1);
	assert_int_equal(p->r.kernel.n_in, 1);
	assert_int_equal(p->r.kernel.n_out, 1);
	assert_int_equal(p->i.kernel.n_policies, 1);
	assert_int_equal(p->r.kernel.n_policies, 1);
	assert_int_equal(p->lost, 0);
	assert_int_equal(ike_sa_spi(p->i.sa, true), ike_sa_spi(p->r.sa, true));
	assert_int_equal(ike_sa_spi(p->i.sa, false), ike_sa_spi(p->r.sa, false));
	assert_true(LIST_EMPTY(&p->i.sa->others));
	assert_true(LIST_EMPTY(&p->r.sa->others));
	assert_false(ike_sa_waiting(p->i.sa));
	assert_false(ike_sa_waiting(p->r.sa));
	assert_int_equal(ike_sa_liveness(p->i.sa), 0);
	assert_int_equal(ike_sa_liveness(p->r.sa), 0);
	pair_run(p);
	assert_false(ike_sa_waiting(p->i.sa));
	assert_false(ike_sa_waiting(p->r.sa));
}

#define SETTLE_MS 30000		/* lingering SAs are gone by then */

/*
 * Both at once. The nonces decide, so it takes some rounds to see each end win; how the
 * messages cross is up to the wire.
 */
static inline void collide(void (*change)(struct pair *p), uint32_t random,
			   int (*rekey_i)(struct ike_sa *sa), int (*rekey_r)(struct ike_sa *sa))
{
	struct pair p;
	uint32_t spi;

	start_with(&p, change);
	spi = ike_sa_child(p.i.sa)->spi_in;
	p.random = random;
	if (random) {
		ike_sa_reliable(p.i.sa, false);
		ike_sa_reliable(p.r.sa, false);
		p.twice = 10;
	}
	assert_int_equal(rekey_i(p.i.sa), 0);
	assert_int_equal(rekey_r(p.r.sa), 0);
	pair_pass(&p, 4 * SETTLE_MS);
	p.random = 0;
	assert_settled(&p);
	if (rekey_i == ike_sa_rekey_children || rekey_r == ike_sa_rekey_children)
		assert_int_not_equal(spi, ike_sa_child(p.i.sa)->spi_in);
	if (rekey_i == ike_sa_rekey || rekey_r == ike_sa_rekey) {
		assert_true(p.i.replaced > 0);
		assert_int_equal(p.i.replaced, p.r.replaced);
	}
	pair_free(&p);
}

static inline void lifetimes(struct pair *p)
{
	struct conf_conn *conns[] = { &p->i.conn, &p->r.conn };
	size_t i;

	for (i = 0; i < 2; i++) {
		conns[i]->rekey = true;
		conns[i]->ike_life_s = 3600;
		conns[i]->sa_life_s = 1200;
		conns[i]->rekey_margin_s = 120;
		conns[i]->rekey_fuzz = 100;
	}
}

/* Both at the same time each time, over a wire that loses and doubles messages */
static inline void both_at_once(struct pair *p)
{
	lifetimes(p);
	p->i.conn.rekey_fuzz = 0;
	p->i.conn.rekey_margin_s = 60;
}

static inline void rough_hours(void (*change)(struct pair *p), uint32_t seed)
{
	struct pair p;

	start_with(&p, change);
	ike_sa_reliable(p.i.sa, false);
	ike_sa_reliable(p.r.sa, false);
	p.random = seed;
	p.loss = 5;		/* seven in a row are not seen here */
	p.twice = 20;
	pair_pass(&p, 4 * 3600 * 1000);
	if (p.i.over || p.r.over)
		fail_msg("seed %u: '%s', '%s'", seed, ike_sa_error(p.i.sa),
			 ike_sa_error(p.r.sa));
	assert_int_equal(p.lost, 0);
	assert_true(p.i.replaced >= 3);
	p.random = 0;
	assert_int_equal(ike_sa_delete(p.i.sa), 0);
	pair_pass(&p, SETTLE_MS);
	assert_true(p.i.over && p.r.over);
	pair_free(&p);
}

#endif
