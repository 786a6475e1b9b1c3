/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where control sockets lie. */
#ifndef ESPINTCP_CTL_PATH_H
#define ESPINTCP_CTL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#define CTL_MSG_MAX	512

/* Fill in the address of DIR/NAME. 0, or -1 if it is too long. */
int ctl_path(struct sockaddr_un *sa, const char *dir, const char *name);

/* list.c: whether a process listens there; a file without one is left over from a crash */
bool ctl_alive(const struct sockaddr_un *sa);

#endif
