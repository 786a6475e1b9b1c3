// SPDX-License-Identifier: GPL-2.0-or-later
/* One handshake, over TCP or UDP. The tunnel that it makes replaces an older one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ike/cp.h"
#include "log.h"
#include "net/addr.h"
#include "net/prefix.h"
#include "net/udp.h"
#include "net/ulp.h"
#include "up/up.h"

static const char *net_text(const struct conf_subnet *net, char *buf, size_t len)
{
	char addr[ADDR_TEXT_MAX];

	snprintf(buf, len, "%s/%u", addr_text(net, 0, addr, sizeof(addr)), net->prefix);
	return buf;
}

static void say_child(const struct up *u, const struct ike_child *child)
{
	char suite[IKE_SUITE_TEXT_MAX], local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX];
	char detail[IKE_SUITE_TEXT_MAX + 224];

	snprintf(detail, sizeof(detail), "%s, %s, %s === %s",
		 ike_suite_text(&child->suite, suite, sizeof(suite)),
		 child->transport ? "transport mode" : "tunnel mode",
		 net_text(&child->ts_local, local, sizeof(local)),
		 net_text(&child->ts_remote, remote, sizeof(remote)));
	up_say(u, "SAs installed", detail);
}

/* What the peer gave us */
static void say_config(struct up *u, const struct ike_sa *sa)
{
	const struct ike_cp *cp = ike_sa_config(sa);
	char text[ADDR_TEXT_MAX], detail[512] = "";
	size_t at = 0;

	if (!cp)
		return;
	for (int v6 = 0; v6 < 2; v6++) {
		if (!ike_sa_inner(sa, v6))
			continue;
		u->former[v6] = *ike_sa_inner(sa, v6);
		at += (size_t)snprintf(detail + at, sizeof(detail) - at, "%s%s", at ? ", " : "",
				       addr_text(&u->former[v6], 0, text, sizeof(text)));
	}
	for (size_t i = 0; i < cp->n_dns && at < sizeof(detail) / 2; i++)
		at += (size_t)snprintf(detail + at, sizeof(detail) - at, "%s%s",
				       i ? ", " : "; name servers ",
				       addr_text(&cp->dns[i], 0, text, sizeof(text)));
	up_say(u, "addresses from the peer", detail);
}

/* The peer has just proved who it is: this tunnel replaces the one that was there */
static bool on_child_coming(void *arg)
{
	struct attempt *a = arg;

	return a->up->tunnel && a->up->tunnel != a;
}

static void leave(struct attempt *a)
{
	a->leaving = true;
	LIST_INSERT_HEAD(&a->up->leaving, a, entry);
	session_close(a->session);
}

void attempt_leave(struct attempt *a)
{
	if (!a->session) {
		attempt_drop(a);
		return;
	}
	LIST_REMOVE(a, entry);
	leave(a);
}

static void on_child_came(void *arg)
{
	struct attempt *a = arg, *old = a->up->tunnel;

	a->up->tunnel = NULL;
	/*
	 * Another gateway does not see that the new tunnel takes the place of the old one, nor
	 * need the same one do so: reauthentication ends with the DELETE (RFC 7296, section 2.8.3)
	 */
	if (a->up->redirect.active || a->up->reauth)
		leave(old);
	else
		attempt_free(old);
}

static void came_up(struct attempt *a)
{
	struct up *u = a->up;
	const struct ike_sa *sa = session_sa(a->session);

	if (u->tunnel != a)
		LIST_REMOVE(a, entry);
	u->tunnel = a;
	/* Recovered from something, or back by UDP, or UDP has no answer at the start */
	if (u->recover.active)
		session_note_change(a->session, u->reason);
	else if (u->probing)
		session_note_change(a->session, "UDP works again");
	else if (*u->why)
		session_note_change(a->session, u->why);
	u->was_up = true;
	if (ike_sa_child(sa))
		say_child(u, ike_sa_child(sa));
	say_config(u, sa);
	remember(u, a->tcp);
	start_cancel(u);
	reauth_stop(u);
	redirect_done(u);
	redial_done(u);
}

static void on_step(void *arg, enum ike_step step)
{
	struct attempt *a = arg;
	const struct ike_sa *sa = session_sa(a->session);
	const struct conf_id *id = ike_sa_peer_id(sa);
	char suite[IKE_SUITE_TEXT_MAX], detail[IKE_SUITE_TEXT_MAX + 64];

	switch (step) {
	case IKE_STEP_INIT_DONE:
		snprintf(detail, sizeof(detail), "%s, by %s",
			 ike_suite_text(ike_sa_suite(sa), suite, sizeof(suite)), a->what);
		up_say(a->up, "IKE_SA_INIT done", detail);
		race_answered(&a->up->race, a->lane, loop_now());
		start_next(a->up);
		break;
	case IKE_STEP_AUTH_DONE:
		up_say(a->up, "IKE_AUTH done", id ? id->text : "");
		break;
	case IKE_STEP_CHILD_UP:
		came_up(a);
		break;
	case IKE_STEP_CHILD_REKEYED:
		up_say(a->up, "child SA rekeyed", "");
		break;
	case IKE_STEP_CLOSED:
		break;
	}
}

