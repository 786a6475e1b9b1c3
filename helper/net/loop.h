/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small event loop: file descriptors, timers, signals. One thread. */
#ifndef ESPINTCP_NET_LOOP_H
#define ESPINTCP_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;

/*
 * A descriptor in the loop. It lies in its owner's structure. A callback may
 * remove and free any of them, its own too.
 */
struct loop_fd {
	int fd;
	void (*ready)(void *arg, uint32_t events);	/* EPOLLIN, EPOLLOUT ... */
	void *arg;
};

/* A one-shot timer. All zero is one that is not set. */
struct loop_timer {
	struct loop_timer *child, *next, *prev;	/* in the heap, see timers.c */
	uint64_t due;			/* ms, as of loop_now() */
	uint64_t turn;			/* of those that are due at the same time */
	bool set;
	void (*fire)(void *arg);
	void *arg;
};

struct loop *loop_new(void);		/* NULL: errno says why */
void loop_free(struct loop *loop);

/* Milliseconds of the monotonic clock; the same all through a callback of the loop */
uint64_t loop_now(void);
/* For a callback that has waited for something: it is later now */
void loop_waited(void);

int loop_fd_add(struct loop *loop, struct loop_fd *w, uint32_t events);	/* 0 or -errno */
int loop_fd_change(struct loop *loop, struct loop_fd *w, uint32_t events);
void loop_fd_del(struct loop *loop, struct loop_fd *w);

/* Fire once, ms from now; a timer that is set already is moved */
void loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t ms,
		    void (*fire)(void *arg), void *arg);
void loop_timer_cancel(struct loop *loop, struct loop_timer *t);

/* SIGINT, SIGTERM and SIGHUP become calls of fn; SIGPIPE is ignored. 0 or -errno. */
int loop_signals(struct loop *loop, void (*fn)(void *arg, int signo), void *arg);

/* Run until loop_stop(). 0, or -errno if the loop itself fails. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
