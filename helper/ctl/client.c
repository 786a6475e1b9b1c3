// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket's client, for `down`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "ctl/ctl.h"
#include "ctl/path.h"

#define PREFIX "error: "

static int ask(int fd, const char *conn, char *answer, size_t len)
{
	char request[CTL_MSG_MAX];
	ssize_t n;

	snprintf(request, sizeof(request), "down %s", conn);
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -errno;
	n = recv(fd, answer, len - 1, 0);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
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

int ctl_down(const char *dir, const char *name, const char *conn, unsigned int timeout_ms,
	     char *err, size_t errlen)
{
	struct timeval tv = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	struct sockaddr_un sa;
	char answer[CTL_MSG_MAX];
	int fd, rc;

	err[0] = '\0';
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
	rc = ask(fd, conn, answer, sizeof(answer));
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
