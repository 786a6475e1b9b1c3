/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_TX_H
#define ESPINTCP_TX_H

#include "sock.h"

/**
 * enum espintcp_tx_state - where a buffer of messages is
 * @ESPINTCP_TX_NEW: not in the queue
 * @ESPINTCP_TX_PLACED: in the queue, being encrypted
 * @ESPINTCP_TX_READY: in the queue, or taken from it
 * @ESPINTCP_TX_GONE: not in the queue any more, being encrypted
 */
enum espintcp_tx_state {
	ESPINTCP_TX_NEW,
	ESPINTCP_TX_PLACED,
	ESPINTCP_TX_READY,
	ESPINTCP_TX_GONE,
};

/**
 * struct espintcp_tx_cb - what the control block of an outgoing message holds
 * @charge: the packet that the message was made from, kept so that its sender
 *	is charged until TCP has the bytes; NULL if nobody is
 * @reserved: bytes reserved by espintcp_tx_reserve(); 0 for IKE
 * @stamp: low half of jiffies when the message was queued
 * @flow: from espintcp_fair_flow()
 * @state: of &enum espintcp_tx_state; protected by the lock of the queue
 * @failed: one of the messages could not be encrypted
 * @more: messages in the buffer behind the first one
 * @pending: requests that are encrypting in it
 * @seq: low half of the first sequence number
 * @sa: the SA; compared, never dereferenced
 *
 * A buffer is sent and counted as a whole: all its messages are of one SA.
 */
struct espintcp_tx_cb {
	struct sk_buff	*charge;
	u32		reserved;
	u32		stamp;
	u8		flow;
	u8		state;
	bool		failed;
	u16		more;
	atomic_t	pending;
	u32		seq;
	const void	*sa;
};

static inline struct espintcp_tx_cb *espintcp_tx_cb(struct sk_buff *msg)
{
	BUILD_BUG_ON(sizeof(struct espintcp_tx_cb) > sizeof(msg->cb));
	return (struct espintcp_tx_cb *)msg->cb;
}

/**
 * espintcp_tx_waiting - bytes that were accepted and that TCP has not got
 * @es: the socket
 *
 * Context: Process context, socket lock held.
 */
static inline u32 espintcp_tx_waiting(const struct espintcp_sock *es)
{
	const struct espintcp_tx *tx = &es->tx;

	return tx->ike_bytes + atomic_read(&tx->bytes) - tx->off;
}

void espintcp_tx_init(struct espintcp_sock *es);
void espintcp_tx_count(struct espintcp_sock *es, enum espintcp_counter which);
int espintcp_tx_reserve(struct espintcp_sock *es, u32 bytes);
void espintcp_tx_release(struct espintcp_sock *es, u32 bytes);
void espintcp_tx_queue(struct espintcp_sock *es, struct sk_buff *msg,
		       bool async);
void espintcp_tx_free(struct sk_buff *msg);
bool espintcp_tx_ike_room(const struct espintcp_sock *es, u32 len);
bool espintcp_tx_ike_poll(struct espintcp_sock *es);
void espintcp_tx_ike(struct espintcp_sock *es, struct sk_buff *msg,
		     struct sk_buff_head *done);
void espintcp_tx_write_space(struct espintcp_sock *es);
void espintcp_tx_state(struct espintcp_sock *es);
void espintcp_tx_drain(struct espintcp_sock *es);
void espintcp_tx_flush(struct espintcp_sock *es, struct sk_buff_head *done);
void espintcp_tx_stop(struct espintcp_sock *es);
void espintcp_tx_purge(struct espintcp_sock *es);

#endif
