// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the owner learns when the stream dies. A plain TCP socket that dies in
 * the same way says what is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/espintcp_frame.h>

#include "sockets.h"

#define DEADLINE 20000

enum cause { RESET, TIMED_OUT, LENGTH_0, LENGTH_1, CAUSES };

static const enum pair_kind kinds[] = { PAIR_IPV4, PAIR_IPV6, PAIR_MAPPED };

static void reset(int fd)
{
	struct linger l = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

/* TCP tells the error a moment before the end */
static void hung_up(int fd)
{
	int i;

	for (i = 0; i < DEADLINE && !(poll_for(fd, 0, 1) & POLLHUP); i++)
		usleep(1000);
	assert_in_range(i, 0, DEADLINE - 1);
}

static void loopback_set(bool up)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
}

/* Ends the connection of fd[0]; closes fd[1] */
static void kill_stream(enum cause cause, int fd[2])
{
	uint8_t frame[2] = { 0, cause == LENGTH_1 };
	unsigned int ms = 300;
	uint8_t body[100];

	switch (cause) {
	case TIMED_OUT:
		assert_int_equal(setsockopt(fd[0], IPPROTO_TCP,
					    TCP_USER_TIMEOUT, &ms, sizeof(ms)),
				 0);
		loopback_set(false);
		ike_fill(body, sizeof(body), 1);
		assert_int_equal(send(fd[0], body, sizeof(body), 0),
				 sizeof(body));
		break;
	case LENGTH_0:
	case LENGTH_1:
		write_all(fd[1], frame, sizeof(frame));
		break;
	default:
		reset(fd[1]);
		return;
	}
	hung_up(fd[0]);
	if (cause == TIMED_OUT)
		loopback_set(true);
	close(fd[1]);
}

/* POLLHUP tells it; whatever else has to come is there a moment later */
static short events_at_the_end(int fd)
{
	const short all = POLLIN | POLLOUT | POLLRDHUP | POLLPRI;
	int i;

	assert_true(poll_for(fd, 0, DEADLINE) & POLLHUP);
	for (i = 0; i < 200 && !(poll_for(fd, all, 0) & POLLIN); i++)
		usleep(10000);
	return poll_for(fd, all, 0);
}

/* What TCP says to its owner, step by step */
struct story {
	short	poll_dead, poll_read;
	int	recv_first, recv_second, send_first, send_second;
	int	so_error, so_error_last;
};

static int recv_errno(int fd)
{
	uint8_t buf[200];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	assert_true(n <= 0);
	return n ? errno : 0;
}

/* Never a success */
static int send_errno(int fd)
{
	uint8_t body[100];

	ike_fill(body, sizeof(body), 2);
	assert_int_equal(send(fd, body, sizeof(body), MSG_NOSIGNAL), -1);
	return errno;
}

static int so_error(int fd)
{
	socklen_t len = sizeof(int);
	int err = -1;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len), 0);
	return err;
}

enum taker { BY_RECV, BY_SEND, BY_OPTION, TAKERS };

static void tell(enum taker taker, int fd, struct story *s)
{
	memset(s, 0, sizeof(*s));
	s->poll_dead = events_at_the_end(fd);
	if (taker == BY_SEND)
		s->send_first = send_errno(fd);
	if (taker == BY_OPTION)
		s->so_error = so_error(fd);
	s->recv_first = recv_errno(fd);
	s->poll_read = events_at_the_end(fd);
	s->recv_second = recv_errno(fd);
	s->send_second = send_errno(fd);
	/* With nothing left, TCP tells the last error that did not end it */
	s->so_error_last = so_error(fd);
}

static void compare(const struct story *tcp, const struct story *ulp)
{
	assert_int_equal(ulp->poll_dead, tcp->poll_dead);
	assert_int_equal(ulp->poll_read, tcp->poll_read);
	assert_int_equal(ulp->recv_first, tcp->recv_first);
	assert_int_equal(ulp->recv_second, tcp->recv_second);
	assert_int_equal(ulp->send_first, tcp->send_first);
	assert_int_equal(ulp->send_second, tcp->send_second);
	assert_int_equal(ulp->so_error, tcp->so_error);
	assert_int_equal(ulp->so_error_last, tcp->so_error_last);
}

