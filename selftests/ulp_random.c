// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any calls, valid and not, on attached sockets by several threads of a process
 * that has lost its rights. It must end in time; what the kernel's log and its
 * leak detector say of it is judged by the bench.
 *
 * ITERATIONS calls in all (100000), from SEED (the clock).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/espintcp_frame.h>

#include "sockets.h"

#define THREADS 4
#define SLOTS 8

/* Descriptors that all threads use, close and replace as they like */
static int slots[SLOTS];
static long calls_left;
static long answered[2];

struct thread {
	pthread_t	id;
	unsigned int	seed;
	uint8_t		*buf;
};

static unsigned int any(struct thread *t, unsigned int n)
{
	return rand_r(&t->seed) % n;
}

/* Small ones more often, and every size now and then */
static size_t any_size(struct thread *t)
{
	return any(t, 1 << (4 + any(t, 13)));
}

static void any_listen(struct thread *t, int fd)
{
	struct sockaddr_in6 sin = {
		.sin6_family = any(t, 2) ? AF_UNSPEC : AF_INET6,
		.sin6_port = htons(any(t, 65536)),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};

	switch (any(t, 3)) {
	case 0:
		listen(fd, 1);
		break;
	case 1:
		fcntl(fd, F_SETFL, O_NONBLOCK);
		connect(fd, (struct sockaddr *)&sin, sizeof(sin));
		break;
	case 2:
		bind(fd, (struct sockaddr *)&sin, sizeof(sin));
		break;
	}
}

static void any_option(struct thread *t, int fd)
{
	static const int levels[] = {
		SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6,
	};
	int val[8] = { any(t, 4) ? (int)any(t, 3) : rand_r(&t->seed) };
	int level = levels[any(t, 4)], name = any(t, 80);
	socklen_t len = any(t, sizeof(val) + 1);

	/* A linger of years is a call that does not return */
	if (level == SOL_SOCKET && name == SO_LINGER)
		val[1] = 0;
	if (any(t, 2))
		setsockopt(fd, level, name, val, any(t, 4) ? 4 : len);
	else
		getsockopt(fd, level, name, val, &len);
	if (level == SOL_SOCKET &&
	    (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
		struct timeval tv = { .tv_usec = 1000 };

		setsockopt(fd, level, name, &tv, sizeof(tv));
	}
}

static void any_send(struct thread *t, int fd)
{
	struct iovec iov[3] = {
		{ t->buf, any_size(t) }, { t->buf, any(t, 10) },
		{ any(t, 20) ? t->buf : NULL, any(t, 100) },
	};
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = any(t, 4) };
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	if (!any(t, 4))
		flags |= 1 << any(t, 31);
	sendmsg(fd, &mh, flags);
}

static void any_recv(struct thread *t, int fd)
{
	struct iovec iov[2] = {
		{ t->buf, any_size(t) },
		{ any(t, 20) ? t->buf : NULL, any(t, 100) },
	};
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = any(t, 3) };
	int flags = MSG_DONTWAIT;

	if (!any(t, 2))
		flags |= 1 << any(t, 31);
	recvmsg(fd, &mh, flags);
}

static void any_splice(struct thread *t, int fd)
{
	int p[2];

	if (pipe2(p, O_NONBLOCK))
		return;
	if (any(t, 2)) {
		if (write(p[1], t->buf, any(t, 5000)) > 0)
			splice(p[0], NULL, fd, NULL, any(t, 5000),
			       SPLICE_F_NONBLOCK);
	} else {
		fcntl(fd, F_SETFL, O_NONBLOCK);
		splice(fd, NULL, p[1], NULL, any(t, 5000), SPLICE_F_NONBLOCK);
	}
	close(p[0]);
	close(p[1]);
}

static void any_wait(struct thread *t, int fd)
{
	struct epoll_event ev = { .events = rand_r(&t->seed) };
	int ep, n;

	switch (any(t, 3)) {
	case 0:
		poll_for(fd, rand_r(&t->seed), any(t, 2));
		break;
	case 1:
		ep = epoll_create1(0);
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		epoll_wait(ep, &ev, 1, any(t, 2));
		close(ep);
		break;
	case 2:
		ioctl(fd, any(t, 2) ? SIOCOUTQ : any(t, 2) ? SIOCATMARK :
		      SIOCINQ, any(t, 8) ? &n : NULL);
		break;
	}
}

