// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tunnel without a connection, or one that the peer has lost: another
 * connection for the same SAs first (RFC 9329, section 6.1), a new handshake
 * where that does not help, both again and again till the peer is given up.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

#include "net/addr.h"
#include "up/up.h"

#define CONNECT_MS 5000		/* for one try */

static void schedule(struct up *u);

static void connected(void *arg, int fd, const char *why)
{
	struct up *u = arg;
	char err[256];

	u->redial = NULL;
	if (fd < 0) {
		/* UDP may be back before TCP works */
		u->stale |= u->switched;
		redial_again(u, why);
		return;
	}
	if (attempt_attach(fd, err, sizeof(err)) ||
	    session_resume(u->tunnel->session, fd, err, sizeof(err)))
		redial_again(u, err);
}

static void try_now(void *arg)
{
	struct up *u = arg;
	struct conf_subnet bind;

	if (u->stale || !u->tunnel) {
		start_race(u);
		return;
	}
	u->redial = tcp_connect_start(u->world.loop, &u->tunnel->target,
				      addr_parse(u->conn->local.host, &bind) ? &bind : NULL,
				      CONNECT_MS, connected, u);
	if (!u->redial)
		up_end(u, true, "out of memory");
}

static void schedule(struct up *u)
{
	uint32_t random = 0;
	int ms;

	if (u->stopping || u->redial || !LIST_EMPTY(&u->attempts) || redirect_busy(u))
		return;
	(void)RAND_bytes((unsigned char *)&random, sizeof(random));
	ms = recover_delay(&u->recover, loop_now(), random);
	if (ms < 0)
		up_end(u, true, u->reason);
	else
		loop_timer_set(u->world.loop, &u->retry, ms, try_now, u);
}

/* The first reason is the one that a person wants to know; the last one tells what helps */
static void begin(struct up *u, const char *why)
{
	if (!u->recover.active)
		snprintf(u->reason, sizeof(u->reason), "%s", why);
	if (u->tunnel)
		recover_begin(&u->recover, session_heard(u->tunnel->session),
			      session_patience(u->tunnel->session));
}

static void switch_to_tcp(struct up *u)
{
	attempt_set_way(u->tunnel, true);
	u->switched = true;
}

void redial_tcp(struct up *u, const char *why)
{
	probe_stop(u);
	begin(u, why);
	if (!u->tunnel->tcp)
		switch_to_tcp(u);
	u->recover.tries = 0;
	schedule(u);
}

void redial_hurry(struct up *u)
{
	struct attempt *a;

	redial_cancel(u);
	if (u->stale) {
		start_cancel(u);
		while ((a = LIST_FIRST(&u->attempts)))
			attempt_drop(a);
	}
	u->recover.tries = 0;
	schedule(u);
}

void redial_lost(struct up *u, const char *why)
{
	/* A peer that has seen IKE_AUTH by UDP closes this connection before we see its answer */
	if (!probe_is_chosen(u))
		probe_stop(u);
	up_say(u, "connection lost", why);
	begin(u, why);
	/* Only a connection can be replaced; UDP that carries nothing needs another way */
	if (u->tunnel && !u->tunnel->tcp) {
		if (u->conn->tcp == CONF_TCP_NO || !session_mobike(u->tunnel->session))
			u->stale = true;
		else
			switch_to_tcp(u);
	}
	schedule(u);
}

void redial_stale(struct up *u, const char *why)
{
	if (u->stale)
		return;
	probe_stop(u);
	up_say(u, "a new IKE SA is needed", why);
	begin(u, why);
	u->stale = true;
	/* This is no failure of the connection that tells it */
	u->recover.tries = 0;
	schedule(u);
}

void redial_again(struct up *u, const char *why)
{
	up_say(u, "not yet", why);
	schedule(u);
}

void redial_done(struct up *u)
{
	recover_end(&u->recover);
	u->switched = false;
	u->stale = false;
	probe_start(u);
}

void redial_pause(struct up *u)
{
	loop_timer_cancel(u->world.loop, &u->retry);
	tcp_connect_cancel(u->redial);
	u->redial = NULL;
}

void redial_cancel(struct up *u)
{
	redial_pause(u);
	reauth_stop(u);
}
