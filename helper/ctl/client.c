// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket's client, for `down` and `status`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "ctl/ctl.h"
#include "ctl/path.h"

#define PREFIX "error: "

/* What came with an answer; -1: nothing */
static int take_fd(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
	    h->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

static int ask(int fd, const char *request, char *answer, size_t len, int *came)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = answer, .iov_len = len - 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -errno;
	n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	*came = take_fd(&m);
	if (!n)
		return -ECONNRESET;
	answer[n] = '\0';
	return 0;
}

static int judge(const char *answer, char *err, size_t errlen)
{
	if (!strcmp(answer, "ok"))
		return 0;
	if (strncmp(answer, PREFIX, strlen(PREFIX))) {
		snprintf(err, errlen, "the answer of the running process is not understood");
		return -1;
	}
	snprintf(err, errlen, "%s", answer + strlen(PREFIX));
	return 1;
}

/* As ctl_down(); came is set to the descriptor that came with the answer, or to -1 */
static int request(const char *dir, const char *name, const char *text, unsigned int timeout_ms,
		   int *came, char *err, size_t errlen)
{
	struct timeval tv = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	struct sockaddr_un sa;
	char answer[CTL_MSG_MAX];
	int fd, rc;

	err[0] = '\0';
	*came = -1;
	if (ctl_path(&sa, dir, name)) {
		snprintf(err, errlen, "the path of the control socket %s/%s is too long", dir,
			 name);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		snprintf(err, errlen, "cannot make a socket: %s", strerror(errno));
		return -1;
	}
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		rc = errno == ENOENT || errno == ECONNREFUSED ? 1 : -1;
		if (rc < 0)
			snprintf(err, errlen, "cannot reach %s: %s", sa.sun_path, strerror(errno));
		close(fd);
		return rc;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	rc = ask(fd, text, answer, sizeof(answer), came);
	close(fd);
	if (!rc)
		return judge(answer, err, errlen);
	if (rc == -ETIMEDOUT)
		snprintf(err, errlen, "the running process did not answer in %u s",
			 timeout_ms / 1000);
	else
		snprintf(err, errlen, "the running process hung up: %s", strerror(-rc));
	return -1;
}

/* A request whose answer is nothing but done, or not */
static int command(const char *dir, const char *name, const char *text, unsigned int timeout_ms,
		   char *err, size_t errlen)
{
	int came, rc = request(dir, name, text, timeout_ms, &came, err, errlen);

	if (came >= 0)
		close(came);
	return rc;
}

int ctl_down(const char *dir, const char *name, const char *conn, unsigned int timeout_ms,
	     char *err, size_t errlen)
{
	char text[CTL_MSG_MAX];

	snprintf(text, sizeof(text), "down %s", conn);
	return command(dir, name, text, timeout_ms, err, errlen);
}

int ctl_redirect(const char *dir, const char *name, const char *conn, const char *host,
		 unsigned int timeout_ms, char *err, size_t errlen)
{
	char text[CTL_MSG_MAX];

	snprintf(text, sizeof(text), "redirect %s %s", conn, host);
	return command(dir, name, text, timeout_ms, err, errlen);
}

int ctl_status(const char *dir, const char *name, unsigned int timeout_ms, FILE **out, char *err,
	       size_t errlen)
{
	int came, rc = request(dir, name, "status", timeout_ms, &came, err, errlen);

	/* It stands where its writer left it */
	if (!rc && came >= 0 && !lseek(came, 0, SEEK_SET)) {
		*out = fdopen(came, "r");
		if (*out)
			return 0;
	}
	if (came >= 0)
		close(came);
	if (!rc)
		snprintf(err, errlen, "the answer of the running process is not understood");
	return rc ? rc : -1;
}
