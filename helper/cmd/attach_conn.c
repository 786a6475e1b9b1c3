// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp attach: how the connection comes to be, and what arrives on it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "cmd/attach.h"
#include "ike/message.h"
#include "net/ulp.h"

static void describe(const uint8_t *msg, size_t len, char *buf, size_t buflen)
{
	struct ike_hdr h;
	int n;

	if (ike_hdr_parse(msg, len, &h) < 0) {
		snprintf(buf, buflen, "%zu bytes, not an IKE message", len);
		return;
	}
	n = snprintf(buf, buflen, "%zu bytes, %s (%u) %s, SPIs ", len,
		     ike_exchange_name(h.exchange), h.exchange, h.response ? "response" : "request");
	for (size_t i = 0; i < IKE_SPI_LEN; i++)
		n += snprintf(buf + n, buflen - n, "%02x", h.spi_i[i]);
	n += snprintf(buf + n, buflen - n, " ");
	for (size_t i = 0; i < IKE_SPI_LEN; i++)
		n += snprintf(buf + n, buflen - n, "%02x", h.spi_r[i]);
	snprintf(buf + n, buflen - n, ", message %u", h.id);
}

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct attach *a = arg;
	char text[256];

	describe(msg, len, text, sizeof(text));
	attach_say(a, "IKE", text);
	if (++a->seen == a->count)
		attach_end(a, CMD_OK, "that was the last one");
}

static void on_ended(void *arg, int err)
{
	struct attach *a = arg;
	char reason[128];

	snprintf(reason, sizeof(reason), err == ECONNRESET || err == EPIPE ?
		 "the peer reset the connection" : "the connection broke: %s", strerror(err));
	attach_end(a, err ? CMD_FAILED : CMD_OK, err ? reason : "the peer closed the connection");
}

/* The prefix has been exchanged; takes fd over */
static void start(struct attach *a, int fd)
{
	struct stream_user user = { .arg = a, .message = on_message, .ended = on_ended };
	char err[256];
	int rc;

	if (ulp_attach_new(fd, err, sizeof(err))) {
		close(fd);
		attach_end(a, CMD_FAILED, err);
		return;
	}
	attach_say(a, "ULP attached", "");
	a->stream = stream_new(a->loop, fd, &user);
	if (!a->stream) {
		close(fd);
		attach_end(a, CMD_FAILED, "cannot watch the connection");
		return;
	}
	if (!a->send)
		return;
	rc = stream_send(a->stream, a->send, a->send_len);
	if (rc) {
		snprintf(err, sizeof(err), "cannot send: %s", strerror(-rc));
		attach_end(a, CMD_FAILED, err);
	}
}

static void say_connected(struct attach *a, int fd)
{
	struct ike_addrs addrs;
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX], detail[2 * ADDR_TEXT_MAX + 8];

	if (addr_of_socket(fd, &addrs))
		return;
	snprintf(detail, sizeof(detail), "%s, peer %s",
		 addr_text(&addrs.local, addrs.local_port, local, sizeof(local)),
		 addr_text(&addrs.remote, addrs.remote_port, remote, sizeof(remote)));
	attach_say(a, "TCP connected", detail);
}

static void connected(void *arg, int fd, const char *err)
{
	struct attach *a = arg;
	int rc;

	a->connect = NULL;
	if (fd < 0) {
		attach_end(a, CMD_FAILED, err);
		return;
	}
	say_connected(a, fd);
	rc = prefix_send(fd);
	if (rc) {
		close(fd);
		attach_end(a, CMD_FAILED, strerror(-rc));
		return;
	}
	start(a, fd);
}

static unsigned int prefix_ms(const struct attach *a)
{
	return a->timeout_ms ? a->timeout_ms : ATTACH_TIMEOUT_MS;
}

enum cmd_exit attach_connect(struct attach *a)
{
	char err[256];

