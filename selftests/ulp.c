// SPDX-License-Identifier: GPL-2.0-or-later
/* The ULP as its owner sees it: attach, send, recv, poll, close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/espintcp_frame.h>

#include "sockets.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define DEADLINE 10000

static const enum pair_kind kinds[] = { PAIR_IPV4, PAIR_IPV6, PAIR_MAPPED };

static void close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

static void expect_message(int fd, const uint8_t *body, size_t len)
{
	static uint8_t buf[ESPINTCP_MAX_MSG];

	assert_true(poll_for(fd, POLLIN, DEADLINE) & POLLIN);
	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), len);
	assert_memory_equal(buf, body, len);
}

static void attach_needs_a_connection(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd[2], s = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(ulp_attach(s), -1);
	assert_int_equal(errno, ENOTCONN);
	assert_int_equal(bind(s, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(s, 1), 0);
	assert_int_equal(ulp_attach(s), -1);
	assert_int_equal(errno, ENOTCONN);
	close(s);

	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(ulp_attach(fd[0]), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(listen(fd[0], 1), -1);
	close_pair(fd);
}

static void attach_needs_a_capability(void **state)
{
	int fd[2], status;
	pid_t pid;

	(void)state;
	pair_make(PAIR_IPV4, fd);
	pid = fork();
	if (!pid) {
		if (setuid(65534))
			_exit(2);
		_exit(ulp_attach(fd[0]) == -1 && errno == EPERM ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	close_pair(fd);
}

static void sends_one_frame(void **state)
{
	uint8_t body[300], want[302], got[302];
	int fd[2];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		pair_attached(kinds[i], fd);
		ike_fill(body, sizeof(body), i);
		frame_put(want, body, sizeof(body));
		assert_int_equal(send(fd[0], body, sizeof(body), 0),
				 sizeof(body));
		read_all(fd[1], got, sizeof(got));
		assert_memory_equal(got, want, sizeof(got));
		close_pair(fd);
	}
}

static void sends_parts_and_limits(void **state)
{
	static uint8_t body[ESPINTCP_MAX_BODY + 1], got[ESPINTCP_MAX_MSG];
	struct iovec iov[3] = {
		{ body, 4 }, { body + 4, 1000 }, { body + 1004, 60000 },
	};
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = 3 };
	int fd[2];

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 7);
	assert_int_equal(sendmsg(fd[0], &mh, MSG_NOSIGNAL), 61004);
	read_all(fd[1], got, 61006);
	assert_memory_equal(got + 2, body, 61004);

	assert_int_equal(send(fd[0], body, ESPINTCP_MAX_BODY, 0),
			 ESPINTCP_MAX_BODY);
	read_all(fd[1], got, ESPINTCP_MAX_MSG);
	assert_int_equal(got[0] << 8 | got[1], ESPINTCP_MAX_MSG);
	assert_memory_equal(got + 2, body, ESPINTCP_MAX_BODY);

	assert_int_equal(send(fd[0], body, ESPINTCP_MAX_BODY + 1, 0), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(send(fd[0], body, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(send(fd[0], body, 10, MSG_OOB), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	close_pair(fd);
}

static void receives_split_at_each_byte(void **state)
{
	uint8_t a[64], b[40], stream[128], esp[20];
	size_t len, i;
	int fd[2];

	(void)state;
	/* A keepalive, IKE, ESP that no SA wants, a short one, IKE */
	ike_fill(a, sizeof(a), 1);
	ike_fill(b, sizeof(b), 2);
	memset(esp, 0x55, sizeof(esp));
	len = frame_put(stream, "\xff", 1);
	len += frame_put(stream + len, a, sizeof(a));
	len += frame_put(stream + len, esp, 5);
	len += frame_put(stream + len, "\0\0\0", 3);
	len += frame_put(stream + len, b, sizeof(b));

	pair_attached(PAIR_IPV4, fd);
	for (i = 1; i < len; i++) {
		write_all(fd[1], stream, i);
		write_all(fd[1], stream + i, len - i);
		expect_message(fd[0], a, sizeof(a));
		expect_message(fd[0], b, sizeof(b));
	}
	for (i = 0; i < len; i++)
		write_all(fd[1], stream + i, 1);
	expect_message(fd[0], a, sizeof(a));
	expect_message(fd[0], b, sizeof(b));
	close_pair(fd);
}

