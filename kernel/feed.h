/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_FEED_H
#define ESPINTCP_FEED_H

#include "netns.h"
#include "sock.h"

/**
 * espintcp_feed_ike_bytes - account for IKE messages that wait for TCP
 * @es: the socket
 * @bytes: their length, negative when they leave
 *
 * They are charged, but not refused: their own bound is small.
 *
 * Context: Socket lock held, softirq with the socket not owned, or nobody else
 * uses the socket.
 */
static inline void espintcp_feed_ike_bytes(struct espintcp_sock *es,
					   int bytes)
{
	WRITE_ONCE(es->tx.ike_bytes, es->tx.ike_bytes + bytes);
	espintcp_mem_force(&es->en->mem, bytes);
}

/**
 * enum espintcp_feed_end - why espintcp_feed_push() ended
 * @ESPINTCP_FEED_EMPTY: nothing is left
 * @ESPINTCP_FEED_FULL: TCP is full, and something waits
 * @ESPINTCP_FEED_MORE: it has done enough for one call, and something may wait
 */
enum espintcp_feed_end {
	ESPINTCP_FEED_EMPTY,
	ESPINTCP_FEED_FULL,
	ESPINTCP_FEED_MORE,
};

enum espintcp_feed_end espintcp_feed_push(struct espintcp_sock *es, bool flush,
					  struct sk_buff_head *done);
u32 espintcp_feed_drop(struct espintcp_sock *es, struct sk_buff_head *done);

#endif
