/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another gateway (RFC 5685): a handshake with the one that the peer names, by UDP first again
 * (RFC 9329, section 7.2), beside the tunnel if there is one. The older gateway is told when
 * the new tunnel is there; if none comes about, it stays.
 */
#ifndef ESPINTCP_UP_REDIRECT_H
#define ESPINTCP_UP_REDIRECT_H

#include "ike/redirect.h"
#include "net/lookup.h"
#include "net/tcp.h"
#include "up/hops.h"

struct attempt;
struct up;

struct redirect {
	struct hops hops;
	struct loop_timer timer;
	struct lookup *lookup;		/* of its name, which follows */
	char next[IKE_GATEWAY_MAX];	/* where the peer sends us, once its address is known */
	bool pending;			/* the timer is set, or its name is being looked up */
	bool active;			/* the race is about a gateway that we were sent to */
	bool settled;			/* and one is where the last tunnel went */
	char host[IKE_GATEWAY_MAX], host_before[IKE_GATEWAY_MAX];	/* of the targets */
	struct tcp_target before;	/* while active: where we come from */
	/* See struct ike_env; without a family: nobody */
	struct conf_subnet from, first;
};

/* The peer of an attempt, or of the tunnel, sends us elsewhere. Whether we go. */
bool redirect_take(struct attempt *a, const char *host);
/* There is a tunnel */
void redirect_done(struct up *u);
/* The race is lost: back to the gateway of before, if there was another one */
void redirect_failed(struct up *u);
bool redirect_busy(const struct up *u);
void redirect_cancel(struct up *u);

#endif
