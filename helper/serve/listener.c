// SPDX-License-Identifier: GPL-2.0-or-later
/* The listening sockets of the responder. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/addr.h"
#include "serve/serve.h"

#define PAUSE_MS	1000	/* when the process has no more descriptors or memory */
#define LOG_MS		10000	/* between two lines about a lack of room */

static bool have_room(const struct serve *serve)
{
	return !serve->stopping && !serve->resume.set &&
	       serve->n_clients < SERVE_CLIENTS_MAX && serve->n_half_open < SERVE_HALF_OPEN_MAX;
}

/* Whom a limit counts as one: a host of IPv6 has a whole /64 to choose addresses from */
static bool same_source(const struct conf_subnet *a, const struct conf_subnet *b)
{
	return a->family == b->family && !memcmp(a->addr, b->addr, a->family == AF_INET ? 4 : 8);
}

bool serve_room_for(struct serve *serve, const struct conf_subnet *from)
{
	char text[ADDR_TEXT_MAX];
	const struct client *c;
	size_t n = 0;

	LIST_FOREACH(c, &serve->half_open, half)
		n += same_source(&c->addr, from);
	if (n < SERVE_SOURCE_MAX && serve->n_half_open < SERVE_HALF_OPEN_MAX &&
	    serve->n_clients < SERVE_CLIENTS_MAX)
		return true;
	if (loop_now() >= serve->next_source_log) {
		serve->next_source_log = loop_now() + LOG_MS;
		serve_warn(serve, addr_text(from, 0, text, sizeof(text)),
			   "refused: %zu clients from there have not authenticated yet", n);
	}
	return false;
}

/* Clients that find no room wait in the kernel's backlog: deadlines make room soon */
void serve_accepting(struct serve *serve)
{
	bool room = have_room(serve);

	if (room == serve->accepting)
		return;
	serve->accepting = room;
	if (!room && !serve->stopping && loop_now() >= serve->next_room_log) {
		serve->next_room_log = loop_now() + LOG_MS;
		serve_warn(serve, NULL, "new clients have to wait: %zu clients, %zu of them half open",
			   serve->n_clients, serve->n_half_open);
	}
	for (size_t i = 0; i < serve->n_listen; i++)
		loop_fd_change(serve->world.loop, &serve->listen[i].w, room ? EPOLLIN : 0);
}

static void resume(void *arg)
{
	serve_accepting(arg);
}

static void accept_one(struct serve *serve, int listen_fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	char peer[ADDR_TEXT_MAX];
	int fd = accept4(listen_fd, (struct sockaddr *)&sa, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct conf_subnet from;
	uint16_t port;
	int on = 1;

	if (fd >= 0) {
		if (addr_from_sockaddr(&sa, &from, &port) || !serve_room_for(serve, &from)) {
			close(fd);
			return;
		}
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		client_new(serve, fd, &from, addr_sockaddr_text((struct sockaddr *)&sa, len, peer,
								sizeof(peer)));
		return;
	}
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
		return;	/* the client's own trouble: gone again, reset ... */
	serve_warn(serve, NULL, "cannot accept a client: %s", strerror(errno));
	loop_timer_set(serve->world.loop, &serve->resume, PAUSE_MS, resume, serve);
}

static void listen_ready(void *arg, uint32_t events)
{
	struct serve_listener *l = arg;

	(void)events;
	if (have_room(l->serve))
		accept_one(l->serve, l->w.fd);
	serve_accepting(l->serve);
}

int serve_listen(struct serve *serve, const char *host, uint16_t port, char *err, size_t errlen)
{
	int fds[TCP_LISTEN_MAX], n;

	if (serve->n_listen + TCP_LISTEN_MAX > SERVE_LISTEN_MAX) {
		snprintf(err, errlen, "more than %d places to listen on",
			 SERVE_LISTEN_MAX / TCP_LISTEN_MAX);
		return -1;
	}
	n = tcp_listen(host, port, fds, err, errlen);
	for (int i = 0; i < n; i++) {
		struct serve_listener *l = &serve->listen[serve->n_listen++];

		l->serve = serve;
		l->w = (struct loop_fd){ .fd = fds[i], .ready = listen_ready, .arg = l };
		loop_fd_add(serve->world.loop, &l->w, EPOLLIN);
	}
	serve->accepting = true;
	return n > 0 ? 0 : -1;
}

void serve_listen_close(struct serve *serve)
{
	loop_timer_cancel(serve->world.loop, &serve->resume);
	while (serve->n_listen) {
		struct loop_fd *w = &serve->listen[--serve->n_listen].w;

		loop_fd_del(serve->world.loop, w);
		close(w->fd);
	}
}
