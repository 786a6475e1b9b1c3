/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initiator: attempts at a tunnel, the tunnel that came of one, and what is
 * done when its connection breaks or the peer forgets it.
 */
#ifndef ESPINTCP_UP_H
#define ESPINTCP_UP_H

#include <netdb.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "conf/conf.h"
#include "macros.h"
#include "net/tcp.h"
#include "session/session.h"
#include "up/race.h"
#include "up/recover.h"
#include "up/redirect.h"

struct up;
struct watch;

/* A handshake that is under way, and later the tunnel that it made */
struct attempt {
	LIST_ENTRY(attempt) entry;
	struct up *up;
	size_t lane;			/* of the race */
	bool tcp;
	char what[32];			/* "TCP 443" */
	uint64_t began;			/* ms */
	struct addrinfo ai;		/* its address alone */
	struct sockaddr_storage sa;
	struct tcp_target target;
	struct tcp_connect *connect;	/* NULL: not connecting */
	struct session *session;	/* NULL: not connected yet */
	bool leaving;			/* it ends, and nothing depends on how */
};

LIST_HEAD(attempts, attempt);

struct up {
	/* The caller fills these in */
	const char *who, *name;
	unsigned int timeout_ms;
	const struct conf_conn *conn;
	const struct conf *conf;	/* that it is from */
	const struct conf_secret *secrets;
	struct tcp_target target;
	struct session_world world;

	uint64_t start;			/* ms, as of loop_now() */
	struct attempt *tunnel;		/* the one that is up; NULL: none */
	struct attempts attempts;	/* all others */
	struct attempts leaving;	/* but those that a gateway sent away */
	struct redirect redirect;
	struct race race;		/* between them */
	struct loop_timer race_timer;
	struct loop_timer probe;	/* for the next try of UDP */
	unsigned int probe_ms;
	bool probing;			/* the race is about UDP alone, beside the tunnel */
	const char *run_dir;
	char why[384];			/* the race is lost: each way and its reason */
	struct recover recover;
	struct loop_timer retry;
	struct tcp_connect *redial;	/* for the tunnel, whose connection broke */
	bool reauth;			/* the race is for one in the place of the tunnel */
	struct loop_timer reauth_timer;	/* for the next try */
	bool switched;			/* the connection is to take the place of UDP */
	struct watch *watch;		/* of addresses and routes; NULL: not watched */
	struct loop_timer roam;		/* when to look what a change means */
	uint64_t next_move;		/* ms: not before */
	bool away;			/* there was no way to the peer */
	bool stale;			/* the peer has lost the tunnel's SA, or so it seems */
	struct conf_subnet former[2];	/* what the peer gave us last: IPv4, IPv6 */
	bool was_up;
	bool stopping;
	bool done;			/* with the two below */
	bool failed;
	char reason[256];
};

/* up.c */
/* Begin; the loop is stopped when it is over */
void up_start(struct up *u);
/* The first request closes in good order, the second one does not wait */
void up_stop(struct up *u);
/* Let go of everything */
void up_free(struct up *u);
/* One line of progress on stdout */
void up_say(const struct up *u, const char *what, const char *detail);
/* It is over */
void up_end(struct up *u, bool failed, const char *reason);

/* start.c: a handshake by each way that there is, of which one goes on */
void start_race(struct up *u);
/* After each event of the race */
void start_next(struct up *u);
/* The attempt has failed, and is gone; told: because the peer said so */
void start_failed(struct up *u, size_t lane, bool told, const char *what, const char *reason);
void start_cancel(struct up *u);
/* The race is over, for this reason */
void start_lost(struct up *u, const char *why);

/* By UDP alone, beside a tunnel over TCP */
void start_probe(struct up *u);

/* probe.c */
/* The tunnel is up; over TCP, UDP is tried now and then */
void probe_start(struct up *u);
/* It does not work yet */
void probe_again(struct up *u);
/* IKE_AUTH is out by UDP */
bool probe_is_chosen(const struct up *u);
/* The tunnel has other troubles */
void probe_stop(struct up *u);
/* The interval that follows one of ms */
unsigned int probe_next(unsigned int ms);

/* reauth.c */
/* The tunnel is to be replaced */
void reauth_start(struct up *u);
/* That did not work: later */
void reauth_again(struct up *u, const char *why);
/* It is done, or there is nothing to be replaced any more */
void reauth_stop(struct up *u);

/* sole.c */
/* Whether no other process has, or may come to have, an IKE SA of these identities */
bool sole_tunnel(const struct up *u, const struct conf_id *own, const struct conf_id *peer);
/* Whether a connection that runs is surely of other identities */
bool sole_differs(const struct conf_conn *other, const struct conf_id *own,
		  const struct conf_id *peer);

/* remember.c: whether TCP was what worked in the last hour */
bool remember_tcp(const struct up *u);
void remember(const struct up *u, bool tcp);

/* attempt.c */
/* Start a handshake with an address. NULL: out of memory, or err is set. */
struct attempt *attempt_start(struct up *u, size_t lane, bool tcp, const struct addrinfo *ai,
			      char *err, size_t errlen);
/* The handshake goes on behind IKE_SA_INIT */
void attempt_go_on(struct attempt *a);
/* Drop one of u->attempts */
void attempt_drop(struct attempt *a);
void attempt_free(struct attempt *a);
/* Let one of u->attempts end in good order, telling the peer what it has to know */
void attempt_leave(struct attempt *a);
/* Prefix and ULP on a connected socket, which is closed on failure. 0, or -1 with err set. */
int attempt_attach(int fd, char *err, size_t errlen);

/* The tunnel goes on by TCP, or by UDP, from now on */
void attempt_set_way(struct attempt *a, bool tcp);

/* roam.c: another address of ours, another way to the peer */
void roam_start(struct up *u);
void roam_stop(struct up *u);
/* Tell the peer by UDP that the tunnel moves there; MOBIKE is agreed on. 0 or -1. */
int roam_udp(struct up *u);
/* It does not answer */
void roam_unanswered(struct up *u);

/* redial.c */
/* The tunnel's connection broke */
void redial_lost(struct up *u, const char *why);
/* The peer seems to have lost the tunnel's SA: a new handshake beside it tells */
void redial_stale(struct up *u, const char *why);
/* Another connection for the tunnel, from a new address or instead of UDP */
void redial_tcp(struct up *u, const char *why);
/* The network has changed: do not wait for the next try */
void redial_hurry(struct up *u);
/* An attempt failed while a tunnel is to be recovered: try again, or give up for this reason */
void redial_again(struct up *u, const char *why);
/* All is well */
void redial_done(struct up *u);
/* No try till the race that begins is over */
void redial_pause(struct up *u);
void redial_cancel(struct up *u);

#endif
