// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

#define STREAM_PORT	7001
/* What is sent begins anew after so many bytes: no size of a packet fits that */
#define PERIOD		251
#define CHUNK		8192

/* It grows where connections are slow, and not dead */
#define PATIENCE_MIN	0.1
#define PATIENCE_MAX	4.0

static uint8_t pattern[PERIOD + CHUNK];

/* Whoever ends waits for no peer: its namespace would be held meanwhile */
static void reset_on_close(int fd)
{
	struct linger l = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

static void give_up(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void dial(struct stream *s)
{
	struct sockaddr_in sin = host_address(s->to->inner, STREAM_PORT);

	give_up(&s->out);
	give_up(&s->in);
	s->out = host_socket(s->from, SOCK_STREAM, s->from->inner, 0);
	fcntl(s->out, F_SETFL, O_NONBLOCK);
	reset_on_close(s->out);
	/* It may well have no way at the moment: then it stands still */
	connect(s->out, (struct sockaddr *)&sin, sizeof(sin));
	s->sent = 0;
	s->received = 0;
	s->moved = seconds();
}

static bool is_from(int fd, int out)
{
	struct sockaddr_in peer = {}, name = {};
	socklen_t peer_len = sizeof(peer), name_len = sizeof(name);

	return !getpeername(fd, (struct sockaddr *)&peer, &peer_len) &&
	       !getsockname(out, (struct sockaddr *)&name, &name_len) &&
	       peer.sin_port == name.sin_port;
}

static void take_in(struct stream *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	reset_on_close(fd);
	/* One that was given up may be in front */
	if (is_from(fd, s->out))
		s->in = fd;
	else
		close(fd);
}

void stream_open(struct stream *s, const struct host *from,
		 const struct host *to)
{
	unsigned int i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % PERIOD;
	memset(s, 0, sizeof(*s));
	s->from = from;
	s->to = to;
	s->out = -1;
	s->in = -1;
	s->patience = PATIENCE_MIN;
	s->listener = host_socket(to, SOCK_STREAM, to->inner, STREAM_PORT);
	fcntl(s->listener, F_SETFL, O_NONBLOCK);
	if (listen(s->listener, 8))
		bail_out("listen");
	dial(s);
}

void stream_send(struct stream *s)
{
	ssize_t n;

	n = send(s->out, pattern + s->sent % PERIOD, CHUNK,
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		s->sent += n;
}

void stream_receive(struct stream *s)
{
	static uint8_t in[CHUNK];
	ssize_t n;

	if (s->in < 0)
		take_in(s);
	n = recv(s->in, in, sizeof(in), MSG_DONTWAIT);
	if (n <= 0)
		return;
	s->corrupt += memcmp(in, pattern + s->received % PERIOD, n) != 0;
	if (!s->received && s->patience > PATIENCE_MIN)
		s->patience /= 2;
	s->received += n;
	s->moved = seconds();
	__atomic_add_fetch(&s->got, 1, __ATOMIC_SEQ_CST);
}

void stream_pump(struct stream *s)
{
	stream_send(s);
	stream_receive(s);
	if (seconds() - s->moved < s->patience)
		return;
	if (s->patience < PATIENCE_MAX)
		s->patience *= 2;
	dial(s);
}

void stream_close(struct stream *s)
{
	give_up(&s->out);
	give_up(&s->in);
	give_up(&s->listener);
}
