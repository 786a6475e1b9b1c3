// SPDX-License-Identifier: GPL-2.0-or-later
/* Several child SAs on one IKE SA: subnets on both sides, protocols, ports, narrowing. */
#include "ike/notify.h"
#include "ike_pair.h"

static void more(struct conf_end *end, const char *addr, uint8_t prefix)
{
	end->more[end->n_more++] = subnet(addr, prefix);
}

static size_t children(struct ike_sa *sa)
{
	size_t n = 0;

	while (ike_sa_child_nth(sa, n))
		n++;
	return n;
}

/* Two subnets here, three there */
static void six(struct pair *p)
{
	pair_init(p);
	p->i.conn.pfs = true;
	p->r.conn.pfs = true;
	more(&p->i.conn.local, "10.11.0.0", 16);
	more(&p->i.conn.remote, "10.12.0.0", 16);
	more(&p->i.conn.remote, "10.13.0.0", 16);
	p->r.conn.local = p->i.conn.remote;
	p->r.conn.remote = p->i.conn.local;
}

static bool has(struct peer *p, const char *text)
{
	const struct ike_child *child;
	char buf[160];
	size_t n;

	for (n = 0; (child = ike_sa_child_nth(p->sa, n)); n++)
		if (!strcmp(ike_child_ts_text(child, buf, sizeof(buf)), text))
			return true;
	return false;
}

static void test_all_pairs(void **state)
{
	struct pair p;

	(void)state;
	six(&p);
	p.traffic = true;
	pair_start(&p);
	assert_int_equal(children(p.i.sa), 6);
	assert_int_equal(children(p.r.sa), 6);
	assert_true(has(&p.i, "10.1.0.0/16 === 10.2.0.0/16"));
	assert_true(has(&p.i, "10.11.0.0/16 === 10.13.0.0/16"));
	assert_true(has(&p.r, "10.12.0.0/16 === 10.1.0.0/16"));
	assert_int_equal(p.i.added, 6);

	/* All are rekeyed, and inherited */
	assert_int_equal(ike_sa_rekey_children(p.r.sa), 0);
	assert_int_equal(ike_sa_rekey(p.i.sa), 0);
	pair_pass(&p, 300000);
	assert_int_equal(children(p.i.sa), 6);
	assert_int_equal(p.i.steps[IKE_STEP_CHILD_REKEYED], 6);
	assert_int_equal(p.i.replaced, 1);
	assert_int_equal(p.i.kernel.n_in, 6);
	assert_int_equal(p.r.kernel.n_out, 6);
	assert_int_equal(p.i.added, 6);
	assert_int_equal(p.lost, 0);
	assert_int_equal(ike_sa_delete(p.i.sa), 0);
	pair_run(&p);
	pair_free(&p);
}

/* What the peer does not have is left out, and the rest is there */
static void test_some_refused(void **state)
{
	struct pair p;

	(void)state;
	six(&p);
	p.r.conn.local.n_more = 1;
	pair_start(&p);
	pair_pass(&p, 60000);
	assert_int_equal(children(p.i.sa), 4);
	assert_int_equal(children(p.r.sa), 4);
	assert_has(p.i.log, "10.11.0.0/16 === 10.13.0.0/16: TS_UNACCEPTABLE");
	assert_false(p.i.over || p.r.over);
	pair_free(&p);
}

/* One child SA of the peer's wide selectors for each of ours: narrowed */
static void test_narrowed(void **state)
{
	struct pair p;

	(void)state;
	six(&p);
	p.i.conn.remote.n_more = 0;
	p.i.conn.remote.subnet = subnet("10.0.0.0", 8);
	p.i.conn.local.n_more = 0;
	pair_start(&p);
	assert_int_equal(children(p.i.sa), 1);
	assert_true(has(&p.i, "10.1.0.0/16 === 10.2.0.0/16"));
	pair_free(&p);
}

static void ports(struct pair *p, uint8_t proto, uint16_t of_i, uint16_t of_r)
{
	p->i.conn.local.proto = proto;
	p->i.conn.remote.proto = proto;
	p->i.conn.local.port = of_i;
	p->i.conn.remote.port = of_r;
}

