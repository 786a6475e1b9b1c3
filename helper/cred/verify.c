// SPDX-License-Identifier: GPL-2.0-or-later
/* Is a peer's certificate to be trusted, and for whom? */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cred/priv.h"

static int __printf(3, 4) fail(char *err, size_t errlen, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	ERR_clear_error();
	return -1;
}

static const char *subject(X509 *cert, char *buf, size_t len)
{
	struct conf_id id;

	if (cred_id_from_cert(cert, &id))
		return "(no subject)";
	snprintf(buf, len, "%.120s", id.text);
	return buf;
}

/* Without crl-strict a CRL that is missing or old is no reason to turn a peer away */
static int tolerate(int ok, X509_STORE_CTX *ctx)
{
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	default:
		return ok;
	}
}

/* A certificate that the configuration names is trusted, whoever signed it */
static int tolerate_issuer(int ok, X509_STORE_CTX *ctx)
{
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	default:
		return tolerate(ok, ctx);
	}
}

static bool ca_in_chain(const struct cred_conn *cred, struct stack_st_X509 *chain)
{
	if (!cred->peer_ca)
		return true;
	for (int i = 1; i < sk_X509_num(chain); i++)
		if (!X509_NAME_cmp(cred->peer_ca, X509_get_subject_name(sk_X509_value(chain, i))))
			return true;
	return false;
}

static const char *hint(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return ": its CA is missing in cacerts/";
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return ": renew the CRL in crls/, or set crl-strict=no";
	default:
		return "";
	}
}

static int explain(X509_STORE_CTX *ctx, X509 *cert, char *err, size_t errlen)
{
	int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
	X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	char name[128];

	return fail(err, errlen, "%scertificate %s: %s%s",
		    depth > 0 && at && at != cert ? "CA " : "",
		    subject(at ? at : cert, name, sizeof(name)),
		    X509_verify_cert_error_string(error), hint(error));
}

/**
 * cred_verify - check a certificate: chain, time, revocation, strength
 * @cred: of the connection
 * @cert: the certificate
 * @others: what may be between it and a CA; may be NULL
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * Return: 0, or -1 with @err set.
 */
int cred_verify(const struct cred_conn *cred, X509 *cert, struct stack_st_X509 *others, char *err,
		size_t errlen)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	char name[128];
	int rc = -1;

	if (!ctx || X509_STORE_CTX_init(ctx, cred->store->trusted, cert, others) != 1) {
		fail(err, errlen, "out of memory");
		goto out;
	}
	if (!cred->store->crl_strict)
		X509_STORE_CTX_set_verify_cb(ctx, cred->peer_cert ? tolerate_issuer : tolerate);
	if (X509_verify_cert(ctx) != 1)
		explain(ctx, cert, err, errlen);
	else if (!ca_in_chain(cred, X509_STORE_CTX_get0_chain(ctx)))
		fail(err, errlen, "certificate %s is not by the CA of leftca= or rightca=",
		     subject(cert, name, sizeof(name)));
	else
		rc = 0;
out:
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return rc;
}

/* RFC 4945, section 5.1.3.12: for IKE, or for anything */
static bool for_ike(EXTENDED_KEY_USAGE *eku)
{
	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i));

		if (nid == NID_ipsec_IKE || nid == NID_anyExtendedKeyUsage)
			return true;
	}
	return false;
}

/**
 * cred_cert_usage - tell whether the key of a certificate may sign in IKE
 * @cert: certificate
 *
 * RFC 4945, sections 5.1.3.2 and 5.1.3.12: keyUsage and extKeyUsage allow
 * everything where they are not there.
 *
 * Return: NULL if it may, else what forbids it.
 */
const char *cred_cert_usage(X509 *cert)
{
	uint32_t usage = X509_get_key_usage(cert);	/* all ones without the extension */
	EXTENDED_KEY_USAGE *eku;
	int critical;
	bool ok;

	if (!(usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return "its keyUsage allows no signatures";
	eku = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	if (!eku)
		return critical == -1 ? NULL : "its extKeyUsage cannot be read";
	ok = for_ike(eku);
	EXTENDED_KEY_USAGE_free(eku);
	return ok ? NULL : "its extKeyUsage has neither ipsecIKE nor anyExtendedKeyUsage";
}

static EVP_PKEY *key_of(X509 *cert, char *err, size_t errlen)
{
	EVP_PKEY *key = X509_get_pubkey(cert);
	const char *weak = key ? cred_key_weak(key) : "a key that cannot be read";
	char name[128];

	if (!weak)
		return key;
	fail(err, errlen, "certificate %s has %s", subject(cert, name, sizeof(name)), weak);
	EVP_PKEY_free(key);
	return NULL;
}

EVP_PKEY *cred_peer_key(const struct cred_conn *cred, const struct conf_id *id,
			struct stack_st_X509 *sent, char *err, size_t errlen)
{
	X509 *cert = sk_X509_num(sent) > 0 ? sk_X509_value(sent, 0) : cred->peer_cert;
	const char *bad;
	char name[128];

	if (cred->peer_key) {
		EVP_PKEY_up_ref(cred->peer_key);
		return cred->peer_key;
	}
	if (!cert) {
		fail(err, errlen, "it sent no certificate, and rightcert= (or leftcert=) names none");
		return NULL;
	}
	if (cred->peer_cert && X509_cmp(cred->peer_cert, cert)) {
		fail(err, errlen, "it sent certificate %s, which is not the one in the configuration",
		     subject(cert, name, sizeof(name)));
		return NULL;
	}
	if (cred_verify(cred, cert, sent, err, errlen))
		return NULL;
	bad = cred_cert_usage(cert);
	if (bad) {
		fail(err, errlen, "certificate %s: %s", subject(cert, name, sizeof(name)), bad);
		return NULL;
	}
	if (!cred_cert_has_id(cert, id)) {
		fail(err, errlen, "certificate %s is not for '%.80s' (subject, subjectAltName)",
		     subject(cert, name, sizeof(name)), id->text);
		return NULL;
	}
	return key_of(cert, err, errlen);
}
