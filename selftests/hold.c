// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hold one TCP connection with the ULP attached, for tests of ESP.
 *
 * usage: hold [-c COUNT] [-d DEVICE] [-t TOS] listen ADDRESS PORT
 *        hold [-c COUNT] [-d DEVICE] [-t TOS] connect ADDRESS PORT LOCAL-PORT
 *
 * With -d the socket is bound to a device or VRF, with -t its packets are marked.
 * Says "attached" when it is, then a line for each IKE message, and "end" with
 * the error at the end of the stream. With -c both ends send COUNT messages,
 * each second one without waiting, and check what they get; says "chatted" when
 * all have come.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/espintcp.h>
#include <linux/espintcp_frame.h>

#include "sockets.h"

#ifndef TCP_ULP
#define TCP_ULP 31
#endif

static const char *device;
static int tos;

static void die(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct addrinfo *resolve(const char *host, const char *port)
{
	struct addrinfo *ai, hints = {
		.ai_socktype	= SOCK_STREAM,
		.ai_flags	= AI_NUMERICHOST | AI_NUMERICSERV,
	};

	if (getaddrinfo(host, port, &hints, &ai)) {
		fprintf(stderr, "hold: not an address: %s\n", host);
		exit(2);
	}
	return ai;
}

static int one_socket(const struct addrinfo *ai)
{
	int one = 1, fd = socket(ai->ai_family, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				 strlen(device)))
		die(device);
	if (tos && setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)))
		die("tos");
	return fd;
}

static int accept_one(const char *host, const char *port)
{
	struct addrinfo *ai = resolve(host, port);
	int fd, lst = one_socket(ai);

	if (bind(lst, ai->ai_addr, ai->ai_addrlen) || listen(lst, 1))
		die("listen");
	puts("listening");
	fd = accept(lst, NULL, NULL);
	if (fd < 0)
		die("accept");
	close(lst);
	freeaddrinfo(ai);
	return fd;
}

static int connect_from(const char *host, const char *port, const char *lport)
{
	struct addrinfo *ai = resolve(host, port);
	struct sockaddr_storage local = { .ss_family = ai->ai_family };
	struct linger reset = { .l_onoff = 1 };
	int fd = one_socket(ai);

	/* The same tuple again, without TIME_WAIT in between */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	/* The port is at the same place for both families */
	((struct sockaddr_in *)&local)->sin_port = htons(atoi(lport));
	if (bind(fd, (struct sockaddr *)&local, ai->ai_addrlen))
		die("bind");
	if (connect(fd, ai->ai_addr, ai->ai_addrlen))
		die("connect");
	freeaddrinfo(ai);
	return fd;
}

/* Messages that an end is ahead of the other one */
#define CHAT_WINDOW 16

/* Lengths from tiny to many segments, the same at both ends */
static size_t chat_len(unsigned int i)
{
	return 5 + i * 2654435761U % (i % 8 ? 3000 : 30000);
}

/* An end that runs ahead of a reader would find its queue full: @got is read */
static void chat_send(int fd, unsigned int count, unsigned int *got)
{
	static uint8_t body[ESPINTCP_MAX_BODY];
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	unsigned int i = 0;

	while (i < count) {
		size_t len = chat_len(i);

		if (i >= __atomic_load_n(got, __ATOMIC_SEQ_CST) + CHAT_WINDOW) {
			usleep(1000);
			continue;
		}
		ike_fill(body, len, i);
		if (send(fd, body, len, i & 1 ? MSG_DONTWAIT : 0) ==
		    (ssize_t)len)
			i++;
		else if (!(i & 1) || errno != EAGAIN || poll(&p, 1, -1) != 1)
			die("chat: send");
	}
	_exit(0);
}

static void chat(int fd, unsigned int count)
{
	static uint8_t body[ESPINTCP_MAX_BODY], want[ESPINTCP_MAX_BODY];
	unsigned int i, *got;
	int status;
	pid_t pid;

	got = mmap(NULL, sizeof(*got), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (got == MAP_FAILED)
		die("mmap");
	pid = fork();
	if (!pid)
		chat_send(fd, count, got);
	for (i = 0; i < count; i++, __atomic_fetch_add(got, 1, __ATOMIC_SEQ_CST)) {
		ssize_t n = recv(fd, body, sizeof(body), 0);

		ike_fill(want, chat_len(i), i);
		if (n != (ssize_t)chat_len(i) || memcmp(body, want, n)) {
			printf("message %u of %zd bytes is wrong\n", i, n);
			exit(1);
		}
	}
	if (waitpid(pid, &status, 0) != pid || status)
		exit(1);
	printf("chatted %u\n", count);
}

static int usage(void)
{
	fputs("usage: hold [-c COUNT] [-d DEVICE] [-t TOS] listen ADDRESS PORT | connect ADDRESS PORT LOCAL-PORT\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static char buf[ESPINTCP_MAX_BODY];
	unsigned int count = 0;
	ssize_t n;
	int fd, o;

	while ((o = getopt(argc, argv, "c:d:t:")) != -1) {
		if (o == 'c')
			count = atoi(optarg);
		else if (o == 'd')
			device = optarg;
		else if (o == 't')
			tos = strtol(optarg, NULL, 0);
		else
			return usage();
	}
	argc -= optind;
	argv += optind;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[0], "listen"))
		fd = accept_one(argv[1], argv[2]);
	else if (argc == 4 && !strcmp(argv[0], "connect"))
		fd = connect_from(argv[1], argv[2], argv[3]);
	else
		return usage();

	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, ESPINTCP_ULP_NAME,
		       sizeof(ESPINTCP_ULP_NAME)))
		die("attach");
	puts("attached");

	if (count)
		chat(fd, count);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		printf("message %zd\n", n);
	printf("end %s\n", n ? strerror(errno) : "EOF");
	return 0;
}
