/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_LIMITS_H
#define ESPINTCP_LIMITS_H

#include <linux/percpu_counter.h>
#include <linux/types.h>

/**
 * struct espintcp_limits - bounds of a network namespace's sockets
 * @memory: bytes that all of them together may hold: half received messages,
 *	IKE messages not yet read, messages that wait for TCP
 * @tx_queue: bytes of ESP of one socket that wait for TCP
 * @ike_queue: bytes of memory of one socket's IKE messages not yet read
 * @rx_timeout: seconds that a message may stay incomplete without another
 *	byte; 0 for ever
 * @unprivileged: attaching needs no capability
 *
 * Read without a lock, written one by one, and in force at once.
 */
struct espintcp_limits {
	u64	memory;
	u32	tx_queue;
	u32	ike_queue;
	u32	rx_timeout;
	bool	unprivileged;
};

/**
 * struct espintcp_mem - memory that the sockets of a network namespace hold
 * @bytes: the sum; short of the truth by a batch a CPU at most
 * @limits: has the bound
 */
struct espintcp_mem {
	struct percpu_counter		bytes;
	const struct espintcp_limits	*limits;
};

void espintcp_limits_default(struct espintcp_limits *limits);
int espintcp_mem_init(struct espintcp_mem *mem,
		      const struct espintcp_limits *limits);
void espintcp_mem_exit(struct espintcp_mem *mem);
bool espintcp_mem_charge(struct espintcp_mem *mem, u32 bytes);
void espintcp_mem_force(struct espintcp_mem *mem, s64 bytes);
void espintcp_mem_uncharge(struct espintcp_mem *mem, u32 bytes);
u64 espintcp_mem_bytes(struct espintcp_mem *mem);

#endif
