/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration and the secrets, as `up` and `serve` need them. */
#ifndef ESPINTCP_CMD_CONFIG_H
#define ESPINTCP_CMD_CONFIG_H

#include "cmd/cmd.h"
#include "conf/conf.h"

struct cmd_config {
	struct conf *conf;
	struct conf_secret *secrets;
};

/* Read both files; CMD_CONFIG after a message if one of them is wrong */
enum cmd_exit cmd_config_load(const char *who, const char *config, const char *secrets,
			      struct cmd_config *out);
void cmd_config_free(struct cmd_config *c);

#endif