static void one_death(enum cause cause, enum pair_kind kind, enum taker taker)
{
	uint8_t body[100], buf[200];
	struct story tcp, ulp;
	int fd[2], plain[2], i;

	/* TCP knows no fatal length: it says what it says of a RST */
	pair_make(kind, plain);
	kill_stream(cause == TIMED_OUT ? TIMED_OUT : RESET, plain);
	tell(taker, plain[0], &tcp);

	pair_attached(kind, fd);
	for (i = 0; i < 3; i++) {
		ike_fill(body, sizeof(body), i);
		write_all(fd[1], buf, frame_put(buf, body, sizeof(body)));
	}
	/* A RST may overtake what the peer's TCP still holds */
	assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
	kill_stream(cause, fd);
	for (i = 0; i < 3; i++) {
		assert_true(events_at_the_end(fd[0]) & POLLERR);
		ike_fill(body, sizeof(body), i);
		assert_int_equal(recv(fd[0], buf, sizeof(buf), 0),
				 sizeof(body));
		assert_memory_equal(buf, body, sizeof(body));
	}
	tell(taker, fd[0], &ulp);

	if (cause == LENGTH_0 || cause == LENGTH_1) {
		int *told = taker == BY_RECV ? &ulp.recv_first :
			    taker == BY_SEND ? &ulp.send_first : &ulp.so_error;

		assert_int_equal(*told, EPROTO);
		*told = ECONNRESET;
	}
	compare(&tcp, &ulp);
	close(plain[0]);
	close(fd[0]);
}

static void all_deaths(enum cause cause)
{
	enum taker taker;
	size_t k;

	for (taker = BY_RECV; taker < TAKERS; taker++)
		for (k = 0; k < 3; k++)
			one_death(cause, kinds[k], taker);
}

static void reset_is_told_as_tcp_does(void **state)
{
	(void)state;
	all_deaths(RESET);
}

static void timeout_is_told_as_tcp_does(void **state)
{
	(void)state;
	all_deaths(TIMED_OUT);
}

static void bad_length_is_told_as_a_reset(void **state)
{
	(void)state;
	all_deaths(LENGTH_0);
	all_deaths(LENGTH_1);
}

struct sleeper {
	int	fd, err;
	bool	sends;
	long	done;
};

static void *sleeper(void *arg)
{
	static uint8_t body[30000];
	uint8_t buf[200];
	struct sleeper *s = arg;
	ssize_t n;

	do {
		n = s->sends ? send(s->fd, body, sizeof(body), MSG_NOSIGNAL) :
			       recv(s->fd, buf, sizeof(buf), 0);
		if (n > 0)
			__atomic_add_fetch(&s->done, 1, __ATOMIC_RELAXED);
	} while (n > 0);
	s->err = n ? errno : 0;
	return NULL;
}

/* What sleeps when the stream dies wakes, and one of the two has the error */
static void sleepers_wake(void **state)
{
	int cause, k, i;

	(void)state;
	for (cause = RESET; cause < CAUSES; cause++) {
		/* Its way of dying needs a send() of its own */
		if (cause == TIMED_OUT)
			continue;
		for (k = 0; k < 3; k++) {
			struct sleeper in = { 0 }, out = { .sends = true };
			pthread_t t[2];
			long was = -1;
			int fd[2];

			pair_attached(kinds[k], fd);
			in.fd = fd[0];
			out.fd = fd[0];
			pthread_create(&t[0], NULL, sleeper, &in);
			pthread_create(&t[1], NULL, sleeper, &out);
			/* Until it sends no more: it waits for room */
			for (i = 0; i < 500 && (out.done != was || !was); i++) {
				was = out.done;
				usleep(50000);
			}
			assert_int_equal(poll_for(fd[0], POLLOUT, 0), 0);
			kill_stream(cause, fd);
			pthread_join(t[0], NULL);
			pthread_join(t[1], NULL);
			i = cause == RESET ? ECONNRESET : EPROTO;
			assert_true(out.err == EPIPE || out.err == i);
			assert_true(in.err == 0 || in.err == i);
			/* Once, and not twice or never */
			assert_int_equal((in.err == i) + (out.err == i), 1);
			assert_int_equal(send_errno(fd[0]), EPIPE);
			close(fd[0]);
		}
	}
}

/* A send() that races the RST: from the first error on, errors alone */
static void nothing_is_sent_after_an_error(void **state)
{
	uint8_t body[200];
	int fd[2], i, k;

	(void)state;
	ike_fill(body, sizeof(body), 1);
	for (i = 0; i < 30; i++) {
		pair_attached(kinds[i % 3], fd);
		for (k = 0; k < i; k++)
			send(fd[0], body, sizeof(body), MSG_NOSIGNAL);
		reset(fd[1]);
		assert_true(poll_for(fd[0], 0, DEADLINE) & POLLHUP);
		for (k = 0; k < 4; k++)
			assert_int_equal(send_errno(fd[0]),
					 k ? EPIPE : ECONNRESET);
		close(fd[0]);
	}
}

