// SPDX-License-Identifier: GPL-2.0-or-later
/* One tunnel over one TCP connection. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/addr.h"
#include "session/priv.h"

#define DRAIN_MS	500	/* for the peer to read our last message and close */
#define LINGER_MS	2000	/* for the TCP originator to close (RFC 9329, section 6.1) */

int session_world_open(struct session_world *world, struct loop *loop, char *err, size_t errlen)
{
	world->loop = loop;
	world->xfrm = xfrm_open(err, errlen);
	if (!world->xfrm)
		return -1;
	world->events = xfrm_events_open(loop);
	if (!world->events) {
		snprintf(err, errlen, "cannot listen to the kernel's XFRM: %s",
			 errno == EPERM ? "CAP_NET_ADMIN is needed" : strerror(errno));
		xfrm_close(world->xfrm);
		world->xfrm = NULL;
		return -1;
	}
	world->module = genl_home_new(loop);
	world->changes = changes_home_new();
	world->sourceips = world->changes ? sourceip_host_new(world->changes) : NULL;
	if (world->sourceips && world->module)
		return 0;
	snprintf(err, errlen, "out of memory");
	session_world_close(world);
	memset(world, 0, sizeof(*world));
	return -1;
}

void session_world_close(struct session_world *world)
{
	sourceip_host_free(world->sourceips);
	changes_home_free(world->changes);
	genl_home_free(world->module);
	xfrm_events_close(world->events);
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
void session_finish(struct session *s, bool failed, unsigned int drain_ms, const char *reason)
{
	if (s->over)
		return;
	s->over = true;
	s->failed = failed;
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	loop_timer_cancel(s->world.loop, &s->idle);
	loop_timer_cancel(s->world.loop, &s->old_idle);
	session_timers_stop(s);
	xfrm_listen_end(&s->kernel);
	genl_hear_end(&s->module);
	path_close(&s->old, false);
	ike_sa_free(s->sa);
	s->sa = NULL;
	inner_free(s->inner);
	s->inner = NULL;
	iface_put(s->iface);
	s->iface = NULL;
	loop_timer_set(s->world.loop, &s->deadline, drain_ms, say_ended, s);
}

/* The peer is silent: what TCP still has for it is not worth waiting for */
static void give_up(struct session *s)
{
	path_close(&s->path, true);
}

/* The end that came from our side */
static void closed(struct session *s, unsigned int wait_ms, const char *how)
{
	session_finish(s, *s->why_closing, wait_ms, *s->why_closing ? s->why_closing : how);
}

static void sa_timeout(void *arg)
{
	struct session *s = arg;

	if (!ike_sa_timeout(s->sa)) {
		session_watch_sa(s);
		/* Who answered waits for the initiator, which alone can do it (section 2.8.3) */
		if (s->conn && session_is_up(s) && !s->closing && ike_sa_reauth(s->sa))
			s->user.reauth(s->user.arg);
		return;
	}
	give_up(s);
	if (s->closing)
		closed(s, 0, "closed; the peer did not answer the DELETE");
	else
		session_finish(s, true, 0, ike_sa_error(s->sa));
}

/* When the SA wants to be called next, and until when it waits for an answer */
void session_watch_sa(struct session *s)
{
	uint64_t due = s->sa ? ike_sa_due(s->sa) : UINT64_MAX, now = loop_now();
	bool up = session_is_up(s) && !s->closing && path_open(&s->path);

	if (s->lost)
		return;
	if (up && !ike_sa_waiting(s->sa))
		loop_timer_cancel(s->world.loop, &s->deadline);
	else if (up && !s->deadline.set)
		session_wait_answer(s);
	if (due == UINT64_MAX)
		loop_timer_cancel(s->world.loop, &s->sa_timer);
	else
		loop_timer_set(s->world.loop, &s->sa_timer, due > now ? due - now : 0, sa_timeout,
			       s);
}

static void handshake_timeout(void *arg)
{
	struct session *s = arg;
	char reason[128];

	snprintf(reason, sizeof(reason), "no %s from the peer in %u s%s",
		 s->conn ? "answer" : "request", (s->handshake_ms + 999) / 1000, phase(s));
	give_up(s);
	session_finish(s, true, 0, reason);
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
		s->up_since = loop_now();
		session_watch_traffic(s);
		loop_timer_cancel(s->world.loop, &s->deadline);
		s->heard = loop_now();
		path_set_patience(&s->path, session_dpd_timeout(s) / 2);
		session_keepalive(s);
		session_alive(s);
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
	session_watch_sa(s);
}

void session_start_close(struct session *s, const char *why)
{
	s->closing = true;
	snprintf(s->why_closing, sizeof(s->why_closing), "%s", why);
	loop_timer_cancel(s->world.loop, &s->idle);
	if (!path_open(&s->path)) {
		closed(s, 0, "closed; there is no connection for a DELETE");
		return;
	}
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

	s->told = true;

	if (s->closing) {
		closed(s, wait_for_close(s), "closed");
		return;
	}
	snprintf(reason, sizeof(reason), "%s", *why ? why : "the peer deleted the SA");
	session_finish(s, true, wait_for_close(s), reason);
}

/* What a message that was read leads to */
static void go_on(struct session *s, struct path *from, bool fresh)
{
	bool corrupted = path_corrupted(from, fresh);

	if (s->closing) {
		send_delete(s);
	} else if (session_is_up(s) && !ike_sa_child(s->sa)) {
		/* An IKE SA without its child carries nothing */
		session_start_close(s, *ike_sa_error(s->sa) ? ike_sa_error(s->sa) :
				    "the peer deleted the child SA");
	} else if (session_is_up(s) && fresh) {
		session_alive(s);
		session_proved(s);
	} else if (session_is_up(s) && corrupted && from == &s->path) {
		session_lost(s, true, "the connection brings messages that mean nothing");
	} else if (session_is_up(s) && ike_sa_crashed(s->sa)) {
		session_crashed(s);
	} else if (session_is_up(s) && s->conn && ike_sa_disowned(s->sa)) {
		s->user.stale(s->user.arg, "the peer does not know the SA any more");
	}
}

void session_message(struct session *s, struct path *from, const uint8_t *msg, size_t len)
{
	unsigned int before, updates;
	bool fresh, up = session_is_up(s);
	int rc;

	if (s->over || s->lost)
		return;
	session_trace(from, false, msg, len);
	before = ike_sa_fresh(s->sa);
	updates = ike_sa_updates(s->sa);
	s->via = from;
	rc = ike_sa_input(s->sa, msg, len);
	s->via = NULL;
	fresh = ike_sa_fresh(s->sa) != before;
	if (fresh && from != &s->path && !path_same(from, &s->path) &&
	    (!up || session_follows(s, from, ike_sa_updates(s->sa) != updates)))
		session_adopt(s, from);
	if (s->over || (!rc && session_settle(s)))
		return;
	if (rc)
		sa_over(s);
	else
		go_on(s, from, fresh);
	session_watch_sa(s);
}

/* libreswan closes the connection behind INVALID_KE_PAYLOAD */
static bool reconnect(struct session *s)
{
	if (!s->user.reconnect || s->closing || !ike_sa_may_reconnect(s->sa))
		return false;
	path_close(&s->path, false);
	loop_timer_cancel(s->world.loop, &s->sa_timer);
	s->user.reconnect(s->user.arg);
	return true;
}

void session_ended(struct session *s, int err)
{
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
	else if (session_is_up(s))
		session_lost(s, false, reason);
	else
		session_finish(s, true, 0, reason);
}

void session_refused(struct session *s, int err)
{
	char reason[160];

	/* No proof once the peer has proved to be there */
	if (s->over || (s->started && s->reached >= IKE_STEP_AUTH_DONE))
		return;
	snprintf(reason, sizeof(reason), "UDP does not get there: %s", strerror(err));
	session_finish(s, true, 0, reason);
}

int session_connect_path(struct session *s, int fd, struct path *p, char *err, size_t errlen)
{
	struct stream_user none = { 0 };
	int rc = addr_of_socket(fd, &p->addrs);

	if (rc) {
		snprintf(err, errlen, "%s", rc == -ENOTCONN || rc == -ECONNRESET ?
			 "the peer reset the connection before IKE_SA_INIT" : strerror(-rc));
		close(fd);
		return -1;
	}
	p->session = s;
	p->stream = stream_new(s->world.loop, fd, &none);
	if (p->stream)
		return 0;
	snprintf(err, errlen, "cannot use the connection: %s", strerror(errno));
	close(fd);
	return -1;
}

/* The first connection, or the one for another IKE_SA_INIT */
static int take_connection(struct session *s, int fd, char *err, size_t errlen)
{
	if (session_connect_path(s, fd, &s->path, err, errlen))
		return -1;
	session_watch(&s->path);
	s->addrs = s->path.addrs;
	return 0;
}

/* All but the connection, and the IKE SA, which needs it */
static struct session *make(const struct session_world *world, unsigned int handshake_ms,
			    const struct session_user *user, char *err, size_t errlen)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	s->world = *world;
	s->user = *user;
	s->handshake_ms = handshake_ms;
	session_env_init(s);
	session_listen(s);
	loop_timer_set(world->loop, &s->deadline, handshake_ms, handshake_timeout, s);
	return s;
}

