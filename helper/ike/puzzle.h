/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puzzles (RFC 8019): what a responder under load asks of whoever wants it to work. Four keys
 * are to be found under which the prf of the cookie ends in so many zero bits.
 */
#ifndef ESPINTCP_IKE_PUZZLE_H
#define ESPINTCP_IKE_PUZZLE_H

#include <stdbool.h>

#include "ike/notify.h"
#include "ike/suite.h"

#define IKE_PUZZLE_LEN		3	/* of the notify's data */
#define IKE_PUZZLE_KEYS		4
#define IKE_PUZZLE_KEY_LEN	4	/* of ours */
#define IKE_PUZZLE_SOLUTION	(IKE_PUZZLE_KEYS * IKE_PUZZLE_KEY_LEN)
/*
 * What we do for one IKE SA at most, however many puzzles it is given: a bit more doubles the
 * work, and 20 are 2^22 tries on average, two seconds of one CPU.
 */
#define IKE_PUZZLE_BITS_MAX	20
#define IKE_PUZZLE_BITS_FREE	16	/* where the responder leaves it to us */
#define IKE_PUZZLE_TRIES_MAX	(16u << 20)
#define IKE_PUZZLE_MS		8000	/* behind the first puzzle */

/* The initiator's */
struct ike_puzzle {
	uint16_t prf;
	uint8_t bits;
	bool solving;
	uint8_t keys[IKE_PUZZLE_SOLUTION];
	size_t found;			/* of them; all: it is solved */
	uint32_t tries;			/* of all puzzles so far */
	uint64_t until;			/* ms; 0: there was none yet */
};

/**
 * ike_puzzle_begin - take a PUZZLE notify
 * @ours: what was offered, with the prf's that the puzzle may use
 * @now: ms
 *
 * The caller has forgotten an older solution. Return: 0, or -1: it is not one that we solve.
 */
int ike_puzzle_begin(struct ike_puzzle *puzzle, const struct ike_notify *n,
		     const struct ike_suite_list *ours, uint64_t now);

/**
 * ike_puzzle_work - try some keys, for less than a millisecond
 *
 * Return: 0: there is more to do; 1: it is solved; -1: it takes too long, and is given up.
 */
int ike_puzzle_work(struct ike_puzzle *puzzle, struct ike_bytes cookie, uint64_t now);

/* There is a solution, for the cookie that came with the puzzle */
bool ike_puzzle_is_solved(const struct ike_puzzle *puzzle);

/**
 * ike_puzzle_check - does a peer's solution have four keys that give so many zero bits?
 * @solution: body of a Puzzle Solution payload
 */
bool ike_puzzle_check(uint16_t prf, struct ike_bytes cookie, struct ike_bytes solution,
		      unsigned int bits);

#endif
