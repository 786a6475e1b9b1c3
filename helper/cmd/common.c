// SPDX-License-Identifier: GPL-2.0-or-later
/* What the subcommands share: their errors, help and numbers. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "log.h"

/**
 * cmd_usage_error - say what is wrong with the options or arguments
 * @who: argv[0] of the subcommand
 * @fmt: one sentence without a full stop
 *
 * Return: CMD_USAGE.
 */
int cmd_usage_error(const char *who, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_line(LOG_LEVEL_ERROR, "%s: %s; see %s --help", who, line, who);
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
	char line[1536];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_line(LOG_LEVEL_ERROR, "%s: %s", who, line);
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

/**
 * cmd_log_option - an option that says how much is told
 * @who: argv[0] of the subcommand
 * @opt: 'v', 'q', or CMD_LOG_LEVEL
 * @arg: of the option
 *
 * Return: CMD_OK, or CMD_USAGE after a message.
 */
int cmd_log_option(const char *who, int opt, const char *arg)
{
	enum log_level level = opt == 'v' ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING;

	if (opt == CMD_LOG_LEVEL && !log_level_parse(arg, &level))
		return cmd_usage_error(who, "--log-level takes error, warning, info or debug, not '%s'",
				       arg);
	log_set_level(level);
	return CMD_OK;
}
