/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of cred/ share. */
#ifndef ESPINTCP_CRED_PRIV_H
#define ESPINTCP_CRED_PRIV_H

#include <openssl/x509_vfy.h>

#include "conf/file.h"
#include "cred/cred.h"
#include "macros.h"

#define CRED_FILES_MAX	512		/* of one directory */

struct cred_store {
	char *dir;
	bool crl_strict;
	const struct conf_secret *secrets;
	X509_STORE *trusted;
	uint8_t *ca_ids;
	size_t n_cas, n_crls;
	uint64_t stamp;			/* of the files that this came from */
	uint64_t looked;		/* when that was compared, CLOCK_MONOTONIC in ms */
	struct cred_conn *conns;
};

/* What was in a file; each may be missing */
struct cred_file {
	struct stack_st_X509 *certs;		/* in order, the key's own first */
	struct stack_st_X509_CRL *crls;
	EVP_PKEY *key;			/* private */
	bool pkcs12;
	bool encrypted;			/* there is a key, and no passphrase opens it */
	bool broken;			/* an object in it cannot be read */
};

/* file.c: 0, or -1 with the error set; what was read is the caller's to free */
int cred_file_read(const char *path, const struct conf_secret *secrets, struct cred_file *out,
		   struct conf_err *err);
void cred_file_free(struct cred_file *f);
/* What libcrypto said last, in few words, and forget it */
const char *cred_libcrypto_says(void);

/* dir.c: call @each for every file, sorted; no directory is an empty one */
int cred_dir_each(const char *dir, const char *sub,
		  int (*each)(void *arg, const char *path, struct conf_err *err), void *arg,
		  struct conf_err *err);
/* A number that changes with names, sizes and times of the files */
uint64_t cred_dir_stamp(const char *dir, const char *sub, uint64_t stamp);

/* own.c: a private key to go with @pub, from private/. NULL with the error set. */
EVP_PKEY *cred_own_key(const struct cred_store *store, EVP_PKEY *pub, const char *what,
		       struct conf_err *err);
/* A certificate of certs/ with what else is in its file */
int cred_own_cert(const struct cred_store *store, const char *name, struct cred_file *out,
		  struct conf_err *err);

/* raw.c: a public key as ipsec.conf(5) has it. NULL: it is none. */
EVP_PKEY *cred_raw_key(enum conf_pubkey form, const uint8_t *data, size_t len);
/* A key that is strong enough, of a kind that we sign with. NULL if so, else what is wrong. */
const char *cred_key_weak(EVP_PKEY *key);

/* name.c */
bool cred_cert_has_id(X509 *cert, const struct conf_id *id);
int cred_id_from_cert(X509 *cert, struct conf_id *id);

/* verify.c: 0, or -1 with @err set */
int cred_verify(const struct cred_conn *cred, X509 *cert, struct stack_st_X509 *others, char *err,
		size_t errlen);
/* RFC 4945: may its key sign in IKE? NULL if so, else what forbids it. */
const char *cred_cert_usage(X509 *cert);

#endif
