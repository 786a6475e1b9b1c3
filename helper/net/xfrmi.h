/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xfrm interfaces: "ipsecN" with the if_id N, as libreswan's ipsec-interface= names them. */
#ifndef ESPINTCP_NET_XFRMI_H
#define ESPINTCP_NET_XFRMI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_sock;

enum xfrmi_state {
	XFRMI_NONE,			/* no interface of this name */
	XFRMI_OURS,			/* made by one of us */
	XFRMI_FOREIGN,			/* made by somebody else, as it has to be */
	XFRMI_WRONG,			/* another type, or another if_id */
};

void xfrmi_name(uint32_t if_id, char *buf, size_t len);
/* One of the above, or a negative code of libnl */
int xfrmi_look(struct nl_sock *sk, const char *dev);
/* Make it, unless it is there and ours, and set it up. 0 or a negative code of libnl. */
int xfrmi_make(struct nl_sock *sk, const char *dev);
/* Delete it if it is ours. 0 or a negative code of libnl. */
int xfrmi_delete(struct nl_sock *sk, const char *dev);

/*
 * Processes that use an interface share a lock on a file of the run directory, so that the last
 * one knows that it is the last one. Whoever holds it alone may delete the interface.
 *
 * Descriptor, for close(), or -1: somebody else holds it, or it cannot be had.
 */
int xfrmi_lock(int dir, const char *dev, bool alone);

#endif
