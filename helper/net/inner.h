/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inner addresses that the peer gave us, with routes into the tunnel and name servers. They are
 * on an interface of their own: a dummy, since policies catch the packets that are routed to it.
 * What no policy catches ends there instead of in the clear, systemd-resolved takes name servers
 * by interface, and all that is left of a crash goes away with it. Where the connection has an
 * xfrm interface, it is that one. Where the kernel has no dummies, it is lo, with routes that go
 * the way of the outer connection, as for leftsourceip.
 */
#ifndef ESPINTCP_NET_INNER_H
#define ESPINTCP_NET_INNER_H

#include "ike/cp.h"
#include "net/changes.h"

struct inner;

/* "esp-office" for office; a long name is cut, and what makes it unique put behind */
void inner_dev_name(const char *conn, char *buf, size_t len);

/* On dev, which is made unless it is there as an xfrm interface. NULL with err set. */
struct inner *inner_new(struct changes_home *home, const char *dev, bool make, char *err,
			size_t errlen);
/* Put everything back */
void inner_free(struct inner *in);

/**
 * inner_add - an address, and what is reached with it
 * @tag: of a child SA, for inner_del()
 * @ip: the address
 * @remote: what its policy covers
 * @cp: what the peer said: networks that are worth a route, among which are name servers
 * @peer: the outer connection's far end, which must not be routed into the tunnel
 *
 * Return: 0, or -1 with err set and nothing changed but the address.
 */
int inner_add(struct inner *in, uint32_t tag, const struct conf_subnet *ip,
	      const struct conf_subnet *remote, const struct ike_cp *cp,
	      const struct conf_subnet *peer, char *err, size_t errlen);
/* Take away the routes of a child SA */
void inner_del(struct inner *in, uint32_t tag);
/* The outer connection takes another road. in may be NULL. */
void inner_follow(struct inner *in, const struct conf_subnet *peer);
/* Nor is another gateway's, while this tunnel is there */
void inner_keep_road(struct inner *in, const struct conf_subnet *peer);
/* The name servers, if there are any. -1: nobody took them. */
int inner_dns(struct inner *in, const struct ike_cp *cp);

#endif
