// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp status: the kernel module, its counters and its sockets. */
#include <getopt.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "genl/genl.h"

static const char help[] =
	"Usage: espintcp status [OPTION]...\n"
	"Show the kernel module's version, its sockets and its counters.\n"
	"\n"
	"Options:\n"
	"  -a, --all   sockets of every network namespace (needs CAP_NET_ADMIN)\n"
	"  -j, --json  one JSON object instead of text\n"
	"  -h, --help  this text\n"
	"\n"
	CMD_EXIT_HELP;

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static int show(const char *who, bool all, bool json)
{
	struct genl_sockets socks = { 0 };
	struct genl_info info;
	struct genl *g;
	char err[256];

	g = genl_open(err, sizeof(err));
	if (!g || genl_get_info(g, &info, err, sizeof(err)) ||
	    genl_get_sockets(g, all, &socks, err, sizeof(err))) {
		genl_close(g);
		return cmd_error(CMD_FAILED, who, "%s", err);
	}
	genl_close(g);

	if (json)
		genl_print_json(stdout, &info, &socks);
	else
		genl_print_text(stdout, &info, &socks, all);
	free(socks.s);
	return cmd_flush(who);
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
	bool all = false, json = false;
	int c;

	while ((c = getopt_long(argc, argv, "ajh", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			all = true;
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
	return show(argv[0], all, json);
}
