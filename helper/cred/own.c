// SPDX-License-Identifier: GPL-2.0-or-later
/* Our own certificates and private keys, by the names of the configuration. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cred/priv.h"

static bool try_path(char *path, size_t len, const char *dir, const char *sub, const char *name,
		     const char *suffix)
{
	return snprintf(path, len, "%s/%s/%s%s", dir, sub, name, suffix) < (int)len &&
	       !access(path, F_OK);
}

static int find_cert(const struct cred_store *store, const char *name, char *path, size_t len,
		     struct conf_err *err)
{
	static const char *const subs[] = { "certs", "private" };
	static const char *const suffixes[] = {
		"", ".pem", ".crt", ".cer", ".der", ".p12", ".pfx",
	};

	if (*name == '/')
		return snprintf(path, len, "%s", name) < (int)len ? 0 :
		       conf_fail(err, name, 0, "the path is too long");
	for (size_t i = 0; i < ARRAY_SIZE(subs); i++)
		for (size_t j = 0; j < ARRAY_SIZE(suffixes); j++)
			if (try_path(path, len, store->dir, subs[i], name, suffixes[j]))
				return 0;
	snprintf(path, len, "%s/certs/%s", store->dir, name);
	return conf_fail(err, path, 0,
			 "there is no such certificate, nor with .pem, .crt, .der or .p12; export it from NSS with: pk12util -d /var/lib/ipsec/nss -n %s -o %s.p12",
			 name, path);
}

/**
 * cred_own_cert - read the file that leftcert= or rightcert= names
 * @store: store
 * @name: a name in certs/ (or private/, for PKCS #12), or a whole path
 * @out: what is in it: one certificate at least, the end's own first
 * @err: error
 *
 * Return: 0, or -1 with the error set.
 */
int cred_own_cert(const struct cred_store *store, const char *name, struct cred_file *out,
		  struct conf_err *err)
{
	char path[PATH_MAX];

	if (find_cert(store, name, path, sizeof(path), err) ||
	    cred_file_read(path, store->secrets, out, err))
		return -1;
	if (sk_X509_num(out->certs) > 0)
		return 0;
	cred_file_free(out);
	return conf_fail(err, path, 0, "no certificate in it");
}

struct search {
	const struct cred_store *store;
	EVP_PKEY *pub, *found;
	char refused[512];		/* why the first file that was no use was none */
};

/* A file that cannot be used is no error if another one has the key */
static int try_key(void *arg, const char *path, struct conf_err *err)
{
	struct search *s = arg;
	char why[512];
	struct conf_err e = { .buf = why, .len = sizeof(why) };
	struct cred_file f;

	(void)err;
	if (cred_file_read(path, s->store->secrets, &f, &e)) {
		if (!s->refused[0])
			memcpy(s->refused, why, sizeof(why));
		return 0;
	}
	if (!s->found && f.key && EVP_PKEY_eq(f.key, s->pub) == 1) {
		s->found = f.key;
		f.key = NULL;
	}
	cred_file_free(&f);
	return 0;
}

/**
 * cred_own_key - find the private key of a public one
 * @store: store; looks through private/
 * @pub: public key
 * @what: what it is the key of, for the message
 * @err: error
 *
 * Return: the key, the caller's to free, or NULL with the error set.
 */
EVP_PKEY *cred_own_key(const struct cred_store *store, EVP_PKEY *pub, const char *what,
		       struct conf_err *err)
{
	struct search s = { .store = store, .pub = pub };
	char path[PATH_MAX];

	if (cred_dir_each(store->dir, "private", try_key, &s, err))
		return NULL;
	if (s.found)
		return s.found;
	snprintf(path, sizeof(path), "%s/private", store->dir);
	if (s.refused[0])
		conf_fail(err, path, 0, "no private key for %s; not used was %s", what, s.refused);
	else
		conf_fail(err, path, 0, "no private key for %s; put it there, mode 600", what);
	return NULL;
}
