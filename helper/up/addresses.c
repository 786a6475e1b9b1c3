// SPDX-License-Identifier: GPL-2.0-or-later
#include "up/addresses.h"
#include "up/race.h"

const struct addrinfo *addresses_nth(const struct addrinfo *list, size_t n)
{
	const struct addrinfo *by_family[2][RACE_ADDRS_MAX] = { { NULL } };
	int first = list->ai_family;
	size_t count[2] = { 0, 0 }, at[2] = { 0, 0 };

	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		int f = ai->ai_family != first;

		if (count[f] < RACE_ADDRS_MAX)
			by_family[f][count[f]++] = ai;
	}
	for (int f = 0;; f = !f) {
		if (at[f] == count[f])
			f = !f;
		if (at[f] == count[f])
			return NULL;
		if (!n--)
			return by_family[f][at[f]];
		at[f]++;
	}
}

size_t addresses_count(const struct addrinfo *list)
{
	size_t n = 0;

	while (n < RACE_ADDRS_MAX && addresses_nth(list, n))
		n++;
	return n;
}
