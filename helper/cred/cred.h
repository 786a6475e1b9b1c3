/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys and certificates: from files to what IKE_AUTH signs with and trusts. All
 * of X.509 is libcrypto's; what is decided here is whom to trust for which ID.
 *
 * DIR (ipsecdir=, /etc/ipsec.d) has cacerts/, crls/, certs/ and private/. Files
 * are PEM, DER or PKCS #12. Data flows from file.c (one file) to store.c (whom
 * we trust) and own.c (what we are), from there to conn.c (one connection) and
 * verify.c (a peer's certificate, with name.c for its ID).
 *
 * struct stack_st_X509 is what libcrypto's STACK_OF(X509) stands for.
 */
#ifndef ESPINTCP_CRED_H
#define ESPINTCP_CRED_H

#include <openssl/x509.h>

#include "conf/conf.h"

#define CRED_DIR		"/etc/ipsec.d"
#define CRED_CHAIN_MAX		8	/* certificates that a peer may send */
#define CRED_KEY_ID_LEN		20	/* SHA-1 of a CA's public key, for CERTREQ */
#define CRED_CAS_MAX		256

struct cred_store;

/* One connection's, of both ends; lives as long as the store */
struct cred_conn {
	struct cred_conn *next;
	const struct cred_store *store;
	EVP_PKEY *key;			/* ours, private; NULL: PSK */
	struct stack_st_X509 *chain;		/* ours, the key's own first; NULL: raw key */
	X509 *peer_cert;		/* the one that it must have; NULL: any we trust */
	EVP_PKEY *peer_key;		/* raw key of the peer; NULL: a certificate */
	X509_NAME *peer_ca;		/* that must be in its chain; NULL: any */
};

/**
 * cred_open - read what we trust
 * @dir: NULL for CRED_DIR
 * @crl_strict: whether certificates without a valid CRL are refused
 * @secrets: passphrases; must outlive the store
 * @err: set to a sentence that names the file and a remedy
 * @errlen: size of @err
 *
 * Return: the store, or NULL with @err set.
 */
struct cred_store *cred_open(const char *dir, bool crl_strict, const struct conf_secret *secrets,
			     char *err, size_t errlen);
/* Frees the store and every struct cred_conn; wipes private keys. NULL is fine. */
void cred_close(struct cred_store *store);

/**
 * cred_conn_add - find what a connection signs with and expects of its peer
 * @store: the store
 * @conn: an oriented connection: sets its cred, and IDs that are %fromcert
 * @err: set to a sentence that names the file and a remedy
 * @errlen: size of @err
 *
 * Return: 0, or -1 with @err set.
 */
int cred_conn_add(struct cred_store *store, struct conf_conn *conn, char *err, size_t errlen);

/**
 * cred_peer_key - the public key that a peer has to prove
 * @cred: of the connection
 * @id: who the peer says it is, which is who it may be
 * @sent: certificates that it sent, its own first; may be empty
 * @err: set to a sentence if it cannot be trusted
 * @errlen: size of @err
 *
 * Return: the key, the caller's to free, or NULL with @err set.
 */
EVP_PKEY *cred_peer_key(const struct cred_conn *cred, const struct conf_id *id,
			struct stack_st_X509 *sent, char *err, size_t errlen);

/*
 * Read CRLs and CAs again where their files have changed. 1: done, 0: they have not, -1: with
 * @err set, and what was read before stays.
 */
int cred_refresh(struct cred_store *store, char *err, size_t errlen);

/* Number of trust anchors, and their CRED_KEY_ID_LEN bytes each (RFC 7296, section 3.7) */
size_t cred_ca_ids(const struct cred_store *store, const uint8_t **ids);

#endif
