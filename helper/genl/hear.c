// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One netlink socket for all listeners of a process. It is there while somebody listens: a
 * module that is loaded anew has no listeners, and by then none of ours is left.
 */
#include <stdlib.h>

#include "genl/hear.h"

struct genl_home {
	struct loop *loop;
	struct loop_fd w;
	struct genl *g;			/* NULL: nobody listens, or there is nothing to hear */
	LIST_HEAD(, genl_listener) listeners;
};

struct genl_home *genl_home_new(struct loop *loop)
{
	struct genl_home *home = calloc(1, sizeof(*home));

	if (!home)
		return NULL;
	home->loop = loop;
	LIST_INIT(&home->listeners);
	return home;
}

static void stop(struct genl_home *home)
{
	if (!home->g)
		return;
	loop_fd_del(home->loop, &home->w);
	genl_close(home->g);
	home->g = NULL;
}

void genl_home_free(struct genl_home *home)
{
	if (!home)
		return;
	stop(home);
	free(home);
}

static void tell(void *arg, const struct genl_event *ev)
{
	struct genl_home *home = arg;
	struct genl_listener *l;

	/* Whoever takes it may have removed any of them */
	LIST_FOREACH(l, &home->listeners, entry)
		if (l->event(l->arg, ev))
			return;
}

static void ready(void *arg, uint32_t events)
{
	struct genl_home *home = arg;
	char err[256];

	(void)events;
	if (genl_events(home->g, tell, home, err, sizeof(err)) < 0)
		stop(home);
}

static void start(struct genl_home *home)
{
	char err[256];

	home->g = genl_open(err, sizeof(err));
	if (!home->g)
		return;
	home->w = (struct loop_fd){ .fd = genl_fd(home->g), .ready = ready, .arg = home };
	if (!genl_listen(home->g, false, err, sizeof(err)) &&
	    !loop_fd_add(home->loop, &home->w, EPOLLIN))
		return;
	genl_close(home->g);
	home->g = NULL;
}

void genl_hear(struct genl_home *home, struct genl_listener *l)
{
	if (!home || l->home)
		return;
	if (!home->g)
		start(home);
	l->home = home;
	LIST_INSERT_HEAD(&home->listeners, l, entry);
}

void genl_hear_end(struct genl_listener *l)
{
	struct genl_home *home = l->home;

	if (!home)
		return;
	LIST_REMOVE(l, entry);
	l->home = NULL;
	if (LIST_EMPTY(&home->listeners))
		stop(home);
}
