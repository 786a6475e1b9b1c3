// SPDX-License-Identifier: GPL-2.0-or-later
/* Identities that a certificate carries (RFC 7296, section 3.5; RFC 4945, section 3.1). */
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cred/priv.h"

/* The names of subjectAltName alone: what a subject's CN may mean is anybody's guess */
#define HOST_FLAGS	(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS)

static bool has_subject(X509 *cert, const struct conf_id *id)
{
	struct conf_id subject;

	return !cred_id_from_cert(cert, &subject) && conf_id_equal(&subject, id);
}

static bool has_host(X509 *cert, const char *name, size_t len)
{
	/* A leading dot would match every host below, a trailing one none */
	if (name[0] == '.')
		return false;
	return X509_check_host(cert, name, len, HOST_FLAGS, NULL) == 1;
}

/**
 * cred_cert_has_id - tell whether a certificate is for an identity
 * @cert: certificate
 * @id: what an ID payload said
 *
 * Names and addresses are looked for in subjectAltName, of the same kind; a
 * distinguished name is the subject. An opaque ID is in no certificate.
 *
 * Return: whether it is.
 */
bool cred_cert_has_id(X509 *cert, const struct conf_id *id)
{
	const char *text = (const char *)id->data;
	bool has = false;

	switch (id->type) {
	case CONF_ID_FQDN:
		has = has_host(cert, text, id->len);
		break;
	case CONF_ID_EMAIL:
		has = X509_check_email(cert, text, id->len,
				       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT) == 1;
		break;
	case CONF_ID_IPV4:
	case CONF_ID_IPV6:
		has = X509_check_ip(cert, id->data, id->len, 0) == 1;
		break;
	case CONF_ID_DN:
		has = has_subject(cert, id);
		break;
	case CONF_ID_KEY:
	case CONF_ID_NONE:
		break;
	}
	ERR_clear_error();
	return has;
}

/**
 * cred_id_from_cert - the subject of a certificate as an identity
 * @cert: certificate
 * @id: set
 *
 * Return: 0, or -1 if it has none, or one that is too long.
 */
int cred_id_from_cert(X509 *cert, struct conf_id *id)
{
	const unsigned char *der;
	size_t len;

	if (X509_NAME_get0_der(X509_get_subject_name(cert), &der, &len) != 1)
		return -1;
	return conf_id_set(id, CONF_ID_DN, der, len);
}