/* The next byte of a valid stream, or of any other, from the plain end */
static void any_stream(struct thread *t, int fd)
{
	size_t len = any(t, 3000);
	uint8_t frame[3002];

	ike_fill(t->buf, len, t->seed);
	len = frame_put(frame, t->buf, len);
	if (!any(t, 50))
		frame[any(t, len)] ^= 1 << any(t, 8);
	send(fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void any_call(struct thread *t)
{
	int *slot = &slots[any(t, SLOTS)];
	int fd = __atomic_load_n(slot, __ATOMIC_RELAXED);

	switch (any(t, 40)) {
	case 0 ... 9:
		any_send(t, fd);
		break;
	case 10 ... 17:
		any_recv(t, fd);
		break;
	case 18 ... 21:
		any_option(t, fd);
		break;
	case 22 ... 24:
		any_splice(t, fd);
		break;
	case 25 ... 28:
		any_wait(t, fd);
		break;
	case 29:
		any_listen(t, fd);
		break;
	case 30:
		ulp_attach(fd);
		break;
	case 31:
		if (!any(t, 8))
			shutdown(fd, any(t, 4));
		break;
	default:
		any_stream(t, fd);
		break;
	}
	__atomic_add_fetch(&answered[!errno], 1, __ATOMIC_RELAXED);
}

static void *caller(void *arg)
{
	struct thread *t = arg;

	while (__atomic_sub_fetch(&calls_left, 1, __ATOMIC_RELAXED) >= 0) {
		errno = 0;
		any_call(t);
	}
	return NULL;
}

/*
 * New pairs while the callers run: dup2() closes under them. A thread of its
 * own keeps its rights for that, as it alone may attach.
 */
static void replace(struct thread *t, unsigned int n)
{
	struct linger l = { .l_onoff = 1 };
	int fd[2], slot = any(t, SLOTS / 2) * 2;

	pair_make(n % 3, fd);
	if (any(t, 4))
		ulp_attach(fd[0]);
	if (!any(t, 3))
		ulp_attach(fd[1]);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	if (any(t, 2))
		setsockopt(slots[slot + any(t, 2)], SOL_SOCKET, SO_LINGER, &l,
			   sizeof(l));
	dup2(fd[0], slots[slot]);
	dup2(fd[1], slots[slot + 1]);
	close(fd[0]);
	close(fd[1]);
}

static void *nobody(void *arg)
{
	/* The system call itself is for the calling thread alone */
	if (syscall(SYS_setresuid, 65534, 65534, 65534))
		return (void *)1;
	return caller(arg);
}

static void any_calls_do_no_harm(void **state)
{
	const char *iterations = getenv("ITERATIONS"), *seed = getenv("SEED");
	struct thread t[THREADS + 1];
	unsigned int i, n = 0;
	long total;

	(void)state;
	total = iterations ? atol(iterations) : 100000;
	calls_left = total;
	memset(t, 0, sizeof(t));
	for (i = 0; i <= THREADS; i++) {
		t[i].seed = (seed ? atoi(seed) : time(NULL)) + i;
		t[i].buf = calloc(1, 1 << 17);
	}
	print_message("SEED=%u ITERATIONS=%ld\n", t[0].seed, total);
	for (i = 0; i < SLOTS; i += 2)
		pair_make(PAIR_IPV4, slots + i);
	for (i = 0; i < SLOTS; i += 2)
		replace(&t[THREADS], n++);

	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i].id, NULL, nobody, &t[i]);
	while (__atomic_load_n(&calls_left, __ATOMIC_RELAXED) > 0) {
		replace(&t[THREADS], n++);
		usleep(1000);
	}
	for (i = 0; i < THREADS; i++) {
		void *failed;

		pthread_join(t[i].id, &failed);
		assert_null(failed);
		free(t[i].buf);
	}
	free(t[THREADS].buf);
	print_message("%ld calls succeeded, %ld failed, %u pairs\n",
		      answered[1], answered[0], n);
	/* Else it has tried nothing of interest */
	assert_true(answered[1] > total / 20);
	assert_true(answered[0] > total / 20);
	for (i = 0; i < SLOTS; i++)
		close(slots[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_calls_do_no_harm),
	};

	signal(SIGPIPE, SIG_IGN);
	signal(SIGURG, SIG_IGN);
	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
