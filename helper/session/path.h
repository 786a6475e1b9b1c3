/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way that a session's messages go: a TCP connection. */
#ifndef ESPINTCP_SESSION_PATH_H
#define ESPINTCP_SESSION_PATH_H

#include "ike/ike.h"
#include "net/stream.h"

struct session;

/* All zero: none */
struct path {
	struct session *session;
	struct stream *stream;
	struct ike_addrs addrs;
};

static inline bool path_open(const struct path *p)
{
	return p->stream;
}

/* 0 or -errno; what a broken connection does not take is sent again over the next one */
int path_send(struct path *p, const uint8_t *msg, size_t len);
/* The kernel shall give a TCP connection up that long after what it sent was last acknowledged */
void path_set_patience(struct path *p, unsigned int ms);
/* Close it; abort: with a reset, for a peer that is gone */
void path_close(struct path *p, bool abort);

#endif
