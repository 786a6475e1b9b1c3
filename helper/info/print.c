// SPDX-License-Identifier: GPL-2.0-or-later
/* A tunnel for people and as JSON. */
#include <inttypes.h>
#include <string.h>

#include "info/info.h"
#include "json.h"

/* The two largest units of a time */
static const char *duration(uint64_t s, char *buf, size_t len)
{
	if (s < 60)
		snprintf(buf, len, "%" PRIu64 " s", s);
	else if (s < 3600)
		snprintf(buf, len, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, len, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	else
		snprintf(buf, len, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
	return buf;
}

static const char *amount(uint64_t n, char *buf, size_t len)
{
	static const char units[] = "kMGTPE";
	double v = n;
	int unit = -1;

	if (n < 1000) {
		snprintf(buf, len, "%" PRIu64 " B", n);
		return buf;
	}
	for (; v >= 999.5; v /= 1000)
		unit++;
	snprintf(buf, len, v < 9.95 ? "%.1f %cB" : "%.0f %cB", v, units[unit]);
	return buf;
}

static void text_way(FILE *to, const struct info_tunnel *t)
{
	bool v6 = strchr(t->local, ':');
	char since[48];

	if (!strcmp(t->transport, "lost"))
		fputs("  no connection now, was", to);
	else
		fprintf(to, "  %s", strcmp(t->transport, "tcp") ? "UDP" : "TCP");
	fprintf(to, v6 ? " [%s]:%u -> [%s]:%u" : " %s:%u -> %s:%u", t->local, t->local_port,
		t->remote, t->remote_port);
	fprintf(to, ", ESP %s, since %s\n", !strcmp(t->esp, "none") ? "natively" :
		!strcmp(t->esp, "tcp") ? "in TCP" : "in UDP",
		duration(t->up_s, since, sizeof(since)));
}

void info_print_text(FILE *to, const struct info_tunnel *t)
{
	char in[32], out[32], time[48];

	fprintf(to, "%s (%s): %s with %s\n", t->name, t->role, t->own_id, t->peer_id);
	text_way(to, t);
	fprintf(to, "  in %s, out %s, ", amount(t->bytes_in, in, sizeof(in)),
		amount(t->bytes_out, out, sizeof(out)));
	if (t->rekey_s < 0)
		fputs("no rekeying\n", to);
	else
		fprintf(to, "rekey in %s\n", duration(t->rekey_s, time, sizeof(time)));
	if (t->changed_s >= 0)
		fprintf(to, "  last change %s ago: %s\n",
			duration(t->changed_s, time, sizeof(time)), t->change);
}

static void json_text(FILE *to, const char *name, const char *value)
{
	fprintf(to, "\"%s\":", name);
	json_string(to, value);
	fputc(',', to);
}

static void json_seconds(FILE *to, const char *name, int64_t value)
{
	if (value < 0)
		fprintf(to, "\"%s\":null,", name);
	else
		fprintf(to, "\"%s\":%" PRId64 ",", name, value);
}

void info_print_json(FILE *to, const struct info_tunnel *t)
{
	fputc('{', to);
	json_text(to, "name", t->name);
	json_text(to, "role", t->role);
	json_text(to, "id", t->own_id);
	json_text(to, "peer", t->peer_id);
	json_text(to, "transport", t->transport);
	json_text(to, "esp", t->esp);
	json_text(to, "local", t->local);
	fprintf(to, "\"lport\":%u,", t->local_port);
	json_text(to, "remote", t->remote);
	fprintf(to, "\"rport\":%u,\"up\":%" PRIu64 ",", t->remote_port, t->up_s);
	json_seconds(to, "rekey", t->rekey_s);
	fprintf(to, "\"bytes_in\":%" PRIu64 ",\"bytes_out\":%" PRIu64 ",", t->bytes_in,
		t->bytes_out);
	json_seconds(to, "changed", t->changed_s);
	fputs("\"change\":", to);
	if (t->changed_s < 0)
		fputs("null", to);
	else
		json_string(to, t->change);
	fputc('}', to);
}
