// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits, statistics and events, for people and as JSON. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "genl/genl.h"
#include "macros.h"

/**
 * genl_print_limits - show the bounds of a netns
 * @to: where
 * @limits: those that it has
 * @json: as one object on one line
 */
void genl_print_limits(FILE *to, const struct genl_limits *limits, bool json)
{
	const char *sep = "{";

	for (int i = 0; i <= ESPINTCP_A_LIMITS_MAX; i++) {
		if (!limits->has[i])
			continue;
		if (json)
			fprintf(to, "%s\"%s\":%" PRIu64, sep, genl_limit_names[i], limits->v[i]);
		else
			fprintf(to, "%-13s %" PRIu64 "\n", genl_limit_names[i], limits->v[i]);
		sep = ",";
	}
	if (json)
		fputs("}\n", to);
}

/**
 * genl_print_stats - show what the sockets of a netns did and hold
 * @to: where
 * @stats: that
 * @all: counters that are zero, too
 * @json: as one object on one line, with all counters
 */
void genl_print_stats(FILE *to, const struct genl_stats *stats, bool all, bool json)
{
	if (json) {
		fprintf(to, "{\"netns\":%u,\"sockets\":%u,\"memory\":%" PRIu64 ",",
			stats->netns, stats->sockets, stats->memory);
		genl_json_counters(to, &stats->counters);
		fputs("}\n", to);
		return;
	}
	fprintf(to, "%-16s %20u\n%-16s %20u\n%-16s %20" PRIu64 "\n", "netns", stats->netns,
		"sockets", stats->sockets, "memory", stats->memory);
	for (int i = 0; i <= ESPINTCP_A_COUNTER_MAX; i++)
		if (genl_counter_names[i] && (all || stats->counters.v[i]))
			fprintf(to, "%-16s %20" PRIu64 "\n", genl_counter_names[i],
				stats->counters.v[i]);
}

static const char *name(const char *const *names, uint32_t max, uint32_t i)
{
	return i <= max && names[i] ? names[i] : "unknown";
}

#define NAME(what, i) name(genl_##what##_names, ARRAY_SIZE(genl_##what##_names) - 1, i)

static void json_event(FILE *to, const struct genl_event *ev, uint64_t ms)
{
	char local[INET6_ADDRSTRLEN] = "", remote[INET6_ADDRSTRLEN] = "";

	inet_ntop(ev->family, ev->local, local, sizeof(local));
	inet_ntop(ev->family, ev->remote, remote, sizeof(remote));
	fprintf(to, "{\"time\":%" PRIu64 ".%03u,\"event\":\"%s\",", ms / 1000,
		(unsigned int)(ms % 1000), NAME(event, ev->kind));
	fprintf(to, "\"cookie\":\"%" PRIx64 "\",\"netns\":%u,\"inode\":%u,", ev->cookie,
		ev->netns, ev->inode);
	fprintf(to, "\"local\":\"%s\",\"lport\":%u,\"remote\":\"%s\",\"rport\":%u", local,
		ev->lport, remote, ev->rport);
	if (ev->end)
		fprintf(to, ",\"end\":\"%s\",\"errno\":%u", NAME(end, ev->end), ev->end_errno);
	if (ev->tx_limit)
		fprintf(to, ",\"tx_queue\":%u,\"tx_limit\":%u", ev->tx_queue, ev->tx_limit);
	if (ev->count)
		fprintf(to, ",\"counter\":\"%s\",\"count\":%u", NAME(counter, ev->counter),
			ev->count);
	fputs("}\n", to);
}

/**
 * genl_print_event - show one event
 * @to: where
 * @ev: the event
 * @ms: when it was read, milliseconds since 1970
 * @json: as one object on one line
 */
void genl_print_event(FILE *to, const struct genl_event *ev, uint64_t ms, bool json)
{
	char local[GENL_ENDPOINT_LEN], remote[GENL_ENDPOINT_LEN], clock[16];
	time_t seconds = ms / 1000;
	struct tm tm;

	if (json) {
		json_event(to, ev, ms);
		return;
	}
	strftime(clock, sizeof(clock), "%T", localtime_r(&seconds, &tm));
	fprintf(to, "%s.%03u  %-9s  %s -> %s  cookie %" PRIx64, clock, (unsigned int)(ms % 1000),
		NAME(event, ev->kind), genl_endpoint(ev->family, ev->local, ev->lport, local),
		genl_endpoint(ev->family, ev->remote, ev->rport, remote), ev->cookie);
	if (ev->end)
		fprintf(to, "  end %s", NAME(end, ev->end));
	if (ev->end_errno)
		fprintf(to, ": %s", strerror(ev->end_errno));
	if (ev->tx_limit)
		fprintf(to, "  queue %u of %u bytes", ev->tx_queue, ev->tx_limit);
	if (ev->count)
		fprintf(to, "  %s, %u", NAME(counter, ev->counter), ev->count);
	fputc('\n', to);
}
