/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKE messages over a socket with the ULP: each send() and recv() is one
 * message with the non-ESP marker in front (RFC 9329, section 3.1), which is
 * added and stripped here.
 */
#ifndef ESPINTCP_NET_STREAM_H
#define ESPINTCP_NET_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"

struct stream;

struct stream_user {
	void *arg;
	/* One message without marker; shorter ones than an IKE header come too */
	void (*message)(void *arg, const uint8_t *msg, size_t len);
	/* Nothing more will come; err is 0 at the peer's orderly end, or errno */
	void (*ended)(void *arg, int err);
};

/* Takes fd over, which it makes non-blocking. NULL: errno says why, fd stays open. */
struct stream *stream_new(struct loop *loop, int fd, const struct stream_user *user);
/* Another owner */
void stream_set_user(struct stream *s, const struct stream_user *user);
/* Closes the socket; may be called from the user's own callbacks */
void stream_free(struct stream *s);
int stream_fd(const struct stream *s);
/* What the kernel calls the socket (SO_COOKIE); 0: unknown */
uint64_t stream_cookie(const struct stream *s);
/* Let stream_free() reset the connection: a peer that is gone would leave an orphan of it */
void stream_set_abort(struct stream *s);

/*
 * Send a message, at once or when TCP has room; what was accepted is sent whole.
 * 0, -EMSGSIZE, -ENOBUFS if too many wait, or -errno of the connection.
 */
int stream_send(struct stream *s, const uint8_t *msg, size_t len);
size_t stream_queued(const struct stream *s);

#endif
