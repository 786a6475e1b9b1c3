// SPDX-License-Identifier: GPL-2.0-or-later
/* Certificates between two ends: who is let in, and who is not and why. */
#include "cert_pair.h"

static void test_kinds(void **state)
{
	static const char *const kinds[] = { "P-256", "P-384", "P-521", "RSA", "Ed25519" };
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct ca_wish wish = good_end[WEST];

		world_init(&w);
		wish.key = kinds[i];
		world_end(&w, WEST, &w.ca, &wish);
		world_up(&w);
		assert_string_equal(ike_sa_peer_id(w.pair.r.sa)->text, "@west");
		world_free(&w);
	}
}

/* authby= is what an end may sign with, and what it takes */
static void test_authby(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.pair.i.conn.local.auth = CONF_AUTH_RSA_SHA2;
	world_ready(&w);
	world_distrusts(&w, WEST, "no signature of our key is one that authby= and the peer allow");
	world_free(&w);

	world_init(&w);
	w.pair.r.conn.remote.auth = CONF_AUTH_ECDSA_SHA2_512 | CONF_AUTH_RSA_SHA2;
	world_ready(&w);
	world_distrusts(&w, EAST, "its signature algorithm is not one of authby=");
	world_free(&w);

	world_init(&w);
	w.pair.i.conn.local.auth = CONF_AUTH_ECDSA_SHA2_512;
	w.pair.r.conn.remote.auth = CONF_AUTH_ECDSA_SHA2_512;
	world_up(&w);
	world_free(&w);
}

/* One end by a secret, the other one by a signature */
static void test_mixed(void **state)
{
	struct world w;

	(void)state;
	for (int signer = WEST; signer <= EAST; signer++) {
		struct peer *p, *other;

		world_init(&w);
		p = world_peer(&w, !signer);
		other = world_peer(&w, signer);
		p->conn.local.auth = CONF_AUTH_SECRET;
		p->conn.local.cert = NULL;
		other->conn.remote.auth = CONF_AUTH_SECRET;
		world_up(&w);
		world_free(&w);

		world_init(&w);
		world_peer(&w, signer)->conn.local.auth = CONF_AUTH_SECRET;
		world_ready(&w);
		world_distrusts(&w, !signer, "it does not sign (its method is 2)");
		world_free(&w);

		world_init(&w);
		world_peer(&w, !signer)->conn.remote.auth = CONF_AUTH_SECRET;
		world_ready(&w);
		world_distrusts(&w, !signer, "does not authenticate with a PSK");
		world_free(&w);
	}
}

