// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp down: end a connection that `up` or `serve` keeps. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "ctl/ctl.h"
#include "macros.h"

static const char help_text[] =
	"Usage: espintcp down NAME [OPTION]...\n"
	"Delete the SAs of the connection NAME at both ends and wait until they are\n"
	"gone. A running `espintcp up NAME` or `espintcp serve` is asked to do it.\n"
	"\n"
	"  -r, --run-dir DIR  where its control socket is (default " CTL_RUN_DIR ")\n"
	"  -h, --help         this text\n"
	"\n"
	CMD_EXIT_HELP
	"A connection that is not up is status 1.\n";

/* Longer than a session waits for the peer's answer to its DELETE */
#define WAIT_MS 10000

static int take_down(const char *who, const char *dir, const char *name)
{
	char own[CTL_NAME_MAX + 8], err[512];
	const char *const sockets[] = { own, CTL_SERVE };
	int rc;

	snprintf(own, sizeof(own), "up.%s", name);
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		rc = ctl_down(dir, sockets[i], name, WAIT_MS, err, sizeof(err));
		if (!rc)
			return CMD_OK;
		if (rc < 0)
			return cmd_error(CMD_FAILED, who, "%s: %s", name, err);
	}
	return cmd_error(CMD_FAILED, who, "%s is not up", name);
}

int cmd_down(int argc, char **argv)
{
	static const struct option options[] = {
		{ "run-dir", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char *who = argv[0], *dir = CTL_RUN_DIR;
	int c;

	while ((c = getopt_long(argc, argv, "r:h", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			dir = optarg;
			break;
		case 'h':
			return cmd_help(who, help_text);
		default:
			return cmd_usage_error(who, "the options are wrong");
		}
	}
	if (argc - optind != 1)
		return cmd_usage_error(who, "the name of one connection is needed");
	if (!ctl_name_ok(argv[optind]))
		return cmd_usage_error(who, "'%s' cannot be the name of a connection",
				       argv[optind]);
	return take_down(who, dir, argv[optind]);
}
