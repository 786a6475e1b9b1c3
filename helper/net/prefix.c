// SPDX-License-Identifier: GPL-2.0-or-later
/* The stream prefix "IKETCP" that opens a connection (RFC 9329, section 4). */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/prefix.h"

int prefix_send(int fd)
{
	ssize_t n = send(fd, ESPINTCP_PREFIX, ESPINTCP_PREFIX_LEN, MSG_NOSIGNAL);

	if (n < 0)
		return -errno;
	/* The send buffer of a new connection has room for six bytes */
	return n == ESPINTCP_PREFIX_LEN ? 0 : -EIO;
}

enum prefix_state prefix_read(int fd, struct prefix_reader *r)
{
	ssize_t n;

	while (r->n < ESPINTCP_PREFIX_LEN) {
		n = recv(fd, r->got + r->n, ESPINTCP_PREFIX_LEN - r->n, MSG_DONTWAIT);
		if (!n)
			return PREFIX_END;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? PREFIX_MORE : PREFIX_ERROR;
		r->n += n;
		/* Whoever speaks something else need not send six bytes to be told */
		if (memcmp(r->got, ESPINTCP_PREFIX, r->n))
			return PREFIX_WRONG;
	}
	return PREFIX_DONE;
}

const char *prefix_text(const struct prefix_reader *r, char *buf, size_t len)
{
	size_t at = 0;

	if (!len)
		return buf;
	buf[0] = '\0';
	for (size_t i = 0; i < r->n && at + 5 <= len; i++) {
		uint8_t c = r->got[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		at += snprintf(buf + at, len - at, plain ? "%c" : "\\x%02x", c);
	}
	return buf;
}
