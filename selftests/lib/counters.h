/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module's counters of the network namespace we are in. */
#ifndef SELFTESTS_COUNTERS_H
#define SELFTESTS_COUNTERS_H

#include <stdint.h>

/* Take all of them; fails the test on error */
void counters_read(void);
/* One of those that were taken; fails the test where there is none of this name */
uint64_t counter_of(const char *name);

#endif
