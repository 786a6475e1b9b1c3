/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a session share. */
#ifndef ESPINTCP_SESSION_PRIV_H
#define ESPINTCP_SESSION_PRIV_H

#include "genl/hear.h"
#include "net/inner.h"
#include "session/path.h"
#include "session/session.h"
#include "xfrm/events.h"

/* How far a new connection has brought an SA that was up before */
enum session_proof {
	PROOF_NONE,			/* nothing to prove */
	PROOF_REPEATED,			/* what had no answer was sent once more */
	PROOF_ASKED,			/* a fresh question is out: the peer moves for it */
	PROOF_UPDATE,			/* MOBIKE: the peer is told where we are */
};

struct session {
	struct session_world world;
	struct session_user user;
	struct ike_env env;		/* see env.c */
	struct ike_addrs addrs;		/* as the kernel's SAs have them */
	struct ike_sa *sa;		/* NULL once it is over */
	struct path path;		/* where messages go; none while there is no connection */
	struct path old;		/* of before, till the peer closes it or LINGER_MS pass */
	struct path *via;		/* the one that a message is being read from, or NULL */
	struct sourceip *sourceip;	/* of the child that is up */
	uint32_t sourceip_reqid;	/* and which one that is */
	struct iface *iface;		/* of ipsec-interface=; NULL: none */
	struct inner *inner;		/* addresses that the peer gave us; NULL: none yet */
	const struct conf_conn *conn;	/* initiator's */
	struct loop_timer deadline;	/* of the handshake, an answer, the end */
	struct loop_timer sa_timer;	/* see ike_sa_due() */
	struct loop_timer idle;		/* when to ask whether the peer lives */
	struct loop_timer old_idle;	/* when to close the old connection */
	struct loop_timer keepalive;	/* UDP behind a NAT */
	struct xfrm_listener kernel;	/* see kernel.c */
	struct genl_listener module;	/* see unknown.c */
	struct loop_timer traffic;	/* see crash.c */
	unsigned int traffic_ms;	/* its interval */
	unsigned int unanswered;	/* intervals in which packets only left */
	uint64_t seen_in, seen_out;	/* bytes, when it was looked at last */
	uint64_t seen_doubted;		/* bytes in, see unknown.c */
	unsigned int handshake_ms;
	uint64_t heard;			/* when the peer last proved to live */
	enum session_proof proof;
	enum ike_step reached;
	bool started;			/* reached is valid */
	bool closing;			/* the end comes from our side */
	char why_closing[256];		/* empty: session_close() was called */
	bool delete_sent;
	bool lost;			/* the peer lost the SA: only policies are left of it */
	bool over;			/* the SA is gone, the end is being told */
	bool failed;
	bool told;			/* a message of the peer ended it */
	uint64_t up_since;		/* ms, as of loop_now() */
	uint64_t bytes_in, bytes_out;	/* of child SAs that are gone */
	uint64_t changed;		/* when the way changed last; 0: never */
	char change[160];		/* and why */
	char reason[256];
};

/* What the child SAs that are in the kernel have carried, in bytes */
struct session_traffic {
	uint64_t in, out;
};

static inline bool session_is_up(const struct session *s)
{
	return s->started && s->reached == IKE_STEP_CHILD_UP && !s->over;
}

/* The world of the session's IKE SA */
void session_env_init(struct session *s);

/* session.c */
/* A step of the IKE SA, from env.c */
void session_step(struct session *s, enum ike_step step);
/* The SA is over: tell so after a while, with what is left of the socket */
void session_finish(struct session *s, bool failed, unsigned int drain_ms, const char *reason);
/* A message that came by a path, which may be none of the session's yet */
void session_message(struct session *s, struct path *from, const uint8_t *msg, size_t len);
/* The end of the connection that is in use */
void session_ended(struct session *s, int err);
/* ICMP says that nobody is there, or anybody says so */
void session_refused(struct session *s, int err);
/* Make a stream of a connected socket, which is taken over. 0, or -1 with err set. */
int session_connect_path(struct session *s, int fd, struct path *p, char *err, size_t errlen);
void session_start_close(struct session *s, const char *why);

/* ask.c */
/* Start waiting for the next sign of life, and cancel what waits for one */
void session_alive(struct session *s);
/* Our liveness check, with a deadline for its answer. -1: the SA is over. */
int session_ask(struct session *s);
/* A request is out: so long for its answer */
void session_wait_answer(struct session *s);

/* info.c: a part of a child goes, what it has carried is kept */
void session_count(struct session *s, const struct ike_child *child, unsigned int parts);

/* interface.c: of ipsec-interface=, if the connection has it. 0, or -1 with err set. */
int session_interface_take(struct session *s, const struct ike_child *child, char *err,
			   size_t errlen);
/* Routes of a child SA into it */
int session_interface_lead(struct session *s, const struct ike_child *child, char *err,
			   size_t errlen);

/* kernel.c: from now on, to xfrm_listen_end() */
void session_listen(struct session *s);

/* unknown.c: after each change of the path, of ESP that comes by it and no SA takes */
void session_hear(struct session *s);

/* crash.c */
struct session_traffic session_traffic(const struct session *s);
/* The peer has proved that it lost the SA (RFC 6290) */
void session_crashed(struct session *s);
/* Watch for packets that go and get no answer; from time to time, while the tunnel is up */
void session_watch_traffic(struct session *s);

/* trace.c */
void session_trace(const struct path *p, bool out, const uint8_t *msg, size_t len);

/* After each call into the IKE SA */
void session_watch_sa(struct session *s);

/* keepalive.c */
/* Stop what acts without being asked */
void session_timers_stop(struct session *s);
/* Keep the mapping of our NAT, if there is one and the path is UDP */
void session_keepalive(struct session *s);

/* move.c */
/* The callbacks of a path's stream are ours from now on */
void session_watch(struct path *p);
/* Messages go this way from now on; what was there before becomes the old one */
void session_adopt(struct session *s, const struct path *from);
/* The connection broke with the SA up */
void session_lost(struct session *s, bool abort, const char *why);
/* An authentic and fresh message has come */
void session_proved(struct session *s);
/* The peer does not answer over the new connection */
void session_unproved(void *arg);
/* The addresses that child SAs have if the messages go by a path */
struct ike_addrs session_child_addrs(const struct session *s, const struct path *p);
/* Child SAs follow the messages, if they have not yet. 0, or -1: it is over. */
int session_move_children(struct session *s);
/* The connection before is closed so much later */
void session_close_old(struct session *s, unsigned int ms);

/* mobike.c */
/* Shall all messages go the way that an authentic and fresh one came by? */
bool session_follows(const struct session *s, const struct path *from, bool updated);
/* Whether child SAs wait till the peer has agreed, or shown where it is */
bool session_defers(const struct session *s);
/* Tell the peer where we are, and call late() if it does not answer in time */
void session_announce(struct session *s, unsigned int ms, void (*late)(void *arg));
/* After a message: what it says of our addresses or the peer's. 0, or -1: it is over. */
int session_settle(struct session *s);

/* dpddelay and dpdtimeout of the connection */
unsigned int session_dpd_delay(const struct session *s);
unsigned int session_dpd_timeout(const struct session *s);

#endif
