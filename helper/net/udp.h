/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKE messages over UDP (RFC 7296, section 2.23; RFC 3948). On port 4500 they
 * carry the non-ESP marker, and the kernel takes ESP packets out before us.
 */
#ifndef ESPINTCP_NET_UDP_H
#define ESPINTCP_NET_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ike/ike.h"
#include "net/loop.h"

#define UDP_PORT_IKE	500	/* no marker, no ESP */
#define UDP_PORT_NAT	4500

struct udp;

struct udp_user {
	void *arg;
	/* One message without marker; addrs are valid during the call */
	void (*message)(void *arg, const struct ike_addrs *addrs, const uint8_t *msg, size_t len);
	/* A connected socket: what ICMP told about the peer, errno; only a hint */
	void (*refused)(void *arg, int err);
};

/* What a datagram is, which came to a port with or without markers */
enum udp_kind { UDP_IKE, UDP_ESP, UDP_KEEPALIVE, UDP_JUNK };

/**
 * udp_classify - take a datagram apart
 * @data: the datagram
 * @len: its length
 * @marker: whether the port has markers
 * @msg: set to the IKE message, where it is one
 * @msglen: set to its length
 */
enum udp_kind udp_classify(const uint8_t *data, size_t len, bool marker, const uint8_t **msg,
			   size_t *msglen);

/*
 * A socket that passes every XFRM policy. With peer it is connected to it, from
 * any port and, if at is not NULL, from this address; without, it is bound to
 * at. marker: messages have one, and ESP packets are the kernel's, of a connected
 * socket after udp_take_esp(). NULL with a sentence in err.
 */
struct udp *udp_open(struct loop *loop, const struct sockaddr *at, const struct sockaddr *peer,
		     socklen_t len, bool marker, const struct udp_user *user, char *err,
		     size_t errlen);
/*
 * A connected socket: ESP packets are the kernel's from now on, and ICMP errors, which it
 * does not tell any more. 0 or -errno.
 */
int udp_take_esp(struct udp *u);
void udp_set_user(struct udp *u, const struct udp_user *user);
/* May be called from the user's own callbacks */
void udp_free(struct udp *u);

/* Both ends of a connected socket */
const struct ike_addrs *udp_addrs(const struct udp *u);

/* Send a message, lost or not: 0; -EMSGSIZE */
int udp_send(struct udp *u, const struct ike_addrs *addrs, const uint8_t *msg, size_t len);
/* Keep the mapping of a NAT between alive (RFC 3948, section 2.3) */
void udp_keepalive(struct udp *u, const struct ike_addrs *addrs);

#endif
