/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often gateways may redirect us (RFC 5685, section 7). Pure: the clock is the caller's. */
#ifndef ESPINTCP_UP_HOPS_H
#define ESPINTCP_UP_HOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOPS_MAX	5		/* MAX_REDIRECTS */
#define HOPS_MS		300000		/* REDIRECT_LOOP_DETECT_PERIOD */

/* All zero: none so far */
struct hops {
	uint64_t at[HOPS_MAX];		/* ms, of the last ones */
	size_t n;			/* all of them */
};

/* One more, at this time (ms): whether it is to be obeyed; if not, it does not count */
bool hops_take(struct hops *h, uint64_t now);

#endif
