// SPDX-License-Identifier: GPL-2.0-or-later
/* Which connection a client of the responder gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/addr.h"
#include "macros.h"
#include "serve/serve.h"

static struct serve serve;
static struct conf_conn any, byname, byaddr;
static struct ike_addrs addrs;
static bool signs;			/* the peer does */
static const struct ike_suite gcm = {
	.encr = IKE_ENCR_AES_GCM_16, .keylen = 256, .prf = IKE_PRF_HMAC_SHA2_256,
	.dh = IKE_DH_ECP256,
};

static const struct ike_suite cbc = {
	.encr = IKE_ENCR_AES_CBC, .keylen = 128, .prf = IKE_PRF_HMAC_SHA2_256,
	.integ = IKE_INTEG_HMAC_SHA2_256_128, .dh = IKE_DH_ECP256,
};

static void add(struct conf_conn *conn, const char *local, const char *remote, const char *id)
{
	char err[256];

	memset(conn, 0, sizeof(*conn));
	conn->tcp = CONF_TCP_FALLBACK;
	conn->remote.auth = CONF_AUTH_SECRET;
	conn->local.host = (char *)local;
	conn->remote.host = (char *)remote;
	conn->remote.any = !strcmp(remote, "%any");
	if (id)
		assert_int_equal(conf_id_parse(id, &conn->remote.id), 0);
	conn->ike.s[conn->ike.n++] = gcm;
	if (conn == &byname)
		conn->ike.s[conn->ike.n++] = cbc;
	assert_int_equal(serve_conn_add(&serve, conn, err, sizeof(err)), 0);
}

static int setup(void **state)
{
	(void)state;
	memset(&serve, 0, sizeof(serve));
	STAILQ_INIT(&serve.conns);
	signs = false;
	add(&any, "%defaultroute", "%any", NULL);
	add(&byname, "192.0.2.1", "%any", "@alice");
	add(&byaddr, "192.0.2.1", "192.0.2.7", NULL);
	addr_parse("192.0.2.1", &addrs.local);
	addr_parse("198.51.100.1", &addrs.remote);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	serve_conns_free(&serve);
	return 0;
}

static const struct conf_conn *match(const char *idi, const struct ike_suite *suite)
{
	const struct serve_conn *sc;
	struct conf_id id;

	assert_int_equal(conf_id_parse(idi, &id), 0);
	sc = serve_match(&serve, &addrs, suite, &id, NULL, signs, NULL);
	return sc ? sc->conn : NULL;
}

static void offer_is_the_union(void **state)
{
	(void)state;
	assert_int_equal(serve.offer.n, 2);
}

/* enable-tcp=yes: by TCP alone; no: by UDP alone */
static void transport_must_fit(void **state)
{
	static const struct {
		enum conf_tcp conn;
		enum ike_encap encap;
		bool fits;
	} cases[] = {
		{ CONF_TCP_YES, IKE_ENCAP_TCP, true }, { CONF_TCP_YES, IKE_ENCAP_UDP, false },
		{ CONF_TCP_NO, IKE_ENCAP_TCP, false }, { CONF_TCP_NO, IKE_ENCAP_UDP, true },
		{ CONF_TCP_FALLBACK, IKE_ENCAP_TCP, true },
		{ CONF_TCP_FALLBACK, IKE_ENCAP_UDP, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		any.tcp = cases[i].conn;
		byname.tcp = cases[i].conn;
		byaddr.tcp = cases[i].conn;
		addrs.encap = cases[i].encap;
		assert_int_equal(!!match("@nobody", NULL), cases[i].fits);
	}
	addrs.encap = IKE_ENCAP_TCP;
}

static void the_named_one_is_better(void **state)
{
	(void)state;
	assert_ptr_equal(match("@alice", &gcm), &byname);
	assert_ptr_equal(match("@bob", &gcm), &any);
	addr_parse("192.0.2.7", &addrs.remote);
	assert_ptr_equal(match("@bob", &gcm), &byaddr);
	assert_ptr_equal(match("@alice", &gcm), &byname);
}

static void our_address_must_fit(void **state)
{
	(void)state;
	addr_parse("192.0.2.99", &addrs.local);
	assert_ptr_equal(match("@alice", &gcm), &any);
}

/* What another connection allows in IKE_SA_INIT does not open this one */
static void suite_must_be_its_own(void **state)
{
	(void)state;
	assert_ptr_equal(match("@alice", &cbc), &byname);
	assert_null(match("@bob", &cbc));
}

/* For the same peer one by PSK and one by signature: its AUTH tells which is meant */
static void by_authentication(void **state)
{
	(void)state;
	any.remote.auth = CONF_AUTH_SIGNATURE;
	assert_ptr_equal(match("@alice", &gcm), &byname);
	signs = true;
	assert_ptr_equal(match("@alice", &gcm), &any);
	/* If neither fits, it is told what the better one wants */
	any.remote.auth = CONF_AUTH_SECRET;
	assert_ptr_equal(match("@alice", &gcm), &byname);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(offer_is_the_union, setup, teardown),
		cmocka_unit_test_setup_teardown(transport_must_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(the_named_one_is_better, setup, teardown),
		cmocka_unit_test_setup_teardown(our_address_must_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(by_authentication, setup, teardown),
		cmocka_unit_test_setup_teardown(suite_must_be_its_own, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
