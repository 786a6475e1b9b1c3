// SPDX-License-Identifier: GPL-2.0-or-later
/* What the subcommands share: their errors, help and numbers. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

/**
 * cmd_usage_error - say what is wrong with the options or arguments
 * @who: argv[0] of the subcommand
 * @fmt: one sentence without a full stop
 *
 * Return: CMD_USAGE.
 */
int cmd_usage_error(const char *who, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", who);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see %s --help\n", who);
	return CMD_USAGE;
}

/**
 * cmd_error - say why the subcommand ends
 * @status: its exit status
 * @who: argv[0] of the subcommand
 * @fmt: one sentence without a full stop
 *
 * Return: @status.
 */
int cmd_error(enum cmd_exit status, const char *who, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", who);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

/**
 * cmd_help - print a help text
 * @who: argv[0] of the subcommand
 * @text: all of it, as it is to appear
 *
 * Return: CMD_OK, or CMD_FAILED if stdout cannot be written.
 */
int cmd_help(const char *who, const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		return cmd_error(CMD_FAILED, who, "cannot write: %s", strerror(errno));
	return CMD_OK;
}

/**
 * cmd_flush - see that what was printed gets out
 * @who: argv[0] of the subcommand
 *
 * Return: CMD_OK, or CMD_FAILED if stdout cannot be written.
 */
int cmd_flush(const char *who)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		return cmd_error(CMD_FAILED, who, "cannot write: %s", strerror(errno));
	return CMD_OK;
}

/**
 * cmd_number - read a decimal number
 * @text: digits and nothing else
 * @min: smallest value allowed
 * @max: largest value allowed
 * @out: set to the value, only on success
 *
 * Return: whether @text is such a number.
 */
bool cmd_number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
	unsigned long v;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || *end || v < min || v > max)
		return false;
	*out = v;
	return true;
}
