// SPDX-License-Identifier: GPL-2.0-or-later
/* What one connection signs with, and what it expects of its peer. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>

#include "cred/priv.h"

static int __printf(3, 4) fail(const struct conf_conn *conn, struct conf_err *err,
			       const char *fmt, ...)
{
	char why[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return conf_fail(err, conn->file, conn->line, "conn %s: %s", conn->name, why);
}

static const char *side(const struct conf_conn *conn, bool local)
{
	return local == conn->swapped ? "right" : "left";
}

static EVP_PKEY *raw_key(const struct conf_conn *conn, const struct conf_end *end, bool local,
			 struct conf_err *err)
{
	EVP_PKEY *key = cred_raw_key(end->pubkey_form, end->pubkey, end->pubkey_len);
	const char *weak = key ? cred_key_weak(key) : NULL;

	if (!key)
		fail(conn, err, "the raw public key of %s is none; copy it from `ipsec showhostkey`",
		     side(conn, local));
	if (!weak)
		return key;
	fail(conn, err, "the raw public key of %s is %s", side(conn, local), weak);
	EVP_PKEY_free(key);
	return NULL;
}

static int use_chain(struct cred_conn *c, struct cred_file *f)
{
	X509 *cert;

	c->chain = sk_X509_new_null();
	if (!c->chain)
		return -1;
	while (sk_X509_num(f->certs) > 0) {
		cert = sk_X509_shift(f->certs);
		/* A root says nothing to a peer who has it, nor to one who has not */
		if ((sk_X509_num(c->chain) > 0 && X509_self_signed(cert, 0) == 1) ||
		    sk_X509_num(c->chain) == CRED_CHAIN_MAX)
			X509_free(cert);
		else if (!sk_X509_push(c->chain, cert))
			goto full;
	}
	return 0;
full:
	X509_free(cert);
	return -1;
}

static int check_own_cert(const struct conf_conn *conn, X509 *cert, struct conf_err *err)
{
	const char *name = conn->local.cert, *bad = cred_key_weak(X509_get0_pubkey(cert));

	if (bad)
		return fail(conn, err, "certificate %s has %s", name, bad);
	bad = cred_cert_usage(cert);
	if (bad)
		return fail(conn, err, "certificate %s: %s", name, bad);
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		return fail(conn, err, "certificate %s has expired; have it renewed", name);
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		return fail(conn, err, "certificate %s is not valid yet; check the clock", name);
	return 0;
}

/* %fromcert, and a DN in the very bytes of the certificate: peers compare them */
static int own_id(struct conf_conn *conn, X509 *cert, struct conf_err *err)
{
	struct conf_id subject, *id = &conn->local.id;

	if (!conn->local.id_fromcert && id->type != CONF_ID_DN)
		return cred_cert_has_id(cert, id) || id->type == CONF_ID_NONE ? 0 :
		       fail(conn, err, "certificate %s is not for '%.80s'; write %sid=%%fromcert, or a name of its subjectAltName",
			    conn->local.cert, id->text, side(conn, true));
	if (cred_id_from_cert(cert, &subject))
		return fail(conn, err, "certificate %s has no subject, or a very long one; write %sid=",
			    conn->local.cert, side(conn, true));
	if (!conn->local.id_fromcert && !conf_id_equal(&subject, id))
		return fail(conn, err, "certificate %s is for '%.120s', not for '%.120s'",
			    conn->local.cert, subject.text, id->text);
	*id = subject;
	return 0;
}

static int own_cert(struct cred_store *store, struct conf_conn *conn, struct cred_conn *c,
		    struct conf_err *err)
{
	struct cred_file f;
	X509 *cert;
	int rc;

	if (cred_own_cert(store, conn->local.cert, &f, err))
		return -1;
	cert = sk_X509_value(f.certs, 0);
	rc = check_own_cert(conn, cert, err);
	if (!rc)
		rc = own_id(conn, cert, err);
	if (!rc && f.key && X509_check_private_key(cert, f.key) == 1) {
		c->key = f.key;
		f.key = NULL;
	} else if (!rc) {
		c->key = cred_own_key(store, X509_get0_pubkey(cert), conn->local.cert, err);
		rc = c->key ? 0 : -1;
	}
	if (!rc && use_chain(c, &f))
		rc = fail(conn, err, "out of memory");
	cred_file_free(&f);
	return rc;
}

static int own(struct cred_store *store, struct conf_conn *conn, struct cred_conn *c,
	       struct conf_err *err)
{
	char what[80];
	EVP_PKEY *pub;

	if (conn->local.auth & CONF_AUTH_SECRET)
		return 0;
	if (conn->local.cert)
		return own_cert(store, conn, c, err);
	if (!conn->local.pubkey)
		return fail(conn, err, "%s has to sign; add %scert=, or authby=secret",
			    side(conn, true), side(conn, true));
	pub = raw_key(conn, &conn->local, true, err);
	if (!pub)
		return -1;
	snprintf(what, sizeof(what), "the raw public key of %s", side(conn, true));
	c->key = cred_own_key(store, pub, what, err);
	EVP_PKEY_free(pub);
	return c->key ? 0 : -1;
}

static int peer_cert(struct cred_store *store, struct conf_conn *conn, struct cred_conn *c,
		     struct conf_err *err)
{
	struct cred_file f;

	if (cred_own_cert(store, conn->remote.cert, &f, err))
		return -1;
	c->peer_cert = sk_X509_shift(f.certs);
	cred_file_free(&f);
	if (conn->remote.id_fromcert && cred_id_from_cert(c->peer_cert, &conn->remote.id))
		return fail(conn, err, "certificate %s has no subject, or a very long one; write %sid=",
			    conn->remote.cert, side(conn, false));
	return 0;
}

static int peer_ca(const struct conf_conn *conn, struct cred_conn *c)
{
	const unsigned char *der = conn->remote.ca->data;

	c->peer_ca = d2i_X509_NAME(NULL, &der, (long)conn->remote.ca->len);
	return c->peer_ca ? 0 : -1;
}

static int peer(struct cred_store *store, struct conf_conn *conn, struct cred_conn *c,
		struct conf_err *err)
{
	if (conn->remote.auth & CONF_AUTH_SECRET)
		return 0;
	if (conn->remote.pubkey) {
		c->peer_key = raw_key(conn, &conn->remote, false, err);
		return c->peer_key ? 0 : -1;
	}
	if (conn->remote.ca && peer_ca(conn, c))
		return fail(conn, err, "%sca= cannot be used", side(conn, false));
	if (conn->remote.cert)
		return peer_cert(store, conn, c, err);
	if (!store->n_cas)
		return fail(conn, err, "%s/cacerts has no CA to trust; put its certificate there, or name the peer's in %scert=",
			    store->dir, side(conn, false));
	return 0;
}

int cred_conn_add(struct cred_store *store, struct conf_conn *conn, char *err, size_t errlen)
{
	struct conf_err e = { .buf = err, .len = errlen };
	struct cred_conn *c;

	if (!store || !((conn->local.auth | conn->remote.auth) & ~CONF_AUTH_SECRET))
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c) {
		snprintf(err, errlen, "out of memory");
		return -1;
	}
	/* Freed with the store, whatever comes of it */
	c->store = store;
	c->next = store->conns;
	store->conns = c;
	if (own(store, conn, c, &e) || peer(store, conn, c, &e)) {
		ERR_clear_error();
		return -1;
	}
	ERR_clear_error();
	conn->cred = c;
	return 0;
}
