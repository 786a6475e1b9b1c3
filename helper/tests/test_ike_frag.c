// SPDX-License-Identifier: GPL-2.0-or-later
/* IKE fragmentation (RFC 7383): cut over UDP alone, joined in any order, lost and doubled. */
#include "ike/notify.h"
#include "ike_pair.h"

#define BIG 3500		/* four fragments */

static void start(struct pair *p, bool reliable)
{
	pair_init(p);
	p->i.conn.fragmentation = true;
	p->r.conn.fragmentation = true;
	pair_start(p);
	assert_true(pair_is_up(p));
	ike_sa_reliable(p->i.sa, reliable);
	ike_sa_reliable(p->r.sa, reliable);
}

/* A question that is answered, with a payload that means nothing */
static void ask(struct peer *p, size_t len)
{
	struct ike_out out;
	size_t at;

	ike_out_request(p->sa, &out, IKE_INFORMATIONAL);
	at = ike_build_payload(&out.b, IKE_PL_VENDOR);
	ike_put_zero(&out.b, len);
	ike_build_payload_end(&out.b, at);
	p->sa->sent_info = IKE_INFO_LIVENESS;
	assert_int_equal(ike_out_send(p->sa, &out), 0);
}

static size_t in_flight(const struct pair *p)
{
	return p->tail - p->head;
}

static void test_sizes(void **state)
{
	struct pair p;
	size_t len, i;

	(void)state;
	start(&p, false);
	for (len = 1; len < 4000; len += 37) {
		ask(&p.i, len);
		for (i = p.head; i < p.tail; i++)
			assert_true(p.queue[i].m.len <= 1228);
		assert_int_equal(in_flight(&p), 1 + (len + 3) / 1128);
		pair_run(&p);
		assert_false(ike_sa_waiting(p.i.sa));
	}
	assert_string_equal(p.r.log, "");
	pair_free(&p);
}

/* Not over TCP, not where one end does not want it */
static void test_not_cut(void **state)
{
	struct pair p;
	int n;

	(void)state;
	start(&p, true);
	ask(&p.r, BIG);
	assert_int_equal(in_flight(&p), 1);
	pair_run(&p);
	assert_false(ike_sa_waiting(p.r.sa));
	pair_free(&p);

	for (n = 0; n < 2; n++) {
		pair_init(&p);
		p.i.conn.fragmentation = n;
		p.r.conn.fragmentation = true;
		pair_start(&p);
		ike_sa_reliable(p.i.sa, false);
		ask(&p.i, BIG);
		assert_int_equal(in_flight(&p), n ? 4 : 1);
		pair_run(&p);
		assert_false(ike_sa_waiting(p.i.sa));
		pair_free(&p);
	}
}

static void test_rough_wire(void **state)
{
	uint32_t seed;
	int n;

	(void)state;
	for (seed = 1; seed <= 50; seed++) {
		struct pair p;

		start(&p, false);
		p.random = seed * 2654435761;	/* the generator is weak at small ones */
		p.loss = 10;
		p.twice = 20;
		for (n = 0; n < 20; n++) {
			ask(n % 2 ? &p.r : &p.i, BIG);
			pair_pass(&p, 60000);
			if (p.i.over || p.r.over)
				fail_msg("seed %u: '%s', '%s'", seed, ike_sa_error(p.i.sa),
					 ike_sa_error(p.r.sa));
			assert_false(ike_sa_waiting(p.i.sa) || ike_sa_waiting(p.r.sa));
		}
		pair_free(&p);
	}
}

/* A request that comes twice is answered once for all of its fragments */
static void test_repeated(void **state)
{
	struct message copies[4];
	struct pair p;
	size_t i;

	(void)state;
	start(&p, false);
	ask(&p.i, BIG);
	assert_int_equal(in_flight(&p), 4);
	for (i = 0; i < 4; i++) {
		copies[i] = p.queue[i].m;
		copies[i].data = malloc(copies[i].len);
		memcpy(copies[i].data, p.queue[i].m.data, copies[i].len);
	}
	pair_run(&p);
	assert_false(ike_sa_waiting(p.i.sa));
	for (i = 4; i--;) {
		assert_int_equal(ike_sa_input(p.r.sa, copies[i].data, copies[i].len), 0);
		free(copies[i].data);
	}
	assert_int_equal(in_flight(&p), 1);
	pair_free(&p);
}

/* Fragments as a peer should not make them */
static int hostile(struct peer *from, struct peer *to, uint16_t number, uint16_t total, size_t len)
{
	struct ike_hdr hdr = { .exchange = IKE_INFORMATIONAL, .initiator = true };
	static uint8_t msg[IKE_MSG_MAX];
	struct ike_buf b;
	size_t at;

	memcpy(hdr.spi_i, from->sa->spi_i, IKE_SPI_LEN);
	memcpy(hdr.spi_r, from->sa->spi_r, IKE_SPI_LEN);
	hdr.id = from->sa->send_id;
	ike_build_begin(&b, msg, sizeof(msg), &hdr);
	at = ike_sk_begin_fragment(&from->sa->keys.i, &b, number, total);
	ike_put_zero(&b, len);
	assert_int_equal(ike_sk_seal(&from->sa->keys.i, &b, at), 0);
	return ike_sa_input(to->sa, b.data, b.len);
}

static void test_hostile(void **state)
{
	struct pair p;
	uint16_t n;

	(void)state;
	start(&p, false);
	assert_int_equal(hostile(&p.i, &p.r, 0, 1, 4), 0);
	assert_has(p.r.log, "a fragment that fits no message");
	assert_int_equal(hostile(&p.i, &p.r, 3, 2, 4), 0);
	assert_int_equal(hostile(&p.i, &p.r, 1, 0, 4), 0);
	assert_int_equal(hostile(&p.i, &p.r, 1, IKE_FRAGS_MAX + 1, 4), 0);
	assert_int_equal(p.r.sa->frags.total, 0);
	/* Cut in another way: only into more */
	assert_int_equal(hostile(&p.i, &p.r, 2, 3, 4), 0);
	assert_int_equal(hostile(&p.i, &p.r, 1, 2, 4), 0);
	assert_int_equal(p.r.sa->frags.got, 1);
	assert_int_equal(hostile(&p.i, &p.r, 1, 4, 4), 0);
	assert_int_equal(p.r.sa->frags.got, 1);
	assert_int_equal(p.r.sa->frags.total, 4);
	/* More than a message can be */
	for (n = 1; n <= 4; n++)
		assert_int_equal(hostile(&p.i, &p.r, n, 5, 20000), 0);
	assert_int_equal(hostile(&p.i, &p.r, 5, 5, 20000), 0);
	assert_has(p.r.log, "fragments that do not fit a message");
	assert_int_equal(p.r.sa->frags.total, 0);
	/* All of that was nothing */
	ask(&p.i, BIG);
	pair_run(&p);
	assert_false(ike_sa_waiting(p.i.sa));
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_not_cut),
		cmocka_unit_test(test_rough_wire),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
