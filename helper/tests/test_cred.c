// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of keys and certificates: forms, passphrases, rights; raw public keys. */
#include "cert_pair.h"

static struct conf_secret *passes(const char *text)
{
	struct conf_secret *list;
	char err[256] = "";

	if (conf_secrets_text(text, strlen(text), false, &list, err, sizeof(err)))
		fail_msg("%s", err);
	return list;
}

static void test_own_key_rights(void **state)
{
	static const mode_t bad[] = { 0640, 0604, 0644, 0666 };
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(chmod(conf_path("private/west.key"), bad[i]), 0);
		world_refused(&w, WEST, "private/west.key: group or others may use it");
		world_refused(&w, WEST, "run: chmod 600 ");
	}
	assert_int_equal(chmod(conf_path("private/west.key"), 0600), 0);
	/* Nobody else's key is taken for ours */
	ca_write_key("private/west.key", w.end[EAST].key, 0600, NULL);
	world_refused(&w, WEST, "private: no private key for west; put it there, mode 600");
	/* Its name does not matter */
	ca_write_key("private/a", w.end[WEST].key, 0600, NULL);
	world_up(&w);
	world_free(&w);
}

/* A key beside its certificate is under the same rule */
static void test_one_file(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	assert_int_equal(unlink(conf_path("private/west.key")), 0);
	ca_write_key("certs/west.pem", w.end[WEST].key, 0644, NULL);
	ca_append_cert("certs/west.pem", w.end[WEST].cert);
	world_refused(&w, WEST, "chmod 600");
	assert_int_equal(chmod(conf_path("certs/west.pem"), 0600), 0);
	world_up(&w);
	world_free(&w);

	/* One that is not the certificate's does not end the search */
	world_init(&w);
	ca_write_key("certs/west.pem", w.end[EAST].key, 0600, NULL);
	ca_append_cert("certs/west.pem", w.end[WEST].cert);
	world_up(&w);
	world_free(&w);
}

static void test_passphrase(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	ca_write_key("private/west.key", w.end[WEST].key, 0600, "open sesame");
	world_refused(&w, WEST, "add to the secrets file: : RSA west.key \"PASSPHRASE\"");
	w.secrets = passes(": RSA west.key \"close sesame\"\n");
	world_refused(&w, WEST, "the passphrase in the secrets file does not open it");
	conf_secrets_free(w.secrets);
	w.secrets = passes(": RSA other.key \"x\"\n: ECDSA west.key \"open sesame\"\n");
	world_up(&w);
	world_free(&w);
}

static void test_pkcs12(void **state)
{
	struct ca_pair sub;
	struct world w;

	(void)state;
	world_init(&w);
	sub = ca_make(&w.ca, &(struct ca_wish){ .cn = "Sub", .ca = true });
	world_end(&w, WEST, &sub, &good_end[WEST]);
	assert_int_equal(unlink(conf_path("private/west.key")), 0);
	assert_int_equal(unlink(conf_path("certs/west.pem")), 0);
	world_refused(&w, WEST, "certs/west: there is no such certificate");
	ca_write_p12("private/west.p12", &w.end[WEST], sub.cert, "1234");
	world_refused(&w, WEST, "add to the secrets file: : P12 west.p12 \"PASSPHRASE\"");
	w.secrets = passes(": P12 west.p12 \"1234\"\n");
	assert_int_equal(chmod(conf_path("private/west.p12"), 0644), 0);
	world_refused(&w, WEST, "chmod 600");
	assert_int_equal(chmod(conf_path("private/west.p12"), 0600), 0);
	world_up(&w);
	assert_int_equal(sk_X509_num(w.pair.i.conn.cred->chain), 2);
	world_free(&w);
	ca_free(&sub);
}

static void store_refused(const char *why)
{
	char err[1024] = "";

	assert_null(cred_open(conf_dir, false, NULL, err, sizeof(err)));
	assert_has(err, why);
}

