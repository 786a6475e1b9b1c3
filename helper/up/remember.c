// SPDX-License-Identifier: GPL-2.0-or-later
/* What worked: a network that swallows UDP today does so in an hour's time. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include "up/up.h"

#define VALID_S 3600

static bool path_of(const struct up *u, char *path, size_t len)
{
	int n = snprintf(path, len, "%s/up.%s.tcp", u->run_dir, u->name);

	return n > 0 && (size_t)n < len;
}

bool remember_tcp(const struct up *u)
{
	char path[512];
	struct stat st;

	return path_of(u, path, sizeof(path)) && !stat(path, &st) &&
	       st.st_mtime <= time(NULL) && time(NULL) - st.st_mtime < VALID_S;
}

/* A start that is a little slower is all that comes of a failure here */
void remember(const struct up *u, bool tcp)
{
	char path[512];
	int fd;

	if (u->conn->tcp != CONF_TCP_FALLBACK || !path_of(u, path, sizeof(path)))
		return;
	if (!tcp) {
		unlink(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}
