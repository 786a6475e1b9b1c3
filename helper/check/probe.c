// SPDX-License-Identifier: GPL-2.0-or-later
/* One way: connect, IKE_SA_INIT, and its answer. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "check/check.h"
#include "ike/ike.h"
#include "net/addr.h"
#include "net/deframe.h"
#include "net/prefix.h"
#include "net/udp.h"

struct probe {
	struct check *check;
	struct check_way *way;
	uint64_t began;
	struct ike_sa *sa;		/* NULL: not connected yet */
	struct loop_timer deadline, resend;
	/* The way's own, one of both */
	struct udp *udp;
	struct loop_fd w;		/* TCP; fd -1: none */
	struct tcp_connect *connect;
	struct tcp_target target;
	struct addrinfo ai;
	struct sockaddr_storage sockaddr;
	struct ike_addrs addrs;
	struct deframe in;
};

static void close_tcp(struct probe *p)
{
	if (p->w.fd < 0)
		return;
	loop_fd_del(p->check->loop, &p->w);
	close(p->w.fd);
	p->w.fd = -1;
}

/* The peer forgets what it is not asked about again: there is nothing to take back */
static void finish(void *arg)
{
	struct probe *p = arg;
	struct check *c = p->check;

	loop_timer_cancel(c->loop, &p->deadline);
	loop_timer_cancel(c->loop, &p->resend);
	tcp_connect_cancel(p->connect);
	close_tcp(p);
	udp_free(p->udp);
	ike_sa_free(p->sa);
	free(p);
	check_done(c);
}

/* Never at once: the caller may be a callback of what is to be freed */
static void end(struct probe *p, enum check_result result, const char *detail)
{
	struct check_way *way = p->way;

	if (way->result != CHECK_WAITING)
		return;
	way->result = result;
	way->end_ms = loop_now() - p->began;
	snprintf(way->detail, sizeof(way->detail), "%s", detail);
	loop_timer_set(p->check->loop, &p->deadline, 0, finish, p);
}

static void timeout(void *arg)
{
	struct probe *p = arg;
	char text[64];

	snprintf(text, sizeof(text), "no answer in %u s", p->check->timeout_ms / 1000);
	end(p, CHECK_SILENT, text);
}

static int env_send(void *arg, const uint8_t *msg, size_t len)
{
	struct probe *p = arg;

	if (p->udp)
		return udp_send(p->udp, &p->addrs, msg, len);
	return p->w.fd < 0 ? 0 : deframe_send(p->w.fd, msg, len);
}

static const struct conf_secret *env_find_secret(void *arg, const struct conf_id *local,
						 const struct conf_id *remote)
{
	struct probe *p = arg;

	return conf_secret_find(p->check->secrets, local, remote);
}

static void env_step(void *arg, enum ike_step step)
{
	struct probe *p = arg;
	char suite[IKE_SUITE_TEXT_MAX];

	if (step == IKE_STEP_INIT_DONE)
		end(p, CHECK_ANSWERED,
		    ike_suite_text(ike_sa_suite(p->sa), suite, sizeof(suite)));
}

static uint64_t env_now(void *arg)
{
	(void)arg;
	return loop_now();
}

