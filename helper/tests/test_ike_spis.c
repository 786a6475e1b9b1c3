// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of a responder's IKE SAs by SPIs, through rekeying by either end. */
#include "ike_pair.h"

#include "ike/spis.h"

static struct ike_spis spis;

static unsigned int in_table(void)
{
	const struct ike_sa *sa;
	unsigned int n = 0;

	for (size_t i = 0; i < IKE_SPIS_BUCKETS; i++)
		LIST_FOREACH(sa, &spis.bucket[i], by_spi)
			n++;
	return n;
}

/* Each SA is found by its two SPIs and by no others */
static void found(const struct ike_sa *sa)
{
	uint8_t other[IKE_SPI_LEN];

	assert_ptr_equal(ike_spis_find(&spis, sa->spi_i, sa->spi_r), sa);
	for (size_t i = 0; i < IKE_SPI_LEN; i++) {
		memcpy(other, sa->spi_i, sizeof(other));
		other[i] ^= 1;
		assert_null(ike_spis_find(&spis, other, sa->spi_r));
		memcpy(other, sa->spi_r, sizeof(other));
		other[i] ^= 1;
		assert_null(ike_spis_find(&spis, sa->spi_i, other));
	}
}

static void begin(struct pair *p)
{
	pair_init(p);
	p->r.table = &spis;
	pair_start(p);
	assert_true(pair_is_up(p));
	assert_int_equal(in_table(), 1);
	found(p->r.sa);
	assert_ptr_equal(ike_sa_owner(p->r.sa), &p->r);
}

static void rekeyed_by_either(void **state)
{
	struct pair p;

	(void)state;
	for (int ours = 0; ours < 2; ours++) {
		uint8_t spi_i[IKE_SPI_LEN], spi_r[IKE_SPI_LEN];

		begin(&p);
		memcpy(spi_i, p.r.sa->spi_i, sizeof(spi_i));
		memcpy(spi_r, p.r.sa->spi_r, sizeof(spi_r));
		assert_int_equal(ike_sa_rekey(ours ? p.r.sa : p.i.sa), 0);
		/* Till the old one is deleted, both are there */
		for (unsigned int n = 0; p.head < p.tail; n++) {
			pair_deliver(&p);
			found(p.r.sa);
		}
		assert_int_equal(p.r.replaced, 1);
		ike_sa_sweep(p.r.sa);
		assert_int_equal(in_table(), 1);
		assert_null(ike_spis_find(&spis, spi_i, spi_r));
		found(p.r.sa);
		pair_free(&p);
		assert_int_equal(in_table(), 0);
	}
}

/* What both have begun at the same time, and what of it is dropped */
static void rekeyed_by_both(void **state)
{
	struct pair p;

	(void)state;
	begin(&p);
	assert_int_equal(ike_sa_rekey(p.r.sa), 0);
	assert_int_equal(ike_sa_rekey(p.i.sa), 0);
	pair_run(&p);
	assert_true(pair_is_up(&p));
	found(p.r.sa);
	pair_pass(&p, 100000);
	ike_sa_sweep(p.r.sa);
	assert_int_equal(in_table(), 1);
	found(p.r.sa);
	pair_free(&p);
	assert_int_equal(in_table(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rekeyed_by_either),
		cmocka_unit_test(rekeyed_by_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
