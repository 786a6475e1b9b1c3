/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which order the addresses of a name are tried. */
#ifndef ESPINTCP_UP_ADDRESSES_H
#define ESPINTCP_UP_ADDRESSES_H

#include <netdb.h>
#include <stddef.h>

/*
 * The n-th address to try, NULL behind the last: as the resolver sorts them, but the families
 * take turns, so that a family that leads nowhere costs one step (RFC 8305, section 4).
 */
const struct addrinfo *addresses_nth(const struct addrinfo *list, size_t n);
/* How many of them are tried, RACE_ADDRS_MAX at most */
size_t addresses_count(const struct addrinfo *list);

#endif
