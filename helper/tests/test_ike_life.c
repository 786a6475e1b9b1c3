// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole lives of an IKE SA: two peers in one process. */
#include "ike_pair.h"

static void assert_up(const struct pair *p)
{
	const struct ike_child *ci = &p->i.child, *cr = &p->r.child;

	if (!pair_is_up(p))
		fail_msg("not up: initiator '%s', responder '%s' (%s)", ike_sa_error(p->i.sa),
			 ike_sa_error(p->r.sa), p->r.log);
	assert_string_equal(ike_sa_error(p->i.sa), "");
	assert_string_equal(ike_sa_error(p->r.sa), "");
	assert_int_equal(ike_sa_spi(p->i.sa, true), ike_sa_spi(p->r.sa, true));
	assert_int_equal(ike_sa_spi(p->i.sa, false), ike_sa_spi(p->r.sa, false));
	assert_int_not_equal(ike_sa_spi(p->i.sa, false), 0);
	assert_memory_equal(ike_sa_suite(p->i.sa), ike_sa_suite(p->r.sa),
			    sizeof(struct ike_suite));

	assert_int_equal(ci->spi_in, cr->spi_out);
	assert_int_equal(ci->spi_out, cr->spi_in);
	assert_memory_equal(&ci->suite, &cr->suite, sizeof(ci->suite));
	assert_int_equal(ci->key_len, cr->key_len);
	assert_int_equal(ci->integ_len, cr->integ_len);
	assert_memory_equal(ci->key_in, cr->key_out, sizeof(ci->key_in));
	assert_memory_equal(ci->key_out, cr->key_in, sizeof(ci->key_in));
	assert_memory_equal(ci->integ_in, cr->integ_out, sizeof(ci->integ_in));
	assert_memory_equal(ci->integ_out, cr->integ_in, sizeof(ci->integ_in));
	assert_memory_not_equal(ci->key_in, ci->key_out, ci->key_len);
	assert_memory_equal(&ci->ts_local, &cr->ts_remote, sizeof(ci->ts_local));
	assert_memory_equal(&ci->ts_remote, &cr->ts_local, sizeof(ci->ts_local));
	assert_int_equal(ci->transport, cr->transport);
}

static void test_default(void **state)
{
	struct pair p;
	char text[128];

	(void)state;
	pair_init(&p);
	pair_start(&p);
	assert_up(&p);
	assert_int_equal(p.nth, 4);
	assert_string_equal(ike_suite_text(ike_sa_suite(p.i.sa), text, sizeof(text)),
			    "AES_GCM_16_256-HMAC_SHA2_256-DH19");
	assert_string_equal(ike_suite_text(&p.i.child.suite, text, sizeof(text)),
			    "AES_GCM_16_256-NONE-ESN");
	assert_string_equal(ike_sa_peer_id(p.i.sa)->text, "@east");
	assert_string_equal(ike_sa_peer_id(p.r.sa)->text, "@west");
	assert_ptr_equal(ike_sa_conn(p.r.sa), &p.r.conn);
	assert_int_equal(p.i.steps[IKE_STEP_INIT_DONE], 1);
	assert_int_equal(p.i.steps[IKE_STEP_AUTH_DONE], 1);
	assert_int_equal(p.i.steps[IKE_STEP_CHILD_UP], 1);
	assert_int_equal(p.r.steps[IKE_STEP_INIT_DONE], 1);
	assert_int_equal(p.r.steps[IKE_STEP_AUTH_DONE], 1);
	assert_int_equal(p.r.steps[IKE_STEP_CHILD_UP], 1);
	assert_int_equal(p.i.steps[IKE_STEP_CLOSED], 0);
	pair_free(&p);
}

static void test_every_suite(void **state)
{
	static const char *const encrs[] = { "aes_gcm256", "aes_gcm128", "aes256", "aes128" };
	static const char *const prfs[] = { "sha2_256", "sha2_384", "sha2_512" };
	static const char *const dhs[] = { "dh19", "dh31", "dh14" };
	static const char *const esps[] = { "aes_gcm256", "aes_gcm128", "aes256", "aes128" };
	unsigned int n;

	(void)state;
	for (n = 0; n < 4 * 3 * 3 * 4; n++) {
		const char *encr = encrs[n % 4], *prf = prfs[n / 4 % 3];
		struct pair p;
		char ike[64];

		/* With AES-CBC the integrity algorithm is named, so that the prf may differ */
		snprintf(ike, sizeof(ike), "%s-%s%s-%s", encr, n % 4 < 2 ? "" : "sha2_256_128-",
			 prf, dhs[n / 12 % 3]);
		pair_init(&p);
		pair_suites(&p.i, ike, esps[n / 36]);
		pair_suites(&p.r, ike, NULL);
		pair_start(&p);
		assert_up(&p);
		assert_int_equal(ike_sa_liveness(p.r.sa), 0);
		pair_run(&p);
		assert_false(ike_sa_waiting(p.r.sa));
		pair_free(&p);
	}
}

