/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of configuration and secrets, and errors that name them. */
#ifndef ESPINTCP_CONF_FILE_H
#define ESPINTCP_CONF_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "macros.h"

#define CONF_FILE_SIZE_MAX	1048576U

/* Where the next error goes, and what it is about */
struct conf_err {
	char *buf;
	size_t len;
};

/* "FILE:LINE: ..." (line 0: "FILE: ..."); always -1 */
int __printf(4, 5) conf_fail(struct conf_err *err, const char *file, int line, const char *fmt,
			     ...);

int conf_file_bytes(const char *path, bool secret, char **data, size_t *len,
		    struct conf_err *err);
int conf_file_private(const char *path, struct conf_err *err);
int conf_file_read(const char *path, bool secret, char **text, size_t *len, struct conf_err *err);
int conf_file_glob(const char *from, int line, const char *pattern,
		   int (*each)(void *arg, const char *path), void *arg, struct conf_err *err);

#endif
