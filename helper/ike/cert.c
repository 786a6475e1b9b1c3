// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/err.h>
#include <openssl/x509.h>

#include "ike/cert.h"

#define X509_SIGNATURE	4		/* Cert Encoding: X.509 Certificate - Signature */
#define ENCODING_LEN	1
#define NAMED_MAX	16		/* CAs in a request */

void ike_cert_put(struct ike_buf *b, struct stack_st_X509 *chain)
{
	int i;

	for (i = 0; i < sk_X509_num(chain); i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(chain, i), &der);
		size_t at;

		if (len <= 0)
			continue;
		at = ike_build_payload(b, IKE_PL_CERT);
		ike_put_u8(b, X509_SIGNATURE);
		ike_put_bytes(b, der, (size_t)len);
		ike_build_payload_end(b, at);
		OPENSSL_free(der);
	}
}

/* One whole certificate and nothing behind it */
static X509 *parse(struct ike_bytes body)
{
	const unsigned char *p = body.p + ENCODING_LEN;
	X509 *cert = d2i_X509(NULL, &p, (long)(body.len - ENCODING_LEN));

	if (cert && p != body.p + body.len) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static int get(const struct ike_payloads *pl, struct stack_st_X509 *out)
{
	X509 *cert;
	size_t i;

	for (i = 0; i < pl->n; i++) {
		const struct ike_payload *p = &pl->p[i];

		if (p->type != IKE_PL_CERT || p->body.p[0] != X509_SIGNATURE)
			continue;
		cert = parse(p->body);
		if (!cert)
			return -1;
		if (sk_X509_num(out) == CRED_CHAIN_MAX || !sk_X509_push(out, cert)) {
			X509_free(cert);
			return -1;
		}
	}
	return 0;
}

int ike_cert_get(const struct ike_payloads *pl, struct stack_st_X509 **out)
{
	int rc;

	*out = sk_X509_new_null();
	if (!*out)
		return -1;
	ERR_set_mark();
	rc = get(pl, *out);
	ERR_pop_to_mark();
	if (rc) {
		sk_X509_pop_free(*out, X509_free);
		*out = NULL;
	}
	return rc;
}

void ike_certreq_put(struct ike_buf *b, const struct cred_store *creds)
{
	const uint8_t *ids;
	size_t n = creds ? cred_ca_ids(creds, &ids) : 0, at;

	if (!n)
		return;
	at = ike_build_payload(b, IKE_PL_CERTREQ);
	ike_put_u8(b, X509_SIGNATURE);
	if (n <= NAMED_MAX)
		ike_put_bytes(b, ids, n * CRED_KEY_ID_LEN);
	ike_build_payload_end(b, at);
}

bool ike_certreq_find(const struct ike_payloads *pl)
{
	size_t i;

	for (i = 0; i < pl->n; i++)
		if (pl->p[i].type == IKE_PL_CERTREQ && pl->p[i].body.p[0] == X509_SIGNATURE)
			return true;
	return false;
}