static void test_ids(void **state)
{
	static const struct {
		const char *san, *id, *other;
	} ids[] = {
		{ "DNS:west", "@WEST", "@west.example" },
		{ "DNS:*.vpn.example", NULL, "@west.vpn.example" },
		{ "DNS:west.example", NULL, "@.example" },
		{ "email:me@west", "me@WEST", "me@west.example" },
		{ "IP:192.0.2.1", "192.0.2.1", "192.0.2.2" },
		{ "IP:2001:db8::1", "2001:db8::1", "2001:db8::2" },
		{ "DNS:192.0.2.1", NULL, "192.0.2.1" },
		{ NULL, "O=test, CN=West", "CN=West, O=test" },
		{ NULL, NULL, "@west" },		/* the CN is no name of a host */
		{ "DNS:west", NULL, "@#77657374" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct ca_pair ca = ca_make(NULL, &good_ca);
		struct ca_wish wish = { .cn = "west", .san = ids[i].san };
		struct ca_pair p = ca_make(&ca, &wish);
		struct conf_id id;

		if (ids[i].id) {
			assert_int_equal(conf_id_parse(ids[i].id, &id), 0);
			assert_true(cred_cert_has_id(p.cert, &id));
		}
		assert_int_equal(conf_id_parse(ids[i].other, &id), 0);
		if (cred_cert_has_id(p.cert, &id))
			fail_msg("'%s' is taken for '%s'", ids[i].san, ids[i].other);
		ca_free(&p);
		ca_free(&ca);
	}
}

/* A peer with a good certificate that is not for the ID which it claims */
static void test_wrong_name(void **state)
{
	struct world w;

	(void)state;
	for (int side = WEST; side <= EAST; side++) {
		struct ca_pair other;

		world_init(&w);
		other = ca_make(&w.ca, &(struct ca_wish){ .cn = "mallory", .san = "DNS:mallory" });
		world_ready(&w);
		world_pose(&w, side, &other);
		world_distrusts(&w, !side, side == WEST ? "CN=mallory is not for '@west'" :
				"CN=mallory is not for '@east'");
		ca_free(&other);
		world_free(&w);
	}

	/* Of itself an end notices before */
	world_init(&w);
	world_end(&w, WEST, &w.ca, &(struct ca_wish){ .cn = "w", .san = "DNS:mallory" });
	world_refused(&w, WEST, "certificate west is not for '@west'; write leftid=%fromcert");
	world_free(&w);
}

/* The certificate of one and the key of another */
static void test_wrong_key(void **state)
{
	struct ca_pair posed;
	struct world w;

	(void)state;
	world_init(&w);
	world_ready(&w);
	posed = (struct ca_pair){ w.end[WEST].cert, w.end[EAST].key };
	world_pose(&w, WEST, &posed);
	world_distrusts(&w, EAST, "its signature is wrong");
	world_free(&w);
}

static void test_fromcert(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (int side = WEST; side <= EAST; side++) {
		struct conf_conn *conn = &world_peer(&w, side)->conn;

		conn->local.id_fromcert = true;
		conn->local.id_any = true;
		conn->local.id = (struct conf_id){ 0 };
		conn->remote.id_any = true;
		conn->remote.id = (struct conf_id){ 0 };
	}
	world_up(&w);
	assert_string_equal(ike_sa_peer_id(w.pair.r.sa)->text, "O=Test, CN=west");
	assert_string_equal(ike_sa_peer_id(w.pair.i.sa)->text, "O=Test, CN=east");
	world_free(&w);

	/* A name of the configuration takes the certificate's spelling */
	world_init(&w);
	conf_id_parse("O=TEST, CN=West", &w.pair.i.conn.local.id);
	conf_id_parse("O=test, CN=WEST", &w.pair.r.conn.remote.id);
	world_up(&w);
	assert_string_equal(ike_sa_peer_id(w.pair.r.sa)->text, "O=Test, CN=west");
	world_free(&w);

	world_init(&w);
	conf_id_parse("O=Test, CN=north", &w.pair.i.conn.local.id);
	world_refused(&w, WEST, "is for 'O=Test, CN=west', not for 'O=Test, CN=north'");
	world_free(&w);
}

/* What a verifier must not take, and what it says; the same at our own end where it matters */
static void test_bad_certificates(void **state)
{
	static const struct {
		struct ca_wish wish;
		const char *why, *own;
	} bad[] = {
		{ { .from = -20, .to = -10 }, "certificate has expired", "has expired" },
		{ { .from = 10, .to = 20 }, "certificate is not yet valid", "not valid yet" },
		{ { .eku = "serverAuth" }, "its extKeyUsage has neither ipsecIKE",
		  "its extKeyUsage has neither" },
		{ { .eku = "clientAuth,serverAuth" }, "its extKeyUsage has neither ipsecIKE",
		  "its extKeyUsage has neither" },
		{ { .usage = "keyAgreement" }, "its keyUsage allows no signatures",
		  "its keyUsage allows no" },
		{ { .key = "RSA1024" }, "EE certificate key too weak", "under 2048 bits" },
		{ { .key = "secp256k1" }, "an EC key on another curve", "another curve" },
		{ { .sha1 = true }, "too weak", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ca_wish wish = bad[i].wish;
		struct ca_pair p;
		struct world w;

		wish.cn = "west";
		wish.san = "DNS:west";
		world_init(&w);
		p = ca_make(&w.ca, &wish);
		world_ready(&w);
		world_pose(&w, WEST, &p);
		world_distrusts(&w, EAST, bad[i].why);
		world_free(&w);
		ca_free(&p);
		if (!bad[i].own)
			continue;

		world_init(&w);
		world_end(&w, WEST, &w.ca, &wish);
		world_refused(&w, WEST, bad[i].own);
		world_free(&w);
	}
}

static void test_good_usages(void **state)
{
	static const struct ca_wish good[] = {
		{ .eku = "ipsecIKE" }, { .eku = "anyExtendedKeyUsage,serverAuth" },
		{ .usage = "digitalSignature" }, { .usage = "nonRepudiation", .eku = "ipsecIKE" },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct ca_wish wish = good[i];

		wish.cn = "west";
		wish.san = "DNS:west";
		world_init(&w);
		world_end(&w, WEST, &w.ca, &wish);
		world_up(&w);
		world_free(&w);
	}
}

/* A CA of the same name and another key, and a certificate that signs itself */
static void test_wrong_ca(void **state)
{
	struct ca_pair ca, p;
	struct world w;

	(void)state;
	world_init(&w);
	ca = ca_make(NULL, &good_ca);
	p = ca_make(&ca, &good_end[WEST]);
	world_ready(&w);
	world_pose(&w, WEST, &p);
	world_distrusts(&w, EAST, "certificate signature failure");
	ca_free(&p);
	ca_free(&ca);
	world_free(&w);

	world_init(&w);
	ca = ca_make(NULL, &(struct ca_wish){ .cn = "Other", .ca = true });
	p = ca_make(&ca, &good_end[WEST]);
	world_ready(&w);
	world_pose(&w, WEST, &p);
	world_distrusts(&w, EAST, "its CA is missing in cacerts/");
	ca_free(&p);
	ca_free(&ca);
	world_free(&w);

	world_init(&w);
	p = ca_make(NULL, &good_end[WEST]);
	world_ready(&w);
	world_pose(&w, WEST, &p);
	world_distrusts(&w, EAST, "its CA is missing in cacerts/");
	ca_free(&p);
	world_free(&w);
}

static void test_chain(void **state)
{
	struct ca_wish wish = { .cn = "Sub", .ca = true };
	struct ca_pair sub;
	struct world w;

	(void)state;
	/* Sent by the end whose certificate it is */
	world_init(&w);
	sub = ca_make(&w.ca, &wish);
	world_end(&w, WEST, &sub, &good_end[WEST]);
	ca_append_cert("certs/west.pem", sub.cert);
	ca_append_cert("certs/west.pem", w.ca.cert);
	world_up(&w);
	/* The root stays at home */
	assert_int_equal(sk_X509_num(w.pair.i.conn.cred->chain), 2);
	world_free(&w);
	ca_free(&sub);

	/* Known to the one that verifies */
	world_init(&w);
	sub = ca_make(&w.ca, &wish);
	world_end(&w, WEST, &sub, &good_end[WEST]);
	ca_write_cert("cacerts/sub.pem", sub.cert);
	world_up(&w);
	world_free(&w);
	ca_free(&sub);

	/* Known to nobody */
	world_init(&w);
	sub = ca_make(&w.ca, &wish);
	world_end(&w, WEST, &sub, &good_end[WEST]);
	world_ready(&w);
	world_distrusts(&w, EAST, "unable to get local issuer certificate");
	world_free(&w);
	ca_free(&sub);

	/* An intermediate is no anchor: the root has to be there */
	world_init(&w);
	sub = ca_make(&w.ca, &wish);
	world_end(&w, WEST, &sub, &good_end[WEST]);
	ca_write_cert("cacerts/ca.pem", sub.cert);
	world_refused(&w, EAST, "cacerts has no CA to trust");
	world_free(&w);
	ca_free(&sub);

	/* Somebody with a certificate is not a CA */
	world_init(&w);
	sub = ca_make(&w.ca, &(struct ca_wish){ .cn = "no CA" });
	world_end(&w, WEST, &sub, &good_end[WEST]);
	ca_append_cert("certs/west.pem", sub.cert);
	world_ready(&w);
	world_distrusts(&w, EAST, "invalid CA certificate");
	world_free(&w);
	ca_free(&sub);
}

/* rightca=: which of the CAs that we trust may speak for the peer */
static void test_right_ca(void **state)
{
	struct conf_id ca_id;
	struct ca_pair other;
	struct world w;

	(void)state;
	for (int good = 0; good <= 1; good++) {
		world_init(&w);
		other = ca_make(NULL, &(struct ca_wish){ .cn = "Other", .ca = true });
		ca_write_cert("cacerts/other.pem", other.cert);
		if (!good)
			world_end(&w, WEST, &other, &good_end[WEST]);
		conf_id_parse("O=Test, CN=CA", &ca_id);
		w.pair.r.conn.remote.ca = &ca_id;
		if (good) {
			world_up(&w);
		} else {
			world_ready(&w);
			world_distrusts(&w, EAST, "is not by the CA of leftca= or rightca=");
		}
		world_free(&w);
		ca_free(&other);
	}
}

static void test_revoked(void **state)
{
	struct world w;

	(void)state;
	/* Revoked, by a CRL that may be old */
	for (long next = -5; next <= 5; next += 10) {
		world_init(&w);
		ca_write_crl("crls/ca.pem", &w.ca, w.end[WEST].cert, next);
		world_ready(&w);
		world_distrusts(&w, EAST, "certificate O=Test, CN=west: certificate revoked");
		world_free(&w);
	}
	/* Not in it, and then it was: the file is read again */
	world_init(&w);
	ca_write_crl("crls/ca.pem", &w.ca, NULL, 5);
	world_ready(&w);
	ca_write_crl("crls/ca.pem", &w.ca, w.end[WEST].cert, 5);
	w.pair.r.creds->looked = 0;
	assert_int_equal(cred_refresh(w.pair.r.creds, NULL, 0), 1);
	assert_int_equal(cred_refresh(w.pair.r.creds, NULL, 0), 0);
	world_distrusts(&w, EAST, "certificate revoked");
	world_free(&w);

	/* A CRL that is missing or old matters where it is said to */
	for (int strict = 0; strict <= 1; strict++) {
		for (int old = 0; old <= 1; old++) {
			world_init(&w);
			w.crl_strict = strict;
			if (old)
				ca_write_crl("crls/ca.pem", &w.ca, NULL, -5);
			if (!strict) {
				world_up(&w);
			} else {
				world_ready(&w);
				world_distrusts(&w, EAST, old ? "CRL has expired" :
						"unable to get certificate CRL");
			}
			world_free(&w);
		}
	}
	world_init(&w);
	w.crl_strict = true;
	ca_write_crl("crls/ca.pem", &w.ca, NULL, 5);
	world_up(&w);
	world_free(&w);
}

/* rightcert=: that one and no other, whoever signed it */
static void test_pinned(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_end(&w, WEST, NULL, &good_end[WEST]);
	w.pair.r.conn.remote.cert = (char *)"west";
	world_up(&w);
	world_free(&w);

	/* Sent or not */
	world_init(&w);
	w.pair.i.conn.local.sendcert = CONF_SENDCERT_NEVER;
	w.pair.r.conn.remote.cert = (char *)"west";
	world_up(&w);
	world_free(&w);

	world_init(&w);
	w.pair.r.conn.remote.cert = (char *)"east";
	world_ready(&w);
	world_distrusts(&w, EAST, "which is not the one in the configuration");
	world_free(&w);

	/* It expires like any other */
	world_init(&w);
	world_end(&w, EAST, NULL, &(struct ca_wish){ .cn = "east", .from = -9, .to = -1 });
	w.pair.r.conn.remote.cert = (char *)"east";
	w.pair.r.conn.local.cert = (char *)"west";
	conf_id_parse("@west", &w.pair.r.conn.local.id);
	world_ready(&w);
	world_pose(&w, WEST, &w.end[EAST]);
	world_distrusts(&w, EAST, "certificate has expired");
	world_free(&w);
}

static void test_sending(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.pair.i.conn.local.sendcert = CONF_SENDCERT_ASKED;
	w.pair.r.conn.local.sendcert = CONF_SENDCERT_ASKED;
	world_up(&w);
	world_free(&w);

	world_init(&w);
	w.pair.i.conn.local.sendcert = CONF_SENDCERT_NEVER;
	world_ready(&w);
	world_distrusts(&w, EAST, "it sent no certificate");
	world_free(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_authby),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_wrong_name),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_fromcert),
		cmocka_unit_test(test_bad_certificates),
		cmocka_unit_test(test_good_usages),
		cmocka_unit_test(test_wrong_ca),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_right_ca),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_pinned),
		cmocka_unit_test(test_sending),
	};

	return cmocka_run_group_tests_name("ike_cert", tests, NULL, NULL);
}
