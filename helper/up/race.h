/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which way to the peer to begin, and which one to use: UDP first, TCP beside it
 * after a head start, several addresses one after the other (RFC 9329, section
 * 5.1; RFC 8305). Pure: the clock and all doing is the caller's.
 */
#ifndef ESPINTCP_UP_RACE_H
#define ESPINTCP_UP_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

#define RACE_ADDRS_MAX	3
#define RACE_LANES_MAX	(2 * RACE_ADDRS_MAX)

#define RACE_HEAD_START_MS	500	/* of UDP: one retransmission */
#define RACE_NEXT_ADDR_MS	250	/* RFC 8305, section 5 */
#define RACE_GRACE_MS		100	/* that an answer by TCP waits for one by UDP */
#define RACE_STUCK_MS		3000	/* for IKE_AUTH by UDP, while TCP may do */

enum race_state {
	RACE_WAITING,			/* its time has not come */
	RACE_RUNNING,
	RACE_ANSWERED,			/* IKE_SA_INIT is done */
	RACE_CHOSEN,			/* it goes on, the others are over */
	RACE_FAILED,
};

struct race_lane {
	bool tcp;
	size_t addr;			/* number of the address */
	uint64_t at;			/* ms: when it starts, then when it did */
	uint64_t answered;
	enum race_state state;
};

struct race {
	struct race_lane lane[RACE_LANES_MAX];
	size_t n;
};

enum race_act {
	RACE_START,			/* begin with this lane */
	RACE_CHOOSE,			/* go on with this one, drop all others */
	RACE_DROP,			/* UDP brought IKE_SA_INIT but not IKE_AUTH: drop it */
	RACE_WAIT,			/* nothing to do for so long, unless something happens */
	RACE_IDLE,			/* nothing to do until something happens */
	RACE_OVER,			/* all have failed */
};

struct race_todo {
	enum race_act act;
	size_t lane;
	unsigned int ms;
};

/**
 * race_init - line up
 * @tcp: enable-tcp=
 * @addrs: number of addresses; those beyond RACE_ADDRS_MAX are not used
 * @tcp_helps: TCP was what worked before: it gets no later start than UDP
 * @now: ms
 */
void race_init(struct race *r, enum conf_tcp tcp, size_t addrs, bool tcp_helps, uint64_t now);

/* What to do now; to be asked again after it is done, and after each of the events below */
struct race_todo race_next(struct race *r, uint64_t now);

void race_answered(struct race *r, size_t lane, uint64_t now);
void race_failed(struct race *r, size_t lane);

#endif
