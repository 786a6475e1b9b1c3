/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and ports: of sockets, and as people write them. */
#ifndef ESPINTCP_NET_ADDR_H
#define ESPINTCP_NET_ADDR_H

#include <stdint.h>
#include <sys/socket.h>

#include "ike/ike.h"

#define ADDR_PORT_IKE_TCP	4500	/* RFC 9329, section 2 */
#define ADDR_HOST_MAX		256
#define ADDR_TEXT_MAX		80

/* Split HOST, HOST:PORT, [V6], [V6]:PORT, V6 or, with empty host, :PORT. 0, or -1. */
int addr_split(const char *text, uint16_t default_port, char *host, size_t hostlen,
	       uint16_t *port);

/* The same for an address to listen on: PORT, ADDR:PORT ...; empty host: every address */
int addr_listen(const char *text, char *host, size_t hostlen, uint16_t *port);

/* An address in digits; false, with family 0, for a name, %any ... or NULL */
bool addr_parse(const char *text, struct conf_subnet *addr);

/* IPv4-mapped addresses become IPv4. 0, or -EAFNOSUPPORT. */
int addr_from_sockaddr(const struct sockaddr_storage *sa, struct conf_subnet *addr,
		       uint16_t *port);
socklen_t addr_to_sockaddr(const struct conf_subnet *addr, uint16_t port,
			   struct sockaddr_storage *sa);

/* The address as a host: with its full prefix */
struct conf_subnet addr_host(const struct conf_subnet *addr);
bool addr_equal(const struct conf_subnet *a, const struct conf_subnet *b);	/* prefix aside */
/* The same addresses and ports at both ends */
bool addr_pair_equal(const struct ike_addrs *a, const struct ike_addrs *b);

/* Both ends of a connected socket. 0, or -errno. */
int addr_of_socket(int fd, struct ike_addrs *addrs);

/* "192.0.2.1 port 4500", or without the port if it is 0; returns buf */
const char *addr_text(const struct conf_subnet *addr, uint16_t port, char *buf, size_t len);
const char *addr_sockaddr_text(const struct sockaddr *sa, socklen_t salen, char *buf, size_t len);

#endif
