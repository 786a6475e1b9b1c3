// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration and the secrets, as `up` and `serve` need them. */
#include <string.h>

#include "cmd/config.h"

enum cmd_exit cmd_config_load(const char *who, const char *config, const char *secrets,
			      struct cmd_config *out)
{
	char err[512];

	memset(out, 0, sizeof(*out));
	out->conf = conf_load(config, err, sizeof(err));
	if (!out->conf)
		return cmd_error(CMD_CONFIG, who, "%s", err);
	out->secrets = conf_secrets_load(secrets, err, sizeof(err));
	if (out->secrets)
		return CMD_OK;
	cmd_config_free(out);
	return cmd_error(CMD_CONFIG, who, "%s", err);
}

void cmd_config_free(struct cmd_config *c)
{
	conf_secrets_free(c->secrets);
	conf_free(c->conf);
	memset(c, 0, sizeof(*c));
}
