// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the works of all sockets run.
 *
 * What a work costs is that of a call into TCP, and a packet for each call is a
 * waste; but data that waits until a cache has lost it costs more. So a work of
 * normal priority takes what came when its sender pauses, and one of high
 * priority what has become a batch before.
 */

#include <linux/workqueue.h>

#include "compat/compat.h"
#include "wq.h"

struct workqueue_struct *espintcp_wq;
struct workqueue_struct *espintcp_wq_high;

/**
 * espintcp_wq_init - make the queues
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int espintcp_wq_init(void)
{
	espintcp_wq = alloc_workqueue("espintcp", WQ_MEM_RECLAIM | WQ_PERCPU,
				      0);
	if (!espintcp_wq)
		return -ENOMEM;

	espintcp_wq_high = alloc_workqueue("espintcp_high", WQ_MEM_RECLAIM |
					   WQ_HIGHPRI | WQ_PERCPU, 0);
	if (!espintcp_wq_high) {
		destroy_workqueue(espintcp_wq);
		return -ENOMEM;
	}
	return 0;
}

/**
 * espintcp_wq_exit - undo espintcp_wq_init()
 *
 * Context: Process context, no socket is attached. May sleep.
 */
void espintcp_wq_exit(void)
{
	destroy_workqueue(espintcp_wq_high);
	destroy_workqueue(espintcp_wq);
}
