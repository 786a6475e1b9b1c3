/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration and the secrets, as `up` and `serve` need them. */
#ifndef ESPINTCP_CMD_CONFIG_H
#define ESPINTCP_CMD_CONFIG_H

#include "cmd/cmd.h"
#include "conf/conf.h"
#include "cred/cred.h"

#define CMD_CONFIG_ERR 1024		/* for messages that name files and remedies */

struct cmd_config {
	struct conf *conf;
	struct conf_secret *secrets;
	struct cred_store *creds;	/* NULL: no connection needs any */
};

/* Read both files. CMD_OK, or CMD_CONFIG with err set. */
enum cmd_exit cmd_config_load(const char *config, const char *secrets, struct cmd_config *out,
			      char *err, size_t errlen);
/* Find out which end is ours, and its keys. 0, or -1 with err set. */
int cmd_config_conn(struct cmd_config *c, struct conf_conn *conn, char *err, size_t errlen);
/* The same for a connection by its name; NULL with err set */
struct conf_conn *cmd_config_find(struct cmd_config *c, const char *config, const char *name,
				  char *err, size_t errlen);
void cmd_config_free(struct cmd_config *c);

#endif
