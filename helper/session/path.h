/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way that a session's messages go: a TCP connection, or a pair of UDP ports. */
#ifndef ESPINTCP_SESSION_PATH_H
#define ESPINTCP_SESSION_PATH_H

#include "ike/ike.h"
#include "net/addr.h"
#include "net/stream.h"
#include "net/udp.h"

struct session;

/* All zero: none */
struct path {
	struct session *session;
	struct stream *stream;		/* TCP */
	struct udp *udp;		/* UDP: the session's own socket, or the server's */
	bool own_udp;
	struct ike_addrs addrs;
	unsigned int strange;		/* messages in a row that were none of the SA */
	unsigned int unknown;		/* ESP of no SA since the last one that was */
	uint64_t doubted;		/* when the peer was asked because of it, see unknown.c */
};

static inline bool path_open(const struct path *p)
{
	return p->stream || p->udp;
}

/* Whether what is sent arrives, once and in order, as long as the path lives */
static inline bool path_reliable(const struct path *p)
{
	return p->stream;
}

static inline bool path_same(const struct path *a, const struct path *b)
{
	return a->stream == b->stream && a->udp == b->udp &&
	       addr_pair_equal(&a->addrs, &b->addrs);
}

/*
 * After each message, fresh or not: whether so many in a row meant nothing that this is not
 * the peer's stream any more (RFC 9329, section 6.1)
 */
bool path_corrupted(struct path *p, bool fresh);
/* The same of ESP with unknown SPIs: n more have come. A few do when SAs come and go. */
bool path_doubtful(struct path *p, unsigned int n);
/* 0 or -errno; what a broken connection does not take is sent again over the next one */
int path_send(struct path *p, const uint8_t *msg, size_t len);
/* The kernel shall give a TCP connection up that long after what it sent was last acknowledged */
void path_set_patience(struct path *p, unsigned int ms);
/* Close it; abort: with a reset, for a peer that is gone */
void path_close(struct path *p, bool abort);

#endif
