// SPDX-License-Identifier: GPL-2.0-only
/* a workqueue has to say that it is WQ_PERCPU */
#include <linux/workqueue.h>

HAS(wq_percpu, void)
{
	return WQ_PERCPU;
}

CONTROL(wq_percpu, void)
{
	return WQ_UNBOUND;
}
