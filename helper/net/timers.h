/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timers of a loop by the time when they are due: a pairing heap in the timers themselves,
 * so that setting one cannot fail, and costs no more with thousands of others.
 */
#ifndef ESPINTCP_NET_TIMERS_H
#define ESPINTCP_NET_TIMERS_H

#include "net/loop.h"

/* All zero: none */
struct timers {
	struct loop_timer *first;	/* that is due next */
	uint64_t turn;			/* of the one that is added next */
};

/* One that is not in; its due is set. Those of the same time are in the order of adding. */
void timers_add(struct timers *t, struct loop_timer *timer);
/* One that is in */
void timers_del(struct timers *t, struct loop_timer *timer);

#endif
