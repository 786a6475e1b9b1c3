/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files for tests of the configuration, in a directory of their own. */
#ifndef ESPINTCP_TESTS_CONF_FILES_H
#define ESPINTCP_TESTS_CONF_FILES_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"

static char conf_dir[64];

/* Name of a file in the directory; good for eight calls */
static const char *conf_path(const char *name)
{
	static char paths[8][128];
	static unsigned int n;
	char *path = paths[n++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", conf_dir, name);
	return path;
}

static inline const char *conf_file(const char *name, const char *text, mode_t mode)
{
	const char *path = conf_path(name);
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static int conf_files_begin(void **state)
{
	(void)state;
	strcpy(conf_dir, "/tmp/espintcp-test-XXXXXX");
	if (!mkdtemp(conf_dir))
		return -1;
	return mkdir(conf_path("sub"), 0700);
}

static int conf_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int conf_files_end(void **state)
{
	(void)state;
	return nftw(conf_dir, conf_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
