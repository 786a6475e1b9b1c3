// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/addr.h"
#include "up/addresses.h"
#include "up/up.h"

static void remember_target(struct up *u)
{
	struct redirect *r = &u->redirect;

	r->before = u->target;
	if (u->target.host != r->host)
		return;
	memcpy(r->host_before, r->host, sizeof(r->host_before));
	r->before.host = r->host_before;
}

static void restore_target(struct up *u)
{
	struct redirect *r = &u->redirect;

	tcp_target_free(&u->target);
	u->target = r->before;
	r->before.list = NULL;
	if (u->target.host != r->host_before)
		return;
	memcpy(r->host, r->host_before, sizeof(r->host));
	u->target.host = r->host;
}

/* What is routed into the tunnel is not to take the connection to another gateway with it */
static void keep_roads(struct up *u)
{
	const struct addrinfo *ai;
	struct conf_subnet addr;
	struct sockaddr_storage sa;
	uint16_t port;

	for (size_t i = 0; i < addresses_count(u->target.list); i++) {
		ai = addresses_nth(u->target.list, i);
		memcpy(&sa, ai->ai_addr, ai->ai_addrlen);
		if (!addr_from_sockaddr(&sa, &addr, &port))
			session_keep_road(u->tunnel->session, &addr);
	}
}

static void over(struct redirect *r)
{
	r->active = false;
	r->from.family = 0;
	if (!r->settled)
		r->first.family = 0;
}

/* Its addresses are known */
static void go(struct up *u, struct addrinfo *list)
{
	struct redirect *r = &u->redirect;

	if (r->active)
		tcp_target_free(&u->target);
	else
		remember_target(u);
	r->active = true;
	memcpy(r->host, r->next, sizeof(r->host));
	u->target = (struct tcp_target){
		.host = r->host, .port = r->before.port, .list = list,
		.flow_label = tcp_flow_label(),
	};
	if (u->tunnel)
		keep_roads(u);
	start_race(u);
}

static void found(void *arg, struct addrinfo *list, const char *err)
{
	struct up *u = arg;
	struct redirect *r = &u->redirect;

	r->lookup = NULL;
	r->pending = false;
	if (list) {
		go(u, list);
		return;
	}
	start_lost(u, err);
}

/*
 * Never from inside of the session that is told to end here. The tunnel lives while the
 * resolver is asked.
 */
static void look_up(void *arg)
{
	struct up *u = arg;
	struct redirect *r = &u->redirect;
	struct attempt *a;
	char err[160];

	probe_stop(u);
	start_cancel(u);
	redial_pause(u);
	while ((a = LIST_FIRST(&u->attempts)))
		attempt_leave(a);
	r->lookup = lookup_start(u->world.loop, r->next, u->target.port, u->timeout_ms, found, u);
	if (r->lookup)
		return;
	snprintf(err, sizeof(err), "no name can be looked up: %s", strerror(errno));
	r->pending = false;
	start_lost(u, err);
}

bool redirect_take(struct attempt *a, const char *host)
{
	struct up *u = a->up;
	struct redirect *r = &u->redirect;

	/* By each way that is tried comes the same answer */
	if (u->stopping || a->leaving || r->pending)
		return !u->stopping;
	if (!hops_take(&r->hops, loop_now()))
		return false;
	snprintf(r->next, sizeof(r->next), "%s", host);
	r->from = addr_host(&session_where(a->session)->remote);
	if (!r->first.family)
		r->first = r->from;
	r->pending = true;
	up_say(u, "the peer redirects us", host);
	loop_timer_set(u->world.loop, &r->timer, 0, look_up, u);
	return true;
}

void redirect_done(struct up *u)
{
	struct redirect *r = &u->redirect;

	if (!r->active)
		return;
	r->settled = true;
	tcp_target_free(&r->before);
	over(r);
}

void redirect_failed(struct up *u)
{
	if (u->redirect.active)
		restore_target(u);
	over(&u->redirect);
}

bool redirect_busy(const struct up *u)
{
	return u->redirect.pending || u->redirect.active;
}

void redirect_cancel(struct up *u)
{
	loop_timer_cancel(u->world.loop, &u->redirect.timer);
	lookup_cancel(u->redirect.lookup);
	u->redirect.lookup = NULL;
	u->redirect.pending = false;
	redirect_failed(u);
}
