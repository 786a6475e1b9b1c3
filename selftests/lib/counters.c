// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "counters.h"

static char json[1 << 16];

void counters_read(void)
{
	FILE *f = popen("espintcp status --json", "r");

	assert_non_null(f);
	json[fread(json, 1, sizeof(json) - 1, f)] = 0;
	assert_int_equal(pclose(f), 0);
}

uint64_t counter_of(const char *name)
{
	char key[40];
	const char *p;

	/* Those of the namespace come first */
	snprintf(key, sizeof(key), "\"%s\":", name);
	p = strstr(json, key);
	if (!p)
		fail_msg("no counter %s", name);
	return strtoull(p + strlen(key), NULL, 10);
}
