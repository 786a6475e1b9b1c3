// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the readers of all sockets run: a NAPI instance of each CPU.
 *
 * What a socket received is read by the CPU that received it, and while it is
 * in the cache. Packets that come out of XFRM wait for the next softirq in a
 * backlog, which drops what goes beyond net.core.netdev_max_backlog; as that
 * one is polled in turns with ours, it never has much more than a budget of ours.
 */

#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait_bit.h>

#include "compat/napi.h"
#include "poll.h"

/* States of &struct espintcp_poll: who makes it leave POLL_IDLE puts it on a list */
#define POLL_IDLE	0
/* It is being read, or will be, and all that was there before is seen */
#define POLL_BUSY	1
/* There may be more than its reader sees: it is to be read once more */
#define POLL_AGAIN	2

/**
 * struct poll_cpu - the sockets that a CPU has to read
 * @napi: reads them
 * @lock: protects @list; taken with BH off
 * @list: &struct espintcp_poll.node
 */
struct poll_cpu {
	struct napi_struct	napi;
	spinlock_t		lock; /* see above */
	struct list_head	list;
};

static struct poll_cpu __percpu *poll_cpus;
static struct net_device *poll_dev;

static struct espintcp_poll *poll_take(struct poll_cpu *pc)
{
	struct espintcp_poll *p;

	spin_lock(&pc->lock);
	p = list_first_entry_or_null(&pc->list, struct espintcp_poll, node);
	if (p)
		list_del(&p->node);
	spin_unlock(&pc->lock);
	return p;
}

static void poll_add(struct poll_cpu *pc, struct espintcp_poll *p)
{
	spin_lock(&pc->lock);
	list_add_tail(&p->node, &pc->list);
	spin_unlock(&pc->lock);
}

static int poll_run(struct napi_struct *napi, int budget)
{
	struct poll_cpu *pc = container_of(napi, struct poll_cpu, napi);
	struct espintcp_poll *p;
	int done = 0;

	while (done < budget) {
		bool more = false;

		p = poll_take(pc);
		if (!p) {
			napi_complete_done(napi, done);
			return done;
		}

		atomic_set(&p->state, POLL_BUSY);
		/* Pairs with the xchg of who has something new to read */
		smp_mb();
		/* A look at a socket is work, too */
		done += 1 + p->read(p, &more);

		if (more || atomic_cmpxchg(&p->state, POLL_BUSY, POLL_IDLE) !=
			    POLL_BUSY)
			poll_add(pc, p);
		else
			/* The address alone: whoever waited may have freed it */
			wake_up_var(&p->state);
	}
	return budget;
}

/**
 * espintcp_poll_kick - there is something to read
 * @p: who reads
 *
 * Context: Any but hard interrupts; the reader runs before this returns, later
 * on this CPU, or where it is running already.
 */
void espintcp_poll_kick(struct espintcp_poll *p)
{
	struct poll_cpu *pc;

	if (atomic_xchg(&p->state, POLL_AGAIN) != POLL_IDLE)
		return;

	local_bh_disable();
	pc = this_cpu_ptr(poll_cpus);
	poll_add(pc, p);
	napi_schedule(&pc->napi);
	local_bh_enable();
}

/**
 * espintcp_poll_resume - a process leaves the socket
 * @p: who reads
 *
 * Context: BH off, lock of the socket held, which a process owns or has owned.
 */
void espintcp_poll_resume(struct espintcp_poll *p)
{
	if (!p->deferred)
		return;

	p->deferred = false;
	espintcp_poll_kick(p);
}

/**
 * espintcp_poll_wait - wait until nobody reads
 * @p: who reads
 * @timeout: how long at most, in jiffies
 *
 * Context: Process context, no lock that the reader takes is held. May sleep.
 * Return: false if it still reads after @timeout.
 */
bool espintcp_poll_wait(struct espintcp_poll *p, long timeout)
{
	return wait_var_event_timeout(&p->state,
				      atomic_read(&p->state) == POLL_IDLE,
				      timeout);
}

/**
 * espintcp_poll_stop - wait until nobody reads, however long that takes
 * @p: who reads; nobody kicks it any more
 *
 * Context: as espintcp_poll_wait().
 */
void espintcp_poll_stop(struct espintcp_poll *p)
{
	/* Again and again: one long sleep would look like a task that hangs */
	while (!espintcp_poll_wait(p, HZ))
		;
}

/**
 * espintcp_poll_init - make the instances
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int espintcp_poll_init(void)
{
	int cpu;

	poll_dev = espintcp_compat_alloc_dummy();
	if (!poll_dev)
		return -ENOMEM;

	poll_cpus = alloc_percpu(struct poll_cpu);
	if (!poll_cpus) {
		espintcp_compat_free_dummy(poll_dev);
		return -ENOMEM;
	}

	for_each_possible_cpu(cpu) {
		struct poll_cpu *pc = per_cpu_ptr(poll_cpus, cpu);

		spin_lock_init(&pc->lock);
		INIT_LIST_HEAD(&pc->list);
		/* No packet is received for a queue that users could poll */
		set_bit(NAPI_STATE_NO_BUSY_POLL, &pc->napi.state);
		espintcp_compat_napi_add(poll_dev, &pc->napi, poll_run);
		napi_enable(&pc->napi);
	}
	return 0;
}

/**
 * espintcp_poll_exit - undo espintcp_poll_init()
 *
 * Context: Process context, nobody reads any more. May sleep.
 */
void espintcp_poll_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct poll_cpu *pc = per_cpu_ptr(poll_cpus, cpu);

		napi_disable(&pc->napi);
		espintcp_compat_napi_del(&pc->napi);
	}
	synchronize_net();
	free_percpu(poll_cpus);
	espintcp_compat_free_dummy(poll_dev);
}
