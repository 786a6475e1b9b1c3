// SPDX-License-Identifier: GPL-2.0-only
/* Bounds of what sockets hold, and the memory of a network namespace's. */

#include <linux/gfp.h>

#include "compat/compat.h"
#include "limits.h"

/* A 1/16 of the memory: what no peer should get */
#define MEMORY_SHIFT	4
/* Enough that inner TCP flows never meet it: their own limits come first */
#define TX_QUEUE	(4 << 20)
/* A daemon that is busy for a while */
#define IKE_QUEUE	(256 << 10)
/* TCP's own longest retransmission timeout: a path may come back till then */
#define RX_TIMEOUT	120
/* What a CPU may charge for itself before it tells the others */
#define MEM_BATCH	(64 << 10)

/**
 * espintcp_limits_default - the bounds of the initial namespace at first
 * @limits: set
 *
 * Context: Any.
 */
void espintcp_limits_default(struct espintcp_limits *limits)
{
	*limits = (struct espintcp_limits) {
		.memory		= (u64)espintcp_compat_totalram_pages() <<
				  (PAGE_SHIFT - MEMORY_SHIFT),
		.tx_queue	= TX_QUEUE,
		.ike_queue	= IKE_QUEUE,
		.rx_timeout	= RX_TIMEOUT,
	};
}

/**
 * espintcp_mem_init - prepare accounting
 * @mem: the account
 * @limits: has its bound, outlives it
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_mem_init(struct espintcp_mem *mem,
		      const struct espintcp_limits *limits)
{
	mem->limits = limits;
	return percpu_counter_init(&mem->bytes, 0, GFP_KERNEL);
}

/**
 * espintcp_mem_exit - end accounting
 * @mem: the account; all was given back
 *
 * Context: Process context.
 */
void espintcp_mem_exit(struct espintcp_mem *mem)
{
	WARN_ON_ONCE(percpu_counter_sum(&mem->bytes));
	percpu_counter_destroy(&mem->bytes);
}

/**
 * espintcp_mem_charge - ask for memory
 * @mem: the account
 * @bytes: how much
 *
 * Context: Any.
 * Return: false where the bound is reached; then nothing was charged.
 */
bool espintcp_mem_charge(struct espintcp_mem *mem, u32 bytes)
{
	u64 now = percpu_counter_read_positive(&mem->bytes);

	if (now + bytes > READ_ONCE(mem->limits->memory))
		return false;

	espintcp_mem_force(mem, bytes);
	return true;
}

/**
 * espintcp_mem_force - charge what is there already, over the bound if need be
 * @mem: the account
 * @bytes: how much; negative where less is there
 *
 * Context: Any.
 */
void espintcp_mem_force(struct espintcp_mem *mem, s64 bytes)
{
	percpu_counter_add_batch(&mem->bytes, bytes, MEM_BATCH);
}

/**
 * espintcp_mem_uncharge - give memory back
 * @mem: the account
 * @bytes: how much
 *
 * Context: Any.
 */
void espintcp_mem_uncharge(struct espintcp_mem *mem, u32 bytes)
{
	espintcp_mem_force(mem, -(s64)bytes);
}

/**
 * espintcp_mem_bytes - what is charged just now
 * @mem: the account
 *
 * Context: Any; looks at every CPU.
 * Return: bytes.
 */
u64 espintcp_mem_bytes(struct espintcp_mem *mem)
{
	return percpu_counter_sum_positive(&mem->bytes);
}
