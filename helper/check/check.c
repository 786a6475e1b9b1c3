// SPDX-License-Identifier: GPL-2.0-or-later
/* All ways that a race has, and how it would end. */
#include <string.h>

#include "check/check.h"
#include "net/addr.h"
#include "net/udp.h"
#include "up/addresses.h"

void check_done(struct check *c)
{
	if (!--c->left)
		loop_stop(c->loop);
}

static void set_way(struct check *c, const struct race_lane *lane, struct check_way *way)
{
	const struct addrinfo *ai = addresses_nth(c->target->list, lane->addr);
	struct sockaddr_storage sa = { 0 };
	uint16_t port;

	memcpy(&sa, ai->ai_addr, ai->ai_addrlen);
	(void)addr_from_sockaddr(&sa, &way->addr, &port);
	way->tcp = lane->tcp;
	way->port = lane->tcp ? c->target->port : UDP_PORT_NAT;
	way->start_ms = lane->at;
}

int check_run(struct check *c)
{
	struct race r;

	race_init(&r, c->conn->tcp, addresses_count(c->target->list), c->tcp_helps, 0);
	c->n_ways = r.n;
	c->left = r.n;
	for (size_t i = 0; i < r.n; i++) {
		set_way(c, &r.lane[i], &c->way[i]);
		check_probe(c, &c->way[i], addresses_nth(c->target->list, r.lane[i].addr));
	}
	return loop_run(c->loop);
}

void check_order(const struct check *c, size_t order[RACE_LANES_MAX])
{
	for (size_t i = 0; i < c->n_ways; i++) {
		size_t at = i;

		for (; at && c->way[order[at - 1]].start_ms > c->way[i].start_ms; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

/* The next end of a way that the race has begun with; -1: none is to come */
static int next_end(const struct race *r, const struct check *c, uint64_t *when)
{
	int next = -1;

	for (size_t i = 0; i < r->n; i++) {
		uint64_t at = r->lane[i].at + c->way[i].end_ms;

		if (r->lane[i].state != RACE_RUNNING || (next >= 0 && at >= *when))
			continue;
		next = i;
		*when = at;
	}
	return next;
}

static void end(struct race *r, const struct check *c, int lane, uint64_t now)
{
	if (c->way[lane].result == CHECK_ANSWERED)
		race_answered(r, lane, now);
	else
		race_failed(r, lane);
}

const struct check_way *check_choice(const struct check *c)
{
	uint64_t now = 0, when = 0;
	struct race r;
	int lane;

	race_init(&r, c->conn->tcp, addresses_count(c->target->list), c->tcp_helps, now);
	for (;;) {
		struct race_todo todo = race_next(&r, now);

		if (todo.act == RACE_CHOOSE)
			return &c->way[todo.lane];
		if (todo.act == RACE_OVER)
			return NULL;
		if (todo.act != RACE_WAIT && todo.act != RACE_IDLE)
			continue;
		lane = next_end(&r, c, &when);
		if (lane >= 0 && (todo.act == RACE_IDLE || when <= now + todo.ms)) {
			now = when;
			end(&r, c, lane, now);
		} else if (todo.act == RACE_WAIT) {
			now += todo.ms;
		} else {
			return NULL;
		}
	}
}
