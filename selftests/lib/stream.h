/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP in a tunnel: large packets one way, of which nothing may arrive but what
 * was sent. A stream that stands still is given up for a new one, since TCP would
 * wait for longer than a test does.
 */
#ifndef SELFTESTS_STREAM_H
#define SELFTESTS_STREAM_H

#include <stdint.h>

#include "hosts.h"

struct stream {
	const struct host *from, *to;
	int		listener, out, in;
	uint64_t	sent, received;	/* on this connection */
	double		moved;		/* when something arrived last */
	double		patience;	/* seconds until it is given up */
	unsigned int	got;		/* times that something arrived */
	unsigned int	corrupt;
};

void stream_open(struct stream *s, const struct host *from,
		 const struct host *to);
/* What can be sent, or received, now */
void stream_send(struct stream *s);
void stream_receive(struct stream *s);
/* Both, or begins anew */
void stream_pump(struct stream *s);
void stream_close(struct stream *s);

#endif
