/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_EVENT_H
#define ESPINTCP_EVENT_H

#include "netns.h"
#include "sock.h"

/* Apart enough that a queue that hovers at one of them is told of once */
#define ESPINTCP_EVENT_CONGESTED_AT(limit)	((limit) / 4 * 3)
#define ESPINTCP_EVENT_RESUMED_AT(limit)	((limit) / 4)

void espintcp_event_init(struct espintcp_sock *es);
void espintcp_event_attached(struct espintcp_sock *es);
void espintcp_event_detached(struct espintcp_sock *es);
void espintcp_event_end(struct espintcp_sock *es, enum espintcp_end why,
			int err);
enum espintcp_end espintcp_event_ended(const struct espintcp_sock *es,
				       u32 *err);
void espintcp_event_fatal(struct espintcp_sock *es, int err);
void espintcp_event_state(struct espintcp_sock *es);
void espintcp_event_congested(struct espintcp_sock *es, u32 queued);
void espintcp_event_resumed(struct espintcp_sock *es, u32 queued);
void espintcp_event_count(struct espintcp_sock *es, enum espintcp_counter which,
			  u32 n);

/**
 * espintcp_event_queued - the ESP queue has grown
 * @es: the socket
 * @queued: its bytes
 *
 * Context: Process or softirq.
 */
static inline void espintcp_event_queued(struct espintcp_sock *es, u32 queued)
{
	u32 limit = READ_ONCE(es->en->limits.tx_queue);

	if (unlikely(queued > ESPINTCP_EVENT_CONGESTED_AT(limit)) &&
	    !READ_ONCE(es->news.congested))
		espintcp_event_congested(es, queued);
}

/**
 * espintcp_event_released - the ESP queue has shrunk
 * @es: the socket
 * @queued: its bytes
 *
 * Context: Process or softirq.
 */
static inline void espintcp_event_released(struct espintcp_sock *es, u32 queued)
{
	u32 limit = READ_ONCE(es->en->limits.tx_queue);

	if (unlikely(READ_ONCE(es->news.congested)) &&
	    queued < ESPINTCP_EVENT_RESUMED_AT(limit))
		espintcp_event_resumed(es, queued);
}

#endif
