// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A peer that was killed and comes again (RFC 7296, section 2.4; RFC 6290): packets leave and
 * none comes back long before dpddelay is over, so it is asked; and what it says is believed
 * where it has the token for it.
 */
#include <stdbool.h>

#include "session/priv.h"

#define LOOK_MS		1500	/* between two looks at the SAs' counters */
#define UNANSWERED	2	/* looks after which the peer is asked */

struct sum {
	const struct session *s;
	struct session_traffic bytes;
};

static void add(void *arg, const struct ike_child *child, unsigned int parts)
{
	struct sum *sum = arg;
	const struct session *s = sum->s;

	if (parts & IKE_PART_IN)
		sum->bytes.in += xfrm_child_bytes(s->world.xfrm, &s->addrs, child, true);
	if (parts & IKE_PART_OUT)
		sum->bytes.out += xfrm_child_bytes(s->world.xfrm, &s->addrs, child, false);
}

struct session_traffic session_traffic(const struct session *s)
{
	struct sum sum = { .s = s };

	ike_sa_each_child(s->sa, &sum, add);
	return sum.bytes;
}

static void look(void *arg)
{
	struct session *s = arg;
	struct session_traffic sum = session_traffic(s);
	bool came, went;

	/* Rekeyed ones begin anew: that they differ is what counts */
	came = sum.in != s->seen_in;
	went = sum.out != s->seen_out;
	s->seen_in = sum.in;
	s->seen_out = sum.out;
	if (came)
		s->traffic_ms = LOOK_MS;
	s->unanswered = came || !went ? 0 : s->unanswered + 1;
	if (s->unanswered >= UNANSWERED && path_open(&s->path) && !s->closing &&
	    !ike_sa_waiting(s->sa)) {
		s->unanswered = 0;
		/* Traffic of one direction is no fault: ask less and less often */
		if (s->traffic_ms < session_dpd_delay(s))
			s->traffic_ms *= 2;
		if (session_ask(s))
			return;
	}
	session_watch_traffic(s);
}

void session_watch_traffic(struct session *s)
{
	/* Who answered waits for the peer to come again, and may have thousands */
	if (!s->conn || s->over)
		return;
	if (!s->traffic_ms)
		s->traffic_ms = LOOK_MS;
	loop_timer_set(s->world.loop, &s->traffic, s->traffic_ms, look, s);
}

static void discard(void *arg, const struct ike_child *child, unsigned int parts)
{
	struct session *s = arg;

	parts &= ~IKE_PART_POLICY;
	session_count(s, child, parts);
	xfrm_child_del(s->world.xfrm, &s->addrs, child, parts);
}

bool session_is_lost(const struct session *s)
{
	return s->lost;
}

/*
 * The IKE SA and its child SAs go at once (RFC 6290, section 4.5). Who answered ends with
 * that. Who began keeps the policies till a new tunnel has them: no packet leaves in the clear.
 */
void session_crashed(struct session *s)
{
	static const char why[] = "the peer was started again and has lost the SA (QCD token)";

	if (!s->conn) {
		session_finish(s, true, 0, why);
		return;
	}
	s->lost = true;
	ike_sa_each_child(s->sa, s, discard);
	path_close(&s->path, false);
	path_close(&s->old, false);
	session_hear(s);
	loop_timer_cancel(s->world.loop, &s->deadline);
	loop_timer_cancel(s->world.loop, &s->idle);
	loop_timer_cancel(s->world.loop, &s->old_idle);
	session_timers_stop(s);
	s->proof = PROOF_NONE;
	session_note_change(s, why);
	s->user.stale(s->user.arg, why);
}
