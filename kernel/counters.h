/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_COUNTERS_H
#define ESPINTCP_COUNTERS_H

#include <linux/espintcp.h>

#include "compat/stats.h"

struct sk_buff;

/**
 * struct espintcp_counters - one set of counters with one writer at a time
 * @syncp: lets a reader on a 32-bit CPU see whole values
 * @v: the values, indexed by &enum espintcp_counter
 *
 * The owner says which lock makes writers exclusive.
 */
struct espintcp_counters {
	struct u64_stats_sync	syncp;
	u64_stats_t		v[__ESPINTCP_A_COUNTER_MAX];
};

/**
 * struct espintcp_totals - sums of counters, for readers
 * @v: the values, indexed by &enum espintcp_counter
 */
struct espintcp_totals {
	u64	v[__ESPINTCP_A_COUNTER_MAX];
};

/**
 * espintcp_counters_add - add to one counter
 * @c: the set
 * @which: the counter
 * @n: how much
 *
 * Context: the lock that protects @c against other writers is held.
 */
static inline void espintcp_counters_add(struct espintcp_counters *c,
					 enum espintcp_counter which, u64 n)
{
	/* A reader that preempts a writer would wait for it for ever */
	preempt_disable();
	u64_stats_update_begin(&c->syncp);
	u64_stats_add(&c->v[which], n);
	u64_stats_update_end(&c->syncp);
	preempt_enable();
}

void espintcp_counters_init(struct espintcp_counters *c);
void espintcp_counters_sum(struct espintcp_totals *t,
			   const struct espintcp_counters *c);
int espintcp_counters_put(struct sk_buff *skb, int attr,
			  const struct espintcp_totals *t);

#endif
