/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A certificate authority for tests: keys and certificates of any kind, right
 * or wrong, made by libcrypto and written where cred_open() looks for them.
 */
#ifndef ESPINTCP_TESTS_CA_H
#define ESPINTCP_TESTS_CA_H

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/conf_files.h"

#define CA_DAY	86400L

/* What a certificate is to be; what is left out is as it should be */
struct ca_wish {
	const char *cn;
	const char *san;		/* "DNS:east", NULL: none */
	const char *usage;		/* keyUsage, NULL: none */
	const char *eku;		/* extendedKeyUsage, NULL: none */
	const char *key;		/* "P-256" (NULL), "P-384", "RSA", "RSA1024", "Ed25519" */
	long from, to;			/* days from now; both 0: a year around it */
	bool ca;
	bool sha1;			/* signed with it */
};

/* A certificate with its private key */
struct ca_pair {
	X509 *cert;
	EVP_PKEY *key;
};

static inline EVP_PKEY *ca_key(const char *kind)
{
	if (!kind)
		kind = "P-256";
	if (!strncmp(kind, "RSA", 3))
		return EVP_RSA_gen(kind[3] ? atoi(kind + 3) : 2048);
	if (!strcmp(kind, "Ed25519"))
		return EVP_PKEY_Q_keygen(NULL, NULL, kind);
	return EVP_EC_gen(kind);
}

static inline void ca_ext(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static inline void ca_sign(X509 *cert, EVP_PKEY *key, const struct ca_wish *w)
{
	const EVP_MD *md = w->sha1 ? EVP_sha1() : EVP_sha256();

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		md = NULL;
	assert_int_not_equal(X509_sign(cert, key, md), 0);
}

/* issuer NULL: signed by itself */
static inline struct ca_pair ca_make(const struct ca_pair *issuer, const struct ca_wish *w)
{
	static long serial = 1;
	bool whole = !w->from && !w->to;
	struct ca_pair p = { X509_new(), ca_key(w->key) };
	X509_NAME *name = X509_NAME_new();

	assert_true(p.cert && p.key && name);
	assert_int_equal(X509_set_version(p.cert, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(p.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(p.cert), (whole ? -1 : w->from) * CA_DAY);
	X509_gmtime_adj(X509_getm_notAfter(p.cert), (whole ? 365 : w->to) * CA_DAY);
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"Test", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)w->cn, -1, -1, 0);
	X509_set_subject_name(p.cert, name);
	X509_set_issuer_name(p.cert, issuer ? X509_get_subject_name(issuer->cert) : name);
	X509_set_pubkey(p.cert, p.key);
	ca_ext(p.cert, p.cert, NID_basic_constraints, w->ca ? "critical,CA:TRUE" : "CA:FALSE");
	ca_ext(p.cert, p.cert, NID_subject_key_identifier, "hash");
	ca_ext(p.cert, p.cert, NID_subject_alt_name, w->san);
	ca_ext(p.cert, p.cert, NID_key_usage, w->usage);
	ca_ext(p.cert, p.cert, NID_ext_key_usage, w->eku);
	ca_sign(p.cert, issuer ? issuer->key : p.key, w);
	X509_NAME_free(name);
	return p;
}

static inline void ca_free(struct ca_pair *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	memset(p, 0, sizeof(*p));
}

static inline FILE *ca_file(const char *name, mode_t mode)
{
	FILE *f = fopen(conf_path(name), "w");

	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	return f;
}

static inline void ca_write_cert(const char *name, X509 *cert)
{
	FILE *f = ca_file(name, 0644);

	assert_int_equal(PEM_write_X509(f, cert), 1);
	fclose(f);
}

static inline void ca_append_cert(const char *name, X509 *cert)
{
	FILE *f = fopen(conf_path(name), "a");

	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, cert), 1);
	fclose(f);
}

/* pass NULL: unlocked */
static inline void ca_write_key(const char *name, EVP_PKEY *key, mode_t mode, const char *pass)
{
	FILE *f = ca_file(name, mode);

	assert_int_equal(PEM_write_PKCS8PrivateKey(f, key, pass ? EVP_aes_128_cbc() : NULL, pass,
						   pass ? (int)strlen(pass) : 0, NULL, NULL), 1);
	fclose(f);
}

static inline void ca_write_p12(const char *name, const struct ca_pair *p, X509 *ca,
				const char *pass)
{
	struct stack_st_X509 *more = sk_X509_new_null();
	FILE *f = ca_file(name, 0600);
	PKCS12 *p12;

	assert_non_null(more);
	if (ca)
		sk_X509_push(more, ca);
	p12 = PKCS12_create(pass, "x", p->key, p->cert, more, 0, 0, 0, 0, 0);
	assert_non_null(p12);
	assert_int_equal(i2d_PKCS12_fp(f, p12), 1);
	fclose(f);
	PKCS12_free(p12);
	sk_X509_free(more);
}

/* A CRL with one certificate in it, or with none; next: days till it expires */
static inline void ca_write_crl(const char *name, const struct ca_pair *ca, X509 *revoked,
				long next)
{
	ASN1_TIME *now = X509_gmtime_adj(NULL, -10 * CA_DAY);
	ASN1_TIME *then = X509_gmtime_adj(NULL, next * CA_DAY);
	X509_REVOKED *r = X509_REVOKED_new();
	X509_CRL *crl = X509_CRL_new();
	FILE *f = ca_file(name, 0644);

	assert_true(now && then && r && crl);
	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, then);
	if (revoked) {
		X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(revoked));
		X509_REVOKED_set_revocationDate(r, now);
		X509_CRL_add0_revoked(crl, X509_REVOKED_dup(r));
	}
	assert_int_not_equal(X509_CRL_sign(crl, ca->key, EVP_sha256()), 0);
	assert_int_equal(PEM_write_X509_CRL(f, crl), 1);
	fclose(f);
	X509_CRL_free(crl);
	X509_REVOKED_free(r);
	ASN1_TIME_free(now);
	ASN1_TIME_free(then);
}

/* A directory as cred_open() wants it, new for each test */
static inline void ca_dirs(void)
{
	static const char *const dirs[] = { "cacerts", "certs", "private", "crls" };
	char path[160];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", conf_dir, dirs[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
}

#endif
