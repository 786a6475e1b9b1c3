// SPDX-License-Identifier: GPL-2.0-or-later
/* Beginning and end of the initiator, and what it says. */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "up/up.h"

void up_say(const struct up *u, const char *what, const char *detail)
{
	if (!log_wanted(LOG_LEVEL_INFO))
		return;
	printf("%s%7llu ms  %s%s%s\n", log_prefix(stdout, LOG_LEVEL_INFO),
	       (unsigned long long)(loop_now() - u->start), what, *detail ? ": " : "", detail);
	fflush(stdout);
}

void up_end(struct up *u, bool failed, const char *reason)
{
	u->failed = failed || !u->was_up;
	if (reason != u->reason)
		snprintf(u->reason, sizeof(u->reason), "%s", reason);
	u->done = true;
	loop_stop(u->world.loop);
}

void up_start(struct up *u)
{
	LIST_INIT(&u->attempts);
	LIST_INIT(&u->leaving);
	u->start = loop_now();
	u->target.flow_label = tcp_flow_label();
	roam_start(u);
	start_race(u);
}

void up_stop(struct up *u)
{
	struct attempt *a;

	roam_stop(u);
	probe_stop(u);
	start_cancel(u);
	redial_cancel(u);
	redirect_cancel(u);
	/* One that goes on behind IKE_SA_INIT may be known at the peer */
	a = u->tunnel ? u->tunnel : LIST_FIRST(&u->attempts);
	if (!u->stopping && a && a->session) {
		u->stopping = true;
		session_close(a->session);
		return;
	}
	up_end(u, false, u->was_up ? "closed without waiting for the peer" :
				     "stopped before it was up");
}

void up_free(struct up *u)
{
	struct attempt *a;

	roam_stop(u);
	redial_cancel(u);
	probe_stop(u);
	start_cancel(u);
	redirect_cancel(u);
	while ((a = LIST_FIRST(&u->attempts)))
		attempt_drop(a);
	while ((a = LIST_FIRST(&u->leaving)))
		attempt_drop(a);
	attempt_free(u->tunnel);
	u->tunnel = NULL;
}
