/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One tunnel: an IKE SA with the TCP connection that it uses at the time, its
 * kernel state, its deadlines. Initiator and responder use it alike.
 */
#ifndef ESPINTCP_SESSION_H
#define ESPINTCP_SESSION_H

#include <stdbool.h>

#include "cred/cred.h"
#include "ike/ike.h"
#include "net/changes.h"
#include "net/iface.h"
#include "net/loop.h"
#include "net/sourceip.h"
#include "xfrm/events.h"
#include "xfrm/journal.h"
#include "xfrm/xfrm.h"

struct genl_home;
struct session;
struct stream;
struct udp;

/* What all sessions of a process share */
struct session_world {
	struct loop *loop;
	struct xfrm *xfrm;
	struct xfrm_events *events;	/* NULL: lifetimes in seconds have to do */
	struct genl_home *module;	/* what it tells of sockets */
	struct changes_home *changes;	/* of addresses, routes, name servers */
	struct sourceip_host *sourceips;
	struct journal *journal;	/* NULL: none is kept; the owner's */
	struct cred_store *creds;	/* the caller's; NULL: PSK alone */
	const struct conf_secret *ppks;	/* the caller's */
	const uint8_t *qcd_secret;	/* the caller's; NULL: no tokens (RFC 6290) */
	struct ike_spis *spis;		/* the caller's, of all IKE SAs; NULL: none is kept */
};

/* Open and close what is in it but the caller's. 0, or -1 with err set. */
int session_world_open(struct session_world *world, struct loop *loop, char *err, size_t errlen);
void session_world_close(struct session_world *world);

struct session_user {
	void *arg;
	void (*step)(void *arg, enum ike_step step);
	/*
	 * Before SAs are installed: whether an older tunnel of the same peer is there. If so,
	 * and all is installed, child_came() follows, the place to free it. Both may be NULL.
	 */
	bool (*child_coming)(void *arg);
	void (*child_came)(void *arg);
	/*
	 * The last call: nothing of the session is left in the kernel but its
	 * socket, and session_free() is due, here or later.
	 */
	void (*ended)(void *arg, bool failed, const char *reason);
	void (*log)(void *arg, const char *line);
	/*
	 * The peer closed the connection to get IKE_SA_INIT again on a new one,
	 * which session_reconnected() is to be given; NULL: that is the end.
	 */
	void (*reconnect)(void *arg);
	/*
	 * The connection broke, or carries nothing, with the tunnel up. Initiator:
	 * session_resume() is to be given another one; responder: the peer will come
	 * again, or the session ends.
	 */
	void (*lost)(void *arg, const char *why);
	/* Messages go by session_where(), as the peer wants it; may be NULL */
	void (*moved)(void *arg);
	/* Initiator: the peer answers over the new connection */
	void (*resumed)(void *arg);
	/* Initiator, after session_update_udp(): it does not */
	void (*unanswered)(void *arg);
	/*
	 * Initiator: the peer has lost the SA, or so it seems; nothing proves it. Only a
	 * new handshake tells, and until it is done this session stays.
	 */
	void (*stale)(void *arg, const char *why);
	/* As in struct ike_env (RFC 5685); may be NULL, as the two that follow */
	bool (*redirect)(void *arg, const char *host);
	const struct conf_subnet *redirected_from, *first_gateway;
	/* INITIAL_CONTACT, as in struct ike_env; both may be NULL */
	bool (*sole)(void *arg);
	void (*initial_contact)(void *arg);
	/* Initiator: a new handshake is due, and replaces this session when it is done */
	void (*reauth)(void *arg);
	/* As in struct ike_env; find_conn is not asked of an initiator */
	const struct conf_conn *(*find_conn)(void *arg, const struct conf_id *idi,
					     const struct conf_id *idr);
	const struct conf_secret *(*find_secret)(void *arg, const struct conf_id *local,
						 const struct conf_id *remote);
	/* Responder */
	int (*lease)(void *arg, bool v6, const struct conf_subnet *want, struct conf_subnet *ip);
	void (*unlease)(void *arg, bool v6, const struct conf_subnet *ip);
	/* Initiator: IPv4 and IPv6 */
	const struct conf_subnet *former;
};

/*
 * fd is a connected socket with the ULP attached, udp one that is connected; the
 * session takes it over, also when it fails: NULL with err set. Nothing is sent
 * before session_start(). The exchanges up to the child SA have handshake_ms.
 */
