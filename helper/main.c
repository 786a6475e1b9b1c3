// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp: IKEv2 and ESP in TCP (RFC 9329) from the command line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *who;		/* argv[0] of the subcommand */
	const char *what;
} commands[] = {
	{ "up", cmd_up, "espintcp up", "bring a connection up and keep it up" },
	{ "down", cmd_down, "espintcp down", "end a connection" },
	{ "redirect", cmd_redirect, "espintcp redirect", "send peers to another gateway" },
	{ "serve", cmd_serve, "espintcp serve", "answer the connections of peers" },
	{ "check", cmd_check, "espintcp check", "tell whether a connection would come up" },
	{ "attach", cmd_attach, "espintcp attach", "try a path and a kernel, without IKE" },
	{ "status", cmd_status, "espintcp status", "show the kernel module and its sockets" },
	{ "monitor", cmd_monitor, "espintcp monitor", "show what happens to the sockets" },
	{ "stats", cmd_stats, "espintcp stats", "show the counters of this network namespace" },
	{ "limits", cmd_limits, "espintcp limits", "show or set limits of its sockets" },
	{ "close", cmd_close, "espintcp close", "end the connection of a socket" },
};

static int usage(FILE *to)
{
	fputs("Usage: espintcp COMMAND [OPTION]... [ARGUMENT]...\n"
	      "IKEv2 and ESP in TCP (RFC 9329).\n"
	      "\n"
	      "Commands:\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s  %s\n", commands[i].name, commands[i].what);
	fputs("  help      the same as COMMAND --help\n"
	      "\n"
	      "Options:\n"
	      "  -h, --help     this text\n"
	      "  -V, --version  the version of this program\n"
	      "\n"
	      CMD_EXIT_HELP, to);
	return fflush(to) == EOF || ferror(to);
}

static int run(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		argv[0] = (char *)commands[i].who;
		return commands[i].run(argc, argv);
	}
	return cmd_usage_error("espintcp", "there is no command '%s'", argv[0]);
}

static int help_for(const char *name)
{
	const char *argv[3] = { name, "--help" };

	return run(2, (char **)argv);
}

int main(int argc, char **argv)
{
	const char *arg = argc > 1 ? argv[1] : NULL;

	if (!arg) {
		usage(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(arg, "-V") || !strcmp(arg, "--version"))
		return cmd_help("espintcp", "espintcp " ESPINTCP_VERSION "\n");
	if (!strcmp(arg, "help") && argc > 2)
		return help_for(argv[2]);
	if (!strcmp(arg, "help") || !strcmp(arg, "-h") || !strcmp(arg, "--help")) {
		if (usage(stdout))
			return cmd_error(CMD_FAILED, "espintcp", "cannot write: %s",
					 strerror(errno));
		return CMD_OK;
	}
	if (*arg == '-')
		return cmd_usage_error("espintcp", "there is no option '%s'", arg);
	return run(argc - 1, argv + 1);
}
