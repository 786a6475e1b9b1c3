// SPDX-License-Identifier: GPL-2.0-or-later
#include "up/hops.h"

bool hops_take(struct hops *h, uint64_t now)
{
	uint64_t *oldest = &h->at[h->n % HOPS_MAX];

	if (h->n >= HOPS_MAX && now - *oldest < HOPS_MS)
		return false;
	*oldest = now;
	h->n++;
	return true;
}
