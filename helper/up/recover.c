// SPDX-License-Identifier: GPL-2.0-or-later
#include "up/recover.h"

#define FIRST_MS	100
#define LONGEST_MS	2000
#define GRACE_MS	2000	/* for a first try although the peer has been silent for too long */

void recover_begin(struct recover *r, uint64_t heard, unsigned int patience)
{
	if (r->active)
		return;
	r->active = true;
	r->until = heard + patience;
	r->tries = 0;
}

void recover_end(struct recover *r)
{
	r->active = false;
}

int recover_delay(struct recover *r, uint64_t now, uint32_t random)
{
	unsigned int ms = LONGEST_MS;

	if (!r->tries++) {
		if (r->until < now + GRACE_MS)
			r->until = now + GRACE_MS;
		return 0;
	}
	if (r->tries < 7 && FIRST_MS << (r->tries - 2) < LONGEST_MS)
		ms = FIRST_MS << (r->tries - 2);
	ms = ms * 3 / 4 + random % (ms / 2);
	return now + ms < r->until ? (int)ms : -1;
}
