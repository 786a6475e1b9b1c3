// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tunnel that moves (RFC 4555; RFC 9329, section 7.1). Messages go first, over the new
 * path, and child SAs follow when the peer is known to be there: over UDP after an exchange,
 * over TCP with the connection.
 */
#include <stdio.h>

#include "session/priv.h"

#define UPDATE_MS	2000	/* by UDP, with the repetitions after 0.5 and 1.5 s */
#define LATE_MS		2000	/* for what is on its way over the connection before */

bool session_mobike(const struct session *s)
{
	return session_is_up(s) && ike_sa_mobike(s->sa);
}

bool session_follows(const struct session *s, const struct path *from, bool updated)
{
	if (!session_mobike(s))
		return true;
	/*
	 * Whoever began decides. From one connection to another a responder goes by each message
	 * (RFC 9329, section 6.1), but from UDP to TCP by an update alone, which may be refused.
	 * What came late over the connection that UDP has replaced, takes nobody back to it.
	 */
	return !s->conn && (updated || (from->stream && !s->path.udp));
}

bool session_defers(const struct session *s)
{
	return session_mobike(s) && s->path.udp;
}

void session_announce(struct session *s, unsigned int ms, void (*late)(void *arg))
{
	if (ike_sa_announce(s->sa)) {
		session_finish(s, true, 0, "cannot tell the peer our new address");
		return;
	}
	s->proof = PROOF_UPDATE;
	loop_timer_set(s->world.loop, &s->deadline, ms, late, s);
	session_watch_sa(s);
}

static void update_timeout(void *arg)
{
	struct session *s = arg;

	s->proof = PROOF_NONE;
	s->user.unanswered(s->user.arg);
}

int session_update_udp(struct session *s, struct udp *udp, char *err, size_t errlen)
{
	struct path p = {
		.session = s, .udp = udp, .own_udp = true, .addrs = *udp_addrs(udp),
	};

	if (udp_take_esp(udp)) {
		snprintf(err, errlen, "the kernel has no ESP in UDP (CONFIG_XFRM)");
		udp_free(udp);
		return -1;
	}
	p.addrs.encap = IKE_ENCAP_UDP;
	session_adopt(s, &p);
	if (!s->over)
		session_announce(s, UPDATE_MS, update_timeout);
	return 0;
}

bool session_return(struct session *s)
{
	if (!s->old.stream)
		return false;
	session_adopt(s, &s->old);
	if (s->over)
		return true;
	/* The peer may have moved; nobody else has to be told that all is as it was */
	loop_timer_cancel(s->world.loop, &s->deadline);
	if (ike_sa_announce(s->sa))
		session_finish(s, true, 0, "cannot tell the peer that TCP is used again");
	else
		session_watch_sa(s);
	return true;
}

int session_settle(struct session *s)
{
	if (!session_mobike(s) || s->closing)
		return 0;
	if (s->proof == PROOF_UPDATE && ike_sa_update_refused(s->sa)) {
		s->proof = PROOF_NONE;
		s->user.stale(s->user.arg, "the peer does not take our new address");
		return 0;
	}
	if (!ike_sa_settled(s->sa))
		return 0;
	if (session_move_children(s))
		return -1;
	if (s->proof != PROOF_UPDATE)
		return 0;
	s->proof = PROOF_NONE;
	session_close_old(s, LATE_MS);
	s->user.resumed(s->user.arg);
	return 0;
}
