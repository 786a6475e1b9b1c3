// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp redirect: peers of `serve` shall go to another gateway (RFC 5685). */
#include <getopt.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "conf/value.h"
#include "ctl/ctl.h"

static const char help_text[] =
	"Usage: espintcp redirect NAME GATEWAY [OPTION]...\n"
	"Tell all peers of the connection NAME that a running `espintcp serve` has to go to\n"
	"GATEWAY, an address or a name (RFC 5685). Peers that take redirects make a tunnel to\n"
	"it, and then delete the one to here.\n"
	"\n"
	"  -r, --run-dir DIR  where its control socket is (default " CTL_RUN_DIR ")\n"
	"  -h, --help         this text\n"
	"\n"
	CMD_EXIT_HELP
	"A connection that has no such peer is status 1.\n";

#define WAIT_MS 10000

static int send_away(const char *who, const char *dir, const char *name, const char *host)
{
	char err[512];
	int rc = ctl_redirect(dir, CTL_SERVE, name, host, WAIT_MS, err, sizeof(err));

	if (!rc)
		return CMD_OK;
	return cmd_error(CMD_FAILED, who, "%s: %s", name, *err ? err : "espintcp serve does not run");
}

int cmd_redirect(int argc, char **argv)
{
	static const struct option options[] = {
		{ "run-dir", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char *who = argv[0], *dir = CTL_RUN_DIR;
	struct conf_subnet addr;
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
	if (argc - optind != 2)
		return cmd_usage_error(who, "the name of a connection and a gateway are needed");
	argv += optind;
	if (!ctl_name_ok(argv[0]))
		return cmd_usage_error(who, "'%s' cannot be the name of a connection", argv[0]);
	if (conf_value_addr(argv[1], &addr) && !conf_value_hostname(argv[1]))
		return cmd_usage_error(who, "'%s' is neither an address nor a host name", argv[1]);
	return send_away(who, dir, argv[0], argv[1]);
}
