/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A secret that outlives the process, and restarts of the host. */
#ifndef ESPINTCP_STATE_SECRET_H
#define ESPINTCP_STATE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#define STATE_DIR		"/var/lib/espintcp"
#define STATE_SECRET_LEN	32

/**
 * state_secret - read the secret DIR/NAME, or make it
 * @dir: the state directory; made with mode 0700 if it is not there
 * @name: of the file, one for each process that runs
 * @secret: filled in
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * A file or directory that is not ours, or that others can read or write, is
 * refused: who has the secret can end tunnels.
 *
 * Return: 0, or -1.
 */
int state_secret(const char *dir, const char *name, uint8_t secret[STATE_SECRET_LEN], char *err,
		 size_t errlen);

#endif