	if (tcp_resolve(&a->target, a->host, a->port, err, sizeof(err)))
		return cmd_error(CMD_FAILED, a->who, "%s", err);
	a->connect = tcp_connect_start(a->loop, &a->target, NULL, prefix_ms(a), connected, a);
	return a->connect ? CMD_OK : cmd_error(CMD_FAILED, a->who, "out of memory");
}

static void drop_fd(struct attach *a, struct loop_fd *w)
{
	loop_fd_del(a->loop, w);
	close(w->fd);
	w->fd = -1;
}

static void prefix_ready(void *arg, uint32_t events)
{
	struct attach *a = arg;
	char got[4 * ESPINTCP_PREFIX_LEN + 1], why[96];
	int fd = a->peer.fd;

	(void)events;
	switch (prefix_read(fd, &a->prefix)) {
	case PREFIX_MORE:
		return;
	case PREFIX_DONE:
		loop_timer_cancel(a->loop, &a->deadline);
		loop_fd_del(a->loop, &a->peer);
		a->has_peer = false;
		start(a, fd);
		return;
	case PREFIX_WRONG:
		snprintf(why, sizeof(why), "wrong stream prefix: \"%s\" instead of \"%s\"",
			 prefix_text(&a->prefix, got, sizeof(got)), ESPINTCP_PREFIX);
		break;
	case PREFIX_END:
		snprintf(why, sizeof(why), "closed by the peer before the stream prefix was complete");
		break;
	case PREFIX_ERROR:
		snprintf(why, sizeof(why), "no stream prefix: %s", strerror(errno));
		break;
	}
	attach_end(a, CMD_FAILED, why);
}

static void prefix_timeout(void *arg)
{
	attach_end(arg, CMD_FAILED, "no stream prefix came in time");
}

static void listen_timeout(void *arg)
{
	attach_end(arg, CMD_FAILED, "nobody connected in time");
}

static void listen_ready(void *arg, uint32_t events)
{
	struct attach *a = arg;
	int fd = -1;

	(void)events;
	for (size_t i = 0; i < a->n_listeners && fd < 0; i++)
		fd = accept4(a->listeners[i].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	while (a->n_listeners)
		drop_fd(a, &a->listeners[--a->n_listeners]);
	say_connected(a, fd);
	a->peer = (struct loop_fd){ .fd = fd, .ready = prefix_ready, .arg = a };
	a->has_peer = true;
	loop_timer_set(a->loop, &a->deadline, prefix_ms(a), prefix_timeout, a);
	if (loop_fd_add(a->loop, &a->peer, EPOLLIN))
		attach_end(a, CMD_FAILED, "cannot watch the connection");
}

enum cmd_exit attach_listen(struct attach *a)
{
	int fds[TCP_LISTEN_MAX], n;
	char err[256];

	if (addr_listen(a->listen, a->host, sizeof(a->host), &a->port))
		return cmd_usage_error(a->who, "--listen takes [ADDR:]PORT, not '%s'", a->listen);
	n = tcp_listen(a->host[0] ? a->host : NULL, a->port, fds, err, sizeof(err));
	if (n < 0)
		return cmd_error(CMD_FAILED, a->who, "%s", err);
	for (int i = 0; i < n; i++) {
		a->listeners[i] = (struct loop_fd){ .fd = fds[i], .ready = listen_ready, .arg = a };
		loop_fd_add(a->loop, &a->listeners[i], EPOLLIN);
		a->n_listeners++;
	}
	if (a->timeout_ms)
		loop_timer_set(a->loop, &a->deadline, a->timeout_ms, listen_timeout, a);
	attach_say(a, "listening", a->listen);
	return CMD_OK;
}

void attach_close(struct attach *a)
{
	if (!a->loop)
		return;
	tcp_connect_cancel(a->connect);
	tcp_target_free(&a->target);
	loop_timer_cancel(a->loop, &a->deadline);
	while (a->n_listeners)
		drop_fd(a, &a->listeners[--a->n_listeners]);
	if (a->has_peer)
		drop_fd(a, &a->peer);
	stream_free(a->stream);
}
