/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of SAs by itself: they have carried enough, a peer has other ports. */
#ifndef ESPINTCP_XFRM_EVENTS_H
#define ESPINTCP_XFRM_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "conf/conf.h"
#include "net/loop.h"

enum xfrm_event_kind {
	XFRM_EVENT_SOFT,		/* XFRM_MSG_EXPIRE: it is to be rekeyed */
	XFRM_EVENT_HARD,		/* the same: it is gone */
	XFRM_EVENT_MAPPING,		/* XFRM_MSG_MAPPING: its packets come from elsewhere */
};

struct xfrm_event {
	enum xfrm_event_kind kind;
	uint32_t spi;			/* network order */
	struct conf_subnet dst;		/* the SA's, prefix unused */
	struct conf_subnet from;	/* MAPPING: where packets come from now */
	uint16_t from_port;		/* host order */
};

/* Who wants to know. event() tells whether the SA is its own; it may remove any listener. */
struct xfrm_listener {
	LIST_ENTRY(xfrm_listener) entry;
	bool (*event)(void *arg, const struct xfrm_event *ev);
	void *arg;
};

struct xfrm_events;

/**
 * xfrm_events_open - listen to the kernel
 * @loop: where events are read
 *
 * Needs CAP_NET_ADMIN.
 *
 * Return: for xfrm_events_close(), or NULL with errno set.
 */
struct xfrm_events *xfrm_events_open(struct loop *loop);
void xfrm_events_close(struct xfrm_events *e);

void xfrm_listen(struct xfrm_events *e, struct xfrm_listener *l);	/* @e NULL: to nothing */
void xfrm_listen_end(struct xfrm_listener *l);		/* also of one that does not listen */

/* Read one netlink message. False: it is of another kind, or too short. */
bool xfrm_event_parse(const void *msg, size_t len, struct xfrm_event *ev);

#endif
