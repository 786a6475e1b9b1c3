/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Name servers that the peer has for us, handed to who manages them on this host:
 * systemd-resolved where it runs, else resolvconf.
 */
#ifndef ESPINTCP_NET_RESOLVER_H
#define ESPINTCP_NET_RESOLVER_H

#include "ike/cp.h"
#include "net/changes.h"

/**
 * resolver_hand_over - make the host ask the peer's name servers
 * @list: where it is noted
 * @dev: the interface that they are reached by
 * @there: it is one, and not just a name: systemd-resolved takes no other
 * @cp: servers and domains; all names are theirs if it has no domains
 * @all: all traffic goes to the peer, so all names are theirs, too
 *
 * It waits for another program, some seconds at most.
 *
 * Return: 0, or -1: nobody took them.
 */
int resolver_hand_over(struct changes *list, const char *dev, bool there, const struct ike_cp *cp,
		       bool all);
/* What either of them was told of an interface counts no more */
void resolver_put_back(bool resolvectl, const char *dev);

#endif
