// SPDX-License-Identifier: GPL-2.0-or-later
/* One client of the responder: prefix, ULP, session, end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ike/message.h"
#include "net/addr.h"
#include "net/ulp.h"
#include "serve/serve.h"

static void set_half_open(struct client *c, bool half)
{
	c->up = !half;
	c->serve->n_half_open += half ? 1 : -1;
	if (half)
		LIST_INSERT_HEAD(&c->serve->half_open, c, half);
	else
		LIST_REMOVE(c, half);
}

/* FNV-1a: who is in there has proved his ID */
static struct clients *of_id(struct serve *serve, const struct conf_id *id)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < id->len; i++)
		hash = (hash ^ id->data[i]) * 16777619u;
	return &serve->by_id[hash % SERVE_IDS];
}

static struct clients *same_id(const struct client *c)
{
	return of_id(c->serve, ike_sa_peer_id(session_sa(c->session)));
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
	stream_free(c->stream);
	if (!c->up)
		set_half_open(c, false);
	if (c->identified)
		LIST_REMOVE(c, by_id);
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
	char suite[IKE_SUITE_TEXT_MAX];

	if (step == IKE_STEP_INIT_DONE) {
		serve_log(c->serve, c->peer, "IKE_SA_INIT done: %s",
			  ike_suite_text(ike_sa_suite(sa), suite, sizeof(suite)));
	} else if (step == IKE_STEP_AUTH_DONE) {
		serve_log(c->serve, c->peer, "%s: IKE_AUTH done: %s", name, id ? id->text : "?");
		if (!c->identified)
			LIST_INSERT_HEAD(same_id(c), c, by_id);
		c->identified = true;
	} else if (step == IKE_STEP_CHILD_UP) {
		if (!c->up)
			set_half_open(c, false);
		serve_log(c->serve, c->peer, "%s: SAs installed: %s", name, ike_sa_child(sa) ?
			  ike_suite_text(&ike_sa_child(sa)->suite, suite, sizeof(suite)) : "?");
		serve_accepting(c->serve);
	} else if (step == IKE_STEP_CHILD_REKEYED) {
		serve_log(c->serve, c->peer, "%s: child SA rekeyed", name);
	}
}

static bool is_older_twin(const struct client *c, const struct client *other)
{
	const struct ike_sa *sa = other->session ? session_sa(other->session) : NULL;

	return other != c && sa &&
	       serve_replaces(session_sa(c->session), sa, other->conn == c->conn);
}

static bool on_child_coming(void *arg)
{
	struct client *c = arg, *other;

	LIST_FOREACH(other, same_id(c), by_id)
		if (is_older_twin(c, other))
			return true;
	return false;
}

/* The child has come, or the peer has said that it has nothing else */
static void drop_older(void *arg)
{
	struct client *c = arg, *other, *next;

	for (other = LIST_FIRST(same_id(c)); other; other = next) {
		next = LIST_NEXT(other, by_id);
		if (!is_older_twin(c, other))
			continue;
		serve_log(c->serve, other->peer, "%s: replaced by the newer connection of %s",
			  other->conn->conn->name, c->peer);
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
			      ike_sa_peer_signs(session_sa(c->session)),
			      session_sa(c->session));
	return c->conn ? c->conn->conn : NULL;
}

static const struct conf_secret *find_secret(void *arg, const struct conf_id *local,
					     const struct conf_id *remote)
{
	struct client *c = arg;

	return conf_secret_find(c->serve->secrets, local, remote);
}

static int lease(void *arg, bool v6, const struct conf_subnet *want, struct conf_subnet *ip)
{
	struct client *c = arg;
	const struct conf_id *id = ike_sa_peer_id(session_sa(c->session));
	char text[ADDR_TEXT_MAX];
	int rc;

	if (!c->conn->pool[v6] || !id)
		return -ENOSPC;
	rc = pool_lease(c->conn->pool[v6], c->conn, id, want, ip);
	if (!rc)
		serve_log(c->serve, c->peer, "%s: %s gets %s", c->conn->conn->name, id->text,
			  addr_text(ip, 0, text, sizeof(text)));
	return rc;
}

static void unlease(void *arg, bool v6, const struct conf_subnet *ip)
{
	struct client *c = arg;

	pool_release(c->conn->pool[v6], ip);
}

