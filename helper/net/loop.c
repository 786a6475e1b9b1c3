// SPDX-License-Identifier: GPL-2.0-or-later
/* A small event loop: file descriptors, timers, signals. One thread. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/timers.h"

struct loop {
	int epfd;
	bool stop;
	struct timers timers;
	struct loop_fd sig;
	void (*on_signal)(void *arg, int signo);
	void *signal_arg;
};

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->sig.fd = -1;
	loop->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epfd < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->sig.fd >= 0)
		close(loop->sig.fd);
	close(loop->epfd);
	free(loop);
}

/*
 * What one callback does happens at one time: it asks for it again and again, and where the
 * kernel has no vDSO, that is a system call each time.
 */
static struct {
	bool inside;			/* of a callback */
	uint64_t ms;			/* 0: not known yet */
} turn;

uint64_t loop_now(void)
{
	struct timespec ts;
	uint64_t ms;

	if (turn.ms)
		return turn.ms;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ms = (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	if (turn.inside)
		turn.ms = ms;
	return ms;
}

void loop_waited(void)
{
	turn.ms = 0;
}

static void begin_turn(void)
{
	turn.inside = true;
	turn.ms = 0;
}

static void end_turn(void)
{
	turn.inside = false;
	turn.ms = 0;
}

static int control(struct loop *loop, int op, struct loop_fd *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(loop->epfd, op, w->fd, &ev) ? -errno : 0;
}

int loop_fd_add(struct loop *loop, struct loop_fd *w, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, w, events);
}

int loop_fd_change(struct loop *loop, struct loop_fd *w, uint32_t events)
{
	return control(loop, EPOLL_CTL_MOD, w, events);
}

void loop_fd_del(struct loop *loop, struct loop_fd *w)
{
	if (w->fd >= 0)
		control(loop, EPOLL_CTL_DEL, w, 0);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *t)
{
	if (!t->set)
		return;
	timers_del(&loop->timers, t);
	t->set = false;
}

void loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t ms,
		    void (*fire)(void *arg), void *arg)
{
	loop_timer_cancel(loop, t);
	t->due = loop_now() + ms;
	t->fire = fire;
	t->arg = arg;
	t->set = true;
	timers_add(&loop->timers, t);
}

static void signal_ready(void *arg, uint32_t events)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(loop->sig.fd, &info, sizeof(info)) == sizeof(info))
		loop->on_signal(loop->signal_arg, info.ssi_signo);
}

int loop_signals(struct loop *loop, void (*fn)(void *arg, int signo), void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	loop->sig.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->sig.fd < 0)
		return -errno;
	loop->on_signal = fn;
	loop->signal_arg = arg;
	loop->sig.ready = signal_ready;
	loop->sig.arg = loop;
	return loop_fd_add(loop, &loop->sig, EPOLLIN);
}

/* Fire what is due; the answer is how long to wait for the next one, in ms */
static int run_timers(struct loop *loop)
{
	struct loop_timer *t;
	uint64_t now = loop_now();

	while (!loop->stop && (t = loop->timers.first)) {
		if (t->due > now)
			return t->due - now > 60000 ? 60000 : (int)(t->due - now);
		loop_timer_cancel(loop, t);
		begin_turn();
		t->fire(t->arg);
		end_turn();
	}
	return -1;
}

int loop_run(struct loop *loop)
{
	struct epoll_event ev;
	struct loop_fd *w;
	int wait, n;

	loop->stop = false;
	end_turn();
	for (;;) {
		wait = run_timers(loop);
		if (loop->stop)
			return 0;
		/* One event a turn: a callback may free what other events point to */
		n = epoll_wait(loop->epfd, &ev, 1, wait);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n != 1)
			continue;
		w = ev.data.ptr;
		begin_turn();
		w->ready(w->arg, ev.events);
		end_turn();
	}
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}
