// SPDX-License-Identifier: GPL-2.0-or-later
/* One tunnel over one TCP connection. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/addr.h"
#include "session/priv.h"

#define IDLE_MS		30000	/* silence after which the peer is asked */
#define ANSWER_MS	20000	/* for its answer: TCP itself repeats what got lost */
#define DRAIN_MS	500	/* for the peer to read our last message and close */
#define LINGER_MS	2000	/* for the TCP originator to close (RFC 9329, section 6.1) */

int session_world_open(struct session_world *world, struct loop *loop, char *err, size_t errlen)
{
	world->loop = loop;
	world->xfrm = xfrm_open(err, errlen);
	if (!world->xfrm)
		return -1;
	world->sourceips = sourceip_host_new();
	if (!world->sourceips) {
		snprintf(err, errlen, "out of memory");
		xfrm_close(world->xfrm);
		world->xfrm = NULL;
		return -1;
	}
	return 0;
}

void session_world_close(struct session_world *world)
{
	sourceip_host_free(world->sourceips);
	xfrm_close(world->xfrm);
}

/* The exchange that is under way */
static const char *phase(const struct session *s)
{
	if (!s->started)
		return " during IKE_SA_INIT";
	return s->reached < IKE_STEP_CHILD_UP ? " during IKE_AUTH" : "";
}

static void say_ended(void *arg)
{
	struct session *s = arg;

	loop_timer_cancel(s->world.loop, &s->deadline);
	s->user.ended(s->user.arg, s->failed, s->reason);
}

/*
 * The SA is over. Kernel state goes now; the socket may stay a moment, because
 * close() resets a connection and our last message may not have been read.
 * ended() is never called from here: callers use s afterwards.
 */
static void finish(struct session *s, bool failed, unsigned int drain_ms, const char *reason)
{
	if (s->over)
		return;
	s->over = true;
	s->failed = failed;
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	loop_timer_cancel(s->world.loop, &s->idle);
	loop_timer_cancel(s->world.loop, &s->sa_timer);
	ike_sa_free(s->sa);
	s->sa = NULL;
	loop_timer_set(s->world.loop, &s->deadline, drain_ms, say_ended, s);
}

/* The peer is silent: what TCP still has for it is not worth waiting for */
static void give_up(struct session *s)
{
	if (s->stream)
		stream_set_abort(s->stream);
}

/* The end that came from our side */
static void closed(struct session *s, unsigned int wait_ms, const char *how)
{
	finish(s, s->why_closing, wait_ms, s->why_closing ? s->why_closing : how);
}

static void answer_timeout(void *arg)
{
	struct session *s = arg;

	give_up(s);
	finish(s, true, 0, "the peer does not answer any more");
}

static void sa_timeout(void *arg);

/* After each call into the SA: when it wants to be called next, and until when it waits */
static void watch_sa(struct session *s)
{
	uint64_t due = s->sa ? ike_sa_due(s->sa) : UINT64_MAX, now = loop_now();
	bool up = s->sa && s->started && s->reached == IKE_STEP_CHILD_UP && !s->closing;

	if (up && !ike_sa_waiting(s->sa))
		loop_timer_cancel(s->world.loop, &s->deadline);
	else if (up && !s->deadline.set)
		loop_timer_set(s->world.loop, &s->deadline, ANSWER_MS, answer_timeout, s);
	if (due == UINT64_MAX)
		loop_timer_cancel(s->world.loop, &s->sa_timer);
	else
		loop_timer_set(s->world.loop, &s->sa_timer, due > now ? due - now : 0, sa_timeout,
			       s);
}

static void sa_timeout(void *arg)
{
	struct session *s = arg;

	if (!ike_sa_timeout(s->sa)) {
		watch_sa(s);
		return;
	}
	give_up(s);
	if (s->closing)
		closed(s, 0, "closed; the peer did not answer the DELETE");
	else
		finish(s, true, 0, ike_sa_error(s->sa));
}

