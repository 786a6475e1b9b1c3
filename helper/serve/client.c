// SPDX-License-Identifier: GPL-2.0-or-later
/* One client of the responder: prefix, ULP, session, end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/ulp.h"
#include "serve/serve.h"

static void set_half_open(struct client *c, bool half)
{
	c->up = !half;
	c->serve->n_half_open += half ? 1 : -1;
}

void client_free(struct client *c)
{
	struct serve *serve = c->serve;

	loop_timer_cancel(serve->world.loop, &c->deadline);
	if (c->w.fd >= 0) {
		loop_fd_del(serve->world.loop, &c->w);
		close(c->w.fd);
	}
	session_free(c->session);
	if (!c->up)
		serve->n_half_open--;
	serve->n_clients--;
	LIST_REMOVE(c, entry);
	free(c);
	serve_client_gone(serve);
}

static void drop(struct client *c, const char *why)
{
	serve_log(c->serve, c->peer, "%s", why);
	client_free(c);
}

static void on_step(void *arg, enum ike_step step)
{
	struct client *c = arg;
	const struct ike_sa *sa = session_sa(c->session);
	const struct conf_id *id = ike_sa_peer_id(sa);
	const char *name = c->conn ? c->conn->conn->name : "?";
	char suite[96];

	if (step == IKE_STEP_INIT_DONE) {
		serve_log(c->serve, c->peer, "IKE_SA_INIT done: %s",
			  ike_suite_text(ike_sa_suite(sa), suite, sizeof(suite)));
	} else if (step == IKE_STEP_AUTH_DONE) {
		serve_log(c->serve, c->peer, "%s: IKE_AUTH done: %s", name, id ? id->text : "?");
	} else if (step == IKE_STEP_CHILD_UP) {
		if (!c->up)
			set_half_open(c, false);
		serve_log(c->serve, c->peer, "%s: SAs installed: %s", name, ike_sa_child(sa) ?
			  ike_suite_text(&ike_sa_child(sa)->suite, suite, sizeof(suite)) : "?");
		serve_accepting(c->serve);
	}
}

static bool is_older_twin(const struct client *c, const struct client *other,
			  const struct conf_id *id)
{
	const struct ike_sa *sa = other->session ? session_sa(other->session) : NULL;
	const struct conf_id *other_id = sa ? ike_sa_peer_id(sa) : NULL;

	return other != c && other->conn == c->conn && other_id && ike_sa_child(sa) &&
	       conf_id_equal(id, other_id);
}

/*
 * A peer that comes again has lost its old connection (new address, reboot).
 * It has just proved who it is, and both tunnels cannot have the same policies,
 * so the newer one wins, as with INITIAL_CONTACT (RFC 7296, section 2.4).
 */
static void on_child_coming(void *arg)
{
	struct client *c = arg, *other, *next;
	const struct conf_id *id = ike_sa_peer_id(session_sa(c->session));

	if (!id)
		return;
	for (other = LIST_FIRST(&c->serve->clients); other; other = next) {
		next = LIST_NEXT(other, entry);
		if (!is_older_twin(c, other, id))
			continue;
		serve_log(c->serve, other->peer, "%s: replaced by the newer connection of %s",
			  c->conn->conn->name, c->peer);
		client_free(other);
	}
}

static void on_ended(void *arg, bool failed, const char *reason)
{
	struct client *c = arg;

	(void)failed;
	serve_log(c->serve, c->peer, "%s%s%s", c->conn ? c->conn->conn->name : "",
		  c->conn ? ": " : "", reason);
	client_free(c);
}

static void on_log(void *arg, const char *line)
{
	struct client *c = arg;

	serve_log(c->serve, c->peer, "%s", line);
}

static const struct conf_conn *find_conn(void *arg, const struct conf_id *idi,
					 const struct conf_id *idr)
{
	struct client *c = arg;

	c->conn = serve_match(c->serve, session_addrs(c->session),
			      ike_sa_suite(session_sa(c->session)), idi, idr,
			      ike_sa_peer_signs(session_sa(c->session)));
	return c->conn ? c->conn->conn : NULL;
}

static const struct conf_secret *find_secret(void *arg, const struct conf_id *local,
					     const struct conf_id *remote)
{
	struct client *c = arg;

	return conf_secret_find(c->serve->secrets, local, remote);
}

static void start_session(struct client *c)
{
	struct session_user user = {
		.arg = c, .step = on_step, .child_coming = on_child_coming, .ended = on_ended,
		.log = on_log, .find_conn = find_conn, .find_secret = find_secret,
	};
	char err[256];
	int fd = c->w.fd;

	loop_timer_cancel(c->serve->world.loop, &c->deadline);
	if (ulp_attach_new(fd, err, sizeof(err))) {
		drop(c, err);
		return;
	}
	loop_fd_del(c->serve->world.loop, &c->w);
	c->w.fd = -1;
	c->session = session_respond(&c->serve->world, fd, &c->serve->offer, SERVE_HANDSHAKE_MS,
				     &user, err, sizeof(err));
	if (!c->session)
		drop(c, err);
}

static void prefix_ready(void *arg, uint32_t events)
{
	struct client *c = arg;
	char got[4 * ESPINTCP_PREFIX_LEN + 1], why[160];

	(void)events;
	switch (prefix_read(c->w.fd, &c->prefix)) {
	case PREFIX_MORE:
		return;
	case PREFIX_DONE:
		start_session(c);
		return;
	case PREFIX_WRONG:
		snprintf(why, sizeof(why), "wrong stream prefix: \"%s\" instead of \"%s\"",
			 prefix_text(&c->prefix, got, sizeof(got)), ESPINTCP_PREFIX);
		break;
	case PREFIX_END:
		snprintf(why, sizeof(why), "closed by the peer before the stream prefix was complete");
		break;
	case PREFIX_ERROR:
		snprintf(why, sizeof(why), "no stream prefix: %s", strerror(errno));
		break;
	}
	drop(c, why);
}

static void prefix_timeout(void *arg)
{
	struct client *c = arg;
	char why[80];

	snprintf(why, sizeof(why), "no stream prefix within %d s (%zu of %d bytes came)",
		 SERVE_PREFIX_MS / 1000, c->prefix.n, ESPINTCP_PREFIX_LEN);
	drop(c, why);
}

void client_new(struct serve *serve, int fd, const char *peer)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c) {
		serve_log(serve, peer, "out of memory");
		close(fd);
		return;
	}
	c->serve = serve;
	snprintf(c->peer, sizeof(c->peer), "%s", peer);
	c->w = (struct loop_fd){ .fd = fd, .ready = prefix_ready, .arg = c };
	LIST_INSERT_HEAD(&serve->clients, c, entry);
	serve->n_clients++;
	set_half_open(c, true);
	serve_log(serve, peer, "TCP connected");
	loop_timer_set(serve->world.loop, &c->deadline, SERVE_PREFIX_MS, prefix_timeout, c);
	if (loop_fd_add(serve->world.loop, &c->w, EPOLLIN))
		drop(c, "cannot watch the connection");
}
