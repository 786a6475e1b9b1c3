// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "net/timers.h"

static bool before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due != b->due ? a->due < b->due : a->turn < b->turn;
}

/* Two heaps, of which either may be empty, become one. Their roots have no neighbours. */
static struct loop_timer *meld(struct loop_timer *a, struct loop_timer *b)
{
	struct loop_timer *up, *down;

	if (!a || !b)
		return a ? a : b;
	up = before(b, a) ? b : a;
	down = up == a ? b : a;
	/* The first child's predecessor is the parent */
	down->prev = up;
	down->next = up->child;
	if (up->child)
		up->child->prev = down;
	up->child = down;
	return up;
}

/* Children that have lost their parent: by pairs, then all pairs from the last one on */
static struct loop_timer *adopt(struct loop_timer *list)
{
	struct loop_timer *pairs = NULL, *all = NULL;

	while (list) {
		struct loop_timer *a = list, *b = a->next, *pair;

		list = b ? b->next : NULL;
		a->next = NULL;
		a->prev = NULL;
		if (b) {
			b->next = NULL;
			b->prev = NULL;
		}
		pair = meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct loop_timer *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		all = meld(all, pair);
	}
	return all;
}

void timers_add(struct timers *t, struct loop_timer *timer)
{
	timer->child = NULL;
	timer->next = NULL;
	timer->prev = NULL;
	timer->turn = t->turn++;
	t->first = meld(t->first, timer);
}

void timers_del(struct timers *t, struct loop_timer *timer)
{
	struct loop_timer *rest = adopt(timer->child);

	if (timer == t->first) {
		t->first = rest;
		return;
	}
	if (timer->prev->child == timer)
		timer->prev->child = timer->next;
	else
		timer->prev->next = timer->next;
	if (timer->next)
		timer->next->prev = timer->prev;
	t->first = meld(t->first, rest);
}
