// SPDX-License-Identifier: GPL-2.0-only
/* Counters of a socket or a network namespace, and their netlink form. */

#include <net/netlink.h>

#include "counters.h"

/**
 * espintcp_counters_init - prepare a zeroed set of counters
 * @c: the set
 *
 * Context: Any.
 */
void espintcp_counters_init(struct espintcp_counters *c)
{
	u64_stats_init(&c->syncp);
}

/**
 * espintcp_counters_sum - add a set of counters to totals
 * @t: the totals
 * @c: the set
 *
 * Context: Any, no lock needed.
 */
void espintcp_counters_sum(struct espintcp_totals *t,
			   const struct espintcp_counters *c)
{
	u64 v[__ESPINTCP_A_COUNTER_MAX];
	unsigned int start;
	int i;

	do {
		start = u64_stats_fetch_begin(&c->syncp);
		for (i = 0; i < __ESPINTCP_A_COUNTER_MAX; i++)
			v[i] = u64_stats_read(&c->v[i]);
	} while (u64_stats_fetch_retry(&c->syncp, start));

	for (i = 0; i < __ESPINTCP_A_COUNTER_MAX; i++)
		t->v[i] += v[i];
}

/**
 * espintcp_counters_put - append totals to a netlink message
 * @skb: the message
 * @attr: the type of the nest
 * @t: the totals
 *
 * Context: Any.
 * Return: 0, or -EMSGSIZE where the message is full.
 */
int espintcp_counters_put(struct sk_buff *skb, int attr,
			  const struct espintcp_totals *t)
{
	struct nlattr *nest = nla_nest_start(skb, attr);
	int i;

	if (!nest)
		return -EMSGSIZE;

	for (i = ESPINTCP_A_COUNTER_PAD + 1; i < __ESPINTCP_A_COUNTER_MAX; i++)
		if (nla_put_u64_64bit(skb, i, t->v[i], ESPINTCP_A_COUNTER_PAD))
			goto cancel;

	nla_nest_end(skb, nest);
	return 0;

cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}
