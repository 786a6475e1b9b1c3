// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tunnel outlives its connection (RFC 9329, section 6.1): the side that made
 * it makes another one, the other side takes what brings an authentic and fresh
 * message of the IKE SA, and the kernel's SAs get the new ports.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/addr.h"
#include "session/priv.h"

#define PROOF_MS	3000	/* for the peer's answer over a new connection */
#define OLD_MS		30000	/* that a connection is kept which another one has replaced */

unsigned int session_dpd_delay(const struct session *s)
{
	const struct conf_conn *conn = s->conn ? s->conn : ike_sa_conn(s->sa);

	return conn && conn->dpd_delay_ms ? conn->dpd_delay_ms : CONF_DPD_DELAY_MS;
}

unsigned int session_dpd_timeout(const struct session *s)
{
	const struct conf_conn *conn = s->conn ? s->conn : ike_sa_conn(s->sa);

	return conn && conn->dpd_timeout_ms ? conn->dpd_timeout_ms : CONF_DPD_TIMEOUT_MS;
}

static void wait_timeout(void *arg)
{
	struct session *s = arg;
	char reason[96];

	snprintf(reason, sizeof(reason), "the peer did not connect again in %u s",
		 session_dpd_timeout(s) / 1000);
	session_finish(s, true, 0, reason);
}

void session_lost(struct session *s, bool abort, const char *why)
{
	path_close(&s->path, abort);
	session_hear(s);
	session_note_change(s, why);
	loop_timer_cancel(s->world.loop, &s->deadline);
	loop_timer_cancel(s->world.loop, &s->idle);
	s->proof = PROOF_NONE;
	/* Nothing can be sent, so nothing is sent again */
	ike_sa_reliable(s->sa, true);
	if (!s->conn)
		loop_timer_set(s->world.loop, &s->deadline, session_dpd_timeout(s), wait_timeout,
			       s);
	s->user.lost(s->user.arg, why);
}

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct path *p = arg;

	session_message(p->session, p, msg, len);
}

static void on_datagram(void *arg, const struct ike_addrs *addrs, const uint8_t *msg, size_t len)
{
	(void)addrs;
	on_message(arg, msg, len);
}

static void on_refused(void *arg, int err)
{
	struct path *p = arg;

	session_refused(p->session, err);
}

static void close_old(void *arg)
{
	struct session *s = arg;

	loop_timer_cancel(s->world.loop, &s->old_idle);
	path_close(&s->old, false);
}

void session_close_old(struct session *s, unsigned int ms)
{
	if (path_open(&s->old))
		loop_timer_set(s->world.loop, &s->old_idle, ms, close_old, s);
}

static void on_ended(void *arg, int err)
{
	struct path *p = arg;
	struct session *s = p->session;

	if (p == &s->old)
		close_old(s);
	else
		session_ended(s, err);
}

void session_watch(struct path *p)
{
	struct stream_user user = { .arg = p, .message = on_message, .ended = on_ended };

	struct udp_user udp_user = { .arg = p, .message = on_datagram, .refused = on_refused };

	if (p->stream)
		stream_set_user(p->stream, &user);
	if (p->own_udp)
		udp_set_user(p->udp, &udp_user);
	session_hear(p->session);
}

struct move {
	struct session *s;
	struct ike_addrs from;
	char why[192];
	int rc;
};

static void move_child(void *arg, const struct ike_child *child, unsigned int parts)
{
	struct move *m = arg;

	if ((parts & IKE_PART_IN) && journal_add(m->s->world.journal, &m->s->addrs, child))
		m->s->user.log(m->s->user.arg, "cannot write to the run directory");
	if (!m->rc)
		m->rc = xfrm_child_move(m->s->world.xfrm, &m->from, &m->s->addrs, child, parts,
					m->why, sizeof(m->why));
}

/* What has not moved is found by where it was, the rest goes with the SA */
static void remove_child(void *arg, const struct ike_child *child, unsigned int parts)
{
	struct move *m = arg;

	xfrm_child_del(m->s->world.xfrm, &m->from, child, parts);
}

struct ike_addrs session_child_addrs(const struct session *s, const struct path *p)
{
	struct ike_addrs addrs = p->addrs;

