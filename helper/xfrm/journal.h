/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this process has in the kernel, for the one that comes after it: a file
 * for each child, without keys, in the run directory. A process that was killed
 * leaves policies that swallow packets and keep the next tunnel from coming up.
 */
#ifndef ESPINTCP_XFRM_JOURNAL_H
#define ESPINTCP_XFRM_JOURNAL_H

#include "xfrm/xfrm.h"

struct journal;

/**
 * journal_open - clean up behind a process of the same name, and keep a journal
 * @x: the connection to the kernel
 * @dir: the run directory, which is there
 * @name: of the control socket, which this process holds: there is no other one
 * @cleaned: set to how many children were found and removed
 *
 * A policy that has become somebody else's meanwhile is left alone.
 *
 * Return: for journal_close(), or NULL: out of memory.
 */
struct journal *journal_open(struct xfrm *x, const char *dir, const char *name,
			     unsigned int *cleaned);
/* May be NULL */
void journal_close(struct journal *j);

/* Before a child is installed or has moved; after it is gone. j may be NULL. 0 or -errno. */
int journal_add(struct journal *j, const struct ike_addrs *addrs, const struct ike_child *child);
void journal_del(struct journal *j, const struct ike_child *child);

#endif
