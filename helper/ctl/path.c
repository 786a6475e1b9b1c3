// SPDX-License-Identifier: GPL-2.0-or-later
/* Where control sockets lie. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "ctl/ctl.h"
#include "ctl/path.h"

bool ctl_name_ok(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > CTL_NAME_MAX || name[0] == '.')
		return false;
	for (; *name; name++)
		if (!isgraph((unsigned char)*name) || *name == '/')
			return false;
	return true;
}

int ctl_path(struct sockaddr_un *sa, const char *dir, const char *name)
{
	int n;

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	n = snprintf(sa->sun_path, sizeof(sa->sun_path), "%s/%s", dir, name);
	return n < 0 || (size_t)n >= sizeof(sa->sun_path) ? -1 : 0;
}
