/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Redirection to another gateway (RFC 5685): whom a REDIRECT names, and who obeys it. The
 * initiator's owner, which alone can go there, is told by struct ike_env.
 */
#ifndef ESPINTCP_IKE_REDIRECT_H
#define ESPINTCP_IKE_REDIRECT_H

#include "ike/build.h"
#include "ike/ike.h"

/* A gateway as text: an address in digits, or a name */
#define IKE_GATEWAY_MAX		256
/* An IKE_SA_INIT answer with a REDIRECT alone */
#define IKE_REDIRECT_ANSWER	(28 + 8 + 2 + 255 + IKE_NONCE_MAX)

struct ike_redirect_answer {
	uint8_t data[IKE_REDIRECT_ANSWER];
	size_t len;
};

/**
 * ike_redirect_get - read what a REDIRECT notify says (section 9.2)
 * @data: of the notify
 * @host: set to the gateway, as text
 * @nonce: set to the nonce data, empty where there is none
 *
 * A name is such as DNS could know. Return: whether it can be read.
 */
bool ike_redirect_get(struct ike_bytes data, char host[IKE_GATEWAY_MAX], struct ike_bytes *nonce);
/* Append one; @nonce: of an IKE_SA_INIT request, else empty */
void ike_redirect_put(struct ike_buf *b, const char *host, struct ike_bytes nonce);

/* Initiator, in IKE_SA_INIT: we may be redirected, or have been */
void ike_redirect_offer(const struct ike_sa *sa, struct ike_buf *b);
/* Whether a peer's IKE_SA_INIT says so */
bool ike_redirect_offered(const struct ike_payloads *pl);

/**
 * ike_redirect_answer - redirect a peer before there is an IKE SA (section 3)
 * @msg: its IKE_SA_INIT request
 * @host: where to
 *
 * Return: whether the peer may be redirected, and @answer is to be sent.
 */
bool ike_redirect_answer(struct ike_bytes msg, const char *host,
			 struct ike_redirect_answer *answer);

/**
 * ike_redirect_follow - initiator: do what a REDIRECT of a message says
 * @nonce: that has to be in it: Ni in IKE_SA_INIT, else empty
 *
 * Return: 1 if the owner goes there, 0 where there is none or it is none of ours, and -1 if
 * it is refused; with a reason noted in @why.
 */
int ike_redirect_follow(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_bytes nonce,
			char *why, size_t whylen);
/* Responder, in IKE_AUTH: where the connection sends this peer; NULL: nowhere */
const char *ike_redirect_to(const struct ike_sa *sa);

#endif
