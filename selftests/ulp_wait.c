// SPDX-License-Identifier: GPL-2.0-or-later
/* Waiting for an attached socket, and how its owner ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/espintcp_frame.h>

#include "sockets.h"

#define DEADLINE 10000

static uint8_t big[30000];

static void close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

static void put_message(int fd, size_t len)
{
	uint8_t body[2000], frame[2002];

	ike_fill(body, len, 1);
	write_all(fd, frame, frame_put(frame, body, len));
}

static void take_message(int fd, ssize_t len)
{
	uint8_t buf[2000];

	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), len);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fill(int fd)
{
	int n = 0;

	ike_fill(big, sizeof(big), 1);
	while (send(fd, big, sizeof(big), MSG_DONTWAIT) > 0)
		n++;
	assert_int_equal(errno, EAGAIN);
	assert_in_range(n, 1, 5000);
	return n;
}

static void drain(int fd, int n)
{
	static uint8_t got[sizeof(big) + 2];

	while (n--)
		read_all(fd, got, sizeof(got));
}

static int epoll_one(int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events };
	int ep = epoll_create1(0);

	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	return ep;
}

static uint32_t epoll_get(int ep, int ms)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, ms) == 1 ? ev.events : 0;
}

static void epoll_levels(void **state)
{
	int fd[2], ep, n;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	ep = epoll_one(fd[0], EPOLLIN);
	assert_int_equal(epoll_get(ep, 0), 0);
	put_message(fd[1], 100);
	put_message(fd[1], 101);
	assert_int_equal(epoll_get(ep, DEADLINE), EPOLLIN);
	assert_int_equal(epoll_get(ep, 0), EPOLLIN);
	take_message(fd[0], 100);
	assert_int_equal(epoll_get(ep, DEADLINE), EPOLLIN);
	take_message(fd[0], 101);
	assert_int_equal(epoll_get(ep, 0), 0);
	close(ep);

	ep = epoll_one(fd[0], EPOLLOUT);
	assert_int_equal(epoll_get(ep, 0), EPOLLOUT);
	n = fill(fd[0]);
	assert_int_equal(epoll_get(ep, 0), 0);
	drain(fd[1], n);
	assert_int_equal(epoll_get(ep, DEADLINE), EPOLLOUT);
	close(ep);
	close_pair(fd);
}

static void epoll_edges(void **state)
{
	int fd[2], ep, n;

	(void)state;
	pair_attached(PAIR_IPV6, fd);
	ep = epoll_one(fd[0], EPOLLIN | EPOLLRDHUP | EPOLLET);
	assert_int_equal(epoll_get(ep, 0), 0);
	/* Half a message is no event */
	write_all(fd[1], "\0\x10\0\0\0\0", 6);
	assert_int_equal(epoll_get(ep, 200), 0);
	write_all(fd[1], "0123456789", 10);
	assert_int_equal(epoll_get(ep, DEADLINE), EPOLLIN);
	assert_int_equal(epoll_get(ep, 0), 0);
	/* The next one is an event, whether or not the first was read */
	put_message(fd[1], 100);
	assert_int_equal(epoll_get(ep, DEADLINE), EPOLLIN);
	take_message(fd[0], 14);
	take_message(fd[0], 100);
	put_message(fd[1], 99);
	assert_int_equal(epoll_get(ep, DEADLINE), EPOLLIN);
	take_message(fd[0], 99);
	close(ep);

	ep = epoll_one(fd[0], EPOLLOUT | EPOLLET);
	assert_int_equal(epoll_get(ep, 0), EPOLLOUT);
	assert_int_equal(epoll_get(ep, 0), 0);
	n = fill(fd[0]);
	drain(fd[1], n);
	assert_int_equal(epoll_get(ep, DEADLINE) & EPOLLOUT, EPOLLOUT);
	close(ep);

	ep = epoll_one(fd[0], EPOLLIN | EPOLLRDHUP | EPOLLET);
	close(fd[1]);
	assert_int_equal(epoll_get(ep, DEADLINE), EPOLLIN | EPOLLRDHUP);
	take_message(fd[0], 0);
	close(ep);
	close(fd[0]);
}

static int selected(int fd, bool write, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
			      .tv_usec = ms % 1000 * 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, write ? NULL : &set, write ? &set : NULL, NULL,
		      &tv);
}

