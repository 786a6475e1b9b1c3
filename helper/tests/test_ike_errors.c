// SPDX-License-Identifier: GPL-2.0-or-later
/* Handshakes that must fail: both ends say why, and nothing stays behind. */
#include "ike/notify.h"
#include "ike_pair.h"

/* Run what was set up; both ends are over with these words, and no child is up */
static void assert_fails(struct pair *p, const char *initiator, const char *responder)
{
	pair_new(p);
	if (ike_sa_start(p->i.sa))
		p->i.over = true;
	pair_run(p);
	assert_null(ike_sa_child(p->i.sa));
	assert_null(ike_sa_child(p->r.sa));
	assert_true(p->i.over);
	assert_int_equal(p->i.steps[IKE_STEP_CLOSED], 1);
	assert_int_equal(p->i.steps[IKE_STEP_CHILD_UP], 0);
	assert_has(ike_sa_error(p->i.sa), initiator);
	if (responder) {
		assert_true(p->r.over);
		assert_int_equal(p->r.steps[IKE_STEP_CLOSED], 1);
		assert_has(ike_sa_error(p->r.sa), responder);
	}
	pair_free(p);
}

static void test_wrong_psk(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.r.secret.len--;
	assert_fails(&p, "the peer answered AUTHENTICATION_FAILED: wrong PSK or ID?",
		     "the peer '@west' failed to authenticate: wrong PSK?");
	assert_int_equal(p.i.steps[IKE_STEP_AUTH_DONE], 0);
	assert_int_equal(p.r.steps[IKE_STEP_AUTH_DONE], 0);
}

/* A responder that lets everybody in does not fool the initiator */
static bool swap_secret(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	(void)m;
	(void)to_r;
	if (nth == 3)
		p->i.secret.len--;
	return true;
}

static void test_wrong_psk_of_responder(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.filter = swap_secret;
	assert_fails(&p, "the peer '@east' failed to authenticate: wrong PSK?",
		     "the peer says AUTHENTICATION_FAILED");
	assert_int_equal(p.i.steps[IKE_STEP_AUTH_DONE], 0);
	assert_int_equal(p.i.added, 0);
	assert_int_equal(p.r.removed, 1);
}

static void test_no_secret(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.i.no_secret = true;
	assert_fails(&p, "no PSK for '@west' and '@east'", NULL);
	assert_int_equal(p.nth, 0);

	pair_init(&p);
	p.r.no_secret = true;
	assert_fails(&p, "AUTHENTICATION_FAILED", "no PSK for '@east' and '@west'");
}

static void test_wrong_id(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.r.no_conn = true;
	assert_fails(&p, "wrong PSK or ID? (we are '@west', it should be '@east')",
		     "no connection for the peer's ID '@west' that asks for '@east' with AES_GCM_16_256");

	/* A connection that is not for this peer */
	pair_init(&p);
	conf_id_parse("@north", &p.r.conn.remote.id);
	assert_fails(&p, "AUTHENTICATION_FAILED", "no connection for the peer's ID '@west'");

	pair_init(&p);
	conf_id_parse("@north", &p.r.conn.local.id);
	assert_fails(&p, "the peer is '@north', not '@east'",
		     "the peer says AUTHENTICATION_FAILED");

	/* Without rightid= the peer has to be its address */
	pair_init(&p);
	memset(&p.i.conn.remote.id, 0, sizeof(struct conf_id));
	assert_fails(&p, "the peer is '@east', not '192.0.2.2'",
		     "the peer says AUTHENTICATION_FAILED");
}

static void test_no_common_proposal(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_suites(&p.i, "aes_gcm128-sha2_256;dh19", NULL);
	pair_suites(&p.r, "aes_gcm256-sha2_256;dh19", NULL);
	assert_fails(&p, "the peer answered NO_PROPOSAL_CHOSEN: it has no algorithms in",
		     "the peer's proposals have no algorithms in common with ike=");
}

static void test_no_common_group(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_suites(&p.i, "aes_gcm256-sha2_256;dh31", NULL);
	pair_suites(&p.r, "aes_gcm256-sha2_256;dh19", NULL);
	assert_fails(&p, "NO_PROPOSAL_CHOSEN", "no algorithms in common");
}

