/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process says beside its answers: lines on stderr, each with a level. Where
 * stderr is the journal, each begins with "<N>" (sd-daemon(3)), so that
 * `journalctl -p` knows them apart.
 */
#ifndef ESPINTCP_LOG_H
#define ESPINTCP_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "macros.h"

enum log_level {			/* as syslog(3) numbers them */
	LOG_LEVEL_ERROR = 3,		/* it ends, or could not be done */
	LOG_LEVEL_WARNING = 4,		/* it goes on, but somebody should look */
	LOG_LEVEL_INFO = 6,		/* events of connections, the default */
	LOG_LEVEL_DEBUG = 7,		/* each message, without its contents */
};

/* "error", "warning", "info", "debug"; false: none of these */
bool log_level_parse(const char *text, enum log_level *level);
/* Lines above the level are left out from now on */
void log_set_level(enum log_level level);
bool log_wanted(enum log_level level);

/* One line, of which control characters become '?': a peer chooses some of it */
__printf(2, 3)
void log_line(enum log_level level, const char *fmt, ...);

/* "<6>" if the stream goes to the journal, or "" */
const char *log_prefix(FILE *to, enum log_level level);

#endif