/* What a handshake that failed, or a tunnel that ended, leads to */
static void over(struct attempt *a, bool failed, const char *why)
{
	struct up *u = a->up;
	bool tunnel = a == u->tunnel;
	bool told = a->session && session_was_told(a->session);
	size_t lane = a->lane;
	char what[sizeof(a->what)], reason[256];

	if (a->leaving) {
		attempt_drop(a);
		return;
	}
	snprintf(reason, sizeof(reason), "%s", why);
	snprintf(what, sizeof(what), "%s", a->what);
	if (tunnel)
		u->tunnel = NULL;
	else
		LIST_REMOVE(a, entry);
	attempt_free(a);
	if (u->stopping || (tunnel && LIST_EMPTY(&u->attempts) && !redirect_busy(u)))
		up_end(u, failed, reason);
	else if (!tunnel && !u->redirect.pending)
		start_failed(u, lane, told, what, reason);
}

static void on_ended(void *arg, bool failed, const char *reason)
{
	over(arg, failed, reason);
}

static void on_log(void *arg, const char *line)
{
	struct attempt *a = arg;

	log_line(LOG_LEVEL_INFO, "%s: %s: %s", a->up->who, a->up->name, line);
}

static const struct conf_secret *find_secret(void *arg, const struct conf_id *local,
					     const struct conf_id *remote)
{
	struct attempt *a = arg;

	return conf_secret_find(a->up->secrets, local, remote);
}

static void on_lost(void *arg, const char *why)
{
	struct attempt *a = arg;

	if (!a->leaving)
		redial_lost(a->up, why);
}

static void on_stale(void *arg, const char *why)
{
	struct attempt *a = arg;

	if (!a->leaving)
		redial_stale(a->up, why);
}

static void on_reauth(void *arg)
{
	struct attempt *a = arg;

	if (!a->leaving)
		reauth_start(a->up);
}

static bool on_redirect(void *arg, const char *host)
{
	return redirect_take(arg, host);
}

/* What has not sent IKE_AUTH is none, and of the others one goes on alone */
static bool on_sole(void *arg)
{
	struct attempt *a = arg;
	const struct ike_sa *sa = session_sa(a->session);

	return sole_tunnel(a->up, ike_sa_own_id(sa), ike_sa_peer_id(sa));
}

static void on_unanswered(void *arg)
{
	struct attempt *a = arg;

	if (!a->leaving)
		roam_unanswered(a->up);
}

void attempt_set_way(struct attempt *a, bool tcp)
{
	uint16_t port = tcp ? a->up->target.port : UDP_PORT_NAT;

	a->tcp = tcp;
	a->ai.ai_addrlen = addr_to_sockaddr(&session_where(a->session)->remote, port, &a->sa);
	a->ai.ai_family = a->sa.ss_family;
	a->target.port = port;
	snprintf(a->what, sizeof(a->what), "%s %u", tcp ? "TCP" : "UDP", port);
}

static void on_resumed(void *arg)
{
	struct attempt *a = arg;
	const struct ike_addrs *addrs = session_addrs(a->session);
	char text[ADDR_TEXT_MAX], detail[ADDR_TEXT_MAX + 8];
	bool tcp = session_is_tcp(a->session);

	snprintf(detail, sizeof(detail), "%s%s", tcp ? "" : "UDP ",
		 addr_text(&addrs->remote, addrs->remote_port, text, sizeof(text)));
	up_say(a->up, "the tunnel goes on", detail);
	attempt_set_way(a, tcp);
	remember(a->up, tcp);
	redial_done(a->up);
}

static int start_connect(struct attempt *a);

static void on_reconnect(void *arg)
{
	if (start_connect(arg))
		over(arg, true, "out of memory");
}

int attempt_attach(int fd, char *err, size_t errlen)
{
	int rc = prefix_send(fd);

	if (rc)
		snprintf(err, errlen, "cannot send the stream prefix: %s", strerror(-rc));
	else
		rc = ulp_attach_new(fd, err, errlen);
	if (!rc)
		return 0;
	close(fd);
	return -1;
}

static struct session_user user_of(struct attempt *a)
{
	return (struct session_user){
		.arg = a, .step = on_step, .child_coming = on_child_coming,
		.child_came = on_child_came, .ended = on_ended, .sole = on_sole,
		.log = on_log, .reauth = on_reauth, .reconnect = on_reconnect,
		.lost = on_lost, .stale = on_stale, .resumed = on_resumed,
		.unanswered = on_unanswered, .find_secret = find_secret,
		.former = a->up->former,
		.redirect = on_redirect, .redirected_from = &a->up->redirect.from,
		.first_gateway = &a->up->redirect.first,
	};
}

