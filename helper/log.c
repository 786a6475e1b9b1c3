// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"

static enum log_level wanted = LOG_LEVEL_INFO;

static const struct {
	const char *name, *prefix;
	enum log_level level;
} levels[] = {
	{ "error", "<3>", LOG_LEVEL_ERROR },
	{ "warning", "<4>", LOG_LEVEL_WARNING },
	{ "info", "<6>", LOG_LEVEL_INFO },
	{ "debug", "<7>", LOG_LEVEL_DEBUG },
};

bool log_level_parse(const char *text, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(text, levels[i].name))
			continue;
		*level = levels[i].level;
		return true;
	}
	return false;
}

void log_set_level(enum log_level level)
{
	wanted = level;
}

bool log_wanted(enum log_level level)
{
	return level <= wanted;
}

/* $JOURNAL_STREAM names the socket by device and inode: it is inherited by whom it is not for */
static bool is_journal(FILE *to)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char rest;

	return stream && sscanf(stream, "%llu:%llu%c", &dev, &ino, &rest) == 2 &&
	       !fstat(fileno(to), &st) && st.st_dev == dev && st.st_ino == ino;
}

const char *log_prefix(FILE *to, enum log_level level)
{
	if (is_journal(to))
		for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
			if (levels[i].level == level)
				return levels[i].prefix;
	return "";
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	if (!log_wanted(level))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *c = line; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	/* In one call: stderr is not buffered, and lines of several processes may meet */
	fprintf(stderr, "%s%s\n", log_prefix(stderr, level), line);
}
