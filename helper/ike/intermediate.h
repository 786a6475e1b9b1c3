/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKE_INTERMEDIATE (RFC 9242) as it carries additional key exchanges (RFC 9370, section
 * 2.2.2): as many as IKE_SA_INIT has agreed on, each of which renews all keys of the IKE SA.
 * What they said becomes a part of what AUTH proves.
 */
#ifndef ESPINTCP_IKE_INTERMEDIATE_H
#define ESPINTCP_IKE_INTERMEDIATE_H

#include "ike/sa.h"

/* IntAuth_iN | IntAuth_rN | IKE_AUTH_MID */
#define IKE_INTAUTH_MAX	(2 * IKE_PRF_MAX + 4)

/* Behind IKE_SA_INIT, whose suite is known */
void ike_intermediate_begin(struct ike_sa *sa);
/* Is there one to be done before IKE_AUTH? */
bool ike_intermediate_due(const struct ike_sa *sa);
/* Initiator: send the next one, or IKE_AUTH. 0, or -1 if the SA is over. */
int ike_intermediate_go(struct ike_sa *sa);

/* 0, or -1 if the SA is over */
int ike_intermediate_request(struct ike_sa *sa, const struct ike_in *in);
int ike_intermediate_response(struct ike_sa *sa, const struct ike_in *in);

/* The keys that a message of the peer is protected by: those of before, for a repetition */
const struct ike_sk *ike_intermediate_sk(const struct ike_sa *sa, const struct ike_hdr *hdr);

/**
 * ike_intermediate_octets - what AUTH proves beyond RFC 7296 (RFC 9242, section 3.3.2)
 * @buf: IKE_INTAUTH_MAX bytes
 *
 * Return: IntAuth in @buf, of no bytes where there was no such exchange.
 */
struct ike_bytes ike_intermediate_octets(const struct ike_sa *sa, uint8_t *buf);

/* IKE_AUTH is done */
void ike_intermediate_forget(struct ike_sa *sa);

#endif