/* The last step of making one: s, or NULL with err set */
static struct session *with_sa(struct session *s, struct ike_sa *sa, char *err, size_t errlen)
{
	s->sa = sa;
	if (!sa) {
		snprintf(err, errlen, "out of memory");
		session_free(s);
		return NULL;
	}
	ike_sa_reliable(sa, path_reliable(&s->path));
	return s;
}

int session_reconnected(struct session *s, int fd, char *err, size_t errlen)
{
	if (take_connection(s, fd, err, errlen))
		return -1;
	if (!ike_sa_reconnected(s->sa, &s->addrs)) {
		session_watch_sa(s);
		return 0;
	}
	snprintf(err, errlen, "%s", ike_sa_error(s->sa));
	return -1;
}

struct session *session_initiate(const struct session_world *world, int fd,
				 const struct conf_conn *conn, unsigned int handshake_ms,
				 const struct session_user *user, char *err, size_t errlen)
{
	struct session *s = make(world, handshake_ms, user, err, errlen);

	if (!s) {
		close(fd);
		return NULL;
	}
	s->conn = conn;
	if (take_connection(s, fd, err, errlen)) {
		session_free(s);
		return NULL;
	}
	return with_sa(s, ike_sa_new_initiator(conn, &s->addrs, &s->env), err, errlen);
}

