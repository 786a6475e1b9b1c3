/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP connections that pass every XFRM policy: made and listened for. */
#ifndef ESPINTCP_NET_TCP_H
#define ESPINTCP_NET_TCP_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "net/loop.h"

struct addrinfo;
struct tcp_connect;

struct tcp_target {
	const char *host;
	uint16_t port;			/* host order */
	struct addrinfo *list;
	/* IPv6: of all connections to it (RFC 9329, section 6.1); 0: as the kernel likes */
	uint32_t flow_label;
};

/* A flow label that a socket may ask the kernel for; 0: libcrypto has no random numbers */
uint32_t tcp_flow_label(void);

/* Look the name up; may block as long as the resolver does. 0, or -1 with err set. */
int tcp_resolve(struct tcp_target *t, const char *host, uint16_t port, char *err, size_t errlen);
void tcp_target_free(struct tcp_target *t);

/*
 * Try all addresses of the target in turn within timeout_ms. bind is an address
 * to connect from, or NULL. done gets the connected non-blocking socket, or -1
 * and a sentence, once and not before this returns; the object is gone by then.
 * NULL: out of memory.
 */
struct tcp_connect *tcp_connect_start(struct loop *loop, const struct tcp_target *t,
				      const struct conf_subnet *bind, unsigned int timeout_ms,
				      void (*done)(void *arg, int fd, const char *err), void *arg);
void tcp_connect_cancel(struct tcp_connect *c);

/*
 * Listen on host (NULL: every address, IPv4 and IPv6 each with a socket of its
 * own). Returns the number of descriptors in fds, or -1 with err set.
 */
#define TCP_LISTEN_MAX 2
int tcp_listen(const char *host, uint16_t port, int fds[TCP_LISTEN_MAX], char *err,
	       size_t errlen);

#endif
