// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reauthentication (RFC 7296, section 2.8.3): a handshake beside the tunnel, which takes its
 * place, so both ends prove anew who they are, and no packet waits for that.
 */
#include "up/up.h"

#define AGAIN_MS	10000	/* the old tunnel lasts till its lifetime is over */

static void begin(void *arg)
{
	struct up *u = arg;

	/* What is under way makes a new IKE SA anyway, or finds out that one is needed */
	if (u->stopping || u->recover.active || !LIST_EMPTY(&u->attempts) || redirect_busy(u)) {
		loop_timer_set(u->world.loop, &u->reauth_timer, AGAIN_MS, begin, u);
		return;
	}
	start_race(u);
}

void reauth_start(struct up *u)
{
	up_say(u, "reauthentication is due", "");
	probe_stop(u);
	u->reauth = true;
	begin(u);
}

void reauth_again(struct up *u, const char *why)
{
	up_say(u, "not yet", why);
	loop_timer_set(u->world.loop, &u->reauth_timer, AGAIN_MS, begin, u);
}

void reauth_stop(struct up *u)
{
	u->reauth = false;
	loop_timer_cancel(u->world.loop, &u->reauth_timer);
}