static void receives_every_length(void **state)
{
	static const size_t lens[] = { 5, 6, 100, 1400, 3000, 3500, 3600, 3700,
		3800, 3900, 4096, 8191, 16384, 40000, ESPINTCP_MAX_BODY };
	static uint8_t body[ESPINTCP_MAX_BODY], frame[ESPINTCP_MAX_MSG];
	size_t i, k;
	int fd[2];

	(void)state;
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		pair_attached(kinds[k], fd);
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			ike_fill(body, lens[i], i);
			write_all(fd[1], frame, frame_put(frame, body, lens[i]));
			expect_message(fd[0], body, lens[i]);
		}
		close_pair(fd);
	}
}

static void keeps_what_came_before(void **state)
{
	uint8_t body[100], frame[102], prefix[6];
	int fd[2];
	size_t n;

	(void)state;
	pair_make(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 3);
	n = frame_put(frame, body, sizeof(body));
	write_all(fd[1], ESPINTCP_PREFIX, ESPINTCP_PREFIX_LEN);
	write_all(fd[1], frame, n);
	read_all(fd[0], prefix, sizeof(prefix));
	assert_memory_equal(prefix, ESPINTCP_PREFIX, ESPINTCP_PREFIX_LEN);
	assert_int_equal(ulp_attach(fd[0]), 0);
	expect_message(fd[0], body, sizeof(body));
	close_pair(fd);
}

/* More than a reader takes before it lets others run; ESP of no SA, then IKE */
static void reads_on_for_ever(void **state)
{
	uint8_t esp[12] = { 0x12, 0x34, 0x56, 0x78 }, body[100], frame[102];
	int fd[2], i;
	size_t n;

	(void)state;
	pair_make(PAIR_IPV4, fd);
	n = frame_put(frame, esp, sizeof(esp));
	for (i = 0; i < 3000; i++)
		write_all(fd[1], frame, n);
	ike_fill(body, sizeof(body), 4);
	write_all(fd[1], frame, frame_put(frame, body, sizeof(body)));
	assert_int_equal(ulp_attach(fd[0]), 0);
	expect_message(fd[0], body, sizeof(body));
	close_pair(fd);
}

