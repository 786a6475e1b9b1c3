/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipsec.conf(5) as sections of keys and values, before anybody asks what they
 * mean. On the way from text to struct conf: read.c (files, includes), lex.l
 * and parse.y (lines), raw.c (sections), also.c (also= and %default), keys.c
 * and set.c (one key), conn.c (a connection as a whole).
 */
#ifndef ESPINTCP_CONF_RAW_H
#define ESPINTCP_CONF_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "conf/file.h"
#include "macros.h"

#define CONF_DEPTH_MAX		10	/* of includes and of also= */
#define CONF_FILES_MAX		256
#define CONF_SECTIONS_MAX	4096
#define CONF_KEYS_MAX		128	/* of one section, also= resolved */
#define CONF_NAME_MAX		64	/* length of a name of a section or key */

struct conf_names {
	struct conf_names *next;
	char name[];
};

struct conf_key {
	struct conf_key *next;
	char *name;			/* lower case, aliases resolved */
	char *value;			/* "" stands for the default */
	const char *file;
	int line;
};

enum conf_section_type { CONF_SECTION_SETUP, CONF_SECTION_CONN };

struct conf_section {
	struct conf_section *next;
	enum conf_section_type type;
	char *name;
	const char *file;
	int line;
	struct conf_key *keys;		/* in the order of the file */
	struct conf_key **end;
	size_t n_keys;
	bool visited;			/* also.c, while it resolves */
	bool part;			/* named by an also= */
};

struct conf_raw {
	struct conf_section *sections;	/* in the order of the files */
	struct conf_section **end;
	size_t n_sections;
	struct conf_names *names;
	size_t n_names;
};

/* One file while it is read */
struct conf_reader {
	struct conf_raw *raw;
	struct conf_err *err;
	const char *file;
	int line;
	int depth;			/* of includes */
	struct conf_section *section;	/* that keys belong to */
};

/* raw.c: all return 0, or -1 with the error set */
void conf_raw_init(struct conf_raw *raw);
void conf_raw_free(struct conf_raw *raw);	/* keeps raw->names */
void conf_names_free(struct conf_names *names);
int conf_raw_section(struct conf_reader *r, enum conf_section_type type, const char *name);
int conf_raw_key(struct conf_reader *r, const char *name, const char *value);

/* lex.l */
int conf_scan(struct conf_reader *r, const char *text, size_t len);

/* read.c */
int conf_raw_file(struct conf_raw *raw, const char *path, int depth, struct conf_err *err);
int conf_raw_text(struct conf_raw *raw, const char *name, const char *text, size_t len, int depth,
		  struct conf_err *err);
int conf_raw_include(struct conf_reader *r, const char *pattern);

/* also.c */
struct conf_keys {
	const struct conf_key *k[CONF_KEYS_MAX];
	size_t n;
};

int conf_resolve(struct conf_raw *raw, struct conf_section *section, struct conf_keys *out,
		 struct conf_err *err);

/* keys.c */
struct conf_draft;
const char *conf_key_alias(const char *name);
int conf_key_set(enum conf_section_type type, const struct conf_key *key, struct conf *conf,
		 struct conf_draft *draft, struct conf_err *err);

/* conn.c: NULL with the error set where a connection is wrong or not whole */
struct conf_conn *conf_conn_build(const struct conf_section *section,
				  const struct conf_keys *keys, struct conf_err *err);
void conf_conn_free(struct conf_conn *conn);

/* conf.c: takes the names of raw over, whatever the outcome */
struct conf *conf_build(struct conf_raw *raw, struct conf_err *err);

#endif