static void on_lost(void *arg, const char *why)
{
	struct client *c = arg;

	serve_log(c->serve, c->peer, "%s: %s; the tunnel waits for the peer to connect again",
		  c->conn->conn->name, why);
}

static void on_moved(void *arg)
{
	struct client *c = arg;
	const struct ike_addrs *addrs = session_where(c->session);
	char old[sizeof(c->peer)], where[ADDR_TEXT_MAX];

	snprintf(old, sizeof(old), "%s", c->peer);
	addr_text(&addrs->remote, addrs->remote_port, where, sizeof(where));
	c->udp = !session_is_tcp(c->session);
	snprintf(c->peer, sizeof(c->peer), "%s%.70s", c->udp ? "UDP " : "", where);
	serve_log(c->serve, c->peer, "%s: goes on from here, instead of %s", c->conn->conn->name,
		  old);
}

static struct session_user user_of(struct client *c)
{
	return (struct session_user){
		.arg = c, .step = on_step, .child_coming = on_child_coming,
		.child_came = drop_older, .initial_contact = drop_older, .ended = on_ended,
		.lost = on_lost, .moved = on_moved, .log = on_log, .find_conn = find_conn,
		.find_secret = find_secret, .lease = lease, .unlease = unlease,
	};
}

/* The stream becomes the session's */
static void start_session(struct client *c, const uint8_t *msg, size_t len)
{
	struct session_user user = user_of(c);
	char err[256];

	loop_timer_cancel(c->serve->world.loop, &c->deadline);
	c->session = session_respond(&c->serve->world, c->stream, &c->serve->offer,
				     SERVE_HANDSHAKE_MS, &user, err, sizeof(err));
	if (!c->session) {
		drop(c, err);
		return;
	}
	c->stream = NULL;
	session_input(c->session, msg, len);
}

struct client *client_find(const struct serve *serve, const struct ike_hdr *hdr)
{
	const struct ike_sa *sa = ike_spis_find(&serve->spis, hdr->spi_i, hdr->spi_r);

	return sa ? session_owner(ike_sa_owner(sa)) : NULL;
}

/* An SA that lives, but is another transport's, gets no token: it would end it */
static void unknown_sa(struct client *c, bool lives, const uint8_t *msg, size_t len)
{
	const uint8_t *secret = lives ? NULL : c->serve->world.qcd_secret;
	uint8_t answer[IKE_UNKNOWN_MAX];
	size_t n = ike_unknown_answer(msg, len, secret, answer);

	serve_log(c->serve, c->peer, "a message of an IKE SA that is not known here");
	if (n && ike_unknown_may_leave(&c->serve->unknown_tcp, loop_now()))
		(void)stream_send(c->stream, answer, n);
}

/*
 * A new IKE SA, or a puzzle first. Whoever solves it finds this connection open for a while,
 * till message_timeout(), and may come by another one (RFC 9329, section 6.3.1).
 */
static void first_request(struct client *c, const uint8_t *msg, size_t len)
{
	struct ike_addrs addrs = { .remote = c->addr };
	struct ike_redirect_answer elsewhere;
	struct ike_cookie_answer answer;

	/* It is the peer's to close */
	if (serve_redirects(c->serve, (struct ike_bytes){ msg, len }, &elsewhere)) {
		(void)stream_send(c->stream, elsewhere.data, elsewhere.len);
		return;
	}
	switch (serve_welcome(c->serve, &addrs, true, (struct ike_bytes){ msg, len }, &answer)) {
	case IKE_COOKIE_GOOD:
		start_session(c, msg, len);
		break;
	case IKE_COOKIE_ASK:
		(void)stream_send(c->stream, answer.data, answer.len);
		break;
	default:
		drop(c, "no IKE_SA_INIT request that can be read");
		break;
	}
}

/* The first message tells: a new IKE SA, or one whose connection broke (RFC 9329, section 6.1) */
static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	struct client *c = arg, *owner;
	struct ike_hdr hdr;

	if (ike_hdr_parse(msg, len, &hdr) < 0 || c->messages++ >= SERVE_GUESSES) {
		drop(c, "not an IKE message of an SA that is known here");
		return;
	}
	if (hdr.exchange == IKE_SA_INIT) {
		first_request(c, msg, len);
		return;
	}
	owner = client_find(c->serve, &hdr);
	if (!owner || (owner->udp && !session_mobike(owner->session))) {
		unknown_sa(c, owner, msg, len);
	} else if (session_offer(owner->session, c->stream, msg, len)) {
		c->stream = NULL;
		client_free(c);
	}
}