static void peeks_and_truncates(void **state)
{
	uint8_t body[100], frame[102], buf[10];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 4);
	write_all(fd[1], frame, frame_put(frame, body, sizeof(body)));
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	assert_int_equal(recv(fd[0], buf, sizeof(buf), MSG_PEEK | MSG_TRUNC),
			 sizeof(body));
	assert_int_equal(recvmsg(fd[0], &mh, 0), sizeof(buf));
	assert_true(mh.msg_flags & MSG_TRUNC);
	assert_int_equal(recv(fd[0], buf, sizeof(buf), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair(fd);
}

static void tells_the_end_after_the_messages(void **state)
{
	uint8_t body[100], frame[102], buf[200];
	int fd[2];

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(poll_for(fd[0], POLLIN, 0), 0);
	ike_fill(body, sizeof(body), 5);
	write_all(fd[1], frame, frame_put(frame, body, sizeof(body)));
	close(fd[1]);
	assert_int_equal(recv(fd[0], buf, sizeof(buf), 0), sizeof(body));
	assert_true(poll_for(fd[0], POLLIN | POLLRDHUP, DEADLINE) & POLLIN);
	assert_int_equal(recv(fd[0], buf, sizeof(buf), 0), 0);
	close(fd[0]);
}

static void reset(int fd)
{
	struct linger l = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void tells_a_reset_once(void **state)
{
	uint8_t body[100], frame[102], buf[200];
	int fd[2];

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 6);
	write_all(fd[1], frame, frame_put(frame, body, sizeof(body)));
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	reset(fd[1]);
	assert_true(poll_for(fd[0], 0, DEADLINE) & POLLHUP);
	assert_int_equal(recv(fd[0], buf, sizeof(buf), 0), sizeof(body));
	assert_int_equal(recv(fd[0], buf, sizeof(buf), 0), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(recv(fd[0], buf, sizeof(buf), 0), 0);
	assert_int_equal(send(fd[0], body, sizeof(body), MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	close(fd[0]);
}

static void closes_on_a_bad_length(void **state)
{
	struct timeval tv = { .tv_sec = DEADLINE / 1000 };
	uint8_t buf[200], body[10];
	int fd[2], len;

	(void)state;
	for (len = 0; len < 2; len++) {
		uint8_t bad[2] = { 0, len };

		pair_attached(PAIR_IPV4, fd);
		setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		ike_fill(body, sizeof(body), 1);
		write_all(fd[1], buf, frame_put(buf, body, sizeof(body)));
		write_all(fd[1], bad, sizeof(bad));
		assert_int_equal(recv(fd[0], buf, sizeof(buf), 0),
				 sizeof(body));
		assert_int_equal(recv(fd[0], buf, sizeof(buf), 0), -1);
		assert_int_equal(errno, EPROTO);
		assert_true(poll_for(fd[1], 0, DEADLINE) & POLLHUP);
		close_pair(fd);
	}
}

/* Small, but no silly window: TCP would wait for its timers */
static void shrink_buffers(int fd[2])
{
	int size = 32768;

	assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size,
				    sizeof(size)), 0);
	assert_int_equal(setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &size,
				    sizeof(size)), 0);
}

static void loses_nothing_it_accepted(int how)
{
	static uint8_t body[20000], got[20002];
	int fd[2], sent, i;

	pair_attached(PAIR_IPV4, fd);
	shrink_buffers(fd);
	for (sent = 0; sent < 1000; sent++) {
		ike_fill(body, sizeof(body), sent);
		if (send(fd[0], body, sizeof(body), MSG_DONTWAIT) < 0)
			break;
	}
	assert_int_equal(errno, EAGAIN);
	assert_in_range(sent, 1, 999);
	assert_int_equal(poll_for(fd[0], POLLOUT, 0), 0);
	if (how < 0)
		close(fd[0]);
	else
		assert_int_equal(shutdown(fd[0], how), 0);

	for (i = 0; i < sent; i++) {
		read_all(fd[1], got, sizeof(got));
		ike_fill(body, sizeof(body), i);
		assert_memory_equal(got + 2, body, sizeof(body));
	}
	assert_int_equal(recv(fd[1], got, sizeof(got), 0), 0);
	close(fd[1]);
	if (how >= 0)
		close(fd[0]);
}

static void close_loses_nothing(void **state)
{
	(void)state;
	loses_nothing_it_accepted(-1);
}

static void shutdown_loses_nothing(void **state)
{
	(void)state;
	loses_nothing_it_accepted(SHUT_WR);
}

static void blocking_send_waits(void **state)
{
	static uint8_t body[30000], got[30002];
	int fd[2], i, status;
	pid_t pid;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	shrink_buffers(fd);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 100; i++) {
			ike_fill(body, sizeof(body), i);
			if (send(fd[0], body, sizeof(body), 0) != sizeof(body))
				_exit(1);
		}
		_exit(0);
	}
	for (i = 0; i < 100; i++) {
		read_all(fd[1], got, sizeof(got));
		ike_fill(body, sizeof(body), i);
		assert_memory_equal(got + 2, body, sizeof(body));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	close_pair(fd);
}

static void send_timeout_is_kept(void **state)
{
	static uint8_t body[60000];
	struct timeval tv = { .tv_usec = 100000 };
	int fd[2], i;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	shrink_buffers(fd);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	ike_fill(body, sizeof(body), 0);
	for (i = 0; i < 1000; i++)
		if (send(fd[0], body, sizeof(body), 0) < 0)
			break;
	assert_in_range(i, 1, 999);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(recv(fd[0], body, sizeof(body), 0), -1);
	assert_int_equal(errno, EAGAIN);
	close_pair(fd);
}

/* The queue of unread IKE is bounded, and the stream goes on behind it */
static void unread_ike_is_bounded(void **state)
{
	static uint8_t body[1000], frame[1002];
	int fd[2], i, got = 0;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 9);
	frame_put(frame, body, sizeof(body));
	/* 4 MB: more than the queue and both buffers of TCP hold */
	for (i = 0; i < 4000; i++)
		write_all(fd[1], frame, sizeof(frame));
	/* A reader that begins before that makes room, and gets more */
	stream_taken(fd[1], fd[0]);
	while (poll_for(fd[0], POLLIN, 500) & POLLIN) {
		assert_int_equal(recv(fd[0], body, sizeof(body), MSG_DONTWAIT),
				 sizeof(body));
		got++;
	}
	assert_in_range(got, 50, 1000);
	ike_fill(body, 50, 10);
	write_all(fd[1], frame, frame_put(frame, body, 50));
	expect_message(fd[0], body, 50);
	close_pair(fd);
}

/* All fit the queue of 256 KiB, also where a kernel takes 1 KiB for each */
#define SMALL 200

