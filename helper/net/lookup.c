// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names are looked up by threads of the C library. One of them tells the loop by an eventfd, and
 * whoever is last to need a lookup frees it: that thread, where the loop did not wait for it.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "net/lookup.h"

#define HOST_MAX	256
#define SERVICE_MAX	8
#define LOOKUP_ERR_MAX	(HOST_MAX + 160)

struct lookup {
	/* The loop's */
	struct loop *loop;
	struct loop_fd w;		/* the eventfd; -1: none is needed */
	struct loop_timer timer;
	unsigned int timeout_ms;
	void (*done)(void *arg, struct addrinfo *list, const char *err);
	void *arg;
	struct addrinfo *numeric;	/* no name, so there is nothing to wait for */

	/* The C library's, till it has notified us */
	struct addrinfo hints;
	char host[HOST_MAX], service[SERVICE_MAX];
	struct gaicb cb;

	atomic_uint users;		/* the loop, and the C library */
};

static atomic_uint under_way;

static void prepare(struct addrinfo *hints, char service[SERVICE_MAX], uint16_t port, int flags)
{
	*hints = (struct addrinfo){
		.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP,
		.ai_flags = flags | AI_NUMERICSERV,
	};
	snprintf(service, SERVICE_MAX, "%u", port);
}

/* no: errno of the thread that asked; 0: not known */
static void explain(const char *host, int rc, int no, char *err, size_t errlen)
{
	snprintf(err, errlen, "no address is known for %s: %s", host ? host : "this host",
		 rc == EAI_SYSTEM && no ? strerror(no) : gai_strerror(rc));
}

struct addrinfo *lookup_now(const char *host, uint16_t port, int flags, char *err, size_t errlen)
{
	struct addrinfo hints, *list;
	char service[SERVICE_MAX];
	int rc;

	prepare(&hints, service, port, flags);
	rc = getaddrinfo(host, service, &hints, &list);
	if (!rc)
		return list;
	explain(host, rc, errno, err, errlen);
	return NULL;
}

static void put(struct lookup *l)
{
	if (atomic_fetch_sub(&l->users, 1) > 1)
		return;
	if (l->numeric)
		freeaddrinfo(l->numeric);
	if (l->cb.ar_result)
		freeaddrinfo(l->cb.ar_result);
	if (l->w.fd >= 0)
		close(l->w.fd);
	free(l);
	atomic_fetch_sub(&under_way, 1);
}

void lookup_cancel(struct lookup *l)
{
	if (!l)
		return;
	loop_timer_cancel(l->loop, &l->timer);
	loop_fd_del(l->loop, &l->w);
	put(l);
}

/* A thread of the C library */
static void notified(union sigval val)
{
	struct lookup *l = val.sival_ptr;

	(void)eventfd_write(l->w.fd, 1);
	put(l);
}

static void finish(struct lookup *l, struct addrinfo *list, const char *err)
{
	void (*done)(void *arg, struct addrinfo *list, const char *err) = l->done;
	void *arg = l->arg;

	lookup_cancel(l);
	done(arg, list, err);
}

static void answered(void *arg, uint32_t events)
{
	struct lookup *l = arg;
	struct addrinfo *list = l->cb.ar_result;
	int rc = gai_error(&l->cb);
	char err[LOOKUP_ERR_MAX];

	(void)events;
	l->cb.ar_result = NULL;
	if (rc)
		explain(l->host, rc, 0, err, sizeof(err));
	finish(l, list, rc ? err : NULL);
}

static void numeric(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo *list = l->numeric;

	l->numeric = NULL;
	finish(l, list, NULL);
}

static void timeout(void *arg)
{
	struct lookup *l = arg;
	char err[LOOKUP_ERR_MAX];

	snprintf(err, sizeof(err), "no address is known for %s: no answer from the resolver in %u s",
		 l->host, (l->timeout_ms + 999) / 1000);
	finish(l, NULL, err);
}

/* 0, or -1 with errno */
static int ask(struct lookup *l)
{
	struct gaicb *list[] = { &l->cb };
	struct sigevent ev = {
		.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notified,
		.sigev_value.sival_ptr = l,
	};
	int rc;

	l->w.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->w.fd < 0)
		return -1;
	rc = loop_fd_add(l->loop, &l->w, EPOLLIN);
	if (rc) {
		errno = -rc;
		return -1;
	}
	l->hints.ai_flags &= ~AI_NUMERICHOST;
	l->cb = (struct gaicb){
		.ar_name = l->host, .ar_service = l->service, .ar_request = &l->hints,
	};
	atomic_fetch_add(&l->users, 1);
	if (!getaddrinfo_a(GAI_NOWAIT, list, 1, &ev))
		return 0;
	atomic_fetch_sub(&l->users, 1);
	errno = EAGAIN;
	return -1;
}

struct lookup *lookup_start(struct loop *loop, const char *host, uint16_t port,
			    unsigned int timeout_ms,
			    void (*done)(void *arg, struct addrinfo *list, const char *err),
			    void *arg)
{
	struct lookup *l;
	int err;

	if (atomic_load(&under_way) >= LOOKUPS_MAX) {
		errno = EBUSY;
		return NULL;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	atomic_fetch_add(&under_way, 1);
	atomic_init(&l->users, 1);
	l->loop = loop;
	l->w = (struct loop_fd){ .fd = -1, .ready = answered, .arg = l };
	l->timeout_ms = timeout_ms;
	l->done = done;
	l->arg = arg;
	snprintf(l->host, sizeof(l->host), "%s", host);
	prepare(&l->hints, l->service, port, AI_NUMERICHOST);
	if (!getaddrinfo(l->host, l->service, &l->hints, &l->numeric)) {
		loop_timer_set(loop, &l->timer, 0, numeric, l);
		return l;
	}
	l->numeric = NULL;
	if (!ask(l)) {
		loop_timer_set(loop, &l->timer, timeout_ms, timeout, l);
		return l;
	}
	err = errno;
	lookup_cancel(l);
	errno = err;
	return NULL;
}
