/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of this host's links, addresses and routes, as rtnetlink tells them. */
#ifndef ESPINTCP_NET_WATCH_H
#define ESPINTCP_NET_WATCH_H

#include "conf/conf.h"
#include "net/loop.h"

struct watch;

/* changed() is called for each of them, whatever it is. NULL with a sentence in err. */
struct watch *watch_new(struct loop *loop, void (*changed)(void *arg), void *arg, char *err,
			size_t errlen);
void watch_free(struct watch *w);

/* The address that a packet to peer would leave with now. 0, or -errno: it would not. */
int watch_source(const struct conf_subnet *peer, struct conf_subnet *source);

#endif
