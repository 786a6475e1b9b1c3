// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host gets another address, or another way to the peer: the tunnel follows. With MOBIKE
 * by UDP first, where enable-tcp= allows it (RFC 9329, section 7.1); without, by another TCP
 * connection, or with a new IKE SA.
 */
#include <stdio.h>

#include "net/addr.h"
#include "net/udp.h"
#include "net/watch.h"
#include "up/up.h"

#define SETTLE_MS	200	/* links, addresses and routes change one after the other */
#define EACH_MS		1000	/* between two moves */

int roam_udp(struct up *u)
{
	struct session *s = u->tunnel->session;
	const struct conf_subnet *peer = &session_where(s)->remote;
	struct udp_user none = { 0 };
	struct sockaddr_storage to;
	socklen_t len = addr_to_sockaddr(peer, UDP_PORT_NAT, &to);
	char err[256];
	struct udp *udp = udp_open(u->world.loop, NULL, (struct sockaddr *)&to, len, true, &none,
				   err, sizeof(err));

	if (udp && !session_update_udp(s, udp, err, sizeof(err)))
		return 0;
	up_say(u, "UDP 4500", err);
	return -1;
}

static bool tcp_allowed(const struct up *u)
{
	return u->conn->tcp != CONF_TCP_NO;
}

static void go_on(struct up *u, const char *why)
{
	bool mobike = session_mobike(u->tunnel->session);

	probe_stop(u);
	if (mobike && u->conn->tcp != CONF_TCP_YES && !roam_udp(u))
		return;
	if (u->tunnel->tcp || (mobike && tcp_allowed(u)))
		redial_tcp(u, why);
	else
		redial_stale(u, why);
}

void roam_unanswered(struct up *u)
{
	static const char why[] = "no answer by UDP";

	if (u->probing && session_return(u->tunnel->session)) {
		probe_again(u);
		return;
	}
	u->probing = false;
	if (tcp_allowed(u))
		redial_tcp(u, why);
	else
		redial_stale(u, why);
}

static void check(void *arg)
{
	const struct ike_addrs *at;
	struct conf_subnet source;
	struct up *u = arg;
	char old[ADDR_TEXT_MAX], new[ADDR_TEXT_MAX], detail[2 * ADDR_TEXT_MAX + 16];
	bool same, back = u->away;

	/* A handshake that is under way has its own timers, and so has one that is to come */
	if (u->stopping || !u->tunnel)
		return;
	if (u->recover.active) {
		redial_hurry(u);
		return;
	}
	/* Or what leads everything into the tunnel would lead its own packets there, too */
	session_follow_road(u->tunnel->session);
	at = session_where(u->tunnel->session);
	u->away = watch_source(&at->remote, &source);
	if (u->away || addr_equal(&source, &u->conn->local.sourceip))
		return;
	same = addr_equal(&source, &at->local);
	/* Who comes back with the same address need not wait till TCP tries again */
	if (same && !(back && u->tunnel->tcp))
		return;
	u->next_move = loop_now() + EACH_MS;
	snprintf(detail, sizeof(detail), "%s instead of %s",
		 addr_text(&source, 0, new, sizeof(new)),
		 addr_text(&at->local, 0, old, sizeof(old)));
	up_say(u, same ? "the network is back" : "another address", same ? "" : detail);
	go_on(u, same ? "the network was away" : "the address changed");
}

/* The first change sets the time, so that no stream of them puts it off for ever */
static void changed(void *arg)
{
	struct up *u = arg;
	uint64_t now = loop_now(), ms = SETTLE_MS;

	if (u->roam.set)
		return;
	if (u->next_move > now + ms)
		ms = u->next_move - now;
	loop_timer_set(u->world.loop, &u->roam, ms, check, u);
}

void roam_start(struct up *u)
{
	struct conf_subnet fixed;
	char err[256];

	if (addr_parse(u->conn->local.host, &fixed))
		return;
	u->watch = watch_new(u->world.loop, changed, u, err, sizeof(err));
	if (!u->watch)
		up_say(u, "no roaming", err);
}

void roam_stop(struct up *u)
{
	loop_timer_cancel(u->world.loop, &u->roam);
	watch_free(u->watch);
	u->watch = NULL;
}
