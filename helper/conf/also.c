// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of a section with those of its also= and of %default. */
#include <stdio.h>
#include <string.h>

#include "conf/raw.h"

static bool is_default(const struct conf_section *s)
{
	return !strcmp(s->name, "%default");
}

static struct conf_section *find(const struct conf_raw *raw, const struct conf_key *also)
{
	struct conf_section *s;

	for (s = raw->sections; s; s = s->next)
		if (s->type == CONF_SECTION_CONN && !strcmp(s->name, also->value) &&
		    !is_default(s))
			return s;
	return NULL;
}

static bool has(const struct conf_keys *keys, size_t from, size_t to, const char *name)
{
	for (size_t i = from; i < to; i++)
		if (!strcmp(keys->k[i]->name, name))
			return true;
	return false;
}

static int add(struct conf_keys *keys, const struct conf_key *key, struct conf_err *err)
{
	if (keys->n >= CONF_KEYS_MAX)
		return conf_fail(err, key->file, key->line,
				 "more than %d keys in one section, also= included", CONF_KEYS_MAX);
	keys->k[keys->n++] = key;
	return 0;
}

/* What the section says itself wins, as in libreswan; two also= must not disagree */
static int merge(struct conf_keys *out, size_t own, const struct conf_keys *from,
		 const struct conf_key *also, struct conf_err *err)
{
	for (size_t i = 0; i < from->n; i++) {
		const char *name = from->k[i]->name;

		if (has(out, 0, own, name))
			continue;
		if (has(out, own, out->n, name))
			return conf_fail(err, also->file, also->line,
					 "also=%s brings %s=, which another also= has brought; set it in this section",
					 also->value, name);
		if (add(out, from->k[i], err))
			return -1;
	}
	return 0;
}

static int collect(struct conf_raw *raw, struct conf_section *s, int depth,
		   struct conf_keys *out, struct conf_err *err);

static int collect_also(struct conf_raw *raw, const struct conf_key *also, int depth,
			struct conf_keys *out, struct conf_err *err)
{
	struct conf_section *s = find(raw, also);

	if (!s)
		return conf_fail(err, also->file, also->line,
				 "also=%.64s: there is no such conn section", also->value);
	if (s->visited)
		return conf_fail(err, also->file, also->line,
				 "also=%s comes back to a section that is already part of this one",
				 also->value);
	if (depth >= CONF_DEPTH_MAX)
		return conf_fail(err, also->file, also->line,
				 "also= is nested more than %d deep", CONF_DEPTH_MAX);
	s->part = true;
	return collect(raw, s, depth + 1, out, err);
}

static int collect(struct conf_raw *raw, struct conf_section *s, int depth,
		   struct conf_keys *out, struct conf_err *err)
{
	struct conf_keys from;
	const struct conf_key *k;
	size_t own;

	s->visited = true;
	out->n = 0;
	for (k = s->keys; k; k = k->next)
		if (strcmp(k->name, "also") && add(out, k, err))
			return -1;
	own = out->n;
	for (k = s->keys; k; k = k->next) {
		if (strcmp(k->name, "also"))
			continue;
		if (s->type == CONF_SECTION_SETUP)
			return conf_fail(err, k->file, k->line, "also= has no place in 'config %s'",
					 s->name);
		if (collect_also(raw, k, depth, &from, err) || merge(out, own, &from, k, err))
			return -1;
	}
	return 0;
}

static int add_defaults(struct conf_raw *raw, struct conf_keys *out, struct conf_err *err)
{
	struct conf_section *s;
	const struct conf_key *k;
	size_t own = out->n;

	for (s = raw->sections; s; s = s->next) {
		if (s->type != CONF_SECTION_CONN || !is_default(s))
			continue;
		for (k = s->keys; k; k = k->next) {
			if (!strcmp(k->name, "also"))
				return conf_fail(err, k->file, k->line,
						 "also= has no place in 'conn %%default'");
			if (has(out, 0, own, k->name))
				continue;
			if (has(out, own, out->n, k->name))
				return conf_fail(err, k->file, k->line,
						 "%s= is already set in another 'conn %%default'",
						 k->name);
			if (add(out, k, err))
				return -1;
		}
	}
	return 0;
}

/**
 * conf_resolve - all keys of a section, from wherever they come
 * @raw: all sections
 * @section: one of them, not %default
 * @out: filled in; the keys stay @raw's
 * @err: error
 *
 * Return: 0, or -1 with the error set.
 */
int conf_resolve(struct conf_raw *raw, struct conf_section *section, struct conf_keys *out,
		 struct conf_err *err)
{
	struct conf_section *s;

	for (s = raw->sections; s; s = s->next)
		s->visited = false;
	if (collect(raw, section, 0, out, err))
		return -1;
	return section->type == CONF_SECTION_CONN ? add_defaults(raw, out, err) : 0;
}
