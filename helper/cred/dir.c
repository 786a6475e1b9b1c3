// SPDX-License-Identifier: GPL-2.0-or-later
/* The files of a directory, and whether they have changed. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cred/priv.h"

/* Not what editors and package managers leave beside a file */
static int wanted(const struct dirent *d)
{
	static const char *const ends[] = { "~", ".bak", ".dpkg-old", ".dpkg-new", ".dpkg-dist" };
	size_t len = strlen(d->d_name);

	if (d->d_name[0] == '.')
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (len > strlen(ends[i]) && !strcmp(d->d_name + len - strlen(ends[i]), ends[i]))
			return 0;
	return 1;
}

static bool is_file(const char *path, struct stat *st)
{
	return !stat(path, st) && S_ISREG(st->st_mode);
}

/**
 * cred_dir_each - call a function for every file of a directory
 * @dir: parent directory
 * @sub: name of the directory in it; one that is not there is an empty one
 * @each: called with the path of every file, in the order of names; -1: the end
 * @arg: for @each
 * @err: error
 *
 * Return: 0, or -1 with the error set.
 */
int cred_dir_each(const char *dir, const char *sub,
		  int (*each)(void *arg, const char *path, struct conf_err *err), void *arg,
		  struct conf_err *err)
{
	char path[PATH_MAX], name[PATH_MAX];
	struct dirent **list;
	struct stat st;
	int n, rc = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, sub);
	n = scandir(path, &list, wanted, alphasort);
	if (n < 0)
		return errno == ENOENT ? 0 :
		       conf_fail(err, path, 0, "cannot read: %s", strerror(errno));
	if (n > CRED_FILES_MAX)
		rc = conf_fail(err, path, 0, "more than %d files", CRED_FILES_MAX);
	for (int i = 0; i < n; i++) {
		if (!rc && snprintf(name, sizeof(name), "%s/%s", path, list[i]->d_name) <
		    (int)sizeof(name) && is_file(name, &st))
			rc = each(arg, name, err);
		free(list[i]);
	}
	free(list);
	return rc;
}

static int add_stamp(void *arg, const char *path, struct conf_err *err)
{
	uint64_t *stamp = arg;
	struct stat st;

	(void)err;
	if (stat(path, &st))
		return 0;
	/* FNV-1a's multiplier, over what changes when a file is written or replaced */
	*stamp = (*stamp ^ (uint64_t)st.st_ino) * 0x100000001b3;
	*stamp = (*stamp ^ (uint64_t)st.st_size) * 0x100000001b3;
	*stamp = (*stamp ^ (uint64_t)st.st_mtim.tv_sec) * 0x100000001b3;
	*stamp = (*stamp ^ (uint64_t)st.st_mtim.tv_nsec) * 0x100000001b3;
	return 0;
}

/**
 * cred_dir_stamp - a number that tells the state of a directory's files
 * @dir: parent directory
 * @sub: name of the directory in it
 * @stamp: where to begin, such as the stamp of another directory
 *
 * Return: the number; another one once a file was added, removed or changed.
 */
uint64_t cred_dir_stamp(const char *dir, const char *sub, uint64_t stamp)
{
	char text[128];
	struct conf_err err = { .buf = text, .len = sizeof(text) };

	cred_dir_each(dir, sub, add_stamp, &stamp, &err);
	return stamp;
}
