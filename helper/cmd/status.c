// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp status: the tunnels that are up, and the kernel module with its sockets. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/tunnels.h"
#include "ctl/ctl.h"
#include "genl/genl.h"

static const char help[] =
	"Usage: espintcp status [OPTION]...\n"
	"Show the tunnels of each `espintcp up` and `espintcp serve`: with whom, by which\n"
	"way and since when, their bytes, when they rekey, and why their way changed last;\n"
	"then the kernel module's version, its sockets and its counters.\n"
	"\n"
	"Options:\n"
	"  -a, --all          sockets of every network namespace (needs CAP_NET_ADMIN)\n"
	"  -r, --run-dir DIR  where the control sockets are (default " CTL_RUN_DIR ")\n"
	"  -j, --json         one JSON object instead of text\n"
	"  -h, --help         this text\n"
	"\n"
	CMD_EXIT_HELP;

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "run-dir", required_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

/* 0, or a message was printed */
static int ask_module(const char *who, bool all, struct genl_info *info,
		      struct genl_sockets *socks)
{
	struct genl *g;
	char err[256];
	int rc = 0;

	g = genl_open(err, sizeof(err));
	if (!g || genl_get_info(g, info, err, sizeof(err)) ||
	    genl_get_sockets(g, all, socks, err, sizeof(err)))
		rc = cmd_error(CMD_FAILED, who, "%s", err);
	genl_close(g);
	return rc;
}

static int show(const char *who, const char *dir, bool all, bool json)
{
	struct genl_sockets socks = { 0 };
	struct genl_info info;
	int rc, n;

	if (json)
		fputc('{', stdout);
	n = tunnels_print(who, dir, json);
	if (n < 0 && !json)
		printf("tunnels: %s is not open to you\n", dir);
	if (n && !json)
		fputc('\n', stdout);
	fflush(stdout);
	/* UDP alone needs no module: its tunnels are shown all the same */
	rc = ask_module(who, all, &info, &socks);
	if (!rc && json)
		fputc(',', stdout);
	if (!rc && json)
		genl_print_json(stdout, &info, &socks);
	else if (!rc)
		genl_print_text(stdout, &info, &socks, all);
	free(socks.s);
	if (json)
		fputs("}\n", stdout);
	return cmd_flush(who) ? CMD_FAILED : rc;
}

/**
 * cmd_status - run "espintcp status"
 * @argc: as for main()
 * @argv: as for main(); argv[0] is the subcommand's full name
 *
 * Return: one of enum cmd_exit.
 */
int cmd_status(int argc, char **argv)
{
	const char *dir = CTL_RUN_DIR;
	bool all = false, json = false;
	int c;

	while ((c = getopt_long(argc, argv, "ar:jh", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			all = true;
			break;
		case 'r':
			dir = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			return cmd_help(argv[0], help);
		default:
			return CMD_USAGE;
		}
	}
	if (optind < argc)
		return cmd_usage_error(argv[0], "'%s' is one argument too many", argv[optind]);
	return show(argv[0], dir, all, json);
}
