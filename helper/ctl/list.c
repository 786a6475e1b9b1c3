// SPDX-License-Identifier: GPL-2.0-or-later
/* Which processes have a control socket. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "ctl/ctl.h"
#include "ctl/path.h"

static int is_socket(const struct dirent *d)
{
	return d->d_type == DT_SOCK &&
	       (!strcmp(d->d_name, CTL_SERVE) || !strncmp(d->d_name, CTL_UP, strlen(CTL_UP)));
}

int ctl_list(const char *dir, struct dirent ***names)
{
	return scandir(dir, names, is_socket, alphasort);
}

bool ctl_alive(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes;

	if (fd < 0)
		return false;
	/* EAGAIN is the answer of one that has more clients waiting than it takes */
	yes = !connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) || errno == EAGAIN;
	close(fd);
	return yes;
}

bool ctl_listens(const char *dir, const char *name)
{
	struct sockaddr_un sa;

	return !ctl_path(&sa, dir, name) && ctl_alive(&sa);
}
