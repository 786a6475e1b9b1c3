// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket's server, in the loop of `up` and `serve`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "conf/value.h"
#include "ctl/ctl.h"
#include "ctl/path.h"

#define CLIENTS_MAX	8
#define REQUEST_MS	2000	/* for a client to say what it wants */

struct ctl_client {
	LIST_ENTRY(ctl_client) entry;
	struct ctl *ctl;
	struct loop_fd w;
	struct loop_timer deadline;
	bool asked;
};

struct ctl {
	struct loop *loop;
	struct loop_fd w;
	struct sockaddr_un sa;
	struct ctl_user user;
	LIST_HEAD(, ctl_client) clients;
	unsigned int n_clients;
};

static void drop(struct ctl_client *c)
{
	loop_timer_cancel(c->ctl->loop, &c->deadline);
	loop_fd_del(c->ctl->loop, &c->w);
	close(c->w.fd);
	LIST_REMOVE(c, entry);
	c->ctl->n_clients--;
	free(c);
}

static void reply(struct ctl_client *c, const char *error)
{
	char text[CTL_MSG_MAX];

	if (error)
		snprintf(text, sizeof(text), "error: %s", error);
	else
		snprintf(text, sizeof(text), "ok");
	/* A client that does not read loses its answer */
	(void)send(c->w.fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	drop(c);
}

void ctl_answer(struct ctl_client *client, const char *error)
{
	reply(client, error);
}

static void silent(void *arg)
{
	drop(arg);
}

static bool read_request(struct ctl_client *c, char *buf, size_t len)
{
	ssize_t n = recv(c->w.fd, buf, len - 1, MSG_DONTWAIT | MSG_TRUNC);

	if (n <= 0 || (size_t)n >= len)
		return false;
	buf[n] = '\0';
	return strlen(buf) == (size_t)n;
}

/* A file in memory that the user has written; -1: out of memory */
static int status_file(struct ctl *ctl)
{
	int fd = memfd_create("status", MFD_CLOEXEC), copy = fd < 0 ? -1 : dup(fd);
	FILE *to = copy < 0 ? NULL : fdopen(copy, "w");
	bool failed = true;

	if (to) {
		ctl->user.status(ctl->user.arg, to);
		failed = fclose(to);
	} else if (copy >= 0) {
		close(copy);
	}
	if (!failed || fd < 0)
		return fd;
	close(fd);
	return -1;
}

static void tell_status(struct ctl_client *c)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)"ok", .iov_len = 2 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fd = status_file(c->ctl);

	if (fd < 0) {
		reply(c, "out of memory");
		return;
	}
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	(void)sendmsg(c->w.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
	drop(c);
}

/* Who asks waits till ctl_answer() is called */
static void asked(struct ctl_client *c)
{
	c->asked = true;
	loop_timer_cancel(c->ctl->loop, &c->deadline);
}

/* A request that has arguments. Whether it is one; then it may be gone. */
static bool command(struct ctl_client *c, char *buf)
{
	const struct ctl_user *user = &c->ctl->user;
	char *verb = strsep(&buf, " "), *conn = strsep(&buf, " "), *host = buf;
	struct conf_subnet addr;

	if (!conn || !ctl_name_ok(conn))
		return false;
	if (!strcmp(verb, "down") && !host) {
		asked(c);
		user->down(user->arg, conn, c);
		return true;
	}
	if (strcmp(verb, "redirect") || !user->redirect || !host ||
	    (conf_value_addr(host, &addr) && !conf_value_hostname(host)))
		return false;
	asked(c);
	user->redirect(user->arg, conn, host, c);
	return true;
}

static void client_ready(void *arg, uint32_t events)
{
	struct ctl_client *c = arg;
	char buf[CTL_MSG_MAX];

	(void)events;
	/* It hung up, but the one whom ctl_answer() will be called for must stay */
	if (c->asked) {
		loop_fd_del(c->ctl->loop, &c->w);
		return;
	}
	if (!read_request(c, buf, sizeof(buf))) {
		drop(c);
		return;
	}
	if (!strcmp(buf, "status")) {
		tell_status(c);
		return;
	}
	if (!command(c, buf))
		reply(c, "the request is not understood");
}

