// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of configuration and secrets, and the wildcards that name them. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "conf/file.h"

static int check_stat(const char *path, const struct stat *st, bool secret, struct conf_err *err)
{
	if (!S_ISREG(st->st_mode))
		return conf_fail(err, path, 0, "not a regular file");
	if (st->st_size > CONF_FILE_SIZE_MAX)
		return conf_fail(err, path, 0, "larger than %u bytes", CONF_FILE_SIZE_MAX);
	if (!secret)
		return 0;
	if (st->st_uid && st->st_uid != geteuid())
		return conf_fail(err, path, 0,
				 "belongs to user %u, who could change the secrets; run: chown root %s",
				 st->st_uid, path);
	if (st->st_mode & 077)
		return conf_fail(err, path, 0,
				 "group or others may use it (mode %03o); run: chmod 600 %s",
				 st->st_mode & 0777, path);
	return 0;
}

static int read_fd(int fd, const char *path, char *text, size_t size, struct conf_err *err)
{
	size_t done = 0;
	ssize_t n = 1;

	while (n && done < size) {
		n = read(fd, text + done, size - done);
		if (n < 0 && errno != EINTR)
			return conf_fail(err, path, 0, "cannot read: %s", strerror(errno));
		if (n > 0)
			done += n;
	}
	if (done < size)
		return conf_fail(err, path, 0, "changed while it was read; try again");
	return 0;
}

/**
 * conf_file_bytes - read a whole file
 * @path: its name
 * @secret: refuse it where others than its owner may use it, or somebody else
 *	than root and the caller owns it
 * @data: set to its bytes and one more, which is for the caller, who frees it
 * @len: set to the number of bytes in the file
 * @err: error
 *
 * The buffer is allocated once, so that wiping it leaves no copy on the heap.
 *
 * Return: 0, or -1 with the error set.
 */
int conf_file_bytes(const char *path, bool secret, char **data, size_t *len,
		    struct conf_err *err)
{
	int fd, rc = -1;
	struct stat st;
	char *buf = NULL;

	/* Non-blocking: a FIFO must not hang us before it is refused */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return conf_fail(err, path, 0, "cannot open: %s", strerror(errno));
	if (fstat(fd, &st)) {
		conf_fail(err, path, 0, "cannot stat: %s", strerror(errno));
		goto out;
	}
	if (check_stat(path, &st, secret, err))
		goto out;

	buf = malloc(st.st_size + 1);
	if (!buf) {
		conf_fail(err, path, 0, "out of memory");
		goto out;
	}
	rc = read_fd(fd, path, buf, st.st_size, err);
	if (rc) {
		OPENSSL_cleanse(buf, st.st_size);
		free(buf);
		goto out;
	}
	*data = buf;
	*len = st.st_size;
out:
	close(fd);
	return rc;
}

/**
 * conf_file_private - refuse a file that others than its owner may use
 * @path: its name
 * @err: error
 *
 * Return: 0, or -1 with the error set.
 */
int conf_file_private(const char *path, struct conf_err *err)
{
	struct stat st;

	if (stat(path, &st))
		return conf_fail(err, path, 0, "cannot stat: %s", strerror(errno));
	return check_stat(path, &st, true, err);
}

/**
 * conf_file_read - read a whole text file
 * @path: its name
 * @secret: as above
 * @text: set to its bytes and a newline; the caller frees it
 * @len: set to their number
 * @err: error
 *
 * Return: 0, or -1 with the error set.
 */
int conf_file_read(const char *path, bool secret, char **text, size_t *len, struct conf_err *err)
{
	if (conf_file_bytes(path, secret, text, len, err))
		return -1;
	if (!memchr(*text, '\0', *len)) {
		(*text)[(*len)++] = '\n';
		return 0;
	}
	OPENSSL_cleanse(*text, *len);
	free(*text);
	return conf_fail(err, path, 0, "holds a zero byte: it is not a text file");
}

static char *beside(const char *from, const char *pattern)
{
	const char *slash = strrchr(from, '/');
	char *path;

	if (*pattern == '/' || !slash)
		return strdup(pattern);
	if (asprintf(&path, "%.*s%s", (int)(slash + 1 - from), from, pattern) < 0)
		return NULL;
	return path;
}

/**
 * conf_file_glob - call @each for every file that an include line names
 * @from: including file; a relative @pattern begins in its directory
 * @line: line of the include
 * @pattern: file name, with the shell's wildcards perhaps
 * @each: called with every name, sorted; not 0: the end
 * @arg: for @each
 * @err: error
 *
 * Wildcards may match nothing; a plain name must be there.
 *
 * Return: 0, -1 with the error set, or what @each returned.
 */
int conf_file_glob(const char *from, int line, const char *pattern,
		   int (*each)(void *arg, const char *path), void *arg, struct conf_err *err)
{
	char *path = beside(from, pattern);
	glob_t found = { 0 };
	int rc;

	if (!path)
		return conf_fail(err, from, line, "out of memory");
	rc = glob(path, 0, NULL, &found);
	if (rc == GLOB_NOMATCH && !strpbrk(pattern, "*?["))
		rc = conf_fail(err, from, line, "include: there is no file %s", path);
	else if (rc == GLOB_NOMATCH)
		rc = 0;
	else if (rc)
		rc = conf_fail(err, from, line, "include: cannot look for %s", path);
	for (size_t i = 0; !rc && i < found.gl_pathc; i++)
		rc = each(arg, found.gl_pathv[i]);
	globfree(&found);
	free(path);
	return rc;
}