static void start_ike(struct attempt *a, int fd)
{
	struct session_user user = user_of(a);
	struct up *u = a->up;
	bool again = a->session;
	char err[256];
	int rc = attempt_attach(fd, err, sizeof(err));

	if (!rc && again)
		rc = session_reconnected(a->session, fd, err, sizeof(err));
	else if (!rc)
		a->session = session_initiate(&u->world, fd, u->conn, u->timeout_ms, &user, err,
					      sizeof(err));
	if (rc || !a->session)
		over(a, true, err);
	else if (!again && session_start(a->session, true))
		over(a, true, ike_sa_error(session_sa(a->session)));
}

static void say_way(struct attempt *a, const struct ike_addrs *addrs, const char *what)
{
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX], detail[2 * ADDR_TEXT_MAX + 8];

	snprintf(detail, sizeof(detail), "%s to %s",
		 addr_text(&addrs->local, addrs->local_port, local, sizeof(local)),
		 addr_text(&addrs->remote, addrs->remote_port, remote, sizeof(remote)));
	up_say(a->up, what, detail);
}

static void connected(void *arg, int fd, const char *err)
{
	struct attempt *a = arg;
	struct ike_addrs addrs;

	a->connect = NULL;
	if (fd < 0) {
		over(a, true, err);
		return;
	}
	if (!addr_of_socket(fd, &addrs))
		say_way(a, &addrs, a->session ? "TCP connected again, as the peer wants it" :
						"TCP connected");
	start_ike(a, fd);
}

static int start_connect(struct attempt *a)
{
	struct up *u = a->up;
	struct conf_subnet bind;

	a->connect = tcp_connect_start(u->world.loop, &a->target,
				       addr_parse(u->conn->local.host, &bind) ? &bind : NULL,
				       u->timeout_ms, connected, a);
	return a->connect ? 0 : -1;
}

static int start_udp(struct attempt *a, char *err, size_t errlen)
{
	struct session_user user = user_of(a);
	struct udp_user none = { 0 };
	struct sockaddr_storage from;
	struct conf_subnet bind;
	struct up *u = a->up;
	struct udp *udp;

	if (addr_parse(u->conn->local.host, &bind))
		addr_to_sockaddr(&bind, 0, &from);
	if (bind.family && bind.family != a->sa.ss_family) {
		snprintf(err, errlen, "the configured local address is of another family");
		return -1;
	}
	udp = udp_open(u->world.loop, bind.family ? (struct sockaddr *)&from : NULL,
		       (struct sockaddr *)&a->sa, a->ai.ai_addrlen, true, &none, err, errlen);
	if (!udp)
		return -1;
	if (!u->probing)
		say_way(a, udp_addrs(udp), "UDP");
	a->session = session_initiate_udp(&u->world, udp, u->conn, u->timeout_ms, &user, err,
					  errlen);
	if (!a->session)
		return -1;
	if (!session_start(a->session, true))
		return 0;
	snprintf(err, errlen, "%s", ike_sa_error(session_sa(a->session)));
	return -1;
}

static void set_target(struct attempt *a, const struct addrinfo *ai)
{
	const struct tcp_target *all = &a->up->target;
	uint16_t port = a->tcp ? all->port : UDP_PORT_NAT;
	struct conf_subnet addr;
	uint16_t ignored;

	memcpy(&a->sa, ai->ai_addr, ai->ai_addrlen);
	if (!a->tcp && !addr_from_sockaddr(&a->sa, &addr, &ignored))
		addr_to_sockaddr(&addr, port, &a->sa);
	a->ai = *ai;
	a->ai.ai_addr = (struct sockaddr *)&a->sa;
	a->ai.ai_next = NULL;
	a->target = (struct tcp_target){
		.host = all->host, .port = port, .list = &a->ai, .flow_label = all->flow_label,
	};
	snprintf(a->what, sizeof(a->what), "%s %u", a->tcp ? "TCP" : "UDP", port);
}

struct attempt *attempt_start(struct up *u, size_t lane, bool tcp, const struct addrinfo *ai,
			      char *err, size_t errlen)
{
	struct attempt *a = calloc(1, sizeof(*a));

	snprintf(err, errlen, "out of memory");
	if (!a)
		return NULL;
	a->up = u;
	a->lane = lane;
	a->tcp = tcp;
	a->began = loop_now();
	set_target(a, ai);
	LIST_INSERT_HEAD(&u->attempts, a, entry);
	if (!(tcp ? start_connect(a) : start_udp(a, err, errlen)))
		return a;
	attempt_drop(a);
	return NULL;
}

void attempt_go_on(struct attempt *a)
{
	/* What comes of it is told by the session's callbacks */
	(void)session_go_on(a->session);
}

void attempt_drop(struct attempt *a)
{
	LIST_REMOVE(a, entry);
	attempt_free(a);
}

void attempt_free(struct attempt *a)
{
	if (!a)
		return;
	tcp_connect_cancel(a->connect);
	session_free(a->session);
	free(a);
}
