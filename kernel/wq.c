// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the works of all sockets run.
 *
 * What a call into TCP costs is shared by all that it sends, so what waits is
 * sent when its sender pauses, by a work of normal priority; but data that waits
 * until a cache has lost it costs more. So what has become a batch is sent at
 * once, in softirqs, see poll.c, or by a work of high priority where that is
 * another CPU's.
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
