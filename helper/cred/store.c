// SPDX-License-Identifier: GPL-2.0-or-later
/* Whom we trust: CAs and CRLs of the files, read again when they change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "cred/priv.h"

#define SECURITY_LEVEL	2	/* libcrypto's: 112 bits, so no RSA under 2048 and no SHA-1 */
#define DEPTH_MAX	6	/* intermediates */
#define LOOK_MS		100	/* between two looks at the files */
#define STAMP_START	0xcbf29ce484222325

/* A generation of the store: what is read before it takes the place of the old one */
struct generation {
	X509_STORE *trusted;
	uint8_t *ca_ids;
	size_t n_cas, n_crls;
};

static void generation_free(struct generation *g)
{
	X509_STORE_free(g->trusted);
	free(g->ca_ids);
}

/* RFC 7296, section 3.7: SHA-1 over the anchor's SubjectPublicKeyInfo; a name, not a proof */
static int ca_id(X509 *cert, uint8_t *id)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (len <= 0)
		return -1;
	SHA1(der, (size_t)len, id);
	OPENSSL_free(der);
	return 0;
}

static bool self_signed(X509 *cert)
{
	return X509_self_signed(cert, 0) == 1;
}

static int add_ca(struct generation *g, X509 *cert, const char *path, struct conf_err *err)
{
	if (X509_check_ca(cert) != 1)
		return conf_fail(err, path, 0,
				 "holds a certificate that is not a CA's (no basicConstraints CA:TRUE); end certificates belong in certs/");
	if (X509_STORE_add_cert(g->trusted, cert) != 1)
		return conf_fail(err, path, 0, "cannot add it: %s", cred_libcrypto_says());
	/* Intermediates help to build chains, and are no end of one */
	if (!self_signed(cert))
		return 0;
	if (g->n_cas == CRED_CAS_MAX)
		return conf_fail(err, path, 0, "more than %d CAs", CRED_CAS_MAX);
	if (ca_id(cert, g->ca_ids + g->n_cas * CRED_KEY_ID_LEN))
		return conf_fail(err, path, 0, "cannot use it: %s", cred_libcrypto_says());
	g->n_cas++;
	return 0;
}

static int read_cas(void *arg, const char *path, struct conf_err *err)
{
	struct cred_file f;
	int rc = cred_file_read(path, NULL, &f, err);

	if (rc)
		return -1;
	if (f.key)
		rc = conf_fail(err, path, 0,
			       "holds a private key; a CA's key does not belong on this machine");
	for (int i = 0; !rc && i < sk_X509_num(f.certs); i++)
		rc = add_ca(arg, sk_X509_value(f.certs, i), path, err);
	cred_file_free(&f);
	return rc;
}

static int read_crls(void *arg, const char *path, struct conf_err *err)
{
	struct generation *g = arg;
	struct cred_file f;
	int rc = cred_file_read(path, NULL, &f, err);

	if (rc)
		return -1;
	if (!sk_X509_CRL_num(f.crls))
		rc = conf_fail(err, path, 0, "no CRL in it");
	for (int i = 0; !rc && i < sk_X509_CRL_num(f.crls); i++, g->n_crls++)
		if (X509_STORE_add_crl(g->trusted, sk_X509_CRL_value(f.crls, i)) != 1)
			rc = conf_fail(err, path, 0, "cannot add it: %s", cred_libcrypto_says());
	cred_file_free(&f);
	return rc;
}

static void set_params(const struct cred_store *store, const struct generation *g)
{
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(g->trusted);

	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	if (g->n_crls || store->crl_strict)
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK |
					    X509_V_FLAG_CRL_CHECK_ALL);
}

static int read_all(const struct cred_store *store, struct generation *g, struct conf_err *err)
{
	memset(g, 0, sizeof(*g));
	g->trusted = X509_STORE_new();
	g->ca_ids = calloc(CRED_CAS_MAX, CRED_KEY_ID_LEN);
	if (!g->trusted || !g->ca_ids) {
		generation_free(g);
		return conf_fail(err, store->dir, 0, "out of memory");
	}
	if (cred_dir_each(store->dir, "cacerts", read_cas, g, err) ||
	    cred_dir_each(store->dir, "crls", read_crls, g, err)) {
		generation_free(g);
		return -1;
	}
	set_params(store, g);
	return 0;
}

static uint64_t stamp(const struct cred_store *store)
{
	return cred_dir_stamp(store->dir, "crls",
			      cred_dir_stamp(store->dir, "cacerts", STAMP_START));
}

static int load(struct cred_store *store, struct conf_err *err)
{
	/* Before it is read: what changes meanwhile is read again */
	uint64_t now = stamp(store);
	struct generation g;

	if (read_all(store, &g, err))
		return -1;
	X509_STORE_free(store->trusted);
	free(store->ca_ids);
	store->trusted = g.trusted;
	store->ca_ids = g.ca_ids;
	store->n_cas = g.n_cas;
	store->n_crls = g.n_crls;
	store->stamp = now;
	return 0;
}

struct cred_store *cred_open(const char *dir, bool crl_strict, const struct conf_secret *secrets,
			     char *err, size_t errlen)
{
	struct conf_err e = { .buf = err, .len = errlen };
	struct cred_store *store = calloc(1, sizeof(*store));

	if (store)
		store->dir = strdup(dir ? dir : CRED_DIR);
	if (!store || !store->dir) {
		snprintf(err, errlen, "out of memory");
		cred_close(store);
		return NULL;
	}
	store->crl_strict = crl_strict;
	store->secrets = secrets;
	if (!load(store, &e))
		return store;
	cred_close(store);
	return NULL;
}

int cred_refresh(struct cred_store *store, char *err, size_t errlen)
{
	struct conf_err e = { .buf = err, .len = errlen };

	struct timespec ts;
	uint64_t now;

	/* Not for each of many handshakes: strangers make us look */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	if (store->looked && now - store->looked < LOOK_MS)
		return 0;
	store->looked = now;
	if (stamp(store) == store->stamp)
		return 0;
	return load(store, &e) ? -1 : 1;
}

static void conn_free(struct cred_conn *c)
{
	EVP_PKEY_free(c->key);
	EVP_PKEY_free(c->peer_key);
	sk_X509_pop_free(c->chain, X509_free);
	X509_free(c->peer_cert);
	X509_NAME_free(c->peer_ca);
	free(c);
}

void cred_close(struct cred_store *store)
{
	struct cred_conn *c;

	if (!store)
		return;
	while ((c = store->conns)) {
		store->conns = c->next;
		conn_free(c);
	}
	X509_STORE_free(store->trusted);
	free(store->ca_ids);
	free(store->dir);
	free(store);
}

size_t cred_ca_ids(const struct cred_store *store, const uint8_t **ids)
{
	*ids = store->ca_ids;
	return store->n_cas;
}
