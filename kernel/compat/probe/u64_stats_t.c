// SPDX-License-Identifier: GPL-2.0-only
/* counters that are read under u64_stats_sync have a type */
#include <linux/u64_stats_sync.h>

HAS(u64_stats_t, const u64_stats_t *v)
{
	return u64_stats_read(v);
}

CONTROL(u64_stats_t, struct u64_stats_sync *s)
{
	u64_stats_update_begin(s);
	return 0;
}
