/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a session share. */
#ifndef ESPINTCP_SESSION_PRIV_H
#define ESPINTCP_SESSION_PRIV_H

#include "net/stream.h"
#include "session/session.h"

struct session {
	struct session_world world;
	struct session_user user;
	struct ike_env env;		/* see env.c */
	struct ike_addrs addrs;
	struct ike_sa *sa;		/* NULL once it is over */
	struct stream *stream;		/* NULL while it is being connected again */
	struct sourceip *sourceip;	/* of the child that is up */
	uint32_t sourceip_reqid;	/* and which one that is */
	const struct conf_conn *conn;	/* initiator's */
	struct loop_timer deadline;	/* of the handshake, an answer, the end */
	struct loop_timer sa_timer;	/* see ike_sa_due() */
	struct loop_timer idle;		/* when to ask whether the peer lives */
	unsigned int handshake_ms;
	enum ike_step reached;
	bool started;			/* reached is valid */
	bool closing;			/* the end comes from our side */
	const char *why_closing;	/* NULL: session_close() was called */
	bool delete_sent;
	bool over;			/* the SA is gone, the end is being told */
	bool failed;
	char reason[256];
};

/* The world of the session's IKE SA */
void session_env_init(struct session *s);

/* A step of the IKE SA, from env.c */
void session_step(struct session *s, enum ike_step step);

#endif
