// SPDX-License-Identifier: GPL-2.0-or-later
/* Text of ipsec.conf(5), and of the files that it includes, to sections. */
#include <stdlib.h>
#include <string.h>

#include "conf/raw.h"

/* Names stay after the sections: connections point to them in messages */
static const char *keep_name(struct conf_raw *raw, const char *name)
{
	struct conf_names *n = malloc(sizeof(*n) + strlen(name) + 1);

	if (!n)
		return NULL;
	strcpy(n->name, name);
	n->next = raw->names;
	raw->names = n;
	raw->n_names++;
	return n->name;
}

/**
 * conf_raw_text - read sections from a text
 * @raw: where they are added
 * @name: what messages call the text
 * @text: bytes that end with a newline
 * @len: their number
 * @depth: of includes, 0 for the first file
 * @err: error
 *
 * Return: 0, or -1 with the error set.
 */
int conf_raw_text(struct conf_raw *raw, const char *name, const char *text, size_t len, int depth,
		  struct conf_err *err)
{
	struct conf_reader r = { .raw = raw, .err = err, .depth = depth };

	if (raw->n_names >= CONF_FILES_MAX)
		return conf_fail(err, name, 0, "more than %d files; does one include itself?",
				 CONF_FILES_MAX);
	r.file = keep_name(raw, name);
	if (!r.file)
		return conf_fail(err, name, 0, "out of memory");
	return conf_scan(&r, text, len);
}

/**
 * conf_raw_file - read sections from a file
 * @raw: where they are added
 * @path: name of the file
 * @depth: of includes, 0 for the first file
 * @err: error
 *
 * Return: 0, or -1 with the error set.
 */
int conf_raw_file(struct conf_raw *raw, const char *path, int depth, struct conf_err *err)
{
	size_t len;
	char *text;
	int rc;

	if (conf_file_read(path, false, &text, &len, err))
		return -1;
	rc = conf_raw_text(raw, path, text, len, depth, err);
	free(text);
	return rc;
}

static int include_one(void *arg, const char *path)
{
	struct conf_reader *r = arg;

	return conf_raw_file(r->raw, path, r->depth + 1, r->err);
}

/**
 * conf_raw_include - an include line
 * @r: file that is read
 * @pattern: as written
 *
 * Keys behind it belong to no section: which file's would they be?
 *
 * Return: 0, or -1 with the error set.
 */
int conf_raw_include(struct conf_reader *r, const char *pattern)
{
	r->section = NULL;
	if (r->depth >= CONF_DEPTH_MAX)
		return conf_fail(r->err, r->file, r->line,
				 "includes are nested more than %d deep; does a file include itself?",
				 CONF_DEPTH_MAX);
	return conf_file_glob(r->file, r->line, pattern, include_one, r, r->err);
}
