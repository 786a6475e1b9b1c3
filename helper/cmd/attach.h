/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of `espintcp attach` share. */
#ifndef ESPINTCP_CMD_ATTACH_H
#define ESPINTCP_CMD_ATTACH_H

#include <sys/types.h>

#include "cmd/cmd.h"
#include "net/addr.h"
#include "net/prefix.h"
#include "net/stream.h"
#include "net/tcp.h"

#define ATTACH_TIMEOUT_MS 20000

struct attach {
	const char *who;
	char host[ADDR_HOST_MAX];
	uint16_t port;
	const char *listen;
	pid_t pid;			/* 0: none */
	int fd;				/* -1: none */
	uint8_t *send;
	size_t send_len;
	unsigned long count;		/* 0: no end */
	unsigned int timeout_ms;	/* 0: not given */

	struct loop *loop;
	uint64_t start;
	struct tcp_target target;
	struct tcp_connect *connect;
	struct loop_fd listeners[TCP_LISTEN_MAX];
	size_t n_listeners;
	struct loop_fd peer;		/* accepted, its prefix is being read */
	bool has_peer;
	struct prefix_reader prefix;
	struct loop_timer deadline;
	struct stream *stream;
	unsigned long seen;
	enum cmd_exit status;
};

void attach_say(const struct attach *a, const char *what, const char *detail);
void attach_end(struct attach *a, enum cmd_exit status, const char *reason);

/* attach_conn.c: how the connection comes to be, and what arrives on it */
enum cmd_exit attach_connect(struct attach *a);
enum cmd_exit attach_listen(struct attach *a);
void attach_close(struct attach *a);

/* attach_other.c: a socket of another process */
enum cmd_exit attach_other(const char *who, pid_t pid, int fd);

#endif
