// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's TCP ULP "espintcp". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <linux/espintcp.h>

#include "macros.h"
#include "net/ulp.h"

static const struct {
	int err;
	const char *text;
} reasons[] = {
	{ ENOENT, "the kernel has no TCP ULP espintcp: modprobe espintcp" },
	/* Only CAP_NET_ADMIN makes the kernel load a module for this */
	{ EPERM, "not allowed to attach the TCP ULP espintcp: CAP_NET_ADMIN is needed" },
	{ EACCES, "not allowed to attach the TCP ULP espintcp: CAP_NET_ADMIN is needed" },
	{ ENOTCONN, "cannot attach the TCP ULP espintcp: the connection is not established" },
	{ EEXIST, "cannot attach the TCP ULP espintcp: the socket has an ULP already" },
	{ EBUSY, "cannot attach the TCP ULP espintcp: another user of the socket (sockmap?)" },
	{ ENOPROTOOPT, "cannot attach the TCP ULP espintcp: not a TCP socket" },
	{ EOPNOTSUPP, "cannot attach the TCP ULP espintcp: not a TCP socket" },
	{ ENOTSOCK, "cannot attach the TCP ULP espintcp: not a socket" },
	{ EBADF, "cannot attach the TCP ULP espintcp: the descriptor is not open" },
};

int ulp_attach(int fd, char *err, size_t errlen)
{
	int rc;

	if (!setsockopt(fd, IPPROTO_TCP, TCP_ULP, ESPINTCP_ULP_NAME, sizeof(ESPINTCP_ULP_NAME) - 1))
		return 0;

	rc = errno;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons[i].err == rc) {
			snprintf(err, errlen, "%s", reasons[i].text);
			return -rc;
		}
	}
	snprintf(err, errlen, "cannot attach the TCP ULP espintcp: %s", strerror(rc));
	return -rc;
}

int ulp_attach_new(int fd, char *err, size_t errlen)
{
	int rc = ulp_attach(fd, err, errlen);

	if (rc == -ENOTCONN)
		snprintf(err, errlen, "the peer closed or reset the connection before the first message");
	return rc;
}