static void select_and_nonblock(void **state)
{
	int fd[2], n;
	char c;

	(void)state;
	pair_attached(PAIR_MAPPED, fd);
	assert_int_equal(selected(fd[0], false, 0), 0);
	put_message(fd[1], 50);
	assert_int_equal(selected(fd[0], false, DEADLINE), 1);
	take_message(fd[0], 50);
	assert_int_equal(selected(fd[0], false, 0), 0);
	assert_int_equal(selected(fd[0], true, 0), 1);
	n = fill(fd[0]);
	assert_int_equal(selected(fd[0], true, 0), 0);

	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(recv(fd[0], &c, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(read(fd[0], &c, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(fd[0], big, sizeof(big)), -1);
	assert_int_equal(errno, EAGAIN);
	drain(fd[1], n);
	assert_int_equal(selected(fd[0], true, DEADLINE), 1);
	close_pair(fd);
}

static void timeouts_are_kept(void **state)
{
	struct timeval tv = { .tv_usec = 300000 };
	long began;
	int fd[2];
	char c;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	began = now_ms();
	assert_int_equal(recv(fd[0], &c, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_in_range(now_ms() - began, 290, 5000);
	fill(fd[0]);
	began = now_ms();
	assert_int_equal(send(fd[0], big, sizeof(big), 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_in_range(now_ms() - began, 290, 5000);
	/* MSG_DONTWAIT counts for more */
	tv.tv_sec = DEADLINE / 1000;
	setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	began = now_ms();
	assert_int_equal(recv(fd[0], &c, 1, MSG_DONTWAIT), -1);
	assert_in_range(now_ms() - began, 0, 5000);
	close_pair(fd);
}

/* As TCP: the end is told at once, and what comes later can still be read */
static void shutdown_of_reading(void **state)
{
	int fd[2], plain[2];
	char c;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	pair_make(PAIR_IPV4, plain);
	put_message(fd[1], 60);
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	assert_int_equal(shutdown(plain[0], SHUT_RD), 0);
	assert_int_equal(shutdown(fd[0], SHUT_RD), 0);
	take_message(fd[0], 60);
	take_message(fd[0], 0);
	assert_int_equal(recv(plain[0], &c, 1, MSG_DONTWAIT), 0);
	assert_int_equal(poll_for(fd[0], POLLIN | POLLOUT | POLLRDHUP, 0),
			 poll_for(plain[0], POLLIN | POLLOUT | POLLRDHUP, 0));
	assert_int_equal(send(fd[0], "\xff", 1, 0), 1);
	put_message(fd[1], 61);
	write_all(plain[1], "x", 1);
	/* Nothing waits for data here any more: 0 until it is there */
	while (recv(plain[0], &c, 1, MSG_DONTWAIT) == 0)
		usleep(1000);
	while (recv(fd[0], &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0)
		usleep(1000);
	take_message(fd[0], 61);
	assert_int_equal(shutdown(fd[0], 7), -1);
	assert_int_equal(errno, EINVAL);
	close_pair(fd);
	close_pair(plain);
}

static void shutdown_of_writing(void **state)
{
	int fd[2], n;
	char c;

	(void)state;
	pair_attached(PAIR_IPV6, fd);
	n = fill(fd[0]);
	assert_int_equal(shutdown(fd[0], SHUT_WR), 0);
	assert_int_equal(send(fd[0], big, 100, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	drain(fd[1], n);
	assert_int_equal(recv(fd[1], &c, 1, 0), 0);
	/* The other direction is as it was */
	put_message(fd[1], 70);
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	take_message(fd[0], 70);
	assert_int_equal(recv(fd[0], &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair(fd);
}

static void shutdown_of_both(void **state)
{
	int fd[2], n;
	char c;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	n = fill(fd[0]);
	assert_int_equal(shutdown(fd[0], SHUT_RDWR), 0);
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLHUP);
	take_message(fd[0], 0);
	drain(fd[1], n);
	assert_int_equal(recv(fd[1], &c, 1, 0), 0);
	close_pair(fd);
}

static void *slow_drain(void *arg)
{
	const int *p = arg;

	usleep(400000);
	drain(p[0], p[1]);
	return NULL;
}

static void linger_waits_for_the_ack(void **state)
{
	struct linger l = { .l_onoff = 1, .l_linger = 20 };
	int fd[2], arg[2];
	pthread_t t;
	long began;
	char c;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	arg[0] = fd[1];
	arg[1] = fill(fd[0]);
	began = now_ms();
	pthread_create(&t, NULL, slow_drain, arg);
	close(fd[0]);
	assert_in_range(now_ms() - began, 300, 15000);
	pthread_join(t, NULL);
	assert_int_equal(recv(fd[1], &c, 1, 0), 0);
	close(fd[1]);

	/* Not longer than it was told to */
	pair_attached(PAIR_IPV4, fd);
	l.l_linger = 1;
	setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	arg[1] = fill(fd[0]);
	began = now_ms();
	close(fd[0]);
	assert_in_range(now_ms() - began, 900, 10000);
	drain(fd[1], arg[1]);
	assert_int_equal(recv(fd[1], &c, 1, 0), 0);
	close(fd[1]);
}

static void nothing(int sig)
{
	(void)sig;
}

/* A full stream: send() ends with EINTR, and nothing of the message was sent */
static void a_signal_ends_waiting(void **state)
{
	struct sigaction act = { .sa_handler = nothing }, old;
	struct itimerval soon = { .it_value.tv_usec = 200000 };
	int fd[2], n;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	n = fill(fd[0]);
	sigaction(SIGALRM, &act, &old);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(send(fd[0], big, sizeof(big), 0), -1);
	assert_int_equal(errno, EINTR);
	sigaction(SIGALRM, &old, NULL);
	drain(fd[1], n);
	assert_int_equal(poll_for(fd[1], POLLIN, 100), 0);
	close_pair(fd);
}

static void linger_zero_resets(void **state)
{
	struct linger l = { .l_onoff = 1 };
	int fd[2];
	char c;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd[0]);
	assert_int_equal(recv(fd[1], &c, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fd[1]);
}

static void pass(int to, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { .buf = "" };
	struct iovec iov = { "x", 1 };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &u, .msg_controllen = sizeof(u),
	};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	assert_int_equal(sendmsg(to, &mh, 0), 1);
}

static int take(int from)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &u, .msg_controllen = sizeof(u),
	};
	int fd;

	assert_int_equal(recvmsg(from, &mh, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&mh)), sizeof(fd));
	return fd;
}

static void is_attached(int fd[2])
{
	uint8_t got[52];

	assert_int_equal(send(fd[0], big, 50, 0), 50);
	read_all(fd[1], got, sizeof(got));
	assert_int_equal(got[1], 52);
	put_message(fd[1], 80);
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	take_message(fd[0], 80);
}

/* dup(), fork() and a socket on its way: the last one counts */
static void the_last_reference_ends_it(void **state)
{
	int fd[2], other, un[2], status;
	pid_t pid;
	char c;

	(void)state;
	memset(big, 0, sizeof(big));
	pair_attached(PAIR_IPV4, fd);
	other = dup(fd[0]);
	close(fd[0]);
	fd[0] = other;
	is_attached(fd);

	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(fd[0]);
	assert_int_equal(poll_for(fd[1], POLLIN, 100), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(recv(fd[1], &c, 1, 0), 0);
	close(fd[1]);

	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, un), 0);
	pass(un[0], fd[0]);
	close(fd[0]);
	/* Only the message holds it now, and the stream goes on */
	put_message(fd[1], 33);
	fd[0] = take(un[1]);
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	take_message(fd[0], 33);
	is_attached(fd);
	pass(un[0], fd[0]);
	close(fd[0]);
	close(un[0]);
	close(un[1]);
	assert_int_equal(recv(fd[1], &c, 1, 0), 0);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(epoll_levels),
		cmocka_unit_test(epoll_edges),
		cmocka_unit_test(select_and_nonblock),
		cmocka_unit_test(timeouts_are_kept),
		cmocka_unit_test(shutdown_of_reading),
		cmocka_unit_test(shutdown_of_writing),
		cmocka_unit_test(shutdown_of_both),
		cmocka_unit_test(linger_waits_for_the_ack),
		cmocka_unit_test(a_signal_ends_waiting),
		cmocka_unit_test(linger_zero_resets),
		cmocka_unit_test(the_last_reference_ends_it),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
