// SPDX-License-Identifier: GPL-2.0-or-later
/* IKE messages over a socket with the ULP. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <linux/espintcp_frame.h>

#include "net/stream.h"

/* IKE has one request and one answer under way; more means trouble (bounds memory) */
#define QUEUE_MAX 8

struct queued {
	STAILQ_ENTRY(queued) entry;
	size_t len;
	uint8_t data[];			/* marker and message */
};

STAILQ_HEAD(queue, queued);

struct stream {
	struct loop *loop;
	struct loop_fd w;
	struct stream_user user;
	uint64_t cookie;
	size_t n_queued;
	struct queue queue;
};

/* Of the message that is being read, whose stream it is: 64 KB for each would be dear */
static uint8_t buf[ESPINTCP_MAX_BODY];

static void stream_ready(void *arg, uint32_t events);

struct stream *stream_new(struct loop *loop, int fd, const struct stream_user *user)
{
	struct stream *s = malloc(sizeof(*s));
	int flags = fcntl(fd, F_GETFL), rc;
	socklen_t len = sizeof(s->cookie);

	if (!s || flags < 0 ||
	    (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK))) {
		free(s);
		return NULL;
	}
	s->loop = loop;
	s->w = (struct loop_fd){ .fd = fd, .ready = stream_ready, .arg = s };
	s->user = *user;
	s->cookie = 0;
	(void)getsockopt(fd, SOL_SOCKET, SO_COOKIE, &s->cookie, &len);
	s->n_queued = 0;
	STAILQ_INIT(&s->queue);
	rc = loop_fd_add(loop, &s->w, EPOLLIN);
	if (rc) {
		free(s);
		errno = -rc;
		return NULL;
	}
	return s;
}

static void drop_head(struct stream *s)
{
	struct queued *q = STAILQ_FIRST(&s->queue);

	STAILQ_REMOVE_HEAD(&s->queue, entry);
	s->n_queued--;
	free(q);
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	while (!STAILQ_EMPTY(&s->queue))
		drop_head(s);
	loop_fd_del(s->loop, &s->w);
	close(s->w.fd);
	free(s);
}

void stream_set_user(struct stream *s, const struct stream_user *user)
{
	s->user = *user;
}

int stream_fd(const struct stream *s)
{
	return s->w.fd;
}

uint64_t stream_cookie(const struct stream *s)
{
	return s->cookie;
}

void stream_set_abort(struct stream *s)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(s->w.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

size_t stream_queued(const struct stream *s)
{
	return s->n_queued;
}

static void end(struct stream *s, int err)
{
	/* Level-triggered: a dead socket would wake us for ever */
	loop_fd_del(s->loop, &s->w);
	s->user.ended(s->user.arg, err);
}

/*
 * 0, -EAGAIN, or -errno. The ULP takes a message whole or not at all, and knows
 * no flag but MSG_DONTWAIT, so SIGPIPE is the process's to ignore.
 */
static int send_now(struct stream *s, const uint8_t *data, size_t len)
{
	ssize_t n;

	do {
		n = send(s->w.fd, data, len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ENOBUFS || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static int enqueue(struct stream *s, struct queued *q)
{
	int rc;

	if (s->n_queued >= QUEUE_MAX) {
		free(q);
		return -ENOBUFS;
	}
	rc = loop_fd_change(s->loop, &s->w, EPOLLIN | EPOLLOUT);
	if (rc) {
		free(q);
		return rc;
	}
	STAILQ_INSERT_TAIL(&s->queue, q, entry);
	s->n_queued++;
	return 0;
}

int stream_send(struct stream *s, const uint8_t *msg, size_t len)
{
	struct queued *q;
	int rc;

	if (len > ESPINTCP_MAX_BODY - ESPINTCP_MARKER_SIZE)
		return -EMSGSIZE;
	q = malloc(sizeof(*q) + ESPINTCP_MARKER_SIZE + len);
	if (!q)
		return -ENOMEM;
	q->len = ESPINTCP_MARKER_SIZE + len;
	memset(q->data, 0, ESPINTCP_MARKER_SIZE);
	memcpy(q->data + ESPINTCP_MARKER_SIZE, msg, len);

	if (s->n_queued)
		return enqueue(s, q);
	rc = send_now(s, q->data, q->len);
	if (rc == -EAGAIN)
		return enqueue(s, q);
	free(q);
	return rc;
}

/* False if the stream ended, and may be gone */
static bool flush(struct stream *s)
{
	struct queued *q;
	int rc;

	while ((q = STAILQ_FIRST(&s->queue))) {
		rc = send_now(s, q->data, q->len);
		if (rc == -EAGAIN)
			return true;
		if (rc) {
			end(s, -rc);
			return false;
		}
		drop_head(s);
	}
	loop_fd_change(s->loop, &s->w, EPOLLIN);
	return true;
}

static int socket_error(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return errno;
	return err;
}

/* One message a turn, so that a busy peer does not keep the others waiting */
static void receive(struct stream *s, uint32_t events)
{
	static const uint8_t marker[ESPINTCP_MARKER_SIZE];
	ssize_t n = recv(s->w.fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (!n) {
		end(s, 0);
		return;
	}
	if (n < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			end(s, errno);
		else if (events & (EPOLLERR | EPOLLHUP))
			end(s, socket_error(s->w.fd));
		return;
	}
	/* The ULP hands out IKE messages only; nothing else is ours to interpret */
	if ((size_t)n < sizeof(marker) || memcmp(buf, marker, sizeof(marker)))
		return;
	s->user.message(s->user.arg, buf + sizeof(marker), n - sizeof(marker));
}

static void stream_ready(void *arg, uint32_t events)
{
	struct stream *s = arg;

	if ((events & EPOLLOUT) && !flush(s))
		return;
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		receive(s, events);
}
