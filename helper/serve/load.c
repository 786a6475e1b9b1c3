// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What strangers have to do first, by how many are half open: nothing, show by a cookie that
 * they are where they say (UDP), solve a puzzle (RFC 8019, section 6). Libraries that know no
 * puzzles are served while there is some room, and the last of it is for those that do.
 */
#include "net/loop.h"
#include "serve/serve.h"

#define COOKIES_FROM	(SERVE_HALF_OPEN_MAX / 2)
#define PUZZLES_FROM	(SERVE_HALF_OPEN_MAX * 3 / 4)
#define HARD_FROM	(SERVE_HALF_OPEN_MAX * 7 / 8)
#define BITS		16	/* a tenth of a second for a peer, and four prf's for us */
#define BITS_HARD	18
#define LOG_MS		10000

bool serve_loaded(const struct serve *serve)
{
	return serve->n_half_open >= COOKIES_FROM;
}

static unsigned int puzzle_bits(const struct serve *serve)
{
	if (serve->n_half_open < PUZZLES_FROM)
		return 0;
	return serve->n_half_open < HARD_FROM ? BITS : BITS_HARD;
}

static void say(struct serve *serve, unsigned int bits)
{
	uint64_t now = loop_now();

	if (!bits || now < serve->next_puzzle_log)
		return;
	serve->next_puzzle_log = now + LOG_MS;
	serve_warn(serve, NULL, "under load: new peers are given puzzles of %u bits, for %zu clients have not authenticated yet",
		   bits, serve->n_half_open);
}

enum ike_cookie_verdict serve_welcome(struct serve *serve, const struct ike_addrs *addrs,
				      bool tcp, struct ike_bytes msg,
				      struct ike_cookie_answer *answer)
{
	unsigned int bits = puzzle_bits(serve);
	enum ike_cookie_verdict verdict;

	if (!bits && (tcp || !serve_loaded(serve)))
		return IKE_COOKIE_GOOD;
	verdict = ike_cookie_check(&serve->cookies, loop_now(), addrs, msg, &serve->offer, bits,
				   answer);
	if (verdict == IKE_COOKIE_UNSOLVED)
		verdict = serve->n_half_open < HARD_FROM ? IKE_COOKIE_GOOD : IKE_COOKIE_ASK;
	if (verdict == IKE_COOKIE_ASK)
		say(serve, bits);
	return verdict;
}
