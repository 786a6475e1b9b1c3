// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration and the secrets, as `up` and `serve` need them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/config.h"

/* Passphrases and pre-shared keys; without need of the latter the file need not be there */
static int load_secrets(const char *path, struct cmd_config *out, char *err, size_t errlen)
{
	bool psk = conf_uses(out->conf, CONF_AUTH_SECRET);

	if (!psk && access(path, F_OK) && errno == ENOENT)
		return 0;
	return conf_secrets_load(path, psk, &out->secrets, err, errlen);
}

enum cmd_exit cmd_config_load(const char *config, const char *secrets, struct cmd_config *out,
			      char *err, size_t errlen)
{
	memset(out, 0, sizeof(*out));
	out->conf = conf_load(config, err, errlen);
	if (!out->conf)
		return CMD_CONFIG;
	if (load_secrets(secrets, out, err, errlen))
		goto fail;
	if (!conf_uses(out->conf, ~CONF_AUTH_SECRET))
		return CMD_OK;
	out->creds = cred_open(out->conf->ipsecdir, out->conf->crl_strict, out->secrets, err,
			       errlen);
	if (out->creds)
		return CMD_OK;
fail:
	cmd_config_free(out);
	return CMD_CONFIG;
}

int cmd_config_conn(struct cmd_config *c, struct conf_conn *conn, char *err, size_t errlen)
{
	if (conf_orient(conn, err, errlen))
		return -1;
	return cred_conn_add(c->creds, conn, err, errlen);
}

struct conf_conn *cmd_config_find(struct cmd_config *c, const char *config, const char *name,
				  char *err, size_t errlen)
{
	struct conf_conn *conn = conf_find(c->conf, name);

	if (conn)
		return cmd_config_conn(c, conn, err, errlen) ? NULL : conn;
	snprintf(err, errlen, "%s has no conn %s", config, name);
	return NULL;
}

void cmd_config_free(struct cmd_config *c)
{
	cred_close(c->creds);
	conf_secrets_free(c->secrets);
	conf_free(c->conf);
	memset(c, 0, sizeof(*c));
}