struct session *session_initiate_udp(const struct session_world *world, struct udp *udp,
				     const struct conf_conn *conn, unsigned int handshake_ms,
				     const struct session_user *user, char *err, size_t errlen)
{
	struct session *s = make(world, handshake_ms, user, err, errlen);

	if (!s) {
		udp_free(udp);
		return NULL;
	}
	s->conn = conn;
	s->path = (struct path){
		.session = s, .udp = udp, .own_udp = true, .addrs = *udp_addrs(udp),
	};
	s->path.addrs.encap = IKE_ENCAP_UDP;
	s->addrs = s->path.addrs;
	session_watch(&s->path);
	return with_sa(s, ike_sa_new_initiator(conn, &s->addrs, &s->env), err, errlen);
}

int session_start(struct session *s, bool hold)
{
	if (hold)
		ike_sa_hold(s->sa);
	if (ike_sa_start(s->sa))
		return -1;
	session_watch_sa(s);
	return 0;
}

int session_go_on(struct session *s)
{
	/* Before the peer may send any */
	if (s->path.udp && udp_take_esp(s->path.udp)) {
		session_finish(s, true, 0, "the kernel has no ESP in UDP (CONFIG_XFRM)");
		return -1;
	}
	if (ike_sa_go_on(s->sa)) {
		sa_over(s);
		return -1;
	}
	session_watch_sa(s);
	return 0;
}

struct session *session_respond_udp(const struct session_world *world, struct udp *udp,
				    const struct ike_addrs *addrs,
				    const struct ike_suite_list *offer, unsigned int handshake_ms,
				    const struct session_user *user, char *err, size_t errlen)
{
	struct session *s = make(world, handshake_ms, user, err, errlen);

	if (!s)
		return NULL;
	s->path = (struct path){ .session = s, .udp = udp, .addrs = *addrs };
	s->path.addrs.encap = IKE_ENCAP_UDP;
	s->addrs = s->path.addrs;
	return with_sa(s, ike_sa_new_responder(offer, &s->addrs, &s->env), err, errlen);
}

struct session *session_respond(const struct session_world *world, struct stream *stream,
				const struct ike_suite_list *offer, unsigned int handshake_ms,
				const struct session_user *user, char *err, size_t errlen)
{
	struct session *s = make(world, handshake_ms, user, err, errlen);
	int rc;

	if (!s)
		return NULL;
	rc = addr_of_socket(stream_fd(stream), &s->path.addrs);
	s->addrs = s->path.addrs;
	if (!rc)
		s->sa = ike_sa_new_responder(offer, &s->addrs, &s->env);
	if (!s->sa) {
		snprintf(err, errlen, "%s", rc ? strerror(-rc) : "out of memory");
		session_free(s);
		return NULL;
	}
	s->path.session = s;
	s->path.stream = stream;
	session_watch(&s->path);
	return s;
}

void session_input(struct session *s, const uint8_t *msg, size_t len)
{
	session_message(s, &s->path, msg, len);
}

void session_close(struct session *s)
{
	if (s->over || s->closing)
		return;
	if (!s->started || s->reached < IKE_STEP_AUTH_DONE)
		session_finish(s, false, 0, "closed before it was up");
	else
		session_start_close(s, "");
}

void session_free(struct session *s)
{
	if (!s)
		return;
	loop_timer_cancel(s->world.loop, &s->deadline);
	loop_timer_cancel(s->world.loop, &s->idle);
	loop_timer_cancel(s->world.loop, &s->old_idle);
	session_timers_stop(s);
	xfrm_listen_end(&s->kernel);
	genl_hear_end(&s->module);
	if (s->sa)
		ike_sa_free(s->sa);
	path_close(&s->path, false);
	path_close(&s->old, false);
	inner_free(s->inner);
	iface_put(s->iface);
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

const struct ike_addrs *session_where(const struct session *s)
{
	return &s->path.addrs;
}

uint64_t session_heard(const struct session *s)
{
	return s->heard;
}

unsigned int session_patience(const struct session *s)
{
	return session_dpd_timeout(s);
}

bool session_was_told(const struct session *s)
{
	return s->told;
}
