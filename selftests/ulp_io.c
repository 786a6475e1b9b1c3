// SPDX-License-Identifier: GPL-2.0-or-later
/* send(), recv() and their relatives on an attached socket, flag by flag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/espintcp_frame.h>

#include "sockets.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define DEADLINE 10000

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

static void close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

/* The next bytes of the stream are this message and nothing before it */
static void expect_frame(int fd, const void *body, size_t len)
{
	static uint8_t got[ESPINTCP_MAX_MSG];

	read_all(fd, got, len + ESPINTCP_LEN_SIZE);
	assert_int_equal(got[0] << 8 | got[1], len + ESPINTCP_LEN_SIZE);
	assert_memory_equal(got + ESPINTCP_LEN_SIZE, body, len);
}

/* Nothing has got into the stream so far */
static void expect_untouched(int fd[2])
{
	uint8_t body[20];

	ike_fill(body, sizeof(body), 42);
	assert_int_equal(send(fd[0], body, sizeof(body), 0), sizeof(body));
	expect_frame(fd[1], body, sizeof(body));
}

static void send_takes_two_flags(void **state)
{
	uint8_t body[100];
	int fd[2], bit;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 1);
	assert_int_equal(send(fd[0], body, sizeof(body), MSG_DONTWAIT),
			 sizeof(body));
	expect_frame(fd[1], body, sizeof(body));
	assert_int_equal(send(fd[0], body, sizeof(body), MSG_NOSIGNAL),
			 sizeof(body));
	expect_frame(fd[1], body, sizeof(body));

	/* But the flags that only the kernel can give: it may take them off */
	for (bit = 1; bit <= MSG_ZEROCOPY; bit <<= 1) {
		if (bit & (MSG_DONTWAIT | MSG_NOSIGNAL | 0x1d0000))
			continue;
		assert_int_equal(send(fd[0], body, sizeof(body), bit), -1);
		assert_int_equal(errno, EOPNOTSUPP);
	}
	expect_untouched(fd);
	close_pair(fd);
}

static void send_takes_no_control_data(void **state)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	uint8_t body[100];
	struct iovec iov = { body, sizeof(body) };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &u, .msg_controllen = sizeof(u),
	};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);
	int fd[2];

	(void)state;
	memset(&u, 0, sizeof(u));
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SO_MARK;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	pair_attached(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 1);
	assert_int_equal(sendmsg(fd[0], &mh, 0), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	expect_untouched(fd);
	close_pair(fd);
}

static void send_gathers_many_parts(void **state)
{
	static uint8_t body[60000];
	struct iovec iov[600];
	struct mmsghdr mm[5];
	int fd[2], i;

	(void)state;
	pair_attached(PAIR_IPV6, fd);
	ike_fill(body, sizeof(body), 2);
	for (i = 0; i < 600; i++)
		iov[i] = (struct iovec){ body + 100 * i, 100 };
	assert_int_equal(writev(fd[0], iov, 600), sizeof(body));
	expect_frame(fd[1], body, sizeof(body));
	assert_int_equal(write(fd[0], body, 77), 77);
	expect_frame(fd[1], body, 77);

	memset(mm, 0, sizeof(mm));
	for (i = 0; i < 5; i++) {
		mm[i].msg_hdr.msg_iov = iov;
		mm[i].msg_hdr.msg_iovlen = i + 1;
	}
	assert_int_equal(sendmmsg(fd[0], mm, 5, 0), 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(mm[i].msg_len, 100 * (i + 1));
		expect_frame(fd[1], body, 100 * (i + 1));
	}

	/* A part that is not there: nothing of the message goes out */
	iov[300].iov_base = NULL;
	assert_int_equal(writev(fd[0], iov, 600), -1);
	assert_int_equal(errno, EFAULT);
	expect_untouched(fd);
	close_pair(fd);
}

static sig_atomic_t pipes;

static void count_pipe(int sig)
{
	(void)sig;
	pipes++;
}

