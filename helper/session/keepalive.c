// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NATs forget ports: over UDP a byte now and then keeps a mapping (RFC 3948,
 * section 4). Over TCP there is no need for it (RFC 9329, section 6.6).
 */
#include "session/priv.h"

#define KEEPALIVE_MS	20000

void session_timers_stop(struct session *s)
{
	loop_timer_cancel(s->world.loop, &s->sa_timer);
	loop_timer_cancel(s->world.loop, &s->keepalive);
	loop_timer_cancel(s->world.loop, &s->traffic);
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
