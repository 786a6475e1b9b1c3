/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters that are read under u64_stats_sync. */
#ifndef ESPINTCP_COMPAT_STATS_H
#define ESPINTCP_COMPAT_STATS_H

#include <linux/u64_stats_sync.h>

#include "have.h"

#if !ESPINTCP_HAVE_U64_STATS_T

/* Where a read can tear, @syncp makes it happen again */
#define u64_stats_t	u64

static inline u64 u64_stats_read(const u64 *v)
{
	return READ_ONCE(*v);
}

static inline void u64_stats_add(u64 *v, u64 n)
{
	WRITE_ONCE(*v, *v + n);
}

#endif

#endif