/* What lies in a folder that has no business there */
static void test_wrong_folder(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	ca_write_cert("cacerts/west.pem", w.end[WEST].cert);
	store_refused("cacerts/west.pem: holds a certificate that is not a CA's");
	ca_write_key("cacerts/west.pem", w.ca.key, 0600, NULL);
	store_refused("a CA's key does not belong on this machine");
	conf_file("cacerts/west.pem", "hello\n", 0644);
	store_refused("cacerts/west.pem: no certificate, CRL or key in it");
	conf_file("cacerts/west.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n", 0644);
	store_refused("an object in it cannot be read");
	assert_int_equal(unlink(conf_path("cacerts/west.pem")), 0);
	/* What editors leave is passed over */
	conf_file("cacerts/ca.pem~", "hello\n", 0644);
	conf_file("cacerts/.ca.pem.swp", "hello\n", 0644);
	ca_write_cert("crls/west.pem", w.end[WEST].cert);
	store_refused("crls/west.pem: no CRL in it");
	ca_write_crl("crls/west.pem", &w.ca, NULL, 5);
	world_up(&w);
	world_free(&w);
}

/* A folder that is changed while we run, for the worse: what was read stays */
static void test_refresh(void **state)
{
	char err[256] = "";
	struct world w;

	(void)state;
	world_init(&w);
	world_ready(&w);
	assert_int_equal(cred_refresh(w.pair.r.creds, err, sizeof(err)), 0);
	conf_file("crls/broken", "hello\n", 0644);
	w.pair.r.creds->looked = 0;
	assert_int_equal(cred_refresh(w.pair.r.creds, err, sizeof(err)), -1);
	assert_has(err, "crls/broken");
	pair_start(&w.pair);
	assert_true(pair_is_up(&w.pair));
	world_free(&w);
}

static size_t raw_bytes(EVP_PKEY *key, enum conf_pubkey form, uint8_t *out)
{
	uint8_t point[256], *p = out;
	BIGNUM *n = NULL, *e = NULL;
	size_t len = 0;

	if (form == CONF_PUBKEY_SPKI)
		return (size_t)i2d_PUBKEY(key, &p);
	if (form == CONF_PUBKEY_ECDSA) {
		assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof(point),
								 &len), 1);
		memcpy(out, point + 1, len - 1);
		return len - 1;
	}
	assert_int_equal(EVP_PKEY_get_bn_param(key, "n", &n), 1);
	assert_int_equal(EVP_PKEY_get_bn_param(key, "e", &e), 1);
	out[0] = (uint8_t)BN_num_bytes(e);
	BN_bn2bin(e, out + 1);
	BN_bn2bin(n, out + 1 + out[0]);
	len = 1 + out[0] + (size_t)BN_num_bytes(n);
	BN_free(n);
	BN_free(e);
	return len;
}

/* An end that has a raw key, and the other one that knows it */
static void use_raw(struct world *w, int side, enum conf_pubkey form, uint8_t *bytes, size_t len)
{
	struct conf_conn *own = &world_peer(w, side)->conn, *other = &world_peer(w, !side)->conn;

	own->local.cert = NULL;
	own->local.pubkey = bytes;
	own->local.pubkey_len = len;
	own->local.pubkey_form = form;
	other->remote.pubkey = bytes;
	other->remote.pubkey_len = len;
	other->remote.pubkey_form = form;
}

static void test_raw_keys(void **state)
{
	static const struct {
		const char *kind;
		enum conf_pubkey form;
	} keys[] = {
		{ "RSA", CONF_PUBKEY_RSA }, { "RSA", CONF_PUBKEY_SPKI },
		{ "P-256", CONF_PUBKEY_ECDSA }, { "P-384", CONF_PUBKEY_ECDSA },
		{ "P-521", CONF_PUBKEY_ECDSA }, { "P-521", CONF_PUBKEY_SPKI },
		{ "Ed25519", CONF_PUBKEY_SPKI },
	};
	uint8_t bytes[600];
	struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct ca_wish wish = { .cn = "west", .key = keys[i].kind };

		world_init(&w);
		world_end(&w, WEST, NULL, &wish);
		use_raw(&w, WEST, keys[i].form, bytes,
			raw_bytes(w.end[WEST].key, keys[i].form, bytes));
		world_up(&w);
		world_free(&w);
	}

	/* Another key than the one that was said */
	world_init(&w);
	use_raw(&w, WEST, CONF_PUBKEY_ECDSA, bytes,
		raw_bytes(w.end[WEST].key, CONF_PUBKEY_ECDSA, bytes));
	world_ready(&w);
	world_pose(&w, WEST, &w.end[EAST]);
	world_distrusts(&w, EAST, "its signature is wrong");
	world_free(&w);
}