static void test_liveness(void **state)
{
	struct pair p;
	int n;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	for (n = 0; n < 5; n++) {
		assert_int_equal(ike_sa_liveness(p.i.sa), 0);
		assert_true(ike_sa_waiting(p.i.sa));
		/* One at a time: this one sends nothing */
		assert_int_equal(ike_sa_liveness(p.i.sa), 0);
		assert_int_equal(p.tail, 1);
		/* Both ends at once are two exchanges, not one */
		assert_int_equal(ike_sa_liveness(p.r.sa), 0);
		pair_run(&p);
		assert_false(ike_sa_waiting(p.i.sa));
		assert_false(ike_sa_waiting(p.r.sa));
	}
	assert_up(&p);
	pair_free(&p);
}

static void test_delete_by(struct peer *from, struct peer *to, struct pair *p)
{
	assert_int_equal(ike_sa_delete(from->sa), 0);
	assert_int_equal(from->removed, 0);
	pair_run(p);
	assert_true(from->over);
	assert_true(to->over);
	assert_int_equal(from->steps[IKE_STEP_CLOSED], 1);
	assert_int_equal(to->steps[IKE_STEP_CLOSED], 1);
	assert_int_equal(from->removed, 1);
	assert_int_equal(to->removed, 1);
	assert_string_equal(ike_sa_error(from->sa), "");
	assert_string_equal(ike_sa_error(to->sa), "the peer deleted the IKE SA");
	assert_int_equal(ike_sa_input(from->sa, (const uint8_t *)"", 0), -1);
}

static void test_delete(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	test_delete_by(&p.i, &p.r, &p);
	pair_free(&p);

	pair_init(&p);
	pair_start(&p);
	test_delete_by(&p.r, &p.i, &p);
	pair_free(&p);
}

static void test_delete_collides(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	assert_int_equal(ike_sa_delete(p.i.sa), 0);
	assert_int_equal(ike_sa_delete(p.r.sa), 0);
	pair_run(&p);
	assert_true(p.i.over && p.r.over);
	assert_string_equal(ike_sa_error(p.i.sa), "");
	assert_string_equal(ike_sa_error(p.r.sa), "");
	pair_free(&p);
}

/* A DELETE that is wanted while another request is out follows its answer */
static void test_delete_waits(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	assert_int_equal(ike_sa_delete(p.i.sa), 0);
	assert_int_equal(p.tail, 1);
	pair_run(&p);
	assert_true(p.i.over && p.r.over);
	assert_string_equal(ike_sa_error(p.i.sa), "");
	pair_free(&p);
}

static void test_delete_early(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_new(&p);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	assert_int_equal(ike_sa_delete(p.i.sa), -1);
	assert_int_equal(p.i.steps[IKE_STEP_CLOSED], 1);
	pair_free(&p);

	/* In the middle of IKE_AUTH the peer may have a child already */
	pair_init(&p);
	pair_new(&p);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	pair_deliver(&p);
	pair_deliver(&p);
	assert_int_equal(ike_sa_delete(p.i.sa), 0);
	pair_run(&p);
	assert_true(p.i.over && p.r.over);
	assert_int_equal(p.r.added, 1);
	pair_free(&p);
}

static void test_delete_child(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	assert_int_equal(ike_sa_delete_child(p.i.sa), 0);
	pair_run(&p);
	assert_int_equal(p.i.removed, 1);
	assert_int_equal(p.r.removed, 1);
	assert_null(ike_sa_child(p.i.sa));
	assert_null(ike_sa_child(p.r.sa));
	assert_false(p.i.over || p.r.over);
	assert_int_equal(ike_sa_liveness(p.r.sa), 0);
	pair_run(&p);
	assert_false(ike_sa_waiting(p.r.sa));
	pair_free(&p);

	/* Both at once */
	pair_init(&p);
	pair_start(&p);
	assert_int_equal(ike_sa_delete_child(p.i.sa), 0);
	assert_int_equal(ike_sa_delete_child(p.r.sa), 0);
	pair_run(&p);
	assert_int_equal(p.i.removed, 1);
	assert_int_equal(p.r.removed, 1);
	assert_false(p.i.over || p.r.over);
	pair_free(&p);
}

/* The responder wants a group that the initiator has, but did not begin with */
static void test_wrong_group_first(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_suites(&p.r, "aes_gcm256-sha2_256;dh14", NULL);
	pair_start(&p);
	assert_up(&p);
	assert_int_equal(p.nth, 6);
	assert_int_equal(ike_sa_suite(p.i.sa)->dh, IKE_DH_MODP2048);
	pair_free(&p);
}

/* A responder that closes the connection behind INVALID_KE_PAYLOAD, as libreswan does */
static bool lose_second_request(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	(void)p;
	(void)m;
	(void)to_r;
	return nth != 2;
}

