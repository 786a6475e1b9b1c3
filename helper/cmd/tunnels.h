/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tunnels of all processes that run, for `status`. */
#ifndef ESPINTCP_CMD_TUNNELS_H
#define ESPINTCP_CMD_TUNNELS_H

#include <stdbool.h>

/*
 * Print what each `up` and `serve` with a control socket in dir tells: as text, or as the
 * member "tunnels" of a JSON object. The number of tunnels; -1: dir is closed to us.
 */
int tunnels_print(const char *who, const char *dir, bool json);

#endif
