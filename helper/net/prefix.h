/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stream prefix "IKETCP" that opens a connection (RFC 9329, section 4). */
#ifndef ESPINTCP_NET_PREFIX_H
#define ESPINTCP_NET_PREFIX_H

#include <stddef.h>
#include <stdint.h>

#include <linux/espintcp_frame.h>

enum prefix_state {
	PREFIX_MORE,			/* call again when there is more to read */
	PREFIX_DONE,
	PREFIX_WRONG,
	PREFIX_END,			/* end of file */
	PREFIX_ERROR,			/* errno says which */
};

/* All zero at the start */
struct prefix_reader {
	uint8_t got[ESPINTCP_PREFIX_LEN];
	size_t n;
};

/* Originator: send it, before the ULP is attached. 0 or -errno. */
int prefix_send(int fd);

/* Responder: read towards the prefix, never a byte of what follows it */
enum prefix_state prefix_read(int fd, struct prefix_reader *r);

/* What came instead, printable: "GET / ..."; returns buf */
const char *prefix_text(const struct prefix_reader *r, char *buf, size_t len);

#endif