static void test_reconnect(void **state)
{
	struct ike_addrs a = pair_addrs(true), ar = pair_addrs(false);
	struct ike_env env;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_suites(&p.r, "aes_gcm256-sha2_256;dh31", NULL);
	p.filter = lose_second_request;
	pair_new(&p);
	assert_false(ike_sa_may_reconnect(p.i.sa));
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	assert_false(ike_sa_may_reconnect(p.i.sa));
	pair_run(&p);
	assert_true(ike_sa_may_reconnect(p.i.sa));
	assert_false(ike_sa_may_reconnect(p.r.sa));

	/* The new connection has another port here, and a fresh SA over there */
	env = pair_env(&p.r);
	ike_sa_free(p.r.sa);
	a.local_port = 40001;
	ar.remote_port = a.local_port;
	p.r.sa = ike_sa_new_responder(&p.r.conn.ike, &ar, &env);
	assert_non_null(p.r.sa);
	assert_int_equal(ike_sa_reconnected(p.i.sa, &a), 0);
	pair_run(&p);
	assert_up(&p);
	assert_false(ike_sa_may_reconnect(p.i.sa));
	pair_free(&p);

	/* But not for ever */
	pair_init(&p);
	pair_suites(&p.r, "aes_gcm256-sha2_256;dh31", NULL);
	p.filter = lose_second_request;
	pair_start(&p);
	while (ike_sa_may_reconnect(p.i.sa)) {
		assert_int_equal(ike_sa_reconnected(p.i.sa, &a), 0);
		free(p.queue[--p.tail].m.data);
	}
	assert_int_equal(ike_sa_reconnected(p.i.sa, &a), -1);
	assert_has(ike_sa_error(p.i.sa), "again and again");
	pair_free(&p);
}

static void test_narrowing(void **state)
{
	struct pair p;
	struct conf_subnet want;

	(void)state;
	pair_init(&p);
	p.i.conn.remote.subnet = subnet("0.0.0.0", 0);
	p.r.conn.remote.subnet = subnet("10.1.2.0", 24);
	pair_start(&p);
	assert_up(&p);
	want = subnet("10.2.0.0", 16);
	assert_memory_equal(&p.i.child.ts_remote, &want, sizeof(want));
	want = subnet("10.1.2.0", 24);
	assert_memory_equal(&p.i.child.ts_local, &want, sizeof(want));
	pair_free(&p);
}

static void test_transport(void **state)
{
	struct pair p;
	struct conf_subnet want = subnet("192.0.2.1", 32);

	(void)state;
	pair_init(&p);
	memset(&p.i.conn.local.subnet, 0, sizeof(want));
	memset(&p.i.conn.remote.subnet, 0, sizeof(want));
	memset(&p.r.conn.local.subnet, 0, sizeof(want));
	memset(&p.r.conn.remote.subnet, 0, sizeof(want));
	p.i.conn.mode = CONF_MODE_TRANSPORT;
	p.r.conn.mode = CONF_MODE_TRANSPORT;
	pair_start(&p);
	assert_up(&p);
	assert_true(p.i.child.transport);
	assert_memory_equal(&p.i.child.ts_local, &want, sizeof(want));
	pair_free(&p);
}

/* IDs that are not configured are the addresses */
static void test_address_ids(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	memset(&p.i.conn.local.id, 0, sizeof(struct conf_id));
	memset(&p.i.conn.remote.id, 0, sizeof(struct conf_id));
	memset(&p.r.conn.local.id, 0, sizeof(struct conf_id));
	memset(&p.r.conn.remote.id, 0, sizeof(struct conf_id));
	pair_start(&p);
	assert_up(&p);
	assert_string_equal(ike_sa_peer_id(p.i.sa)->text, "192.0.2.2");
	assert_string_equal(ike_sa_peer_id(p.r.sa)->text, "192.0.2.1");
	pair_free(&p);
}

static void test_ipv6(void **state)
{
	struct conf_subnet want = subnet("2001:db8::2", 128);
	struct pair p;

	(void)state;
	pair_init(&p);
	p.ipv6 = true;
	p.i.conn.local.subnet = subnet("fd00:1::", 48);
	p.r.conn.remote.subnet = p.i.conn.local.subnet;
	memset(&p.i.conn.remote.subnet, 0, sizeof(want));
	memset(&p.r.conn.local.subnet, 0, sizeof(want));
	memset(&p.r.conn.local.id, 0, sizeof(struct conf_id));
	memset(&p.i.conn.remote.id, 0, sizeof(struct conf_id));
	pair_start(&p);
	assert_up(&p);
	assert_memory_equal(&p.i.child.ts_remote, &want, sizeof(want));
	assert_string_equal(ike_sa_peer_id(p.i.sa)->text, "2001:db8::2");
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_every_suite),
		cmocka_unit_test(test_liveness),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_delete_collides),
		cmocka_unit_test(test_delete_waits),
		cmocka_unit_test(test_delete_early),
		cmocka_unit_test(test_delete_child),
		cmocka_unit_test(test_wrong_group_first),
		cmocka_unit_test(test_reconnect),
		cmocka_unit_test(test_narrowing),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_address_ids),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
