/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificate payloads and requests for them (RFC 7296, sections 3.6 and 3.7). */
#ifndef ESPINTCP_IKE_CERT_H
#define ESPINTCP_IKE_CERT_H

#include "cred/cred.h"
#include "ike/build.h"

/* Append our chain, one payload for each certificate */
void ike_cert_put(struct ike_buf *b, struct stack_st_X509 *chain);

/**
 * ike_cert_get - the certificates of a message
 * @pl: its payloads
 * @out: set to those that came, their number bounded; the caller's to free
 *
 * Encodings other than X.509 signature certificates are passed over: nothing is
 * ever fetched from an address that a stranger gives.
 *
 * Return: 0, or -1 where one cannot be read, or out of memory.
 */
int ike_cert_get(const struct ike_payloads *pl, struct stack_st_X509 **out);

/*
 * Append a request that names our trust anchors, or any where they are many (IKE_SA_INIT has
 * to fit a datagram); nothing where there are none
 */
void ike_certreq_put(struct ike_buf *b, const struct cred_store *creds);

/* Does the message ask for an X.509 certificate? Which CAs it names does not matter to us. */
bool ike_certreq_find(const struct ike_payloads *pl);

#endif
