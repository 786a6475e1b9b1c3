/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IKE messages in a TCP stream without the ULP (RFC 9329, section 3): for who only asks. */
#ifndef ESPINTCP_NET_DEFRAME_H
#define ESPINTCP_NET_DEFRAME_H

#include <stddef.h>
#include <stdint.h>

#include <linux/espintcp_frame.h>

/* All zero at the start */
struct deframe {
	size_t n;			/* bytes in buf */
	size_t done;			/* of these, of messages that were handed out */
	uint8_t buf[ESPINTCP_MAX_MSG];
};

/* Where the next bytes of the stream go, and how many there may be; never 0 after deframe_next() */
uint8_t *deframe_room(struct deframe *d, size_t *len);
/* So many came */
void deframe_add(struct deframe *d, size_t n);

/**
 * deframe_next - the next IKE message, others are passed over
 * @msg: set to the message without its marker, valid till the next call
 * @len: set to its length
 *
 * Return: 1; 0 if more bytes are needed; -1 if the stream is none of RFC 9329.
 */
int deframe_next(struct deframe *d, const uint8_t **msg, size_t *len);

/* A message with length and marker in front, in one piece. 0 or -errno. */
int deframe_send(int fd, const uint8_t *msg, size_t len);

#endif