static void idle_timeout(void *arg)
{
	struct session *s = arg;

	if (ike_sa_liveness(s->sa)) {
		finish(s, true, 0, "cannot send a liveness check");
		return;
	}
	watch_sa(s);
}

static void handshake_timeout(void *arg)
{
	struct session *s = arg;
	char reason[128];

	snprintf(reason, sizeof(reason), "no %s from the peer in %u s%s",
		 s->conn ? "answer" : "request", (s->handshake_ms + 999) / 1000, phase(s));
	give_up(s);
	finish(s, true, 0, reason);
}

static void delete_timeout(void *arg)
{
	give_up(arg);
	closed(arg, 0, "closed; the peer did not answer the DELETE");
}

/* Called from inside the IKE SA, which must not be freed here */
void session_step(struct session *s, enum ike_step step)
{
	if (step == IKE_STEP_CHILD_REKEYED)
		s->user.step(s->user.arg, step);
	if (step >= IKE_STEP_CHILD_REKEYED)
		return;
	s->started = true;
	s->reached = step;
	if (step == IKE_STEP_CHILD_UP && !s->closing) {
		loop_timer_cancel(s->world.loop, &s->deadline);
		loop_timer_set(s->world.loop, &s->idle, IDLE_MS, idle_timeout, s);
	}
	s->user.step(s->user.arg, step);
}

/* Our DELETE goes out as soon as no other request of ours is under way */
static void send_delete(struct session *s)
{
	if (s->delete_sent || ike_sa_waiting(s->sa))
		return;
	s->delete_sent = true;
	if (ike_sa_delete(s->sa))
		closed(s, 0, "closed; the DELETE could not be sent");
	watch_sa(s);
}

static void start_close(struct session *s, const char *why)
{
	s->closing = true;
	s->why_closing = why;
	loop_timer_cancel(s->world.loop, &s->idle);
	loop_timer_set(s->world.loop, &s->deadline, SESSION_DELETE_MS, delete_timeout, s);
	send_delete(s);
}

/* Whose connection it is closes it, the other one only if that takes long */
static unsigned int wait_for_close(const struct session *s)
{
	bool initiator = s->conn;

	if (initiator)
		return s->closing ? 0 : DRAIN_MS;
	return s->started && s->reached == IKE_STEP_CHILD_UP ? LINGER_MS : DRAIN_MS;
}

static void sa_over(struct session *s)
{
	const char *why = ike_sa_error(s->sa);
	char reason[256];

	if (s->closing) {
		closed(s, wait_for_close(s), "closed");
		return;
	}
	snprintf(reason, sizeof(reason), "%s", *why ? why : "the peer deleted the SA");
	finish(s, true, wait_for_close(s), reason);
}

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct session *s = arg;

	if (s->over)
		return;
	if (ike_sa_input(s->sa, msg, len)) {
		sa_over(s);
		return;
	}
	watch_sa(s);
	if (s->closing) {
		send_delete(s);
	} else if (s->started && s->reached == IKE_STEP_CHILD_UP && !ike_sa_child(s->sa)) {
		/* An IKE SA without its child carries nothing */
		start_close(s, *ike_sa_error(s->sa) ? "the lifetime of the child SA is over" :
			    "the peer deleted the child SA");
	} else if (s->started && s->reached == IKE_STEP_CHILD_UP) {
		loop_timer_set(s->world.loop, &s->idle, IDLE_MS, idle_timeout, s);
	}
}

/* libreswan closes the connection behind INVALID_KE_PAYLOAD */
static bool reconnect(struct session *s)
{
	if (!s->user.reconnect || s->closing || !ike_sa_may_reconnect(s->sa))
		return false;
	stream_free(s->stream);
	s->stream = NULL;
	s->user.reconnect(s->user.arg);
	return true;
}

