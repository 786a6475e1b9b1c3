// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp limits: bounds of the sockets of this network namespace. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "genl/genl.h"

static const char help[] =
	"Usage: espintcp limits [OPTION]... [NAME=VALUE]...\n"
	"Show the limits of this network namespace, or set those that are named, all or\n"
	"none. New network namespaces begin with those of the initial one.\n"
	"\n"
	"  memory        bytes that all sockets together may hold (256K or more)\n"
	"  tx_queue      bytes of ESP of a socket that may wait for TCP (64K to 1G)\n"
	"  ike_queue     bytes of IKE messages of a socket not yet read (128K to 1G)\n"
	"  rx_timeout    seconds that a message may stay incomplete (0 to 86400, 0: for ever)\n"
	"  unprivileged  whether attaching needs no capability (0 or 1)\n"
	"\n"
	"Bytes may end in K, M or G, seconds in s. To set takes CAP_NET_ADMIN; to raise a\n"
	"limit over that of the initial network namespace takes it there.\n"
	"\n"
	"Options:\n"
	"  -j, --json  one JSON object instead of text\n"
	"  -h, --help  this text\n"
	"\n"
	CMD_EXIT_HELP;

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static int limit_of(const char *name, size_t len)
{
	for (int i = 0; i <= ESPINTCP_A_LIMITS_MAX; i++)
		if (genl_limit_names[i] && strlen(genl_limit_names[i]) == len &&
		    !memcmp(genl_limit_names[i], name, len))
			return i;
	return -1;
}

static bool seconds(const char *unit)
{
	return !*unit || !strcmp(unit, "s");
}

static int shift_of(const char *unit)
{
	static const char units[] = "KMG";
	const char *u;

	if (!*unit)
		return 0;
	u = strchr(units, toupper((unsigned char)*unit));
	return u && *u && !unit[1] ? 10 * (u - units + 1) : -1;
}

/* False: not such a number, or not such a unit */
static bool value_of(int limit, const char *text, uint64_t *out)
{
	unsigned long long v;
	int shift = 0;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno)
		return false;
	switch (limit) {
	case ESPINTCP_A_LIMITS_RX_TIMEOUT:
		if (!seconds(end) || v > UINT32_MAX)
			return false;
		break;
	case ESPINTCP_A_LIMITS_UNPRIVILEGED:
		if (*end || v > 1)
			return false;
		break;
	default:
		shift = shift_of(end);
		if (shift < 0 || v > UINT64_MAX >> shift)
			return false;
		v <<= shift;
		if (limit != ESPINTCP_A_LIMITS_MEMORY && v > UINT32_MAX)
			return false;
	}
	*out = v;
	return true;
}

static int read_args(const char *who, int argc, char **argv, struct genl_limits *limits)
{
	for (int i = 0; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		int limit = eq ? limit_of(argv[i], eq - argv[i]) : -1;

		if (!eq)
			return cmd_usage_error(who, "'%s' is not NAME=VALUE", argv[i]);
		if (limit < 0)
			return cmd_usage_error(who, "there is no limit '%.*s'",
					       (int)(eq - argv[i]), argv[i]);
		if (!value_of(limit, eq + 1, &limits->v[limit]))
			return cmd_usage_error(who, "%s cannot be '%s'", genl_limit_names[limit],
					       eq + 1);
		limits->has[limit] = true;
	}
	return CMD_OK;
}

static int run(const char *who, const struct genl_limits *set, bool json)
{
	struct genl_limits now;
	struct genl *g;
	char err[256];
	int rc;

	g = genl_open(err, sizeof(err));
	if (!g)
		return cmd_error(CMD_FAILED, who, "%s", err);
	rc = set ? genl_set_limits(g, set, err, sizeof(err)) :
		   genl_get_limits(g, &now, err, sizeof(err));
	genl_close(g);
	if (rc)
		return cmd_error(CMD_FAILED, who, "%s", err);
	if (set)
		return CMD_OK;
	genl_print_limits(stdout, &now, json);
	return cmd_flush(who);
}

/**
 * cmd_limits - run "espintcp limits"
 * @argc: as for main()
 * @argv: as for main(); argv[0] is the subcommand's full name
 *
 * Return: one of enum cmd_exit.
 */
int cmd_limits(int argc, char **argv)
{
	struct genl_limits set = { 0 };
	bool json = false;
	int c, status;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'h':
			return cmd_help(argv[0], help);
		default:
			return CMD_USAGE;
		}
	}
	status = read_args(argv[0], argc - optind, argv + optind, &set);
	if (status != CMD_OK)
		return status;
	return run(argv[0], optind < argc ? &set : NULL, json);
}
