// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carry datagrams of a local program in a TCP connection, each behind its
 * length, as relays for WireGuard do.
 *
 * usage: relay listen|connect ADDRESS PORT HERE THERE
 *
 * Takes datagrams at port HERE of the loopback address and sends to port THERE.
 * What comes while TCP is full waits in the UDP socket, and gets lost there.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD	2
#define LARGEST	UINT16_MAX

struct buffer {
	uint8_t data[4 * (HEAD + LARGEST)];
	size_t start, end;
};

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		errx(1, "no IPv4 address: %s", host);
	return a;
}

static int tcp_open(bool listens, const char *host, const char *port)
{
	struct sockaddr_in a = address(host, port);
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listens) {
		if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
			err(1, "listen");
		s = accept(s, NULL, NULL);
		if (s < 0)
			err(1, "accept");
	} else if (connect(s, (struct sockaddr *)&a, sizeof(a))) {
		err(1, "connect");
	}
	if (setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		err(1, "TCP_NODELAY");
	return s;
}

static int udp_open(const char *here, const char *there)
{
	struct sockaddr_in a = address("127.0.0.1", here), b = address("127.0.0.1", there);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (bind(s, (struct sockaddr *)&a, sizeof(a)) ||
	    connect(s, (struct sockaddr *)&b, sizeof(b)))
		err(1, "UDP");
	return s;
}

/* Datagrams that are there, as many as there is room for; errors are ICMP's */
static void take_datagrams(int udp, struct buffer *b)
{
	while (sizeof(b->data) - b->end >= HEAD + LARGEST) {
		ssize_t n = recv(udp, b->data + b->end + HEAD, LARGEST, MSG_DONTWAIT);

		if (n < 0)
			return;
		b->data[b->end] = n >> 8;
		b->data[b->end + 1] = n;
		b->end += HEAD + n;
	}
}

static void give_stream(int tcp, struct buffer *b)
{
	ssize_t n = send(tcp, b->data + b->start, b->end - b->start, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		err(1, "send");
	if (n > 0)
		b->start += n;
	if (b->start == b->end) {
		b->start = 0;
		b->end = 0;
	}
}

static void take_stream(int tcp, struct buffer *b)
{
	ssize_t n = recv(tcp, b->data + b->end, sizeof(b->data) - b->end, MSG_DONTWAIT);

	if (!n)
		exit(0);
	if (n < 0 && errno != EAGAIN)
		err(1, "recv");
	if (n > 0)
		b->end += n;
}

/* All that is there as a whole; the rest moves to the front */
static void give_datagrams(int udp, struct buffer *b)
{
	while (b->end - b->start >= HEAD) {
		const uint8_t *p = b->data + b->start;
		size_t len = p[0] << 8 | p[1];

		if (b->end - b->start < HEAD + len)
			break;
		(void)!send(udp, p + HEAD, len, 0);
		b->start += HEAD + len;
	}
	memmove(b->data, b->data + b->start, b->end - b->start);
	b->end -= b->start;
	b->start = 0;
}

int main(int argc, char **argv)
{
	static struct buffer out, in;
	int tcp, udp;

	if (argc != 6)
		errx(2, "usage: relay listen|connect ADDRESS PORT HERE THERE");
	udp = udp_open(argv[4], argv[5]);
	tcp = tcp_open(!strcmp(argv[1], "listen"), argv[2], argv[3]);
	for (;;) {
		struct pollfd p[2] = { { .fd = tcp, .events = POLLIN }, { .fd = udp } };

		if (out.end)
			p[0].events |= POLLOUT;
		else
			p[1].events = POLLIN;
		if (poll(p, 2, -1) < 0)
			err(1, "poll");
		if (p[1].revents)
			take_datagrams(udp, &out);
		if (out.end)
			give_stream(tcp, &out);
		if (p[0].revents & ~POLLOUT) {
			take_stream(tcp, &in);
			give_datagrams(udp, &in);
		}
	}
}
