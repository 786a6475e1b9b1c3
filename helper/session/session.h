/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One tunnel over one TCP connection: an IKE SA with its message stream, its
 * kernel state, its deadlines. Initiator and responder use it alike.
 */
#ifndef ESPINTCP_SESSION_H
#define ESPINTCP_SESSION_H

#include <stdbool.h>

#include "cred/cred.h"
#include "ike/ike.h"
#include "net/loop.h"
#include "net/sourceip.h"
#include "xfrm/xfrm.h"

struct session;

/* What all sessions of a process share */
struct session_world {
	struct loop *loop;
	struct xfrm *xfrm;
	struct sourceip_host *sourceips;
	struct cred_store *creds;	/* the caller's; NULL: PSK alone */
	const struct conf_secret *ppks;	/* the caller's */
};

/* Open and close what is in it but the caller's. 0, or -1 with err set. */
int session_world_open(struct session_world *world, struct loop *loop, char *err, size_t errlen);
void session_world_close(struct session_world *world);

struct session_user {
	void *arg;
	void (*step)(void *arg, enum ike_step step);
	/* Before SAs are installed: the place to remove those they replace; may be NULL */
	void (*child_coming)(void *arg);
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
	/* As in struct ike_env; find_conn is not asked of an initiator */
	const struct conf_conn *(*find_conn)(void *arg, const struct conf_id *idi,
					     const struct conf_id *idr);
	const struct conf_secret *(*find_secret)(void *arg, const struct conf_id *local,
						 const struct conf_id *remote);
};

/*
 * fd is a connected socket with the ULP attached, which the session takes over,
 * also when it fails: NULL with err set. The exchanges up to the child SA have
 * handshake_ms.
 */
struct session *session_initiate(const struct session_world *world, int fd,
				 const struct conf_conn *conn, unsigned int handshake_ms,
				 const struct session_user *user, char *err, size_t errlen);
struct session *session_respond(const struct session_world *world, int fd,
				const struct ike_suite_list *offer, unsigned int handshake_ms,
				const struct session_user *user, char *err, size_t errlen);

/* The new connection that reconnect() asked for, taken over. 0, or -1 with err set. */
int session_reconnected(struct session *s, int fd, char *err, size_t errlen);

/* Delete the SAs at both ends; ended() follows within SESSION_DELETE_MS */
void session_close(struct session *s);
#define SESSION_DELETE_MS	3000

/* Remove everything at once, telling the peer nothing. No ended() follows. */
void session_free(struct session *s);

const struct ike_sa *session_sa(const struct session *s);	/* NULL once it is over */
const struct ike_addrs *session_addrs(const struct session *s);

#endif