/* Or a daemon with level-triggered events turns round and round meanwhile */
static void hangup_is_answered_at_once(void **state)
{
	uint8_t body[200], buf[202];
	int fd[2], i;

	(void)state;
	ike_fill(body, sizeof(body), 1);
	for (i = 0; i < 30; i++) {
		pair_attached(kinds[i % 3], fd);
		if (i & 1)
			write_all(fd[1], buf,
				  frame_put(buf, body, sizeof(body)));
		reset(fd[1]);
		assert_true(poll_for(fd[0], 0, DEADLINE) & POLLHUP);
		if (i & 1)
			assert_int_equal(recv(fd[0], buf, sizeof(buf),
					      MSG_DONTWAIT), sizeof(body));
		assert_int_equal(recv_errno(fd[0]), ECONNRESET);
		close(fd[0]);
	}
}

static uint16_t checksum(const void *data, size_t len)
{
	const uint16_t *p = data;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *p++;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static uint32_t next_seq(int fd)
{
	int on = 1, off = -1, queue = 2;
	socklen_t len = sizeof(uint32_t);
	uint32_t seq;

	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on,
				    sizeof(on)), 0);
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue,
				    sizeof(queue)), 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len),
			 0);
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off,
				    sizeof(off)), 0);
	return seq;
}

/* "Host unreachable" about the next segment of a connection over loopback */
static void send_unreachable(int fd, uint32_t seq)
{
	struct sockaddr_in me, peer;
	socklen_t len = sizeof(me);
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	struct {
		struct icmphdr	icmp;
		struct iphdr	ip;
		uint16_t	sport, dport;
		uint32_t	seq;
	} pkt = {
		.icmp	= { .type = ICMP_DEST_UNREACH,
			    .code = ICMP_PORT_UNREACH },
		.ip	= { .version = 4, .ihl = 5, .ttl = 64,
			    .protocol = IPPROTO_TCP, .tot_len = htons(60) },
	};

	assert_true(raw >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&me, &len), 0);
	len = sizeof(peer);
	assert_int_equal(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
	pkt.ip.saddr = me.sin_addr.s_addr;
	pkt.ip.daddr = peer.sin_addr.s_addr;
	pkt.ip.check = checksum(&pkt.ip, sizeof(pkt.ip));
	pkt.sport = me.sin_port;
	pkt.dport = peer.sin_port;
	pkt.seq = htonl(seq);
	pkt.icmp.checksum = checksum(&pkt, sizeof(pkt));
	me.sin_port = 0;
	assert_int_equal(sendto(raw, &pkt, sizeof(pkt), 0,
				(struct sockaddr *)&me, sizeof(me)),
			 sizeof(pkt));
	close(raw);
}

/* IP_RECVERR: the owner hears of it, and the connection lives on */
static void icmp_errors_kill_nothing(void **state)
{
	uint8_t body[100], got[102];
	int fd[2], one = 1, turn;
	uint32_t seq;

	(void)state;
	pair_make(PAIR_IPV4, fd);
	seq = next_seq(fd[0]);
	assert_int_equal(setsockopt(fd[0], IPPROTO_IP, IP_RECVERR, &one,
				    sizeof(one)), 0);
	assert_int_equal(ulp_attach(fd[0]), 0);
	ike_fill(body, sizeof(body), 1);
	for (turn = 0; turn < 3; turn++) {
		send_unreachable(fd[0], seq);
		assert_true(poll_for(fd[0], 0, DEADLINE) & POLLERR);
		if (turn == 0)
			assert_int_equal(recv_errno(fd[0]), ECONNREFUSED);
		else if (turn == 1)
			assert_int_equal(send_errno(fd[0]), ECONNREFUSED);
		else
			assert_int_equal(so_error(fd[0]), ECONNREFUSED);
		while (recv(fd[0], got, sizeof(got), MSG_ERRQUEUE) >= 0)
			;
		assert_int_equal(poll_for(fd[0], POLLIN, 0), 0);
		assert_int_equal(send(fd[0], body, sizeof(body), 0),
				 sizeof(body));
		read_all(fd[1], got, sizeof(got));
		seq += sizeof(got);
		assert_memory_equal(got + 2, body, sizeof(body));
		/* Until the ACK has come: the next one is about what follows */
		write_all(fd[1], got, sizeof(got));
		assert_true(poll_for(fd[0], POLLIN, DEADLINE) & POLLIN);
		assert_int_equal(recv(fd[0], got, sizeof(got), 0),
				 sizeof(body));
	}
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reset_is_told_as_tcp_does),
		cmocka_unit_test(bad_length_is_told_as_a_reset),
		cmocka_unit_test(timeout_is_told_as_tcp_does),
		cmocka_unit_test(sleepers_wake),
		cmocka_unit_test(nothing_is_sent_after_an_error),
		cmocka_unit_test(hangup_is_answered_at_once),
		cmocka_unit_test(icmp_errors_kill_nothing),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
