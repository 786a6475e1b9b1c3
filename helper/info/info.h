/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told of one tunnel: written by the process that has it (session/info.c),
 * carried by the control socket, shown by `espintcp status`.
 */
#ifndef ESPINTCP_INFO_H
#define ESPINTCP_INFO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/conf.h"
#include "ctl/ctl.h"
#include "net/addr.h"

struct info_tunnel {
	char name[CTL_NAME_MAX + 1];	/* of the connection */
	char role[8];			/* "up" or "serve" */
	char own_id[CONF_ID_MAX + 8], peer_id[CONF_ID_MAX + 8];
	char transport[8];		/* of IKE: "tcp", "udp", "lost" (till there is another) */
	char esp[8];			/* what carries ESP: "tcp", "udp", "none" */
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX];
	uint16_t local_port, remote_port;
	uint64_t up_s;			/* seconds that it has been up */
	int64_t rekey_s;		/* seconds till the next rekeying; -1: none */
	uint64_t bytes_in, bytes_out;
	int64_t changed_s;		/* seconds since the way changed; -1: it has not */
	char change[160];		/* why */
};

/* A line for each member and an empty one behind the last */
void info_write(FILE *to, const struct info_tunnel *t);
/* The next one. 1; 0 at the end; -1: this is none, or of another version. */
int info_read(FILE *from, struct info_tunnel *t);

void info_print_text(FILE *to, const struct info_tunnel *t);
void info_print_json(FILE *to, const struct info_tunnel *t);

#endif
