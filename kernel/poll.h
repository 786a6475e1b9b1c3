/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_POLL_H
#define ESPINTCP_POLL_H

#include <linux/atomic.h>
#include <linux/list.h>

/**
 * struct espintcp_poll - what is read in softirqs, by one CPU at a time
 * @node: link in a CPU's list, protected by the list's lock
 * @state: whether somebody has it to read, see poll.c
 * @deferred: a process has the socket, and it is to be read when that leaves.
 *	Written with the lock of the socket held, or by that process
 * @read: reads a batch, returns how many packets; sets the flag where there may be
 *	more. Called in softirq, no lock held
 */
struct espintcp_poll {
	struct list_head	node;
	atomic_t		state;
	bool			deferred;
	int			(*read)(struct espintcp_poll *p, bool *more);
};

int espintcp_poll_init(void);
void espintcp_poll_exit(void);
void espintcp_poll_kick(struct espintcp_poll *p);
void espintcp_poll_resume(struct espintcp_poll *p);
bool espintcp_poll_wait(struct espintcp_poll *p, long timeout);
void espintcp_poll_stop(struct espintcp_poll *p);

#endif
