/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's TCP ULP "espintcp". */
#ifndef ESPINTCP_NET_ULP_H
#define ESPINTCP_NET_ULP_H

#include <stddef.h>

/*
 * Attach the ULP to a connected socket, after the prefix has been sent or read.
 * 0, or -errno with a sentence in err.
 */
int ulp_attach(int fd, char *err, size_t errlen);

/* The same for a socket that was connected a moment ago: ENOTCONN is the peer's doing */
int ulp_attach_new(int fd, char *err, size_t errlen);

#endif
