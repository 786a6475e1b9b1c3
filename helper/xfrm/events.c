// SPDX-License-Identifier: GPL-2.0-or-later
/* The sockets that the kernel's events come by, and who is told. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include "macros.h"
#include "xfrm/events.h"

#define MESSAGE_MAX	1024		/* those that are wanted are shorter, and come one by one */
#define EACH_TURN	64		/* so that no flood of them keeps other work waiting */
/*
 * The kernel tells of a mapping with each packet until the SA has it, which nobody may want:
 * these come by a socket of their own, from which a few are read now and then.
 */
#define MAPPING_MS	200

struct channel {
	struct xfrm_events *events;
	struct loop_fd w;
	struct loop_timer pause;
	unsigned int pause_ms;		/* 0: none */
};

enum { CHANNEL_EXPIRE, CHANNEL_MAPPING, CHANNELS };

struct xfrm_events {
	struct loop *loop;
	struct channel ch[CHANNELS];
	LIST_HEAD(, xfrm_listener) listeners;
};

static void tell(struct xfrm_events *e, const struct xfrm_event *ev)
{
	struct xfrm_listener *l;

	/* Whoever takes it may have removed any of them */
	LIST_FOREACH(l, &e->listeners, entry)
		if (l->event(l->arg, ev))
			return;
}

static void resume(void *arg)
{
	struct channel *ch = arg;

	(void)loop_fd_change(ch->events->loop, &ch->w, EPOLLIN);
}

static void ready(void *arg, uint32_t events)
{
	struct channel *ch = arg;
	struct xfrm_event ev;
	uint8_t buf[MESSAGE_MAX];
	ssize_t n;

	(void)events;
	for (int i = 0; i < EACH_TURN; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof(from);

		n = recvfrom(ch->w.fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &len);
		/* Of what was too much for the queue, lifetimes in seconds take care */
		if (n < 0 && errno != ENOBUFS)
			break;
		/* Processes may send, too; the kernel has no port */
		if (n > 0 && !from.nl_pid && xfrm_event_parse(buf, n, &ev))
			tell(ch->events, &ev);
	}
	if (!ch->pause_ms)
		return;
	(void)loop_fd_change(ch->events->loop, &ch->w, 0);
	loop_timer_set(ch->events->loop, &ch->pause, ch->pause_ms, resume, ch);
}

static int open_channel(struct xfrm_events *e, struct channel *ch, int group, unsigned int pause_ms)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int rc;

	*ch = (struct channel){
		.events = e, .w = { .ready = ready, .arg = ch }, .pause_ms = pause_ms,
	};
	ch->w.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_XFRM);
	if (ch->w.fd < 0)
		return -1;
	/* Without a port of its own the kernel takes it for the sender */
	if (bind(ch->w.fd, (struct sockaddr *)&any, sizeof(any)))
		return -1;
	if (setsockopt(ch->w.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return -1;
	rc = loop_fd_add(e->loop, &ch->w, EPOLLIN);
	errno = -rc;
	return rc ? -1 : 0;
}

struct xfrm_events *xfrm_events_open(struct loop *loop)
{
	struct xfrm_events *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return NULL;
	e->loop = loop;
	LIST_INIT(&e->listeners);
	for (size_t i = 0; i < CHANNELS; i++)
		e->ch[i].w.fd = -1;
	if (!open_channel(e, &e->ch[CHANNEL_EXPIRE], XFRMNLGRP_EXPIRE, 0) &&
	    !open_channel(e, &e->ch[CHANNEL_MAPPING], XFRMNLGRP_MAPPING, MAPPING_MS))
		return e;
	err = errno;
	xfrm_events_close(e);
	errno = err;
	return NULL;
}

void xfrm_events_close(struct xfrm_events *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < CHANNELS; i++) {
		loop_timer_cancel(e->loop, &e->ch[i].pause);
		loop_fd_del(e->loop, &e->ch[i].w);
		if (e->ch[i].w.fd >= 0)
			close(e->ch[i].w.fd);
	}
	free(e);
}

void xfrm_listen(struct xfrm_events *e, struct xfrm_listener *l)
{
	if (e)
		LIST_INSERT_HEAD(&e->listeners, l, entry);
}

void xfrm_listen_end(struct xfrm_listener *l)
{
	if (!l->entry.le_prev)
		return;
	LIST_REMOVE(l, entry);
	l->entry.le_prev = NULL;
}
