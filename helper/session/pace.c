// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP loses messages, and NATs forget ports: requests are sent again until they
 * are answered, and a byte now and then keeps a mapping (RFC 3948, section 4).
 * Over TCP there is neither (RFC 9329, sections 6.2 and 6.6).
 */
#include "session/pace.h"
#include "session/priv.h"

#define FIRST_MS	500
#define LONGEST_MS	8000
#define KEEPALIVE_MS	20000

unsigned int pace_delay(unsigned int tries)
{
	return tries < 5 ? FIRST_MS << (tries ? tries - 1 : 0) : LONGEST_MS;
}

static void send_again(void *arg)
{
	struct session *s = arg;

	s->tries++;
	(void)ike_sa_resend(s->sa);
	loop_timer_set(s->world.loop, &s->again, pace_delay(s->tries), send_again, s);
}

void session_pace_stop(struct session *s)
{
	loop_timer_cancel(s->world.loop, &s->again);
	loop_timer_cancel(s->world.loop, &s->keepalive);
}

void session_pace(struct session *s)
{
	if (s->over || !path_open(&s->path) || path_reliable(&s->path) ||
	    !ike_sa_waiting(s->sa)) {
		loop_timer_cancel(s->world.loop, &s->again);
		return;
	}
	if (s->again.set && s->paced == ike_sa_requests(s->sa))
		return;
	s->paced = ike_sa_requests(s->sa);
	s->tries = 1;
	loop_timer_set(s->world.loop, &s->again, pace_delay(s->tries), send_again, s);
}

static void keepalive_due(void *arg)
{
	struct session *s = arg;

	if (s->path.udp)
		udp_keepalive(s->path.udp, &s->path.addrs);
	session_keepalive(s);
}

void session_keepalive(struct session *s)
{
	const struct conf_conn *conn = s->conn ? s->conn : ike_sa_conn(s->sa);

	if (!s->over && s->path.udp && ike_sa_nat(s->sa, true) && conn && !conn->no_keepalive)
		loop_timer_set(s->world.loop, &s->keepalive, KEEPALIVE_MS, keepalive_due, s);
}
