// SPDX-License-Identifier: GPL-2.0-or-later
/* A tunnel as lines "MEMBER VALUE". */
#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "info/info.h"
#include "macros.h"

enum kind { TEXT, U16, U64, I64 };

static const struct {
	const char *name;
	enum kind kind;
	size_t offset, size;		/* size: of a TEXT */
} members[] = {
#define AT(m)	offsetof(struct info_tunnel, m)
	{ "name", TEXT, AT(name), sizeof(((struct info_tunnel *)0)->name) },
	{ "role", TEXT, AT(role), sizeof(((struct info_tunnel *)0)->role) },
	{ "own_id", TEXT, AT(own_id), sizeof(((struct info_tunnel *)0)->own_id) },
	{ "peer_id", TEXT, AT(peer_id), sizeof(((struct info_tunnel *)0)->peer_id) },
	{ "transport", TEXT, AT(transport), sizeof(((struct info_tunnel *)0)->transport) },
	{ "esp", TEXT, AT(esp), sizeof(((struct info_tunnel *)0)->esp) },
	{ "local", TEXT, AT(local), sizeof(((struct info_tunnel *)0)->local) },
	{ "remote", TEXT, AT(remote), sizeof(((struct info_tunnel *)0)->remote) },
	{ "local_port", U16, AT(local_port), 0 },
	{ "remote_port", U16, AT(remote_port), 0 },
	{ "up_s", U64, AT(up_s), 0 },
	{ "rekey_s", I64, AT(rekey_s), 0 },
	{ "bytes_in", U64, AT(bytes_in), 0 },
	{ "bytes_out", U64, AT(bytes_out), 0 },
	{ "changed_s", I64, AT(changed_s), 0 },
	{ "change", TEXT, AT(change), sizeof(((struct info_tunnel *)0)->change) },
};

/* An ID is whatever the peer has proved; it shall not be taken for two lines */
static void write_text(FILE *to, const char *text)
{
	for (; *text; text++)
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, to);
}

void info_write(FILE *to, const struct info_tunnel *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *at = (const char *)t + members[i].offset;

		fprintf(to, "%s ", members[i].name);
		switch (members[i].kind) {
		case TEXT:
			write_text(to, at);
			break;
		case U16:
			fprintf(to, "%u", *(const uint16_t *)at);
			break;
		case U64:
			fprintf(to, "%" PRIu64, *(const uint64_t *)at);
			break;
		case I64:
			fprintf(to, "%" PRId64, *(const int64_t *)at);
			break;
		}
		fputc('\n', to);
	}
	fputc('\n', to);
}

static int set(struct info_tunnel *t, size_t i, const char *value)
{
	char *at = (char *)t + members[i].offset;

	switch (members[i].kind) {
	case TEXT:
		if (strlen(value) >= members[i].size)
			return -1;
		strcpy(at, value);
		break;
	case U16:
		*(uint16_t *)at = strtoul(value, NULL, 10);
		break;
	case U64:
		*(uint64_t *)at = strtoull(value, NULL, 10);
		break;
	case I64:
		*(int64_t *)at = strtoll(value, NULL, 10);
		break;
	}
	return 0;
}

int info_read(FILE *from, struct info_tunnel *t)
{
	char line[CONF_ID_MAX + 64];
	size_t n = 0;

	memset(t, 0, sizeof(*t));
	while (fgets(line, sizeof(line), from)) {
		size_t len = strcspn(line, "\n"), name;

		if (!line[len])
			return -1;
		line[len] = '\0';
		if (!len)
			return n == ARRAY_SIZE(members) ? 1 : -1;
		name = strcspn(line, " ");
		if (n == ARRAY_SIZE(members) || !line[name])
			return -1;
		line[name] = '\0';
		if (strcmp(line, members[n].name) || set(t, n, line + name + 1))
			return -1;
		n++;
	}
	return n ? -1 : 0;
}
