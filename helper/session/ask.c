// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the peer lives: it is asked when it was silent for dpddelay, and has time to answer. */
#include "session/priv.h"

#define ANSWER_MS	20000	/* at most for an answer: TCP itself repeats what got lost */

/* The path may be dead and the peer not: another connection tells */
static void answer_timeout(void *arg)
{
	session_lost(arg, true, "the peer does not answer any more");
}

/* What is left of dpdtimeout when dpddelay is over is for the answer and, half of it, for more */
static unsigned int answer_ms(const struct session *s)
{
	unsigned int ms = (session_dpd_timeout(s) - session_dpd_delay(s)) / 2;

	return ms < ANSWER_MS ? ms : ANSWER_MS;
}

void session_wait_answer(struct session *s)
{
	loop_timer_set(s->world.loop, &s->deadline, answer_ms(s), answer_timeout, s);
}

int session_ask(struct session *s)
{
	if (ike_sa_liveness(s->sa)) {
		session_finish(s, true, 0, "cannot send a liveness check");
		return -1;
	}
	session_wait_answer(s);
	session_watch_sa(s);
	return 0;
}

static void idle_timeout(void *arg)
{
	struct session *s = arg;

	/* What is out already asks as much, and has a deadline of its own */
	if (s->proof != PROOF_UPDATE && !ike_sa_waiting(s->sa))
		(void)session_ask(s);
}

void session_alive(struct session *s)
{
	loop_timer_set(s->world.loop, &s->idle, session_dpd_delay(s), idle_timeout, s);
}