static void test_bad_raw_keys(void **state)
{
	static const uint8_t zeros[64];
	uint8_t bytes[600];
	struct ca_pair weak;
	struct world w;
	size_t len;

	(void)state;
	assert_null(cred_raw_key(CONF_PUBKEY_RSA, zeros, 0));
	assert_null(cred_raw_key(CONF_PUBKEY_RSA, (const uint8_t *)"\1\3", 2));
	assert_null(cred_raw_key(CONF_PUBKEY_RSA, (const uint8_t *)"\0\0\377\1", 4));
	assert_null(cred_raw_key(CONF_PUBKEY_RSA, zeros, 64));
	assert_null(cred_raw_key(CONF_PUBKEY_ECDSA, zeros, 63));
	assert_null(cred_raw_key(CONF_PUBKEY_ECDSA, zeros, 64));	/* not on the curve */
	assert_null(cred_raw_key(CONF_PUBKEY_SPKI, zeros, 64));
	assert_null(cred_raw_key(CONF_PUBKEY_NONE, zeros, 64));

	world_init(&w);
	weak = ca_make(NULL, &(struct ca_wish){ .cn = "west", .key = "RSA1024" });
	len = raw_bytes(weak.key, CONF_PUBKEY_RSA, bytes);
	use_raw(&w, WEST, CONF_PUBKEY_RSA, bytes, len);
	world_refused(&w, WEST, "the raw public key of left is an RSA key under 2048 bits");
	len = raw_bytes(w.end[WEST].key, CONF_PUBKEY_SPKI, bytes);
	bytes[len] = 0;
	use_raw(&w, WEST, CONF_PUBKEY_SPKI, bytes, len + 1);
	world_refused(&w, EAST, "the raw public key of right is none");
	world_free(&w);
	ca_free(&weak);
}

/* As libreswan 4.10 writes them: `ipsec showhostkey --left`, and with --pubkey */
#define KEY	"rPLS8D9u51BcouybWZ4UxZFWFdKzaXa/Xp0cEQexooB/KwRUu+TTO5Wlr1joTsdGPCWIE6hrSpjj/iRsHAGJKA=="

static void test_libreswan_spelling(void **state)
{
	static const char text[] =
		"conn a\n left=192.0.2.1\n right=192.0.2.2\n enable-tcp=yes\n authby=ecdsa\n"
		" leftecdsakey=0s" KEY "\n"
		" rightpubkey=MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" KEY "\n";
	char err[512] = "";
	struct conf *conf = conf_text(text, sizeof(text) - 1, err, sizeof(err));
	EVP_PKEY *a, *b;

	(void)state;
	if (!conf)
		fail_msg("%s", err);
	a = cred_raw_key(conf->conns->local.pubkey_form, conf->conns->local.pubkey,
			 conf->conns->local.pubkey_len);
	b = cred_raw_key(conf->conns->remote.pubkey_form, conf->conns->remote.pubkey,
			 conf->conns->remote.pubkey_len);
	assert_true(a && b);
	assert_int_equal(EVP_PKEY_eq(a, b), 1);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
	conf_free(conf);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_key_rights),
		cmocka_unit_test(test_one_file),
		cmocka_unit_test(test_passphrase),
		cmocka_unit_test(test_pkcs12),
		cmocka_unit_test(test_wrong_folder),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_raw_keys),
		cmocka_unit_test(test_bad_raw_keys),
		cmocka_unit_test(test_libreswan_spelling),
	};

	return cmocka_run_group_tests_name("cred", tests, NULL, NULL);
}
