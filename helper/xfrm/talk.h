/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request and its answer over NETLINK_XFRM. */
#ifndef ESPINTCP_XFRM_TALK_H
#define ESPINTCP_XFRM_TALK_H

#include <stddef.h>

struct nl_msg;
struct xfrm;

/* What a request is about, for the sentence that explains its failure */
enum xfrm_what { XFRM_WHAT_SPI, XFRM_WHAT_SA, XFRM_WHAT_POLICY };

/**
 * xfrm_talk - send a request and wait for the kernel's acknowledgment
 * @x: the netlink connection
 * @msg: the request; it is wiped and freed
 * @valid: called for a message that comes before the acknowledgment, or NULL
 * @arg: for @valid
 *
 * Return: 0, or -errno as the kernel answered it.
 */
int xfrm_talk(struct xfrm *x, struct nl_msg *msg, void (*valid)(struct nl_msg *msg, void *arg),
	      void *arg);

/* A new request; what the kernel said about the last one is forgotten. NULL: no memory. */
struct nl_msg *xfrm_msg_new(struct xfrm *x, int type);
/* Wipe and free a message that carries keys */
void xfrm_msg_free(struct nl_msg *msg);

/* The sentence for the failure err (-errno) of the last request */
void xfrm_explain(const struct xfrm *x, enum xfrm_what what, int err, char *buf, size_t len);

#endif
