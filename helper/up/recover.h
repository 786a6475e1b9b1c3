/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to try again after a tunnel has lost its connection. Pure: the clock is the caller's. */
#ifndef ESPINTCP_UP_RECOVER_H
#define ESPINTCP_UP_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing is to be recovered */
struct recover {
	bool active;
	uint64_t until;			/* ms: the peer is given up then */
	unsigned int tries;
};

/**
 * recover_begin - the connection broke, or the peer has lost the SA
 * @heard: when the peer last proved to live, ms
 * @patience: how long it may be silent, ms (dpdtimeout)
 *
 * Nothing happens if it is active already: a connection that breaks again and
 * again has no more time for that.
 */
void recover_begin(struct recover *r, uint64_t heard, unsigned int patience);
void recover_end(struct recover *r);

/**
 * recover_delay - how long to wait before the next try
 * @now: ms
 * @random: spreads the tries of many clients of a server that starts again
 *
 * The first try is at once, the following ones wait twice as long each.
 *
 * Return: milliseconds, or -1 if the time is over.
 */
int recover_delay(struct recover *r, uint64_t now, uint32_t random);

#endif
