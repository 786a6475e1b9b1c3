// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates and AUTH of a peer, as IKE_AUTH carries them, and raw keys. One
 * certificate of the CA below is in the corpus, its key is nowhere: whatever
 * comes, no other certificate is trusted, and no signature is good.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cred/priv.h"
#include "ike/cert.h"
#include "ike/sig.h"

#define CHOICE_LEN	2		/* what for, type of the first payload or form of a key */
#define FOR_RAW_KEY	0x80
#define TIME		1800000000	/* 2027: both certificates are valid */
#define SERIAL		2		/* of the one that the CA signed */

static const char ca_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBgDCCASegAwIBAgIUb1YxAqoRRmufrX+LD5ji9K4QxCowCgYIKoZIzj0EAwIw\n"
	"DTELMAkGA1UEAwwCQ0EwIBcNMjYxMTI0MjA1ODAwWhgPMjEyNjEwMzEyMDU4MDBa\n"
	"MA0xCzAJBgNVBAMMAkNBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDA4sqeI3\n"
	"GeUXNtCeG9kvnpe2jszZ0R0wsxXIkuQBpBFbZ9xdDSAIXiH0o7EmeaYI5XoWfOSc\n"
	"nTx5UQzqHRLwYaNjMGEwHQYDVR0OBBYEFA/vgtw5GiTEWZrc2PSgZ1SOHGw3MB8G\n"
	"A1UdIwQYMBaAFA/vgtw5GiTEWZrc2PSgZ1SOHGw3MA8GA1UdEwEB/wQFMAMBAf8w\n"
	"DgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0cAMEQCIDkhyyt4qDabaqSzSmfM\n"
	"IGnswJZKOd3P1Jh3bsgnj0oxAiBcjwcELJTG9CA84QUS/lvyoRu0K4RSrRY2anzE\n"
	"LecJ9g==\n"
	"-----END CERTIFICATE-----\n";

static const char *const ids[] = {
	"@west", "me@west", "192.0.2.1", "2001:db8::1", "CN=west", "@mallory", "CN=CA", "@#77",
};

#define IDS_GOOD 5			/* of them are the certificate's */

static struct cred_store store = { .dir = (char *)"/nonexistent" };
static struct cred_conn conn = { .store = &store };

static void set_up(void)
{
	BIO *bio = BIO_new_mem_buf(ca_pem, -1);
	X509 *ca = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	X509_VERIFY_PARAM *param;

	store.trusted = X509_STORE_new();
	if (!ca || !store.trusted || X509_STORE_add_cert(store.trusted, ca) != 1)
		abort();
	param = X509_STORE_get0_param(store.trusted);
	X509_VERIFY_PARAM_set_time(param, TIME);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	X509_VERIFY_PARAM_set_depth(param, 6);
	X509_free(ca);
	BIO_free(bio);
}

static void check_auth(const struct ike_payloads *pl, EVP_PKEY *key)
{
	const struct ike_payload *auth = ike_payload_find(pl, IKE_PL_AUTH);
	static const struct ike_octets octets = {
		{ { (const uint8_t *)"a", 1 }, { (const uint8_t *)"b", 1 },
		  { (const uint8_t *)"c", 1 } },
	};
	char err[256] = "";

	if (!auth || !ike_sig_method(auth->body.p[0]))
		return;
	if (!ike_sig_check(auth->body, key, CONF_AUTH_SIGNATURE | CONF_AUTH_RSA_SHA1, &octets,
			   err, sizeof(err)) || !*err)
		abort();
}

static void check_certs(const struct ike_payloads *pl, size_t nth)
{
	struct stack_st_X509 *certs;
	char err[512] = "";
	struct conf_id id;
	EVP_PKEY *key;

	if (ike_cert_get(pl, &certs))
		return;
	if (conf_id_parse(ids[nth], &id) || sk_X509_num(certs) > CRED_CHAIN_MAX)
		abort();
	key = cred_peer_key(&conn, &id, certs, err, sizeof(err));
	if (!key && !*err)
		abort();
	if (key && (nth >= IDS_GOOD ||
		    ASN1_INTEGER_get(X509_get_serialNumber(sk_X509_value(certs, 0))) != SERIAL))
		abort();
	/* Keys that are not trusted verify, too: a signature that crashes must not */
	if (!key && sk_X509_num(certs) > 0)
		key = X509_get_pubkey(sk_X509_value(certs, 0));
	ERR_clear_error();
	if (key)
		check_auth(pl, key);
	EVP_PKEY_free(key);
	sk_X509_pop_free(certs, X509_free);
}

static void check_raw_key(uint8_t form, const uint8_t *data, size_t size)
{
	EVP_PKEY *key = cred_raw_key((enum conf_pubkey)(form % 4), data, size);

	if (key)
		cred_key_weak(key);
	EVP_PKEY_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_payloads pl;

	if (size < CHOICE_LEN)
		return 0;
	if (!store.trusted)
		set_up();
	if (data[0] & FOR_RAW_KEY)
		check_raw_key(data[1], data + CHOICE_LEN, size - CHOICE_LEN);
	else if (!ike_payloads_parse(data[1], data + CHOICE_LEN, size - CHOICE_LEN, &pl))
		check_certs(&pl, data[0] % ARRAY_SIZE(ids));
	if (ERR_peek_error())		/* nothing is left for the next reader of its queue */
		abort();
	return 0;
}
