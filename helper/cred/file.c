// SPDX-License-Identifier: GPL-2.0-or-later
/* Certificates, CRLs and a private key of one file: PEM, DER or PKCS #12. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "cred/priv.h"

#define OBJECTS_MAX	64		/* in one file */

struct pass {
	const struct conf_secret *secret;	/* NULL: there is none */
	bool asked;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct conf_secret *find_pass(const struct conf_secret *list, const char *path)
{
	for (; list; list = list->next)
		if (list->kind == CONF_SECRET_PASS &&
		    !strcmp(list->name, *list->name == '/' ? path : base_name(path)))
			return list;
	return NULL;
}

static int on_pass(char *buf, int size, int writing, void *arg)
{
	struct pass *pass = arg;

	(void)writing;
	pass->asked = true;
	if (!pass->secret || pass->secret->len > (size_t)size)
		return -1;
	memcpy(buf, pass->secret->key, pass->secret->len);
	return (int)pass->secret->len;
}

const char *cred_libcrypto_says(void)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return why ? why : "libcrypto does not say why";
}

void cred_file_free(struct cred_file *f)
{
	sk_X509_pop_free(f->certs, X509_free);
	sk_X509_CRL_pop_free(f->crls, X509_CRL_free);
	EVP_PKEY_free(f->key);
	memset(f, 0, sizeof(*f));
}

static int keep_info(struct cred_file *f, X509_INFO *info)
{
	if (info->x509) {
		if (!sk_X509_push(f->certs, info->x509))
			return -1;
		info->x509 = NULL;
	}
	if (info->crl) {
		if (!sk_X509_CRL_push(f->crls, info->crl))
			return -1;
		info->crl = NULL;
	}
	return 0;
}

/* Certificates and CRLs, in their order */
static int read_pem_public(BIO *bio, struct cred_file *f)
{
	struct stack_st_X509_INFO *infos;
	struct pass none = { .secret = NULL };
	int ret = 0;

	infos = PEM_X509_INFO_read_bio(bio, NULL, on_pass, &none);
	if (!infos)
		return -1;
	for (int i = 0; !ret && i < sk_X509_INFO_num(infos) && i < OBJECTS_MAX; i++)
		ret = keep_info(f, sk_X509_INFO_value(infos, i));
	sk_X509_INFO_pop_free(infos, X509_INFO_free);
	return ret;
}

static bool has_pem_key(const char *data, size_t len)
{
	static const char mark[] = "PRIVATE KEY-----";

	return memmem(data, len, mark, sizeof(mark) - 1);
}

static void read_pem_key(BIO *bio, const struct conf_secret *secret, struct cred_file *f)
{
	struct pass pass = { .secret = secret };

	f->key = PEM_read_bio_PrivateKey(bio, NULL, on_pass, &pass);
	f->encrypted = !f->key && pass.asked;
}

static void read_p12(const char *data, size_t len, const struct conf_secret *secret,
		     struct cred_file *f)
{
	const unsigned char *p = (const unsigned char *)data;
	PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)len);
	struct stack_st_X509 *more = NULL;
	X509 *cert = NULL;
	char *pass;

	if (!p12)
		return;
	f->pkcs12 = true;
	pass = OPENSSL_zalloc(secret ? secret->len + 1 : 1);
	if (pass && secret)
		memcpy(pass, secret->key, secret->len);
	if (pass && PKCS12_parse(p12, pass, &f->key, &cert, &more) == 1) {
		if (cert && !sk_X509_push(f->certs, cert))
			X509_free(cert);
		while (sk_X509_num(more) > 0 && sk_X509_num(f->certs) < OBJECTS_MAX)
			sk_X509_push(f->certs, sk_X509_shift(more));
	} else {
		f->encrypted = true;
	}
	OPENSSL_clear_free(pass, secret ? secret->len + 1 : 1);
	sk_X509_pop_free(more, X509_free);
	PKCS12_free(p12);
}

/* The first of these that the bytes are, whole */
static void read_der(const char *data, size_t len, const struct conf_secret *secret,
		     struct cred_file *f)
{
	const unsigned char *p = (const unsigned char *)data;
	X509_CRL *crl;
	X509 *cert;

	cert = d2i_X509(NULL, &p, (long)len);
	if (cert) {
		if (!sk_X509_push(f->certs, cert))
			X509_free(cert);
		return;
	}
	p = (const unsigned char *)data;
	crl = d2i_X509_CRL(NULL, &p, (long)len);
	if (crl) {
		if (!sk_X509_CRL_push(f->crls, crl))
			X509_CRL_free(crl);
		return;
	}
	p = (const unsigned char *)data;
	f->key = d2i_AutoPrivateKey(NULL, &p, (long)len);
	if (!f->key)
		read_p12(data, len, secret, f);
}

static void read_pem(const char *data, size_t len, const struct conf_secret *secret,
		     struct cred_file *f)
{
	BIO *bio = BIO_new_mem_buf(data, (int)len);

	if (bio && has_pem_key(data, len))
		read_pem_key(bio, secret, f);
	f->broken = !bio || BIO_reset(bio) != 1 || read_pem_public(bio, f);
	BIO_free(bio);
}

static int check_found(const struct cred_file *f, const char *path,
		       const struct conf_secret *secret, struct conf_err *err)
{
	if (f->encrypted && !f->key && secret)
		return conf_fail(err, path, 0, "the passphrase in the secrets file does not open it");
	if (f->encrypted && !f->key)
		return conf_fail(err, path, 0,
				 "it has a passphrase; add to the secrets file: : %s %s \"PASSPHRASE\"",
				 f->pkcs12 ? "P12" : "RSA", base_name(path));
	if (f->broken)
		return conf_fail(err, path, 0, "an object in it cannot be read, such as a cut off certificate");
	if (f->key || sk_X509_num(f->certs) > 0 || sk_X509_CRL_num(f->crls) > 0)
		return 0;
	return conf_fail(err, path, 0,
			 "no certificate, CRL or key in it; PEM, DER and PKCS #12 are read");
}

/**
 * cred_file_read - read a file of certificates, CRLs and keys
 * @path: its name
 * @secrets: passphrases, may be NULL
 * @out: what was in it
 * @err: error
 *
 * A file with a private key is refused where others than its owner may use it,
 * locked or not.
 *
 * Return: 0, or -1 with the error set.
 */
int cred_file_read(const char *path, const struct conf_secret *secrets, struct cred_file *out,
		   struct conf_err *err)
{
	const struct conf_secret *secret = find_pass(secrets, path);
	size_t len;
	char *data;
	int rc;

	memset(out, 0, sizeof(*out));
	if (conf_file_bytes(path, false, &data, &len, err))
		return -1;
	out->certs = sk_X509_new_null();
	out->crls = sk_X509_CRL_new_null();
	if (!out->certs || !out->crls) {
		rc = conf_fail(err, path, 0, "out of memory");
		goto out;
	}
	if (len && memmem(data, len, "-----BEGIN ", 11))
		read_pem(data, len, secret, out);
	else
		read_der(data, len, secret, out);
	ERR_clear_error();
	/* What may be read by anybody is known once it is known what it is */
	rc = out->key || out->encrypted ? conf_file_private(path, err) : 0;
	if (!rc)
		rc = check_found(out, path, secret, err);
out:
	OPENSSL_cleanse(data, len);
	free(data);
	if (rc)
		cred_file_free(out);
	return rc;
}