	if (addrs.encap == IKE_ENCAP_UDP && !ike_sa_nat(s->sa, true) && !ike_sa_nat(s->sa, false))
		addrs.encap = IKE_ENCAP_NONE;
	return addrs;
}

void session_follow_road(struct session *s)
{
	sourceip_follow(s->sourceip, &s->addrs.remote);
	inner_follow(s->inner, &s->addrs.remote);
	iface_follow(s->iface, &s->addrs.remote);
}

int session_move_children(struct session *s)
{
	struct move m = { .s = s, .from = s->addrs };
	char reason[256];

	s->addrs = session_child_addrs(s, &s->path);
	if (addr_pair_equal(&m.from, &s->addrs) && m.from.encap == s->addrs.encap)
		return 0;
	ike_sa_each_child(s->sa, &m, move_child);
	if (!m.rc) {
		session_follow_road(s);
		session_keepalive(s);
		return 0;
	}
	ike_sa_each_child(s->sa, &m, remove_child);
	snprintf(reason, sizeof(reason), "the tunnel cannot go on over another connection: %s",
		 m.why);
	session_finish(s, true, 0, reason);
	return -1;
}

void session_adopt(struct session *s, const struct path *from)
{
	bool lost = !path_open(&s->path);
	struct path p = *from;

	/* The peer may take the older one again */
	if (from == &s->old)
		s->old = (struct path){ 0 };
	close_old(s);
	/* What is ours, the peer may still write to; the server's ports are there anyway */
	if (s->path.stream || s->path.own_udp) {
		s->old = s->path;
		session_watch(&s->old);
		session_close_old(s, OLD_MS);
	}
	s->path = p;
	session_watch(&s->path);
	if (session_is_up(s)) {
		loop_timer_cancel(s->world.loop, &s->deadline);
		session_note_change(s, lost ? s->change : "the peer came by another way");
	}
	path_set_patience(&s->path, session_dpd_timeout(s) / 2);
	ike_sa_reliable(s->sa, path_reliable(&s->path));
	ike_sa_moved(s->sa, &s->path.addrs);
	if (!session_defers(s) && session_move_children(s))
		return;
	/* RFC 9329, section 6.2: what has no answer yet goes over the new connection */
	(void)ike_sa_resend(s->sa);
	if (s->user.moved && session_is_up(s))
		s->user.moved(s->user.arg);
}

void session_unproved(void *arg)
{
	struct session *s = arg;

	s->proof = PROOF_NONE;
	s->user.stale(s->user.arg, "the peer does not answer over the new connection");
}

/* A repeated request makes nobody move (section 6.1), so a fresh one follows */
static void prove(struct session *s)
{
	bool waiting = ike_sa_waiting(s->sa);

	s->proof = waiting ? PROOF_REPEATED : PROOF_ASKED;
	if (!waiting && session_ask(s))
		return;
	loop_timer_set(s->world.loop, &s->deadline, PROOF_MS, session_unproved, s);
}

void session_proved(struct session *s)
{
	s->heard = loop_now();
	if (s->proof == PROOF_REPEATED && !ike_sa_waiting(s->sa)) {
		prove(s);
	} else if (s->proof == PROOF_ASKED) {
		s->proof = PROOF_NONE;
		s->user.resumed(s->user.arg);
	}
}

int session_resume(struct session *s, int fd, char *err, size_t errlen)
{
	struct path p = { .session = s };

	if (session_connect_path(s, fd, &p, err, errlen))
		return -1;
	session_adopt(s, &p);
	if (s->over)
		return 0;
	if (session_mobike(s))
		session_announce(s, PROOF_MS, session_unproved);
	else
		prove(s);
	return 0;
}

void session_datagram(struct session *s, struct udp *udp, const struct ike_addrs *addrs,
		      const uint8_t *msg, size_t len)
{
	struct path p = { .session = s, .udp = udp, .addrs = *addrs };

	p.addrs.encap = IKE_ENCAP_UDP;
	session_message(s, &p, msg, len);
}

bool session_is_tcp(const struct session *s)
{
	return s->path.stream;
}

bool session_offer(struct session *s, struct stream *stream, const uint8_t *msg, size_t len)
{
	struct path p = { .session = s, .stream = stream };

	if (!session_is_up(s) || addr_of_socket(stream_fd(stream), &p.addrs))
		return false;
	session_message(s, &p, msg, len);
	return s->path.stream == stream;
}