/* The listener offers more than the connection that the ID leads to */
static void test_suite_not_of_connection(void **state)
{
	struct ike_suite_list offer;
	struct ike_addrs a = pair_addrs(false);
	struct ike_env env;
	struct pair p;

	(void)state;
	pair_init(&p);
	offer = p.r.conn.ike;
	pair_suites(&p.r, "aes128-sha2_256;dh14", NULL);
	pair_new(&p);
	env = pair_env(&p.r);
	ike_sa_free(p.r.sa);
	p.r.sa = ike_sa_new_responder(&offer, &a, &env);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	pair_run(&p);
	assert_true(p.i.over && p.r.over);
	assert_has(ike_sa_error(p.r.sa), "algorithms that ike= of 'test' does not allow");
	pair_free(&p);
}

/* The child fails, the IKE SA does not: the initiator deletes it, both know why */
static void test_child_refused(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_suites(&p.r, NULL, "aes256-sha2_256");
	pair_suites(&p.i, NULL, "aes_gcm256");
	assert_fails(&p, "the peer refused the child SA: NO_PROPOSAL_CHOSEN",
		     "NO_PROPOSAL_CHOSEN: the peer offers nothing that esp= has");

	pair_init(&p);
	p.r.conn.remote.subnet = subnet("10.9.0.0", 16);
	assert_fails(&p, "the peer refused the child SA: TS_UNACCEPTABLE",
		     "do not meet 10.2.0.0/16 === 10.9.0.0/16");

	pair_init(&p);
	p.i.conn.mode = CONF_MODE_TRANSPORT;
	assert_fails(&p, "the peer wants tunnel mode", "the peer deleted the IKE SA");

	pair_init(&p);
	p.r.conn.mode = CONF_MODE_TRANSPORT;
	assert_fails(&p, "NO_PROPOSAL_CHOSEN", "the peer wants tunnel mode");
}

static void test_kernel_refuses(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.i.child_error = -EINVAL;
	assert_fails(&p, "the kernel refused", "the peer deleted the IKE SA");

	pair_init(&p);
	p.r.child_error = -EINVAL;
	assert_fails(&p, "the peer refused the child SA: TEMPORARY_FAILURE",
		     "the kernel refused");
}

static int broken_send(void *arg, const uint8_t *msg, size_t len)
{
	(void)arg;
	(void)msg;
	(void)len;
	return -EPIPE;
}

static int broken_spi(void *arg, uint32_t *spi)
{
	(void)arg;
	(void)spi;
	return -EPERM;
}

static void test_environment_fails(void **state)
{
	struct ike_addrs a = pair_addrs(true);
	struct ike_env env;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_new(&p);
	env = pair_env(&p.i);
	env.send = broken_send;
	ike_sa_free(p.i.sa);
	p.i.sa = ike_sa_new_initiator(&p.i.conn, &a, &env);
	assert_int_equal(ike_sa_start(p.i.sa), -1);
	assert_has(ike_sa_error(p.i.sa), "cannot send to the peer: Broken pipe");
	pair_free(&p);

	pair_init(&p);
	pair_new(&p);
	env = pair_env(&p.i);
	env.spi_alloc = broken_spi;
	ike_sa_free(p.i.sa);
	p.i.sa = ike_sa_new_initiator(&p.i.conn, &a, &env);
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	pair_run(&p);
	assert_true(p.i.over);
	assert_has(ike_sa_error(p.i.sa), "cannot reserve a SPI: Operation not permitted");
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_psk),
		cmocka_unit_test(test_wrong_psk_of_responder),
		cmocka_unit_test(test_no_secret),
		cmocka_unit_test(test_wrong_id),
		cmocka_unit_test(test_no_common_proposal),
		cmocka_unit_test(test_no_common_group),
		cmocka_unit_test(test_suite_not_of_connection),
		cmocka_unit_test(test_child_refused),
		cmocka_unit_test(test_kernel_refuses),
		cmocka_unit_test(test_environment_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
