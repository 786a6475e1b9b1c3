// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections of keys and values as the files give them. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/raw.h"

/**
 * conf_fail - write down an error
 * @err: where
 * @file: the file that it is in
 * @line: its line, or 0
 * @fmt: what is wrong; the remedy
 *
 * Return: -1, so that a caller can return it on.
 */
int conf_fail(struct conf_err *err, const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (line)
		n = snprintf(err->buf, err->len, "%s:%d: ", file, line);
	else
		n = snprintf(err->buf, err->len, "%s: ", file);
	if (n < 0 || (size_t)n >= err->len)
		return -1;
	va_start(ap, fmt);
	vsnprintf(err->buf + n, err->len - n, fmt, ap);
	va_end(ap);
	return -1;
}

/**
 * conf_raw_init - begin with no section
 * @raw: filled in
 */
void conf_raw_init(struct conf_raw *raw)
{
	memset(raw, 0, sizeof(*raw));
	raw->end = &raw->sections;
}

static void key_free(struct conf_key *key)
{
	if (!key)
		return;
	free(key->name);
	free(key->value);
	free(key);
}

/**
 * conf_raw_free - free the sections, not the names that outlive them
 * @raw: sections
 */
void conf_raw_free(struct conf_raw *raw)
{
	struct conf_section *s;
	struct conf_key *k;

	while ((s = raw->sections)) {
		raw->sections = s->next;
		while ((k = s->keys)) {
			s->keys = k->next;
			key_free(k);
		}
		free(s->name);
		free(s);
	}
	raw->end = &raw->sections;
}

/**
 * conf_names_free - free the names of files
 * @names: list, may be NULL
 */
void conf_names_free(struct conf_names *names)
{
	struct conf_names *next;

	for (; names; names = next) {
		next = names->next;
		free(names);
	}
}

/* Names are what ipsec.conf(5) allows: they end in messages and file names */
static bool name_ok(const char *name)
{
	if (!isalpha((unsigned char)*name) && strcmp(name, "%default"))
		return false;
	if (strlen(name) > CONF_NAME_MAX)
		return false;
	for (name++; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

static int check_section(struct conf_reader *r, enum conf_section_type type, const char *name)
{
	const struct conf_section *s;

	if (type == CONF_SECTION_SETUP && strcmp(name, "setup"))
		return conf_fail(r->err, r->file, r->line,
				 "there is no section 'config %.*s'; the only one is 'config setup'",
				 CONF_NAME_MAX, name);
	if (!name_ok(name))
		return conf_fail(r->err, r->file, r->line,
				 "'%.*s' is no name for a connection; a letter and then letters, digits, '.', '_' and '-' make one, at most %d",
				 CONF_NAME_MAX, name, CONF_NAME_MAX);
	if (r->raw->n_sections >= CONF_SECTIONS_MAX)
		return conf_fail(r->err, r->file, r->line, "more than %d sections",
				 CONF_SECTIONS_MAX);
	/* Several %default sections add up, see also.c */
	if (!strcmp(name, "%default"))
		return 0;
	for (s = r->raw->sections; s; s = s->next)
		if (s->type == type && !strcmp(s->name, name))
			return conf_fail(r->err, r->file, r->line,
					 "section '%s' begins a second time; the first is at %s:%d",
					 name, s->file, s->line);
	return 0;
}

/**
 * conf_raw_section - a section begins
 * @r: file that is read
 * @type: config or conn
 * @name: its name, copied
 *
 * Return: 0, or -1 with the error set.
 */
int conf_raw_section(struct conf_reader *r, enum conf_section_type type, const char *name)
{
	struct conf_section *s;

	r->section = NULL;
	if (check_section(r, type, name))
		return -1;
	s = calloc(1, sizeof(*s));
	if (s)
		s->name = strdup(name);
	if (!s || !s->name) {
		free(s);
		return conf_fail(r->err, r->file, r->line, "out of memory");
	}
	s->type = type;
	s->file = r->file;
	s->line = r->line;
	s->end = &s->keys;
	*r->raw->end = s;
	r->raw->end = &s->next;
	r->raw->n_sections++;
	r->section = s;
	return 0;
}

static int check_key(struct conf_reader *r, const char *name)
{
	const struct conf_key *k;

	if (strlen(name) > CONF_NAME_MAX)
		return conf_fail(r->err, r->file, r->line, "no key has a name that long");
	if (!r->section)
		return conf_fail(r->err, r->file, r->line,
				 "%s= belongs to no section; begin one with 'config setup' or 'conn NAME'",
				 name);
	if (r->section->n_keys >= CONF_KEYS_MAX)
		return conf_fail(r->err, r->file, r->line, "more than %d keys in one section",
				 CONF_KEYS_MAX);
	if (!strcmp(name, "also"))
		return 0;
	for (k = r->section->keys; k; k = k->next)
		if (!strcmp(k->name, name))
			return conf_fail(r->err, r->file, r->line,
					 "%s= is already set in line %d of this section", name,
					 k->line);
	return 0;
}

static struct conf_key *key_new(const char *name, const char *value)
{
	struct conf_key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	key->name = strdup(name);
	key->value = strdup(value);
	if (key->name && key->value)
		return key;
	key_free(key);
	return NULL;
}

/**
 * conf_raw_key - a key of the current section
 * @r: file that is read
 * @name: as written, copied
 * @value: without quotes, copied; "" if there is none
 *
 * Return: 0, or -1 with the error set.
 */
int conf_raw_key(struct conf_reader *r, const char *name, const char *value)
{
	struct conf_key *key = key_new(name, value);
	const char *alias;

	if (!key)
		return conf_fail(r->err, r->file, r->line, "out of memory");
	for (char *p = key->name; *p; p++)
		*p = tolower((unsigned char)*p);
	alias = conf_key_alias(key->name);
	if (alias)
		strcpy(key->name, alias);	/* never longer, see there */
	if (check_key(r, key->name)) {
		key_free(key);
		return -1;
	}
	key->file = r->file;
	key->line = r->line;
	*r->section->end = key;
	r->section->end = &key->next;
	r->section->n_keys++;
	return 0;
}
