// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ike/prf.h"
#include "ike/puzzle.h"

#define SLICE	1024	/* tries in one go: what waits meanwhile is not to notice */

static unsigned int zero_bits(const uint8_t *p, size_t len)
{
	unsigned int n = 0;

	while (len && !p[len - 1]) {
		n += 8;
		len--;
	}
	return len ? n + (unsigned int)__builtin_ctz(p[len - 1]) : n;
}

static bool offered(const struct ike_suite_list *ours, uint16_t prf)
{
	for (size_t i = 0; i < ours->n; i++)
		if (ours->s[i].prf == prf)
			return true;
	return false;
}

int ike_puzzle_begin(struct ike_puzzle *puzzle, const struct ike_notify *n,
		     const struct ike_suite_list *ours, uint64_t now)
{
	if (n->data.len != IKE_PUZZLE_LEN)
		return -1;
	puzzle->prf = ike_get16(n->data.p);
	puzzle->bits = n->data.p[2] ? n->data.p[2] : IKE_PUZZLE_BITS_FREE;
	if (!offered(ours, puzzle->prf) || puzzle->bits > IKE_PUZZLE_BITS_MAX)
		return -1;
	if (!puzzle->until)
		puzzle->until = now + IKE_PUZZLE_MS;
	puzzle->solving = true;
	return 0;
}

bool ike_puzzle_is_solved(const struct ike_puzzle *puzzle)
{
	return puzzle->found == IKE_PUZZLE_KEYS;
}

/* One key after the other; those of an earlier puzzle need not come again */
static int try_some(struct ike_puzzle *puzzle, struct ike_prf_ctx *ctx, struct ike_bytes cookie)
{
	size_t len = ike_prf_len(puzzle->prf);
	uint8_t key[IKE_PUZZLE_KEY_LEN], out[IKE_PRF_MAX];

	for (unsigned int i = 0; i < SLICE && !ike_puzzle_is_solved(puzzle); i++) {
		ike_put32(key, puzzle->tries++);
		if (ike_prf_next(ctx, (struct ike_bytes){ key, sizeof(key) }, cookie, out))
			return -1;
		if (zero_bits(out, len) >= puzzle->bits)
			memcpy(puzzle->keys + puzzle->found++ * sizeof(key), key, sizeof(key));
	}
	return 0;
}

int ike_puzzle_work(struct ike_puzzle *puzzle, struct ike_bytes cookie, uint64_t now)
{
	struct ike_prf_ctx *ctx;
	int ret = -1;

	if (puzzle->tries < IKE_PUZZLE_TRIES_MAX && now < puzzle->until) {
		ctx = ike_prf_begin(puzzle->prf);
		ret = ctx ? try_some(puzzle, ctx, cookie) : -1;
		ike_prf_end(ctx);
	}
	if (!ret)
		ret = ike_puzzle_is_solved(puzzle);
	if (ret)
		puzzle->solving = false;
	return ret;
}

bool ike_puzzle_check(uint16_t prf, struct ike_bytes cookie, struct ike_bytes solution,
		      unsigned int bits)
{
	size_t len = solution.len / IKE_PUZZLE_KEYS;
	uint8_t out[IKE_PRF_MAX];

	if (!len || solution.len % IKE_PUZZLE_KEYS || len > ike_prf_len(prf))
		return false;
	for (size_t i = 0; i < IKE_PUZZLE_KEYS; i++) {
		const uint8_t *key = solution.p + i * len;

		for (size_t j = 0; j < i; j++)
			if (!memcmp(key, solution.p + j * len, len))
				return false;
		if (ike_prf(prf, (struct ike_bytes){ key, len }, &cookie, 1, out) ||
		    zero_bits(out, ike_prf_len(prf)) < bits)
			return false;
	}
	return true;
}