static void test_ports(void **state)
{
	struct pair p;

	(void)state;
	/* The same at both ends */
	pair_init(&p);
	ports(&p, 6, 0, 443);
	p.r.conn.local.proto = 6;
	p.r.conn.local.port = 443;
	p.r.conn.remote.proto = 6;
	pair_start(&p);
	assert_true(has(&p.i, "10.1.0.0/16:6 === 10.2.0.0/16:6/443"));
	assert_true(has(&p.r, "10.2.0.0/16:6/443 === 10.1.0.0/16:6"));
	p.traffic = true;
	assert_int_equal(ike_sa_rekey_children(p.i.sa), 0);
	pair_pass(&p, 30000);
	assert_true(has(&p.i, "10.1.0.0/16:6 === 10.2.0.0/16:6/443"));
	assert_int_equal(p.i.kernel.n_in, 1);
	assert_int_equal(p.lost, 0);
	pair_free(&p);

	/* One end is for everything, and narrows to what the other one wants */
	pair_init(&p);
	ports(&p, 17, 1701, 0);
	pair_start(&p);
	assert_true(has(&p.r, "10.2.0.0/16:17 === 10.1.0.0/16:17/1701"));
	pair_free(&p);

	/* The other way round, the responder says so */
	pair_init(&p);
	p.r.conn.local.proto = 17;
	p.r.conn.remote.proto = 17;
	pair_start(&p);
	assert_true(has(&p.i, "10.1.0.0/16:17 === 10.2.0.0/16:17"));
	pair_free(&p);

	/* Two that do not meet */
	pair_init(&p);
	ports(&p, 17, 0, 53);
	p.r.conn.local.proto = 17;
	p.r.conn.remote.proto = 17;
	p.r.conn.local.port = 54;
	pair_start(&p);
	assert_has(ike_sa_error(p.i.sa), "TS_UNACCEPTABLE");
	assert_has(p.r.log, "do not meet 10.2.0.0/16:17/54 === 10.1.0.0/16:17");
	pair_free(&p);
}

/* A child SA that is asked for twice replaces the first one: policies can be there once */
static void test_twice(void **state)
{
	struct ike_child like;
	struct pair p;

	(void)state;
	pair_init(&p);
	p.traffic = true;
	pair_start(&p);
	like = *ike_sa_child(p.i.sa);
	p.i.sa->children.tqh_first->unknown = true;
	assert_int_equal(ike_create_send(p.i.sa, p.i.sa->children.tqh_first, &like), 0);
	pair_pass(&p, 100000);
	assert_int_equal(children(p.i.sa), 1);
	assert_int_equal(children(p.r.sa), 1);
	assert_int_equal(p.r.kernel.n_in, 1);
	assert_int_equal(p.i.kernel.n_in, 1);
	assert_int_equal(p.lost, 0);
	pair_free(&p);
}

/* Nobody may make us hold more than so many */
static void test_bound(void **state)
{
	struct pair p;
	int n;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	p.r.sa->n_children += IKE_CHILDREN_MAX - 1;
	for (n = 0; n < 2; n++) {
		p.i.sa->retry_at = 0;
		assert_int_equal(ike_sa_rekey_children(p.i.sa), 0);
		pair_run(&p);
		assert_has(p.i.log, "NO_ADDITIONAL_SAS");
	}
	p.r.sa->n_children -= IKE_CHILDREN_MAX - 1;
	assert_true(pair_is_up(&p));
	pair_free(&p);
}

/* As serve does where nothing else tells several connections of one peer apart */
static void test_conn_by_selectors(void **state)
{
	static const char *const nets[] = { "10.7.0.0", "10.8.0.0", "10.9.0.0" };
	struct conf_conn conns[3];

	(void)state;
	for (int want = 0; want < 4; want++) {
		struct pair p;

		pair_init(&p);
		for (int n = 0; n < 3; n++) {
			conns[n] = p.r.conn;
			conns[n].local.subnet = subnet(nets[n], 16);
			p.r.choices[n] = &conns[n];
		}
		/* It may be any pair of it */
		more(&conns[2].local, "10.2.0.0", 16);
		p.i.conn.remote.subnet = want == 3 ? subnet("10.2.5.0", 24) :
						     subnet(nets[want], 16);
		pair_start(&p);
		assert_true(pair_is_up(&p));
		assert_ptr_equal(ike_sa_conn(p.r.sa), &conns[want < 3 ? want : 2]);
		assert_false(ike_sa_asks_for(p.r.sa, &conns[want < 3 ? want : 2]));
		pair_free(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_pairs),
		cmocka_unit_test(test_some_refused),
		cmocka_unit_test(test_narrowed),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_conn_by_selectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