static void on_ended(void *arg, int err)
{
	struct session *s = arg;
	char reason[160];

	if (s->over) {
		/* The peer has seen our last message: no need to wait longer */
		loop_timer_set(s->world.loop, &s->deadline, 0, say_ended, s);
		return;
	}
	if (reconnect(s))
		return;
	if (!err)
		snprintf(reason, sizeof(reason), "the peer closed the connection%s", phase(s));
	else if (err == ECONNRESET || err == EPIPE)
		snprintf(reason, sizeof(reason), "the peer reset the connection%s", phase(s));
	else
		snprintf(reason, sizeof(reason), "the connection broke%s: %s", phase(s),
			 strerror(err));
	if (s->closing)
		closed(s, 0, "closed");
	else
		finish(s, true, 0, reason);
}

/* The stream of a connection; takes fd over */
static int take_connection(struct session *s, int fd, char *err, size_t errlen)
{
	struct stream_user su = { .arg = s, .message = on_message, .ended = on_ended };
	int rc = addr_of_socket(fd, &s->addrs);

	if (rc) {
		snprintf(err, errlen, "%s", rc == -ENOTCONN || rc == -ECONNRESET ?
			 "the peer reset the connection before IKE_SA_INIT" : strerror(-rc));
		close(fd);
		return -1;
	}
	s->stream = stream_new(s->world.loop, fd, &su);
	if (s->stream)
		return 0;
	snprintf(err, errlen, "cannot use the connection: %s", strerror(errno));
	close(fd);
	return -1;
}

/* All but the IKE SA, which needs the rest */
static struct session *make(const struct session_world *world, int fd, unsigned int handshake_ms,
			    const struct session_user *user, char *err, size_t errlen)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(err, errlen, "out of memory");
		close(fd);
		return NULL;
	}
	s->world = *world;
	s->user = *user;
	s->handshake_ms = handshake_ms;
	session_env_init(s);
	if (take_connection(s, fd, err, errlen)) {
		free(s);
		return NULL;
	}
	loop_timer_set(world->loop, &s->deadline, handshake_ms, handshake_timeout, s);
	return s;
}

int session_reconnected(struct session *s, int fd, char *err, size_t errlen)
{
	if (take_connection(s, fd, err, errlen))
		return -1;
	if (!ike_sa_reconnected(s->sa, &s->addrs))
		return 0;
	snprintf(err, errlen, "%s", ike_sa_error(s->sa));
	return -1;
}

struct session *session_initiate(const struct session_world *world, int fd,
				 const struct conf_conn *conn, unsigned int handshake_ms,
				 const struct session_user *user, char *err, size_t errlen)
{
	struct session *s = make(world, fd, handshake_ms, user, err, errlen);

	if (!s)
		return NULL;
	s->conn = conn;
	s->sa = ike_sa_new_initiator(conn, &s->addrs, &s->env);
	if (s->sa && !ike_sa_start(s->sa)) {
		watch_sa(s);
		return s;
	}
	snprintf(err, errlen, "cannot start IKE_SA_INIT: %s",
		 s->sa ? ike_sa_error(s->sa) : "out of memory");
	session_free(s);
	return NULL;
}

struct session *session_respond(const struct session_world *world, int fd,
				const struct ike_suite_list *offer, unsigned int handshake_ms,
				const struct session_user *user, char *err, size_t errlen)
{
	struct session *s = make(world, fd, handshake_ms, user, err, errlen);

	if (!s)
		return NULL;
	s->sa = ike_sa_new_responder(offer, &s->addrs, &s->env);
	if (s->sa)
		return s;
	snprintf(err, errlen, "out of memory");
	session_free(s);
	return NULL;
}

void session_close(struct session *s)
{
	if (s->over || s->closing)
		return;
	if (!s->started || s->reached < IKE_STEP_AUTH_DONE)
		finish(s, false, 0, "closed before it was up");
	else
		start_close(s, NULL);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	loop_timer_cancel(s->world.loop, &s->deadline);
	loop_timer_cancel(s->world.loop, &s->idle);
	loop_timer_cancel(s->world.loop, &s->sa_timer);
	if (s->sa)
		ike_sa_free(s->sa);
	stream_free(s->stream);
	free(s);
}

const struct ike_sa *session_sa(const struct session *s)
{
	return s->sa;
}

const struct ike_addrs *session_addrs(const struct session *s)
{
	return &s->addrs;
}
