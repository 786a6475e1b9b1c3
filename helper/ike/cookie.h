/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cookies (RFC 7296, section 2.6): before a responder keeps anything for an
 * address, somebody there must have read an answer. For UDP; a TCP connection
 * has shown it already (RFC 9329, section 6.3). Under more load a cookie comes with
 * a puzzle (RFC 8019), by both.
 */
#ifndef ESPINTCP_IKE_COOKIE_H
#define ESPINTCP_IKE_COOKIE_H

#include "ike/ike.h"
#include "ike/puzzle.h"

/* Version of the secret; bits, prf and time of the puzzle; HMAC-SHA2-256 */
#define IKE_COOKIE_INFO		(1 + 1 + 2 + 4)
#define IKE_COOKIE_LEN		(IKE_COOKIE_INFO + 32)
#define IKE_COOKIE_ANSWER	(28 + 8 + IKE_COOKIE_LEN + 8 + IKE_PUZZLE_LEN)
#define IKE_COOKIE_SECRET	32
#define IKE_COOKIE_LIFE_MS	60000	/* of a secret; the one before is good, too */
#define IKE_COOKIE_PUZZLE_MS	30000	/* for the solution of a puzzle */
/* Solutions that are good once only. An older one has gone with its puzzle, or gives way. */
#define IKE_COOKIE_USED_MAX	256
#define IKE_COOKIE_USED_LEN	8

/* All zero at the start */
struct ike_cookies {
	uint8_t secret[2][IKE_COOKIE_SECRET];
	uint8_t version;		/* of the current one, secret[version & 1] */
	uint64_t since;			/* ms; 0: none yet */
	uint8_t used[IKE_COOKIE_USED_MAX][IKE_COOKIE_USED_LEN];
	size_t next_used;
};

enum ike_cookie_verdict {
	IKE_COOKIE_GOOD,		/* the request may be worked on */
	IKE_COOKIE_ASK,			/* the answer is to be sent, and nothing kept */
	IKE_COOKIE_UNSOLVED,		/* either: a puzzle was given, and came back as it was */
	IKE_COOKIE_JUNK,		/* no first request that can be answered */
};

struct ike_cookie_answer {
	uint8_t data[IKE_COOKIE_ANSWER];	/* shorter than any request */
	size_t len;
};

/**
 * ike_cookie_check - look for our cookie in an IKE_SA_INIT request
 * @c: secrets; renewed as time goes by
 * @now: ms
 * @addrs: where the request came from; ports do not count
 * @msg: the request
 * @offer: our algorithms, of which the puzzle takes its prf
 * @bits: of the puzzle that a request has to solve now; 0: a cookie will do
 * @answer: filled in where there is one to send: cookie, or NO_PROPOSAL_CHOSEN
 *
 * Return: what is to be done.
 */
enum ike_cookie_verdict ike_cookie_check(struct ike_cookies *c, uint64_t now,
					 const struct ike_addrs *addrs, struct ike_bytes msg,
					 const struct ike_suite_list *offer, unsigned int bits,
					 struct ike_cookie_answer *answer);

#endif
