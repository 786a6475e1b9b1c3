// SPDX-License-Identifier: GPL-2.0-or-later
/* The whole configuration: from sections to what the commands use. */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"

static bool has_key(const struct conf_keys *keys, const char *name)
{
	for (size_t i = 0; i < keys->n; i++)
		if (!strcmp(keys->k[i]->name, name))
			return true;
	return false;
}

/* A section that others take up by also= need not be a connection itself */
static bool only_part(const struct conf_section *s, const struct conf_keys *keys)
{
	return s->part && !(has_key(keys, "left") && has_key(keys, "right"));
}

static int build_setup(const struct conf_section *s, const struct conf_keys *keys,
		       struct conf *conf, struct conf_err *err)
{
	for (size_t i = 0; i < keys->n; i++)
		if (conf_key_set(CONF_SECTION_SETUP, keys->k[i], conf, NULL, err))
			return -1;
	if (conf->redirect != CONF_REDIRECT_NO && !conf->n_redirect_to)
		return conf_fail(err, s->file, s->line,
				 "config setup: global-redirect= needs global-redirect-to=");
	return 0;
}

/* Their keys are checked all the same: a typo in a part is a typo */
static int check_part(const struct conf_keys *keys, struct conf_err *err)
{
	struct conf_conn *conn = calloc(1, sizeof(*conn));
	struct conf_draft draft = { .conn = conn };
	int rc = 0;

	if (!conn)
		return conf_fail(err, "conf", 0, "out of memory");
	for (size_t i = 0; !rc && i < keys->n; i++)
		rc = conf_key_set(CONF_SECTION_CONN, keys->k[i], NULL, &draft, err);
	conf_conn_free(conn);
	return rc;
}

static int build_section(struct conf_raw *raw, struct conf_section *s, struct conf *conf,
			 struct conf_conn ***end, struct conf_err *err)
{
	struct conf_keys keys;

	if (conf_resolve(raw, s, &keys, err))
		return -1;
	if (s->type == CONF_SECTION_SETUP)
		return build_setup(s, &keys, conf, err);
	if (only_part(s, &keys))
		return check_part(&keys, err);
	**end = conf_conn_build(s, &keys, err);
	if (!**end)
		return -1;
	*end = &(**end)->next;
	return 0;
}

/* Which sections are parts is known only once every also= was followed */
static int mark_parts(struct conf_raw *raw, struct conf_err *err)
{
	struct conf_section *s;
	struct conf_keys keys;

	for (s = raw->sections; s; s = s->next)
		if (strcmp(s->name, "%default") && conf_resolve(raw, s, &keys, err))
			return -1;
	return 0;
}

/**
 * conf_build - make a configuration of sections
 * @raw: the sections; the names of files become the configuration's
 * @err: error
 *
 * Return: the configuration, or NULL with the error set.
 */
struct conf *conf_build(struct conf_raw *raw, struct conf_err *err)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	struct conf_conn **end;
	int rc;

	if (!conf) {
		conf_fail(err, "conf", 0, "out of memory");
		conf_names_free(raw->names);
		return NULL;
	}
	conf->names = raw->names;
	conf->listen_udp = true;
	end = &conf->conns;
	rc = mark_parts(raw, err);
	for (struct conf_section *s = raw->sections; !rc && s; s = s->next)
		if (strcmp(s->name, "%default"))
			rc = build_section(raw, s, conf, &end, err);
	if (!rc)
		return conf;
	conf_free(conf);
	return NULL;
}

static struct conf *finish(struct conf_raw *raw, int rc, struct conf_err *err)
{
	struct conf *conf = NULL;

	if (rc)
		conf_names_free(raw->names);
	else
		conf = conf_build(raw, err);
	conf_raw_free(raw);
	return conf;
}

/**
 * conf_load - read ipsec.conf(5)
 * @path: the file
 * @err: "FILE:LINE: what is wrong; the remedy"
 * @errlen: size of @err
 *
 * Return: the configuration, or NULL with @err set.
 */
struct conf *conf_load(const char *path, char *err, size_t errlen)
{
	struct conf_err e = { .buf = err, .len = errlen };
	struct conf_raw raw;

	conf_raw_init(&raw);
	return finish(&raw, conf_raw_file(&raw, path, 0, &e), &e);
}

/**
 * conf_text - the same from a text, without a file
 * @text: bytes that end with a newline
 * @len: their number
 * @err: as above
 * @errlen: size of @err
 *
 * An include is refused: there is no directory that it could be in.
 *
 * Return: as above.
 */
struct conf *conf_text(const char *text, size_t len, char *err, size_t errlen)
{
	struct conf_err e = { .buf = err, .len = errlen };
	struct conf_raw raw;

	conf_raw_init(&raw);
	return finish(&raw, conf_raw_text(&raw, "conf", text, len, CONF_DEPTH_MAX, &e), &e);
}

/**
 * conf_free - free a configuration
 * @conf: configuration, may be NULL
 */
void conf_free(struct conf *conf)
{
	struct conf_conn *conn;

	if (!conf)
		return;
	while ((conn = conf->conns)) {
		conf->conns = conn->next;
		conf_conn_free(conn);
	}
	conf_names_free(conf->names);
	free(conf->listen_tcp);
	free(conf->ipsecdir);
	for (size_t i = 0; i < conf->n_redirect_to; i++)
		free(conf->redirect_to[i]);
	free(conf);
}

/**
 * conf_uses - tell whether connections need something to authenticate with
 * @conf: configuration
 * @auth: set of enum conf_auth
 *
 * Return: whether an end of any connection may use one of them.
 */
bool conf_uses(const struct conf *conf, unsigned int auth)
{
	const struct conf_conn *conn;

	for (conn = conf->conns; conn; conn = conn->next)
		if ((conn->local.auth | conn->remote.auth) & auth)
			return true;
	return false;
}

/**
 * conf_find - find a connection by its name
 * @conf: configuration
 * @name: of the conn section
 *
 * Return: the connection, @conf's own, or NULL.
 */
struct conf_conn *conf_find(const struct conf *conf, const char *name)
{
	struct conf_conn *conn;

	for (conn = conf->conns; conn; conn = conn->next)
		if (!strcmp(conn->name, name))
			return conn;
	return NULL;
}
