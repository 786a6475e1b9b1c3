/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of host names: at once, and without keeping the loop waiting for a resolver. */
#ifndef ESPINTCP_NET_LOOKUP_H
#define ESPINTCP_NET_LOOKUP_H

#include <netdb.h>
#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"

/* Of a process at once, those included whose answer nobody waits for any more */
#define LOOKUPS_MAX 8

struct lookup;

/**
 * lookup_now - addresses for TCP, for a process that has nothing else to do
 * @host: name or address; NULL: this host
 * @port: host order
 * @flags: of getaddrinfo()
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * It blocks as long as the resolver does.
 *
 * Return: the list, for freeaddrinfo(), or NULL.
 */
struct addrinfo *lookup_now(const char *host, uint16_t port, int flags, char *err, size_t errlen);

/**
 * lookup_start - addresses for TCP, while the loop goes on
 * @loop: that calls @done
 * @host: name or address
 * @port: host order
 * @timeout_ms: how long to wait for the resolver
 * @done: gets the list, which is its to free, or NULL and a sentence, once and not before this
 *	returns; the lookup is gone by then
 * @arg: for @done
 *
 * Return: the lookup, for lookup_cancel(), or NULL with errno: ENOMEM, EMFILE ..., or EBUSY where
 * LOOKUPS_MAX are under way.
 */
struct lookup *lookup_start(struct loop *loop, const char *host, uint16_t port,
			    unsigned int timeout_ms,
			    void (*done)(void *arg, struct addrinfo *list, const char *err),
			    void *arg);

/**
 * lookup_cancel - the answer is not wanted any more
 * @l: the lookup, or NULL
 *
 * The resolver cannot be stopped: what it still needs is freed when it is done.
 */
void lookup_cancel(struct lookup *l);

#endif
