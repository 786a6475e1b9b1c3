// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many ESP packets with SPIs that nobody has: either the peers' SAs are not the same, or this
 * is not the peer's stream any more (RFC 9329, section 6.1). Who still answers over it tells
 * the two apart; otherwise the connection is closed, and the originator makes another one.
 */
#include "session/priv.h"

#define PROOF_MS	5000	/* for the answer, or for an ESP packet that an SA takes */
#define AGAIN_MS	10000	/* before the peer is asked again */

static void not_proved(void *arg)
{
	struct session *s = arg;

	if (session_traffic(s).in == s->seen_doubted)
		session_lost(s, true, "the connection brings ESP packets with unknown SPIs");
	else
		session_wait_answer(s);
}

static bool on_event(void *arg, const struct genl_event *ev)
{
	struct session *s = arg;
	struct path *p = &s->path;
	uint64_t now = loop_now();

	if (!p->stream || stream_cookie(p->stream) != ev->cookie)
		return false;
	if (ev->kind != ESPINTCP_EVENT_REFUSED ||
	    ev->counter != ESPINTCP_A_COUNTER_RX_UNKNOWN_SPI || !session_is_up(s) ||
	    s->closing || s->lost || s->proof != PROOF_NONE)
		return true;
	if (!path_doubtful(p, ev->count) || (p->doubted && now - p->doubted < AGAIN_MS))
		return true;
	p->doubted = now;
	s->seen_doubted = session_traffic(s).in;
	/* What is out already is as good a question */
	if (!ike_sa_waiting(s->sa) && session_ask(s))
		return true;
	if (s->deadline.due > now + PROOF_MS)
		loop_timer_set(s->world.loop, &s->deadline, PROOF_MS, not_proved, s);
	return true;
}

void session_hear(struct session *s)
{
	/* Without a socket of ours the module may go, and another one come */
	if (!s->path.stream) {
		genl_hear_end(&s->module);
		return;
	}
	s->module.event = on_event;
	s->module.arg = s;
	genl_hear(s->world.module, &s->module);
}
