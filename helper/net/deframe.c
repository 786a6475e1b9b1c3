// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/deframe.h"

uint8_t *deframe_room(struct deframe *d, size_t *len)
{
	*len = sizeof(d->buf) - d->n;
	return d->buf + d->n;
}

void deframe_add(struct deframe *d, size_t n)
{
	d->n += n;
}

/* What was handed out makes room for what comes */
static void shift(struct deframe *d)
{
	memmove(d->buf, d->buf + d->done, d->n - d->done);
	d->n -= d->done;
	d->done = 0;
}

int deframe_next(struct deframe *d, const uint8_t **msg, size_t *len)
{
	for (;;) {
		enum espintcp_frame_kind kind;
		const uint8_t *head;
		uint16_t body;

		shift(d);
		kind = espintcp_frame_classify(d->buf, d->n, &body);
		if (kind == ESPINTCP_FRAME_BAD_LENGTH)
			return -1;
		if (kind == ESPINTCP_FRAME_MORE || d->n < ESPINTCP_LEN_SIZE + (size_t)body)
			return 0;
		head = d->buf;
		d->done = ESPINTCP_LEN_SIZE + (size_t)body;
		if (kind != ESPINTCP_FRAME_IKE)
			continue;
		*msg = head + ESPINTCP_HEAD_SIZE;
		*len = d->done - ESPINTCP_HEAD_SIZE;
		return 1;
	}
}

int deframe_send(int fd, const uint8_t *msg, size_t len)
{
	size_t all = ESPINTCP_HEAD_SIZE + len;
	uint8_t head[ESPINTCP_HEAD_SIZE] = { all >> 8, all & 0xff };
	struct iovec iov[2] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)msg, .iov_len = len },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	if (all > ESPINTCP_MAX_MSG)
		return -EMSGSIZE;
	n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	/* The send buffer of a new connection has room for one message */
	return (size_t)n == all ? 0 : -EIO;
}
