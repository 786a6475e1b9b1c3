// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp close: end the connection of a socket, whoever owns it. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "genl/genl.h"

static const char help[] =
	"Usage: espintcp close COOKIE [OPTION]...\n"
	"End the connection of an attached socket of this network namespace: a reset for\n"
	"the peer, and the error ECONNABORTED for the owner. COOKIE is what espintcp status\n"
	"and, behind \"sk:\", ss -e show. It takes CAP_NET_ADMIN.\n"
	"\n"
	"Options:\n"
	"  -d, --drain  send what waits first, take nothing more, and then a FIN\n"
	"  -j, --json   one JSON object when it was done\n"
	"  -h, --help   this text\n"
	"\n"
	CMD_EXIT_HELP;

static const struct option options[] = {
	{ "drain", no_argument, NULL, 'd' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static bool cookie_of(const char *text, uint64_t *out)
{
	char *end;

	if (!strncmp(text, "sk:", 3))
		text += 3;
	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*out = strtoull(text, &end, 16);
	return !errno && !*end;
}

static int run(const char *who, const char *text, enum espintcp_close how, bool json)
{
	uint64_t cookie;
	struct genl *g;
	char err[256];
	int rc;

	if (!cookie_of(text, &cookie))
		return cmd_usage_error(who, "'%s' cannot be a cookie", text);
	g = genl_open(err, sizeof(err));
	if (!g)
		return cmd_error(CMD_FAILED, who, "%s", err);
	rc = genl_close_socket(g, cookie, how, err, sizeof(err));
	genl_close(g);
	if (rc)
		return cmd_error(CMD_FAILED, who, "%s", err);
	if (json)
		printf("{\"cookie\":\"%llx\",\"close\":\"%s\"}\n", (unsigned long long)cookie,
		       genl_close_names[how]);
	return cmd_flush(who);
}

/**
 * cmd_close - run "espintcp close"
 * @argc: as for main()
 * @argv: as for main(); argv[0] is the subcommand's full name
 *
 * Return: one of enum cmd_exit.
 */
int cmd_close(int argc, char **argv)
{
	enum espintcp_close how = ESPINTCP_CLOSE_ABORT;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "djh", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			how = ESPINTCP_CLOSE_DRAIN;
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
	if (argc - optind != 1)
		return cmd_usage_error(argv[0], "the cookie of one socket is needed");
	return run(argv[0], argv[optind], how, json);
}
