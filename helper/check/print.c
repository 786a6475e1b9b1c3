// SPDX-License-Identifier: GPL-2.0-or-later
/* What was found, for people and as JSON. */
#include "check/check.h"
#include "json.h"
#include "net/addr.h"
#include "up/addresses.h"

static const char *address(const struct check_way *way, char *buf, size_t len)
{
	return addr_text(&way->addr, 0, buf, len);
}

static void text_names(FILE *to, const struct check *c)
{
	const struct addrinfo *list = c->target->list;
	char addr[ADDR_TEXT_MAX];
	struct conf_subnet net;

	if (addr_parse(c->target->host, &net))
		return;
	fprintf(to, "%s: ", c->target->host);
	for (size_t i = 0; i < addresses_count(list); i++) {
		const struct addrinfo *ai = addresses_nth(list, i);

		fprintf(to, "%s%s", i ? ", " : "",
			addr_sockaddr_text(ai->ai_addr, ai->ai_addrlen, addr, sizeof(addr)));
	}
	fputc('\n', to);
}

static void text_way(FILE *to, const struct check_way *way)
{
	char addr[ADDR_TEXT_MAX];

	fprintf(to, "%s %u to %s", way->tcp ? "TCP" : "UDP", way->port,
		address(way, addr, sizeof(addr)));
	if (way->start_ms)
		fprintf(to, ", after %u ms", way->start_ms);
	fputs(": ", to);
	if (way->connected)
		fprintf(to, "connected in %u ms; ", way->connect_ms);
	if (way->result == CHECK_ANSWERED)
		fprintf(to, "IKE_SA_INIT answered in %u ms: ", way->end_ms - way->connect_ms);
	fprintf(to, "%s\n", way->detail);
}

void check_print_text(FILE *to, const struct check_about *about, const struct check *c)
{
	const struct check_way *choice;
	size_t order[RACE_LANES_MAX];
	char addr[ADDR_TEXT_MAX];

	if (about->error)
		return;		/* it was said on stderr */
	fprintf(to, "%s: conn %s is well\n", about->config, about->name);
	if (about->serves) {
		fprintf(to, "nothing to connect to: the peer comes to espintcp serve, by %s\n",
			about->serves);
		return;
	}
	text_names(to, c);
	check_order(c, order);
	for (size_t i = 0; i < c->n_ways; i++)
		text_way(to, &c->way[order[i]]);
	choice = check_choice(c);
	if (choice)
		fprintf(to, "espintcp up would use %s %u to %s\n", choice->tcp ? "TCP" : "UDP",
			choice->port, address(choice, addr, sizeof(addr)));
	else
		fputs("espintcp up would find no way\n", to);
}

static void json_way(FILE *to, const struct check_way *way)
{
	static const char *const results[] = {
		[CHECK_WAITING] = "waiting", [CHECK_SILENT] = "no-answer",
		[CHECK_FAILED] = "failed", [CHECK_WRONG] = "configuration",
		[CHECK_ANSWERED] = "answered",
	};
	char addr[ADDR_TEXT_MAX];

	fprintf(to, "{\"transport\":\"%s\",\"address\":\"%s\",\"port\":%u,\"start\":%u,\"result\":\"%s\"",
		way->tcp ? "tcp" : "udp", address(way, addr, sizeof(addr)), way->port,
		way->start_ms, results[way->result]);
	if (way->connected)
		fprintf(to, ",\"connected\":%u", way->connect_ms);
	fprintf(to, ",\"ended\":%u,\"detail\":", way->end_ms);
	json_string(to, way->detail);
	fputc('}', to);
}

void check_print_json(FILE *to, const struct check_about *about, const struct check *c)
{
	const struct check_way *choice = about->error || about->serves ? NULL : check_choice(c);
	size_t order[RACE_LANES_MAX], n = c ? c->n_ways : 0;

	fputs("{\"conn\":", to);
	json_string(to, about->name);
	fputs(",\"config\":", to);
	json_string(to, about->config);
	fputs(",\"secrets\":", to);
	json_string(to, about->secrets);
	if (about->error) {
		fputs(",\"error\":", to);
		json_string(to, about->error);
	}
	if (about->serves) {
		fputs(",\"serves\":", to);
		json_string(to, about->serves);
	}
	fputs(",\"ways\":[", to);
	if (n)
		check_order(c, order);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputc(',', to);
		json_way(to, &c->way[order[i]]);
	}
	fputs("],\"choice\":", to);
	if (choice)
		json_way(to, choice);
	else
		fputs("null", to);
	fputs("}\n", to);
}