static void send_signals_unless_told(void **state)
{
	uint8_t body[100];
	int fd[2];

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 3);
	assert_int_equal(shutdown(fd[0], SHUT_WR), 0);
	signal(SIGPIPE, count_pipe);
	pipes = 0;
	assert_int_equal(send(fd[0], body, sizeof(body), MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(pipes, 0);
	assert_int_equal(send(fd[0], body, sizeof(body), 0), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(pipes, 1);
	assert_int_equal(write(fd[0], body, sizeof(body)), -1);
	assert_int_equal(pipes, 2);
	signal(SIGPIPE, SIG_DFL);
	close_pair(fd);
}

static void put_message(int fd, size_t len, unsigned int seed)
{
	static uint8_t body[ESPINTCP_MAX_BODY], frame[ESPINTCP_MAX_MSG];

	ike_fill(body, len, seed);
	write_all(fd, frame, frame_put(frame, body, len));
}

static void recv_keeps_to_its_message(void **state)
{
	uint8_t a[200], want[100];
	struct iovec iov[3] = { { a, 3 }, { a + 3, 50 }, { a + 53, 147 } };
	struct sockaddr_storage name;
	struct msghdr mh = {
		.msg_name = &name, .msg_namelen = sizeof(name),
		.msg_iov = iov, .msg_iovlen = 3,
	};
	int fd[2], i;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	for (i = 0; i < 7; i++)
		put_message(fd[1], 100, i);
	/* Each of these takes one message and leaves the next alone */
	for (i = 0; i < 7; i++) {
		memset(a, 0xaa, sizeof(a));
		ike_fill(want, sizeof(want), i);
		assert_int_equal(recv(fd[0], a, sizeof(a), MSG_PEEK), 100);
		assert_memory_equal(a, want, 100);
		switch (i) {
		case 0:
			assert_int_equal(recv(fd[0], a, 200, MSG_WAITALL), 100);
			break;
		case 1:
			assert_int_equal(readv(fd[0], iov, 3), 100);
			break;
		case 2:
			assert_int_equal(read(fd[0], a, 200), 100);
			break;
		case 3:
			assert_int_equal(recvmsg(fd[0], &mh, 0), 100);
			assert_int_equal(mh.msg_flags, 0);
			assert_int_equal(mh.msg_namelen, 0);
			break;
		case 4:
			mh.msg_iovlen = 2;
			assert_int_equal(recvmsg(fd[0], &mh, 0), 53);
			assert_int_equal(mh.msg_flags, MSG_TRUNC);
			assert_int_equal(a[53], want[53]);
			continue;
		case 5:
			mh.msg_iovlen = 1;
			assert_int_equal(recvmsg(fd[0], &mh, MSG_TRUNC), 100);
			assert_int_equal(mh.msg_flags, MSG_TRUNC);
			continue;
		case 6:
			assert_int_equal(recv(fd[0], a, 1, MSG_OOB), -1);
			assert_int_equal(errno, EOPNOTSUPP);
			assert_int_equal(recv(fd[0], NULL, 0, MSG_TRUNC), 100);
			continue;
		}
		assert_memory_equal(a, want, 100);
		assert_int_equal(a[100], 0xaa);
	}
	assert_int_equal(recv(fd[0], a, sizeof(a), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair(fd);
}

#define READERS 4
#define MESSAGES 400

static int reader_fd;
static int seen[MESSAGES];

static void *reader(void *arg)
{
	unsigned char buf[300];
	long bad = 0;
	ssize_t n;
	int i;

	(void)arg;
	while ((n = recv(reader_fd, buf, sizeof(buf), 0)) > 0) {
		i = buf[4] << 8 | buf[5];
		if (n != 100 || i >= MESSAGES)
			bad++;
		else
			__atomic_add_fetch(&seen[i], 1, __ATOMIC_RELAXED);
	}
	return (void *)bad;
}

static void each_message_has_one_reader(void **state)
{
	uint8_t body[100], frame[102];
	pthread_t t[READERS];
	int fd[2], i;
	void *bad;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	reader_fd = fd[0];
	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, reader, NULL), 0);
	ike_fill(body, sizeof(body), 0);
	for (i = 0; i < MESSAGES; i++) {
		body[4] = i >> 8;
		body[5] = i;
		write_all(fd[1], frame, frame_put(frame, body, sizeof(body)));
		/* Not more than the queue of unread messages holds */
		if (i % 100 == 99)
			while (!__atomic_load_n(&seen[i], __ATOMIC_RELAXED))
				usleep(1000);
	}
	close(fd[1]);
	for (i = 0; i < READERS; i++) {
		pthread_join(t[i], &bad);
		assert_null(bad);
	}
	for (i = 0; i < MESSAGES; i++)
		assert_int_equal(seen[i], 1);
	close(fd[0]);
}

/*
 * Pages into the socket are refused: a message is one call, and splice() would
 * cut it where its pages end.
 */
static void pages_are_refused(void **state)
{
	char name[] = "/tmp/ulp_io.XXXXXX", page[8192];
	struct iovec iov = { page, 100 };
	int fd[2], p[2], file = mkstemp(name);
	off_t off = 0;

	(void)state;
	assert_true(file >= 0);
	unlink(name);
	memset(page, 0, sizeof(page));
	assert_int_equal(write(file, page, sizeof(page)), sizeof(page));
	assert_int_equal(pipe(p), 0);
	pair_attached(PAIR_IPV4, fd);

	assert_int_equal(sendfile(fd[0], file, &off, sizeof(page)), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(sendfile(fd[0], file, &off, 100), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(write(p[1], page, 100), 100);
	assert_int_equal(splice(p[0], NULL, fd[0], NULL, 100, 0), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(vmsplice(p[1], &iov, 1, 0), 100);
	assert_int_equal(splice(p[0], NULL, fd[0], NULL, 200, SPLICE_F_MORE),
			 -1);
	assert_int_equal(errno, EOPNOTSUPP);
	expect_untouched(fd);
	close(p[0]);
	close(p[1]);
	close(file);
	close_pair(fd);
}

static void zerocopy_is_refused(void **state)
{
	uint8_t body[20000];
	int fd[2], one = 1;

	(void)state;
	pair_make(PAIR_IPV4, fd);
	setsockopt(fd[0], SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	assert_int_equal(ulp_attach(fd[0]), 0);
	ike_fill(body, sizeof(body), 5);
	assert_int_equal(send(fd[0], body, sizeof(body), MSG_ZEROCOPY), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(send(fd[0], body, sizeof(body), 0), sizeof(body));
	expect_frame(fd[1], body, sizeof(body));
	/* No completion for what was copied */
	assert_int_equal(recv(fd[0], body, 1, MSG_ERRQUEUE), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair(fd);
}

static int ask(int fd, unsigned long what)
{
	int n = -1;

	assert_int_equal(ioctl(fd, what, &n), 0);
	return n;
}

static void ioctls_tell_messages(void **state)
{
	static uint8_t body[30000], got[30002];
	struct ifreq lo = { .ifr_name = "lo" };
	int fd[2], sent, left;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(ask(fd[0], SIOCINQ), 0);
	put_message(fd[1], 300, 1);
	put_message(fd[1], 200, 2);
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	assert_int_equal(ask(fd[0], FIONREAD), 300);
	assert_int_equal(recv(fd[0], got, 10, 0), 10);
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	assert_int_equal(ask(fd[0], FIONREAD), 200);
	assert_int_equal(recv(fd[0], got, 300, 0), 200);
	assert_int_equal(ask(fd[0], FIONREAD), 0);
	assert_int_equal(ask(fd[0], SIOCATMARK), 0);
	assert_int_equal(ioctl(fd[0], FIONREAD, NULL), -1);
	assert_int_equal(errno, EFAULT);
	/* Others are those of any socket */
	assert_int_equal(ioctl(fd[0], SIOCGIFADDR, &lo), 0);
	assert_memory_equal(&((struct sockaddr_in *)&lo.ifr_addr)->sin_addr, "\x7f\0\0\1", 4);

	/* All that was accepted is in SIOCOUTQ, also what TCP has no room for */
	ike_fill(body, sizeof(body), 1);
	for (sent = 0; send(fd[0], body, sizeof(body), MSG_DONTWAIT) > 0; )
		sent++;
	left = ask(fd[0], SIOCOUTQ);
	assert_true(ask(fd[0], SIOCOUTQNSD) > 60000);
	assert_true(ask(fd[0], SIOCOUTQNSD) <= left);
	assert_true(left > 60000);
	for (; sent; sent--)
		read_all(fd[1], got, sizeof(got));
	for (sent = 0; sent < 1000 && ask(fd[0], SIOCOUTQ); sent++)
		usleep(10000);
	assert_int_equal(ask(fd[0], SIOCOUTQ), 0);
	assert_int_equal(ask(fd[0], SIOCOUTQNSD), 0);
	close_pair(fd);
}

/* ACKs for one segment after the other: two small messages a round trip */
static void corks_hold_nothing(void **state)
{
	int fd[2], i, one = 1, zero = 0;
	uint8_t body[50];

	(void)state;
	pair_make(PAIR_IPV4, fd);
	assert_int_equal(setsockopt(fd[0], IPPROTO_TCP, TCP_CORK, &one,
				    sizeof(one)), 0);
	assert_int_equal(ulp_attach(fd[0]), 0);
	ike_fill(body, sizeof(body), 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(send(fd[0], body, sizeof(body), 0),
				 sizeof(body));
		/* TCP lets go of a cork after 200 ms */
		assert_true(poll_for(fd[1], POLLIN, 100) & POLLIN);
		expect_frame(fd[1], body, sizeof(body));
		assert_int_equal(setsockopt(fd[0], IPPROTO_TCP, TCP_CORK, &one,
					    sizeof(one)), 0);
		assert_int_equal(setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY,
					    &zero, sizeof(zero)), 0);
	}
	assert_int_equal(setsockopt(fd[0], IPPROTO_TCP, TCP_CORK, &one, 1), -1);
	assert_int_equal(errno, EINVAL);
	close_pair(fd);
}

static void options_of_streams_are_refused(void **state)
{
	static const struct {
		int level, name;
	} refused[] = {
		{ SOL_SOCKET, SO_RCVLOWAT }, { SOL_SOCKET, SO_PEEK_OFF },
		{ IPPROTO_TCP, TCP_REPAIR },
		{ IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE },
	};
	int fd[2], inet = AF_INET, val = 1;
	char name[16] = "";
	socklen_t len = sizeof(name);
	size_t i;

	(void)state;
	pair_attached(PAIR_MAPPED, fd);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		assert_int_equal(setsockopt(fd[0], refused[i].level,
					    refused[i].name, &val,
					    sizeof(val)), -1);
		assert_int_equal(errno, EOPNOTSUPP);
	}
	/* It would put the stock protocol back behind our back */
	assert_int_equal(setsockopt(fd[0], IPPROTO_IPV6, IPV6_ADDRFORM, &inet,
				    sizeof(inet)), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(getsockopt(fd[0], IPPROTO_TCP, TCP_ULP, name, &len),
			 0);
	assert_string_equal(name, "espintcp");
	expect_untouched(fd);
	close_pair(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(send_takes_two_flags),
		cmocka_unit_test(send_takes_no_control_data),
		cmocka_unit_test(send_gathers_many_parts),
		cmocka_unit_test(send_signals_unless_told),
		cmocka_unit_test(recv_keeps_to_its_message),
		cmocka_unit_test(each_message_has_one_reader),
		cmocka_unit_test(pages_are_refused),
		cmocka_unit_test(zerocopy_is_refused),
		cmocka_unit_test(ioctls_tell_messages),
		cmocka_unit_test(corks_hold_nothing),
		cmocka_unit_test(options_of_streams_are_refused),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
