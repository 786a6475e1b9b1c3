/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this process changes of the host's network, so that it can be put back: a list for each
 * tunnel, which is also kept in a file of the run directory, for the process that comes after
 * one that was killed. The file knows of a change before it is made. What two lists of a process
 * have in common is put back with the second one, so a tunnel that replaces another one makes its
 * changes first, and no packet goes past it meanwhile.
 */
#ifndef ESPINTCP_NET_CHANGES_H
#define ESPINTCP_NET_CHANGES_H

#include <net/if.h>

#include "conf/conf.h"

struct nl_sock;

enum change_kind {
	CHANGE_LINK,			/* a dummy interface */
	CHANGE_ADDR,			/* net, on dev */
	CHANGE_ROUTE,			/* to net, through dev */
	CHANGE_RESOLVECTL,		/* name servers of dev: putting back alone */
	CHANGE_RESOLVCONF,
	CHANGE_XFRMI,			/* an xfrm interface; see net/xfrmi.h */
};

struct change {
	enum change_kind kind;
	char dev[IFNAMSIZ];
	struct conf_subnet net;
	struct conf_subnet via, src;	/* of a route; family 0: none */
};

struct changes_home;			/* one of a process */
struct changes;

/* NULL: out of memory. Freed after the last changes_free(). */
struct changes_home *changes_home_new(void);
void changes_home_free(struct changes_home *home);
/* Its socket of rtnetlink, connected, and its directory. NULL or -1: there is none. */
struct nl_sock *changes_sock(struct changes_home *home);
int changes_dir(const struct changes_home *home);
/* By the home's socket */
int changes_road(struct changes_home *home, const struct conf_subnet *peer, const char *but,
		 struct change *road);

/**
 * changes_home_keep - put back what a process of the same name left, and keep files
 * @dir: the run directory, which is there
 * @name: of the control socket, which this process holds: there is no other one
 *
 * Return: how many lists were found and put back.
 */
unsigned int changes_home_keep(struct changes_home *home, const char *dir, const char *name);

/* NULL: out of memory */
struct changes *changes_new(struct changes_home *home);
/* Put back, the last one first, and free */
void changes_free(struct changes *list);

/**
 * changes_do - make a change and note it
 * @tag: to put it back before the others
 *
 * Return: 0, or a negative code of libnl; then nothing was changed or noted.
 */
int changes_do(struct changes *list, uint32_t tag, const struct change *change);
/*
 * The way to the peer, through whatever it goes but @but, stays as it is where a route covers it.
 * 0 or a negative code of libnl.
 */
int changes_keep_road(struct changes *list, uint32_t tag, const struct conf_subnet *peer,
		      const char *but);
/* Put back all with this tag */
void changes_undo(struct changes *list, uint32_t tag);
/**
 * changes_follow - the outer connection takes another road: so do the routes, if there is one
 * @but: a device that leads into the tunnel, whose routes stay; NULL: none
 * @peer: where the connection leads
 *
 * Routes of a device that is gone are gone with it, the others give way without a gap.
 */
void changes_follow(struct changes *list, const char *but, const struct conf_subnet *peer);
bool changes_has(const struct changes *list, const struct change *change);
/* Whether one of its routes leads to an address */
bool changes_cover(const struct changes *list, const struct conf_subnet *addr);

/* change.c: make one change, or put it back. 0 or a negative code of libnl. */
int change_make(struct nl_sock *sk, const struct change *c);
int change_undo(struct nl_sock *sk, const struct change *c);
/* A route takes the place of the one to the same net, without a gap */
int change_replace(struct nl_sock *sk, const struct change *c);
/* As a line without its end, and back. Length, or -1; 0 or -1. */
int change_print(const struct change *c, char *buf, size_t len);
int change_parse(const char *line, struct change *c);

/*
 * The way that packets to the peer take now, or would without device but (NULL: none), as a
 * change: dev, and via if there is a gateway
 */
int change_road(struct nl_sock *sk, const struct conf_subnet *peer, const char *but,
		struct change *road);
/* A route, whose net is set, goes that way */
void change_lead(struct change *route, const struct change *road);

#endif
