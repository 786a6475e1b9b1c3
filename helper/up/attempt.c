// SPDX-License-Identifier: GPL-2.0-or-later
/* One handshake: connection, ULP, session. The tunnel that it makes replaces an older one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/prefix.h"
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
	char suite[96], local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX], detail[320];

	snprintf(detail, sizeof(detail), "%s, %s, %s === %s",
		 ike_suite_text(&child->suite, suite, sizeof(suite)),
		 child->transport ? "transport mode" : "tunnel mode",
		 net_text(&child->ts_local, local, sizeof(local)),
		 net_text(&child->ts_remote, remote, sizeof(remote)));
	up_say(u, "SAs installed", detail);
}

/* Both cannot have the same policies, and the peer has just proved who it is */
static void on_child_coming(void *arg)
{
	struct attempt *a = arg, *old = a->up->tunnel;

	if (!old || old == a)
		return;
	a->up->tunnel = NULL;
	attempt_free(old);
}

static void came_up(struct attempt *a)
{
	struct up *u = a->up;
	const struct ike_sa *sa = session_sa(a->session);

	if (u->tunnel != a)
		LIST_REMOVE(a, entry);
	u->tunnel = a;
	u->was_up = true;
	if (ike_sa_child(sa))
		say_child(u, ike_sa_child(sa));
	redial_done(u);
}

static void on_step(void *arg, enum ike_step step)
{
	struct attempt *a = arg;
	const struct ike_sa *sa = session_sa(a->session);
	const struct conf_id *id = ike_sa_peer_id(sa);
	char suite[96];

	switch (step) {
	case IKE_STEP_INIT_DONE:
		up_say(a->up, "IKE_SA_INIT done",
		       ike_suite_text(ike_sa_suite(sa), suite, sizeof(suite)));
		break;
	case IKE_STEP_AUTH_DONE:
		up_say(a->up, "IKE_AUTH done", id ? id->text : "");
		break;
	case IKE_STEP_CHILD_UP:
		came_up(a);
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
	char reason[256];

	snprintf(reason, sizeof(reason), "%s", why);
	if (tunnel)
		u->tunnel = NULL;
	else
		LIST_REMOVE(a, entry);
	attempt_free(a);
	if (u->stopping || (tunnel && LIST_EMPTY(&u->attempts)))
		up_end(u, failed, reason);
	else if (!tunnel && !u->recover.active)
		up_end(u, true, reason);
	else if (!tunnel)
		redial_again(u, reason);
}

static void on_ended(void *arg, bool failed, const char *reason)
{
	over(arg, failed, reason);
}

static void on_log(void *arg, const char *line)
{
	struct attempt *a = arg;

	fprintf(stderr, "%s: %s: %s\n", a->up->who, a->up->name, line);
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

	redial_lost(a->up, why);
}

static void on_stale(void *arg, const char *why)
{
	struct attempt *a = arg;

	redial_stale(a->up, why);
}

static void on_resumed(void *arg)
{
	struct attempt *a = arg;
	const struct ike_addrs *addrs = session_addrs(a->session);
	char text[ADDR_TEXT_MAX];

	up_say(a->up, "the tunnel goes on",
	       addr_text(&addrs->remote, addrs->remote_port, text, sizeof(text)));
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

static void start_ike(struct attempt *a, int fd)
{
	struct session_user user = {
		.arg = a, .step = on_step, .child_coming = on_child_coming, .ended = on_ended,
		.log = on_log, .reconnect = on_reconnect, .lost = on_lost, .stale = on_stale,
		.resumed = on_resumed, .find_secret = find_secret,
	};
	struct up *u = a->up;
	char err[256];
	int rc = attempt_attach(fd, err, sizeof(err));

	if (!rc && a->session)
		rc = session_reconnected(a->session, fd, err, sizeof(err));
	else if (!rc)
		a->session = session_initiate(&u->world, fd, u->conn, u->timeout_ms, &user, err,
					      sizeof(err));
	if (rc || !a->session)
		over(a, true, err);
}

static void connected(void *arg, int fd, const char *err)
{
	struct attempt *a = arg;
	struct ike_addrs addrs;
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX], detail[2 * ADDR_TEXT_MAX + 8];

	a->connect = NULL;
	if (fd < 0) {
		over(a, true, err);
		return;
	}
	detail[0] = '\0';
	if (!addr_of_socket(fd, &addrs))
		snprintf(detail, sizeof(detail), "%s to %s",
			 addr_text(&addrs.local, addrs.local_port, local, sizeof(local)),
			 addr_text(&addrs.remote, addrs.remote_port, remote, sizeof(remote)));
	up_say(a->up, a->session ? "TCP connected again, as the peer wants it" : "TCP connected",
	       detail);
	start_ike(a, fd);
}

static int start_connect(struct attempt *a)
{
	struct up *u = a->up;
	struct conf_subnet bind;

	a->connect = tcp_connect_start(u->world.loop, &u->target,
				       addr_parse(u->conn->local.host, &bind) ? &bind : NULL,
				       u->timeout_ms, connected, a);
	return a->connect ? 0 : -1;
}

int attempt_start(struct up *u)
{
	struct attempt *a = calloc(1, sizeof(*a));

	if (!a)
		return -1;
	a->up = u;
	LIST_INSERT_HEAD(&u->attempts, a, entry);
	if (!start_connect(a))
		return 0;
	LIST_REMOVE(a, entry);
	free(a);
	return -1;
}

void attempt_free(struct attempt *a)
{
	if (!a)
		return;
	tcp_connect_cancel(a->connect);
	session_free(a->session);
	free(a);
}
