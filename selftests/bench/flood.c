// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP at a fixed rate, many datagrams by a call: the rate is met where a call
 * for each one would cost more than the tunnel.
 *
 * usage: flood send ADDRESS PORT SIZE RATE SECONDS
 *        flood count PORT
 *
 * RATE is in packets a second. The sender says as JSON what it sent, in how many
 * seconds; it ends with datagrams of one byte, and the counter, which says
 * "counting" before, then says as JSON how many longer ones came. Where all of
 * the end got lost, it does not wait for long.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BATCH	64
#define LARGEST	2048
/* In microseconds: what has become due meanwhile is sent together */
#define TURN	1000
#define GOODBYES	20

static uint8_t data[BATCH][LARGEST];
static struct iovec iov[BATCH];
static struct mmsghdr msgs[BATCH];

static void prepare(size_t size)
{
	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ .iov_base = data[i], .iov_len = size };
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void say_goodbye(int s)
{
	for (int i = 0; i < GOODBYES; i++) {
		usleep(50 * 1000);
		(void)!send(s, "", 1, 0);
	}
}

static void flood_send(char **arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(arg[1])) };
	size_t size = atoi(arg[2]);
	double rate = atof(arg[3]), length = atof(arg[4]), begin, t;
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	long sent = 0;

	if (inet_pton(AF_INET, arg[0], &to.sin_addr) != 1 || size < 2 || size > LARGEST)
		errx(2, "no IPv4 address %s, or no size from 2 to %d: %s", arg[0], LARGEST, arg[2]);
	if (connect(s, (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect");
	prepare(size);
	begin = now();
	for (t = 0; t < length; t = now() - begin) {
		long due = t * rate - sent, n = due < BATCH ? due : BATCH;

		/* What the host itself drops was offered, too */
		if (n > 0 && sendmmsg(s, msgs, n, 0) < 0 && errno != ENOBUFS)
			err(1, "send");
		if (n > 0)
			sent += n;
		if (due < BATCH)
			usleep(TURN);
	}
	say_goodbye(s);
	printf("{\"offered\":%ld,\"seconds\":%.3f}\n", sent, t);
}

static void flood_count(char **arg)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(atoi(arg[0])) };
	int s = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
	struct timeval patience = { .tv_sec = 10 };
	bool ended = false;
	long got = 0;

	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(s, (struct sockaddr *)&at, sizeof(at)))
		err(1, "bind");
	puts("counting");
	fflush(stdout);
	prepare(LARGEST);
	while (!ended) {
		int n = recvmmsg(s, msgs, BATCH, MSG_WAITFORONE, NULL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			err(1, "recv");
		for (int i = 0; i < n; i++) {
			ended |= msgs[i].msg_len == 1;
			got += msgs[i].msg_len > 1;
		}
	}
	printf("{\"received\":%ld}\n", got);
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "send"))
		flood_send(argv + 2);
	else if (argc == 3 && !strcmp(argv[1], "count"))
		flood_count(argv + 2);
	else
		errx(2, "usage: flood send ADDRESS PORT SIZE RATE SECONDS | flood count PORT");
	return 0;
}
