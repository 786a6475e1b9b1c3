/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the kernel module for many who want to hear of their own sockets. */
#ifndef ESPINTCP_GENL_HEAR_H
#define ESPINTCP_GENL_HEAR_H

#include <sys/queue.h>

#include "genl/genl.h"
#include "net/loop.h"

struct genl_home;

/* All zero: does not listen. event() may remove any listener; it tells whether it is its own. */
struct genl_listener {
	LIST_ENTRY(genl_listener) entry;
	struct genl_home *home;
	bool (*event)(void *arg, const struct genl_event *ev);
	void *arg;
};

/* NULL: out of memory. It may be freed when nobody listens. */
struct genl_home *genl_home_new(struct loop *loop);
void genl_home_free(struct genl_home *home);

/*
 * To be called with a socket of the listener's attached, which keeps the module loaded; the
 * kernel's own espintcp tells nothing. home may be NULL. Again is no fault.
 */
void genl_hear(struct genl_home *home, struct genl_listener *l);
void genl_hear_end(struct genl_listener *l);		/* also of one that does not listen */

#endif