/* What was passed over is no end of it */
static void env_log(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static void watch(struct probe *p);

static void resend(void *arg)
{
	struct probe *p = arg;

	if (ike_sa_timeout(p->sa))
		end(p, CHECK_FAILED, ike_sa_error(p->sa));
	else
		watch(p);
}

static void watch(struct probe *p)
{
	uint64_t due = ike_sa_due(p->sa), now = loop_now();

	if (due == UINT64_MAX || p->way->result != CHECK_WAITING)
		loop_timer_cancel(p->check->loop, &p->resend);
	else
		loop_timer_set(p->check->loop, &p->resend, due > now ? due - now : 0, resend, p);
}

/* Only IKE_SA_INIT: what belongs to later exchanges is never asked for, the SA is held */
static void start_ike(struct probe *p)
{
	struct ike_env env = {
		.arg = p, .send = env_send, .find_secret = env_find_secret,
		.ppks = p->check->secrets, .step = env_step, .now = env_now, .log = env_log,
	};

	p->sa = ike_sa_new_initiator(p->check->conn, &p->addrs, &env);
	if (!p->sa) {
		end(p, CHECK_FAILED, "out of memory");
		return;
	}
	ike_sa_hold(p->sa);
	ike_sa_reliable(p->sa, p->way->tcp);
	/* Before anything is sent, it looks for what it will prove itself with */
	if (ike_sa_start(p->sa))
		end(p, CHECK_WRONG, ike_sa_error(p->sa));
	else
		watch(p);
}

static void input(struct probe *p, const uint8_t *msg, size_t len)
{
	if (p->way->result != CHECK_WAITING)
		return;
	if (ike_sa_input(p->sa, msg, len))
		end(p, CHECK_FAILED, ike_sa_error(p->sa));
	watch(p);
}

static void on_datagram(void *arg, const struct ike_addrs *addrs, const uint8_t *msg, size_t len)
{
	(void)addrs;
	input(arg, msg, len);
}

static void on_refused(void *arg, int err)
{
	char text[128];

	snprintf(text, sizeof(text), "UDP does not get there: %s", strerror(err));
	end(arg, CHECK_FAILED, text);
}

static void start_udp(struct probe *p, const struct conf_subnet *bind)
{
	struct udp_user user = { .arg = p, .message = on_datagram, .refused = on_refused };
	struct sockaddr_storage from;
	char err[256];

	if (bind && bind->family != p->ai.ai_family) {
		end(p, CHECK_FAILED, "the configured local address is of another family");
		return;
	}
	if (bind)
		addr_to_sockaddr(bind, 0, &from);
	p->udp = udp_open(p->check->loop, bind ? (struct sockaddr *)&from : NULL, p->ai.ai_addr,
			  p->ai.ai_addrlen, true, &user, err, sizeof(err));
	if (!p->udp) {
		end(p, CHECK_FAILED, err);
		return;
	}
	p->addrs = *udp_addrs(p->udp);
	p->addrs.encap = IKE_ENCAP_UDP;
	start_ike(p);
}

static void start_connect(struct probe *p);

/* Some responders close behind a COOKIE or INVALID_KE_PAYLOAD */
static void stream_end(struct probe *p, const char *why)
{
	char text[160];

	close_tcp(p);
	if (p->way->result != CHECK_WAITING)
		return;
	if (ike_sa_may_reconnect(p->sa)) {
		start_connect(p);
		return;
	}
	snprintf(text, sizeof(text), "%s; does something else listen there?", why);
	end(p, CHECK_FAILED, text);
}

static void readable(void *arg, uint32_t events)
{
	struct probe *p = arg;
	size_t room, len;
	uint8_t *at = deframe_room(&p->in, &room);
	ssize_t n = recv(p->w.fd, at, room, MSG_DONTWAIT);
	const uint8_t *msg;
	int rc;

	(void)events;
	if (n <= 0) {
		if (!n)
			stream_end(p, "the peer closed the connection without an answer");
		else if (errno != EAGAIN && errno != EINTR)
			stream_end(p, "the peer reset the connection without an answer");
		return;
	}
	deframe_add(&p->in, n);
	while ((rc = deframe_next(&p->in, &msg, &len)) > 0)
		input(p, msg, len);
	if (rc < 0)
		stream_end(p, "the answer is no IKE in TCP (RFC 9329)");
}

static void connected(void *arg, int fd, const char *err)
{
	struct probe *p = arg;
	int rc;

	p->connect = NULL;
	if (fd < 0) {
		end(p, CHECK_FAILED, err);
		return;
	}
	if (!p->way->connected)
		p->way->connect_ms = loop_now() - p->began;
	p->way->connected = true;
	p->in.n = 0;
	p->in.done = 0;
	p->w = (struct loop_fd){ .fd = fd, .ready = readable, .arg = p };
	rc = addr_of_socket(fd, &p->addrs);
	if (!rc)
		rc = prefix_send(fd);
	if (!rc)
		rc = loop_fd_add(p->check->loop, &p->w, EPOLLIN);
	if (rc) {
		close(fd);
		p->w.fd = -1;
		end(p, CHECK_FAILED, strerror(-rc));
		return;
	}
	if (!p->sa)
		start_ike(p);
	else if (ike_sa_reconnected(p->sa, &p->addrs))
		end(p, CHECK_FAILED, ike_sa_error(p->sa));
}

static void start_connect(struct probe *p)
{
	struct conf_subnet bind;

	p->connect = tcp_connect_start(p->check->loop, &p->target,
				       addr_parse(p->check->conn->local.host, &bind) ? &bind : NULL,
				       p->check->timeout_ms, connected, p);
	if (!p->connect)
		end(p, CHECK_FAILED, "out of memory");
}

static void set_target(struct probe *p, const struct addrinfo *ai)
{
	addr_to_sockaddr(&p->way->addr, p->way->port, &p->sockaddr);
	p->ai = *ai;
	p->ai.ai_addr = (struct sockaddr *)&p->sockaddr;
	p->ai.ai_next = NULL;
	p->target = (struct tcp_target){
		.host = p->check->target->host, .port = p->way->port, .list = &p->ai,
	};
}

void check_probe(struct check *c, struct check_way *way, const struct addrinfo *ai)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct conf_subnet bind;

	if (!p) {
		way->result = CHECK_FAILED;
		snprintf(way->detail, sizeof(way->detail), "out of memory");
		check_done(c);
		return;
	}
	p->check = c;
	p->way = way;
	p->began = loop_now();
	p->w.fd = -1;
	set_target(p, ai);
	loop_timer_set(c->loop, &p->deadline, c->timeout_ms, timeout, p);
	if (way->tcp)
		start_connect(p);
	else
		start_udp(p, addr_parse(c->conn->local.host, &bind) ? &bind : NULL);
}