/* Each is charged for itself, not for the segments that many came in */
static void small_messages_cost_little(void **state)
{
	static uint8_t frames[SMALL * 42];
	uint8_t body[40];
	size_t n = 0;
	int fd[2], i;

	(void)state;
	for (i = 0; i < SMALL; i++) {
		ike_fill(body, sizeof(body), i);
		n += frame_put(frames + n, body, sizeof(body));
	}
	pair_attached(PAIR_IPV4, fd);
	write_all(fd[1], frames, n);
	for (i = 0; i < SMALL; i++) {
		ike_fill(body, sizeof(body), i);
		expect_message(fd[0], body, sizeof(body));
	}
	close_pair(fd);
}

static void attach_refuses_repair(void **state)
{
	int fd[2], one = 1;

	(void)state;
	pair_make(PAIR_IPV4, fd);
	assert_int_equal(setsockopt(fd[0], IPPROTO_TCP, TCP_REPAIR, &one,
				    sizeof(one)), 0);
	assert_int_equal(ulp_attach(fd[0]), -1);
	assert_int_equal(errno, EBUSY);
	close_pair(fd);
}

static void raw_stream_is_out_of_reach(void **state)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd[2], pipefd[2], one = 1;
	char buf[16] = "raw";
	ssize_t got;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(connect(fd[0], &none, sizeof(none)), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_RCVLOWAT, &one,
				    sizeof(one)), -1);
	assert_int_equal(setsockopt(fd[0], IPPROTO_TCP, TCP_REPAIR, &one,
				    sizeof(one)), -1);
	/* splice() out of the socket gives a message, not the stream; old kernels refuse it */
	assert_int_equal(pipe(pipefd), 0);
	ike_fill((uint8_t *)buf, 8, 1);
	write_all(fd[1], "\0\x0a", 2);
	write_all(fd[1], buf, 8);
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	got = splice(fd[0], NULL, pipefd[1], NULL, 100, 0);
	assert_true(got == 8 || (got == -1 && errno == EINVAL));
	close(pipefd[0]);
	close(pipefd[1]);
	close_pair(fd);
}

static int unload(void)
{
	return syscall(SYS_delete_module, "espintcp", O_NONBLOCK);
}

static void socket_keeps_the_module(void **state)
{
	int fd[2], i;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	assert_int_equal(unload(), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	/* The peer stays open: TCP keeps our end in FIN_WAIT2, without us */
	close(fd[0]);
	for (i = 0; i < 500 && unload(); i++) {
		assert_int_equal(errno, EWOULDBLOCK);
		usleep(10000);
	}
	assert_in_range(i, 0, 499);
	/* Stock behaviour is back: nobody knows the name, unless it is loaded */
	close(fd[1]);
	assert_int_equal(system("modprobe espintcp"), 0);
}

static void close_in_any_order(void **state)
{
	static uint8_t body[5000], frame[5002];
	int fd[2], i;

	(void)state;
	ike_fill(body, sizeof(body), 1);
	frame_put(frame, body, sizeof(body));
	for (i = 0; i < 40; i++) {
		pair_attached(kinds[i % 3], fd);
		if (i & 1)
			assert_int_equal(ulp_attach(fd[1]), 0);
		if (i & 2)
			send(fd[0], body, sizeof(body), MSG_DONTWAIT);
		if (i & 4)
			send(fd[1], frame, 10, MSG_DONTWAIT);
		if (i & 8)
			reset(fd[i >> 4 & 1]);
		else
			close(fd[i >> 4 & 1]);
		close(fd[~i >> 4 & 1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_needs_a_connection),
		cmocka_unit_test(attach_needs_a_capability),
		cmocka_unit_test(sends_one_frame),
		cmocka_unit_test(sends_parts_and_limits),
		cmocka_unit_test(receives_split_at_each_byte),
		cmocka_unit_test(receives_every_length),
		cmocka_unit_test(keeps_what_came_before),
		cmocka_unit_test(reads_on_for_ever),
		cmocka_unit_test(peeks_and_truncates),
		cmocka_unit_test(tells_the_end_after_the_messages),
		cmocka_unit_test(tells_a_reset_once),
		cmocka_unit_test(closes_on_a_bad_length),
		cmocka_unit_test(close_loses_nothing),
		cmocka_unit_test(shutdown_loses_nothing),
		cmocka_unit_test(blocking_send_waits),
		cmocka_unit_test(send_timeout_is_kept),
		cmocka_unit_test(unread_ike_is_bounded),
		cmocka_unit_test(small_messages_cost_little),
		cmocka_unit_test(attach_refuses_repair),
		cmocka_unit_test(raw_stream_is_out_of_reach),
		cmocka_unit_test(socket_keeps_the_module),
		cmocka_unit_test(close_in_any_order),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
