// SPDX-License-Identifier: GPL-2.0-or-later
/* Does what race.c decides: a handshake by each way that there is, of which one goes on. */
#include <stdio.h>
#include <string.h>

#include "up/addresses.h"
#include "up/up.h"

static struct attempt *in_lane(const struct up *u, size_t lane)
{
	struct attempt *a;

	LIST_FOREACH(a, &u->attempts, entry)
		if (a->lane == lane)
			return a;
	return NULL;
}

/* One way of several, and why it is no good: for the last word if none is */
static void note(struct up *u, const char *what, const char *reason)
{
	size_t len = strlen(u->why);

	if (u->race.n == 1)
		snprintf(u->why, sizeof(u->why), "%s", reason);
	else
		snprintf(u->why + len, sizeof(u->why) - len, "%s%s: %s", len ? "; " : "", what,
			 reason);
}

static void start_lane(struct up *u, size_t lane)
{
	const struct race_lane *l = &u->race.lane[lane];
	char err[256];

	if (attempt_start(u, lane, l->tcp, addresses_nth(u->target.list, l->addr), err,
			  sizeof(err)))
		return;
	note(u, l->tcp ? "TCP" : "UDP", err);
	race_failed(&u->race, lane);
}

/* The others have not said who they are, so there is nothing to delete at the peer */
static void drop_others(struct up *u, const struct attempt *but)
{
	struct attempt *a, *next;
	char silent[64];

	for (a = LIST_FIRST(&u->attempts); a; a = next) {
		next = LIST_NEXT(a, entry);
		if (a == but)
			continue;
		snprintf(silent, sizeof(silent), "no answer in %.1f s",
			 (loop_now() - a->began) / 1000.0);
		/* Why it is not UDP is worth a line; TCP had no time to answer */
		if (!a->tcp && u->race.lane[a->lane].state == RACE_RUNNING) {
			up_say(u, a->what, silent);
			note(u, a->what, silent);
		}
		race_failed(&u->race, a->lane);
		attempt_drop(a);
	}
}

static void choose(struct up *u, size_t lane)
{
	struct attempt *a = in_lane(u, lane);

	/* UDP may yet turn out to carry no long message, and then it is TCP's turn */
	drop_others(u, a);
	if (!a->tcp)
		for (size_t i = 0; i < u->race.n; i++)
			if (u->race.lane[i].tcp)
				u->race.lane[i].state = RACE_WAITING;
	if (a)
		attempt_go_on(a);
}

static void drop_udp(struct up *u)
{
	struct attempt *a = LIST_FIRST(&u->attempts);

	if (!a)
		return;
	up_say(u, a->what, "IKE_AUTH has no answer");
	note(u, a->what, "IKE_AUTH has no answer");
	attempt_drop(a);
}

/* Redirected, but the other gateway does not take us */
static void stay(struct up *u, const char *why)
{
	up_say(u, "the tunnel stays where it is", why);
	probe_start(u);
}

void start_lost(struct up *u, const char *reason)
{
	char why[sizeof(u->why)];

	snprintf(why, sizeof(why), "%s", reason);
	redirect_failed(u);
	if (u->recover.active)
		redial_again(u, why);
	else if (u->reauth && u->tunnel)
		reauth_again(u, why);
	else if (u->probing && u->tunnel)
		probe_again(u);
	else if (u->tunnel)
		stay(u, why);
	else
		up_end(u, true, why);
}

static void run(void *arg)
{
	struct up *u = arg;
	struct race_todo todo;

	for (;;) {
		todo = race_next(&u->race, loop_now());
		switch (todo.act) {
		case RACE_START:
			start_lane(u, todo.lane);
			break;
		case RACE_CHOOSE:
			choose(u, todo.lane);
			break;
		case RACE_DROP:
			drop_udp(u);
			break;
		case RACE_WAIT:
			loop_timer_set(u->world.loop, &u->race_timer, todo.ms, run, u);
			return;
		case RACE_IDLE:
			return;
		case RACE_OVER:
			start_lost(u, u->why);
			return;
		}
	}
}

void start_race(struct up *u)
{
	u->why[0] = '\0';
	/* What worked elsewhere tells nothing of another gateway (RFC 9329, section 7.2) */
	race_init(&u->race, u->conn->tcp, addresses_count(u->target.list),
		  !u->redirect.active && remember_tcp(u), loop_now());
	start_next(u);
}

void start_probe(struct up *u)
{
	u->why[0] = '\0';
	race_init(&u->race, CONF_TCP_NO, addresses_count(u->target.list), false, loop_now());
	start_next(u);
}

/* Never at once: the caller may be a callback of what is to be dropped */
void start_next(struct up *u)
{
	loop_timer_set(u->world.loop, &u->race_timer, 0, run, u);
}

void start_failed(struct up *u, size_t lane, bool told, const char *what, const char *reason)
{
	bool final = told && u->race.lane[lane].state == RACE_CHOSEN;

	/* A peer that refuses us by UDP does so by TCP */
	for (size_t i = 0; i < u->race.n; i++)
		if (i == lane || final)
			race_failed(&u->race, i);
	note(u, what, reason);
	if (u->race.n > 1 && !u->probing)
		up_say(u, what, reason);
	start_next(u);
}

void start_cancel(struct up *u)
{
	loop_timer_cancel(u->world.loop, &u->race_timer);
}
