/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of espintcp and what they share. */
#ifndef ESPINTCP_CMD_H
#define ESPINTCP_CMD_H

#include <stdbool.h>

#include "macros.h"

/* Exit status of every subcommand; CMD_EXIT_HELP is the same for people */
enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1,			/* network, peer or kernel */
	CMD_USAGE = 2,			/* options or arguments */
	CMD_CONFIG = 3,			/* configuration or secrets */
};

#define CMD_EXIT_HELP \
	"Exit status:\n" \
	"  0  done\n" \
	"  1  the network, the peer or the kernel did not let it happen\n" \
	"  2  wrong options or arguments\n" \
	"  3  the configuration or the secrets are wrong\n"

#define CMD_CONFIG_FILE		"/etc/ipsec.conf"
#define CMD_SECRETS_FILE	"/etc/ipsec.secrets"

/*
 * A subcommand gets its own options behind argv[0], which is "espintcp NAME":
 * getopt_long() and the functions below begin their messages with it. Returns
 * one of enum cmd_exit.
 */
int cmd_up(int argc, char **argv);
int cmd_down(int argc, char **argv);
int cmd_redirect(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_attach(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_limits(int argc, char **argv);
int cmd_close(int argc, char **argv);

/* One line "WHO: ..." on stderr; the first also names --help. Return the status. */
int __printf(2, 3) cmd_usage_error(const char *who, const char *fmt, ...);
int __printf(3, 4) cmd_error(enum cmd_exit status, const char *who, const char *fmt, ...);

/* Print a help text; CMD_FAILED if stdout does not take it */
int cmd_help(const char *who, const char *text);
/* Likewise, for what a subcommand has printed */
int cmd_flush(const char *who);

/* What --log-level is to getopt_long(); -v and -q are short for two of its levels */
#define CMD_LOG_LEVEL	256
int cmd_log_option(const char *who, int opt, const char *arg);

/* Decimal number in min..max, nothing behind it. False: not such a number. */
bool cmd_number(const char *text, unsigned long min, unsigned long max, unsigned long *out);

#endif
