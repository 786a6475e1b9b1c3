/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cookies (RFC 7296, section 2.6): before a responder keeps anything for an
 * address, somebody there must have read an answer. For UDP; a TCP connection
 * has shown it already (RFC 9329, section 6.3).
 */
#ifndef ESPINTCP_IKE_COOKIE_H
#define ESPINTCP_IKE_COOKIE_H

#include "ike/ike.h"

#define IKE_COOKIE_LEN		33	/* version of the secret, HMAC-SHA2-256 */
#define IKE_COOKIE_ANSWER	(28 + 8 + IKE_COOKIE_LEN)
#define IKE_COOKIE_SECRET	32
#define IKE_COOKIE_LIFE_MS	60000	/* of a secret; the one before is good, too */

/* All zero at the start */
struct ike_cookies {
	uint8_t secret[2][IKE_COOKIE_SECRET];
	uint8_t version;		/* of the current one, secret[version & 1] */
	uint64_t since;			/* ms; 0: none yet */
};

enum ike_cookie_verdict {
	IKE_COOKIE_GOOD,		/* the request may be worked on */
	IKE_COOKIE_ASK,			/* out is to be sent, and nothing kept */
	IKE_COOKIE_JUNK,		/* no first request that can be answered */
};

/**
 * ike_cookie_check - look for our cookie in an IKE_SA_INIT request
 * @c: secrets; renewed as time goes by
 * @now: ms
 * @addrs: where the request came from; ports do not count
 * @msg: the request
 * @len: its length
 * @out: the answer that asks for the cookie, shorter than any request
 *
 * Return: what is to be done.
 */
enum ike_cookie_verdict ike_cookie_check(struct ike_cookies *c, uint64_t now,
					 const struct ike_addrs *addrs, const uint8_t *msg,
					 size_t len, uint8_t out[IKE_COOKIE_ANSWER]);

#endif
