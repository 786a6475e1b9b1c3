// SPDX-License-Identifier: GPL-2.0-or-later
/* The tunnels of all processes that run, for `status`. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/tunnels.h"
#include "ctl/ctl.h"
#include "info/info.h"

#define WAIT_MS 2000		/* for a process that is busy */

struct view {
	const char *who, *dir;
	bool json;
	int n;
};

static void show(struct view *v, const struct info_tunnel *t)
{
	if (v->json && v->n)
		fputc(',', stdout);
	if (v->json)
		info_print_json(stdout, t);
	else
		info_print_text(stdout, t);
	v->n++;
}

/* One process that ends or does not answer is no reason not to show the others */
static void show_socket(struct view *v, const char *name)
{
	struct info_tunnel t;
	char err[512];
	FILE *from;
	int rc = ctl_status(v->dir, name, WAIT_MS, &from, err, sizeof(err));

	if (rc) {
		if (rc < 0)
			cmd_error(CMD_FAILED, v->who, "%s: %s", name, err);
		return;
	}
	while ((rc = info_read(from, &t)) > 0)
		show(v, &t);
	if (rc < 0)
		cmd_error(CMD_FAILED, v->who, "%s: what it tells is not understood; is it of another version?",
			  name);
	fclose(from);
}

int tunnels_print(const char *who, const char *dir, bool json)
{
	struct view v = { .who = who, .dir = dir, .json = json };
	struct dirent **names;
	int n = ctl_list(dir, &names);
	bool closed = n < 0 && (errno == EACCES || errno == EPERM);

	if (json)
		fputs(closed ? "\"tunnels\":null" : "\"tunnels\":[", stdout);
	for (int i = 0; i < n; i++) {
		show_socket(&v, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (json && !closed)
		fputc(']', stdout);
	return closed ? -1 : v.n;
}
