// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tunnel over TCP where UDP is preferred (RFC 9329, section 9): UDP is tried
 * now and then: with MOBIKE by a message of the tunnel, which goes on there if that is
 * answered; else by a handshake beside it, which replaces it if it works.
 */
#include "up/up.h"

#define LONGEST_MS	3600000

unsigned int probe_next(unsigned int ms)
{
	return ms < LONGEST_MS / 2 ? 2 * ms : LONGEST_MS;
}

static void due(void *arg)
{
	struct up *u = arg;

	if (!u->stopping && !u->recover.active && LIST_EMPTY(&u->attempts) && !redirect_busy(u)) {
		u->probing = true;
		if (!session_mobike(u->tunnel->session)) {
			start_probe(u);
			return;
		}
		if (!roam_udp(u))
			return;
	}
	probe_again(u);
}

void probe_start(struct up *u)
{
	u->probing = false;
	if (u->conn->tcp != CONF_TCP_FALLBACK || !u->tunnel->tcp) {
		loop_timer_cancel(u->world.loop, &u->probe);
		return;
	}
	u->probe_ms = 2 * u->conn->dpd_delay_ms;
	loop_timer_set(u->world.loop, &u->probe, u->probe_ms, due, u);
}

void probe_again(struct up *u)
{
	u->probing = false;
	u->probe_ms = probe_next(u->probe_ms);
	loop_timer_set(u->world.loop, &u->probe, u->probe_ms, due, u);
}

bool probe_is_chosen(const struct up *u)
{
	const struct attempt *a = LIST_FIRST(&u->attempts);

	return u->probing && a && u->race.lane[a->lane].state == RACE_CHOSEN;
}

void probe_stop(struct up *u)
{
	struct attempt *a;

	loop_timer_cancel(u->world.loop, &u->probe);
	if (!u->probing)
		return;
	u->probing = false;
	start_cancel(u);
	while ((a = LIST_FIRST(&u->attempts)))
		attempt_drop(a);
}
