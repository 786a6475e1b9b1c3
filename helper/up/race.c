// SPDX-License-Identifier: GPL-2.0-or-later
#include "up/race.h"

static void add(struct race *r, bool tcp, size_t addr, uint64_t at)
{
	r->lane[r->n++] = (struct race_lane){ .tcp = tcp, .addr = addr, .at = at };
}

void race_init(struct race *r, enum conf_tcp tcp, size_t addrs, bool tcp_helps, uint64_t now)
{
	uint64_t head = tcp == CONF_TCP_FALLBACK && !tcp_helps ? RACE_HEAD_START_MS : 0;

	*r = (struct race){ 0 };
	if (addrs > RACE_ADDRS_MAX)
		addrs = RACE_ADDRS_MAX;
	for (size_t i = 0; i < addrs; i++) {
		if (tcp != CONF_TCP_YES)
			add(r, false, i, now + i * RACE_NEXT_ADDR_MS);
		if (tcp != CONF_TCP_NO)
			add(r, true, i, now + head + i * RACE_NEXT_ADDR_MS);
	}
}

static bool alive(const struct race_lane *l)
{
	return l->state != RACE_FAILED;
}

static bool any_alive(const struct race *r, bool tcp)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->lane[i].tcp == tcp && alive(&r->lane[i]))
			return true;
	return false;
}

/* Nothing else is under way: what waits need not wait */
static bool nothing_runs(const struct race *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (alive(&r->lane[i]) && r->lane[i].state != RACE_WAITING)
			return false;
	return true;
}

/* When a lane that has an answer may go on */
static uint64_t choose_at(const struct race *r, const struct race_lane *l)
{
	return l->tcp && any_alive(r, false) ? l->answered + RACE_GRACE_MS : l->answered;
}

/* A step that is due now, or -1 and the time of the next one */
struct due {
	uint64_t at;
	struct race_todo todo;
	bool any;
};

static void consider(struct due *d, uint64_t at, enum race_act act, size_t lane)
{
	if (d->any && at >= d->at)
		return;
	*d = (struct due){ .at = at, .todo = { .act = act, .lane = lane }, .any = true };
}

static void apply(struct race *r, const struct race_todo *todo, uint64_t now)
{
	struct race_lane *l = &r->lane[todo->lane];

	switch (todo->act) {
	case RACE_START:
		l->state = RACE_RUNNING;
		l->at = now;
		break;
	case RACE_CHOOSE:
		l->state = RACE_CHOSEN;
		l->at = now;
		break;
	case RACE_DROP:
		for (size_t i = 0; i < r->n; i++)
			if (!r->lane[i].tcp)
				r->lane[i].state = RACE_FAILED;
		break;
	default:
		break;
	}
}

static bool chosen(const struct race *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->lane[i].state == RACE_CHOSEN)
			return true;
	return false;
}

static void look(const struct race *r, bool hurry, bool settled, size_t i, struct due *d,
		 uint64_t now)
{
	const struct race_lane *l = &r->lane[i];

	if (l->state == RACE_WAITING && !settled)
		consider(d, hurry ? now : l->at, RACE_START, i);
	else if (l->state == RACE_ANSWERED && !settled)
		consider(d, choose_at(r, l), RACE_CHOOSE, i);
	else if (l->state == RACE_CHOSEN && !l->tcp && any_alive(r, true))
		consider(d, l->at + RACE_STUCK_MS, RACE_DROP, i);
}

struct race_todo race_next(struct race *r, uint64_t now)
{
	struct race_todo none = { .act = RACE_OVER };
	struct due d = { 0 };
	bool settled = chosen(r), hurry = nothing_runs(r);

	for (size_t i = 0; i < r->n; i++) {
		if (alive(&r->lane[i]))
			none.act = RACE_IDLE;
		/* One that is late is started alone, not all at once */
		look(r, hurry && !d.any, settled, i, &d, now);
	}
	if (!d.any)
		return none;
	if (d.at > now)
		return (struct race_todo){ .act = RACE_WAIT, .ms = d.at - now };
	apply(r, &d.todo, now);
	return d.todo;
}

void race_answered(struct race *r, size_t lane, uint64_t now)
{
	if (r->lane[lane].state != RACE_RUNNING)
		return;
	r->lane[lane].state = RACE_ANSWERED;
	r->lane[lane].answered = now;
}

void race_failed(struct race *r, size_t lane)
{
	r->lane[lane].state = RACE_FAILED;
}