static bool may_ask(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) &&
	       (cred.uid == 0 || cred.uid == geteuid());
}

static void accept_ready(void *arg, uint32_t events)
{
	struct ctl *ctl = arg;
	struct ctl_client *c;
	int fd = accept4(ctl->w.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	c = ctl->n_clients < CLIENTS_MAX && may_ask(fd) ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		close(fd);
		return;
	}
	c->ctl = ctl;
	c->w = (struct loop_fd){ .fd = fd, .ready = client_ready, .arg = c };
	if (loop_fd_add(ctl->loop, &c->w, EPOLLIN)) {
		close(fd);
		free(c);
		return;
	}
	LIST_INSERT_HEAD(&ctl->clients, c, entry);
	ctl->n_clients++;
	loop_timer_set(ctl->loop, &c->deadline, REQUEST_MS, silent, c);
}

static int open_dir(const char *dir, char *err, size_t errlen)
{
	struct stat st;
	int fd;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		snprintf(err, errlen, "cannot make the run directory %s: %s; see --run-dir", dir,
			 strerror(errno));
		return -1;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		snprintf(err, errlen, "cannot open the run directory %s: %s", dir, strerror(errno));
	else if (st.st_uid != geteuid() || (st.st_mode & 077))
		snprintf(err, errlen, "the run directory %s must be ours with mode 0700", dir);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The lock keeps two of us from taking the same left-over file away */
static int bind_locked(struct ctl *ctl, int dirfd, char *err, size_t errlen)
{
	const char *path = ctl->sa.sun_path;

	if (flock(dirfd, LOCK_EX)) {
		snprintf(err, errlen, "cannot lock the run directory: %s", strerror(errno));
		return -1;
	}
	if (ctl_alive(&ctl->sa)) {
		snprintf(err, errlen, "already running: another process listens on %s", path);
		return -1;
	}
	unlink(path);
	if (bind(ctl->w.fd, (struct sockaddr *)&ctl->sa, sizeof(ctl->sa)) ||
	    listen(ctl->w.fd, CLIENTS_MAX)) {
		snprintf(err, errlen, "cannot listen on %s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

static int start(struct ctl *ctl, const char *dir, char *err, size_t errlen)
{
	int dirfd = open_dir(dir, err, errlen), rc;

	if (dirfd < 0)
		return -1;
	ctl->w.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ctl->w.fd < 0) {
		snprintf(err, errlen, "cannot make a control socket: %s", strerror(errno));
		close(dirfd);
		return -1;
	}
	rc = bind_locked(ctl, dirfd, err, errlen);
	close(dirfd);
	if (!rc && loop_fd_add(ctl->loop, &ctl->w, EPOLLIN)) {
		snprintf(err, errlen, "cannot watch the control socket: %s", strerror(errno));
		unlink(ctl->sa.sun_path);
		rc = -1;
	}
	if (rc)
		close(ctl->w.fd);
	return rc;
}

struct ctl *ctl_open(struct loop *loop, const char *dir, const char *name,
		     const struct ctl_user *user, char *err, size_t errlen)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (!ctl) {
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	ctl->loop = loop;
	ctl->w = (struct loop_fd){ .fd = -1, .ready = accept_ready, .arg = ctl };
	ctl->user = *user;
	LIST_INIT(&ctl->clients);
	if (ctl_path(&ctl->sa, dir, name))
		snprintf(err, errlen, "the path of the control socket %s/%s is too long", dir,
			 name);
	else if (!start(ctl, dir, err, errlen))
		return ctl;
	free(ctl);
	return NULL;
}

void ctl_close(struct ctl *ctl, const char *error)
{
	if (!ctl)
		return;
	unlink(ctl->sa.sun_path);
	while (!LIST_EMPTY(&ctl->clients))
		reply(LIST_FIRST(&ctl->clients), error);
	loop_fd_del(ctl->loop, &ctl->w);
	close(ctl->w.fd);
	free(ctl);
}