static void on_stream_end(void *arg, int err)
{
	struct client *c = arg;
	char why[128];

	if (!err || err == ECONNRESET || err == EPIPE)
		snprintf(why, sizeof(why), "the peer %s the connection%s",
			 err ? "reset" : "closed",
			 c->messages ? "" : " before its first message");
	else
		snprintf(why, sizeof(why), "the connection broke before its first message: %s",
			 strerror(err));
	drop(c, why);
}

static void message_timeout(void *arg)
{
	drop(arg, "no IKE message that starts or continues an SA came in time");
}

static void start_stream(struct client *c)
{
	struct stream_user user = { .arg = c, .message = on_message, .ended = on_stream_end };
	int fd = c->w.fd;
	char err[256];

	if (ulp_attach_new(fd, err, sizeof(err))) {
		drop(c, err);
		return;
	}
	c->stream = stream_new(c->serve->world.loop, fd, &user);
	if (!c->stream) {
		drop(c, "out of memory");
		return;
	}
	c->w.fd = -1;
	loop_timer_set(c->serve->world.loop, &c->deadline, SERVE_MESSAGE_MS, message_timeout, c);
}

/* What there is of the prefix tells */
static void prefix_known(struct client *c, enum prefix_state state)
{
	char got[4 * ESPINTCP_PREFIX_LEN + 1], why[160];

	switch (state) {
	case PREFIX_MORE:
		return;
	case PREFIX_DONE:
		start_stream(c);
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

static void prefix_ready(void *arg, uint32_t events)
{
	struct client *c = arg;
	enum prefix_state state = prefix_read(c->w.fd, &c->prefix);
	int err = errno;

	(void)events;
	if (state == PREFIX_MORE)
		return;
	loop_fd_del(c->serve->world.loop, &c->w);
	errno = err;
	prefix_known(c, state);
}

static void prefix_timeout(void *arg)
{
	struct client *c = arg;
	char why[80];

	snprintf(why, sizeof(why), "no stream prefix within %d s (%zu of %d bytes came)",
		 SERVE_PREFIX_MS / 1000, c->prefix.n, ESPINTCP_PREFIX_LEN);
	drop(c, why);
}

static struct client *add(struct serve *serve, const struct conf_subnet *from, const char *peer)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c) {
		serve_warn(serve, peer, "out of memory");
		return NULL;
	}
	c->serve = serve;
	c->w.fd = -1;
	c->addr = *from;
	snprintf(c->peer, sizeof(c->peer), "%s", peer);
	LIST_INSERT_HEAD(&serve->clients, c, entry);
	serve->n_clients++;
	set_half_open(c, true);
	return c;
}

void client_new(struct serve *serve, int fd, const struct conf_subnet *from, const char *peer)
{
	struct client *c = add(serve, from, peer);
	enum prefix_state state;

	if (!c) {
		close(fd);
		return;
	}
	c->w = (struct loop_fd){ .fd = fd, .ready = prefix_ready, .arg = c };
	serve_log(serve, peer, "TCP connected");
	/* Mostly it is there by now */
	state = prefix_read(fd, &c->prefix);
	if (state != PREFIX_MORE) {
		prefix_known(c, state);
		return;
	}
	loop_timer_set(serve->world.loop, &c->deadline, SERVE_PREFIX_MS, prefix_timeout, c);
	if (loop_fd_add(serve->world.loop, &c->w, EPOLLIN))
		drop(c, "cannot watch the connection");
}

void client_new_udp(struct serve *serve, struct udp *udp, const struct ike_addrs *addrs,
		    const uint8_t spi_i[IKE_SPI_LEN], const uint8_t *msg, size_t len)
{
	char where[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX], err[256];
	struct session_user user;
	struct client *c;

	snprintf(peer, sizeof(peer), "UDP %s",
		 addr_text(&addrs->remote, addrs->remote_port, where, sizeof(where) - 4));
	c = add(serve, &addrs->remote, peer);
	if (!c)
		return;
	c->udp = true;
	memcpy(c->spi_i, spi_i, sizeof(c->spi_i));
	user = user_of(c);
	c->session = session_respond_udp(&serve->world, udp, addrs, &serve->offer,
					 SERVE_HANDSHAKE_MS, &user, err, sizeof(err));
	if (!c->session)
		drop(c, err);
	else
		session_input(c->session, msg, len);
}