struct session *session_initiate(const struct session_world *world, int fd,
				 const struct conf_conn *conn, unsigned int handshake_ms,
				 const struct session_user *user, char *err, size_t errlen);
struct session *session_initiate_udp(const struct session_world *world, struct udp *udp,
				     const struct conf_conn *conn, unsigned int handshake_ms,
				     const struct session_user *user, char *err, size_t errlen);
/*
 * Send IKE_SA_INIT. With hold, IKE_AUTH waits for session_go_on(), which may be called
 * once the step IKE_STEP_INIT_DONE was told and its callback has returned. -1: it is over;
 * ended() follows from session_go_on(), not from session_start().
 */
int session_start(struct session *s, bool hold);
int session_go_on(struct session *s);

/* The stream is taken over on success. The first message is for session_input(). */
struct session *session_respond(const struct session_world *world, struct stream *stream,
				const struct ike_suite_list *offer, unsigned int handshake_ms,
				const struct session_user *user, char *err, size_t errlen);
/* The same over the server's socket, which stays the server's and outlives the session */
struct session *session_respond_udp(const struct session_world *world, struct udp *udp,
				    const struct ike_addrs *addrs,
				    const struct ike_suite_list *offer, unsigned int handshake_ms,
				    const struct session_user *user, char *err, size_t errlen);
void session_input(struct session *s, const uint8_t *msg, size_t len);
/* A message of this session's SA came to the server's UDP socket, from wherever */
void session_datagram(struct session *s, struct udp *udp, const struct ike_addrs *addrs,
		      const uint8_t *msg, size_t len);
bool session_is_tcp(const struct session *s);
/* After ended(): a message of the peer was the cause, not a path that carries nothing */
bool session_was_told(const struct session *s);

/* The new connection that reconnect() asked for, taken over. 0, or -1 with err set. */
int session_reconnected(struct session *s, int fd, char *err, size_t errlen);

/* Initiator, after lost(): go on over this socket, which is taken over. 0, or -1 with err set. */
int session_resume(struct session *s, int fd, char *err, size_t errlen);
/* MOBIKE is agreed on (RFC 4555): the tunnel may go from one transport to the other */
bool session_mobike(const struct session *s);
/*
 * Initiator with MOBIKE: go on over this socket, which is taken over, from a new address or
 * instead of TCP. Child SAs follow when the peer has answered; the connection before stays
 * for a while. resumed(), stale() or unanswered() tells. 0, or -1 with err set.
 */
int session_update_udp(struct session *s, struct udp *udp, char *err, size_t errlen);
/* Back to the TCP connection that was before, if it is still there */
bool session_return(struct session *s);
/*
 * Responder: a message of this session's SA came by a connection of somebody's. If
 * it is authentic and fresh, the session takes the stream over and goes on over it:
 * true. Otherwise the stream stays the caller's.
 */
bool session_offer(struct session *s, struct stream *stream, const uint8_t *msg, size_t len);

/* Delete the SAs at both ends; ended() follows within SESSION_DELETE_MS */
void session_close(struct session *s);
#define SESSION_DELETE_MS	3000

/*
 * Initiator: the peer has proved that it lost the SA, which is gone with its child SAs; stale()
 * was called. What is left are policies, for a new tunnel to replace.
 */
bool session_is_lost(const struct session *s);

void *session_owner(const struct session *s);	/* arg of its struct session_user */

/* Remove everything at once, telling the peer nothing. No ended() follows. */
void session_free(struct session *s);

/* redirect.c */
/* Responder: send the peer to another gateway (RFC 5685); false: it does not go, or is not up */
bool session_redirect(struct session *s, const char *host);
/* Initiator: what this tunnel carries does not take the way to a gateway that is none of it yet */
void session_keep_road(struct session *s, const struct conf_subnet *gateway);

/* info.c */
struct info_tunnel;
/* What it is now, all but info's name and role; false: nothing is up */
bool session_info(const struct session *s, struct info_tunnel *info);
/* The way has changed just now, for this reason */
void session_note_change(struct session *s, const char *why);

const struct ike_sa *session_sa(const struct session *s);	/* NULL once it is over */
const struct ike_addrs *session_addrs(const struct session *s);	/* of its child SAs */
/* This host has other routes: those that we made follow the outer connection */
void session_follow_road(struct session *s);
const struct ike_addrs *session_where(const struct session *s);	/* of its messages */
uint64_t session_heard(const struct session *s);	/* last sign of life, as of loop_now() */
unsigned int session_patience(const struct session *s);	/* dpdtimeout, ms */

#endif
