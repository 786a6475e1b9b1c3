/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket of a running `up` or `serve`: a SOCK_SEQPACKET socket in
 * the run directory. A client sends one request, "down NAME", "redirect NAME HOST" or
 * "status", and gets one answer, "ok" or "error: ...", when the work is done. With the answer to
 * "status" comes a descriptor of a file, so that any length of it is there at once.
 */
#ifndef ESPINTCP_CTL_H
#define ESPINTCP_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "net/loop.h"

#define CTL_RUN_DIR	"/run/espintcp"
#define CTL_SERVE	"serve"		/* name of the socket of `serve` */
#define CTL_UP		"up."		/* and the connection's name: of `up` */
#define CTL_NAME_MAX	64

struct ctl;
struct ctl_client;
struct dirent;

/* Whether a connection's name can be the name of a socket */
bool ctl_name_ok(const char *name);

struct ctl_user {
	void *arg;
	/* A connection is to go down; ctl_answer() must be called once, then or later */
	void (*down)(void *arg, const char *conn, struct ctl_client *client);
	/* The peers of a connection are to go to another gateway; likewise. NULL: not here. */
	void (*redirect)(void *arg, const char *conn, const char *host, struct ctl_client *client);
	/* Write what there is, as info_write() does */
	void (*status)(void *arg, FILE *to);
};

/**
 * ctl_open - listen on the control socket DIR/NAME
 * @loop: where requests are read
 * @dir: the run directory; made with mode 0700 if it is not there
 * @name: "serve", or "up." and a connection's name
 * @user: called for requests
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * Only root and the user of this process are served (SO_PEERCRED).
 *
 * Return: for ctl_close(), or NULL; also if another process has the socket.
 */
struct ctl *ctl_open(struct loop *loop, const char *dir, const char *name,
		     const struct ctl_user *user, char *err, size_t errlen);
/* Remove the socket file, then answer the clients that wait: error, or done if NULL */
void ctl_close(struct ctl *ctl, const char *error);

/* The control sockets in a directory, sorted; as scandir(). Not all need have a process. */
int ctl_list(const char *dir, struct dirent ***names);
/* Is there a process behind it? */
bool ctl_listens(const char *dir, const char *name);

/* error NULL: done. The client is gone afterwards. */
void ctl_answer(struct ctl_client *client, const char *error);

/*
 * Ask the socket DIR/NAME to take a connection down and wait for the answer. 0;
 * 1 if nobody listens there (or the connection is not up, then with err set);
 * -1 with err set.
 */
int ctl_down(const char *dir, const char *name, const char *conn, unsigned int timeout_ms,
	     char *err, size_t errlen);

/* Likewise, for all its peers to go to another gateway */
int ctl_redirect(const char *dir, const char *name, const char *conn, const char *host,
		 unsigned int timeout_ms, char *err, size_t errlen);

/* Ask for the status: as ctl_down(), and on success *out is to be read and closed */
int ctl_status(const char *dir, const char *name, unsigned int timeout_ms, FILE **out, char *err,
	       size_t errlen);

#endif
