// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions to the espintcp netlink family. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "genl/genl.h"

/* A dump that sockets came and went under is asked for again */
#define DUMP_TRIES 8
/* Beyond this the answer is not one of the module's */
#define SOCKETS_MAX 1000000

struct genl {
	struct nl_sock *sock;
	int family;
};

/**
 * genl_open - connect to the module's netlink family
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: the connection, or NULL.
 */
struct genl *genl_open(char *err, size_t errlen)
{
	struct genl *g = calloc(1, sizeof(*g));
	int rc, one = 1;

	if (g)
		g->sock = nl_socket_alloc();
	if (!g || !g->sock) {
		snprintf(err, errlen, "out of memory");
		free(g);
		return NULL;
	}
	rc = genl_connect(g->sock);
	if (rc < 0) {
		snprintf(err, errlen, "cannot open a netlink socket: %s", nl_geterror(rc));
		goto fail;
	}
	/* Older kernels have no sentences for errors: the numbers do */
	setsockopt(nl_socket_get_fd(g->sock), SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	g->family = genl_ctrl_resolve(g->sock, ESPINTCP_FAMILY_NAME);
	if (g->family == -NLE_OBJ_NOTFOUND) {
		snprintf(err, errlen, "the kernel module is not loaded; run: modprobe espintcp");
		goto fail;
	}
	if (g->family < 0) {
		snprintf(err, errlen, "cannot find the netlink family espintcp: %s",
			 nl_geterror(g->family));
		goto fail;
	}
	return g;
fail:
	genl_close(g);
	return NULL;
}

/**
 * genl_close - end the connection
 * @g: connection, may be NULL
 */
void genl_close(struct genl *g)
{
	if (!g)
		return;
	nl_socket_free(g->sock);
	free(g);
}

struct reply {
	struct genl_info *info;
	struct genl_sockets *socks;
	struct genl_limits *limits;
	struct genl_stats *stats;
	bool seen;
	int err;			/* of libnl's, or 0 */
	char why[160];			/* what the kernel says about it, or "" */
};

static int info_valid(struct nl_msg *msg, void *arg)
{
	struct reply *r = arg;

	if (genl_parse_info(nlmsg_hdr(msg), r->info))
		return -NLE_PARSE_ERR;
	r->seen = true;
	return NL_OK;
}

static int socket_valid(struct nl_msg *msg, void *arg)
{
	struct genl_sockets *socks = ((struct reply *)arg)->socks;
	struct genl_socket *s;

	/* Doubles: n is a power of two exactly when the array is full */
	if (!(socks->n & (socks->n - 1))) {
		if (socks->n >= SOCKETS_MAX)
			return -NLE_RANGE;
		s = reallocarray(socks->s, socks->n ? 2 * socks->n : 1, sizeof(*s));
		if (!s)
			return -NLE_NOMEM;
		socks->s = s;
	}
	if (genl_parse_socket(nlmsg_hdr(msg), &socks->s[socks->n]))
		return -NLE_PARSE_ERR;
	socks->n++;
	return NL_OK;
}

/* A dump that fails says so where it ends, and libnl does not look there */
static int dump_done(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct reply *r = arg;
	int err;

	if (nlmsg_datalen(nlh) >= (int)sizeof(err)) {
		memcpy(&err, nlmsg_data(nlh), sizeof(err));
		if (err < 0)
			r->err = -nl_syserr2nlerr(err);
	}
	return NL_OK;
}

static int limits_valid(struct nl_msg *msg, void *arg)
{
	struct reply *r = arg;

	if (genl_parse_limits(nlmsg_hdr(msg), r->limits))
		return -NLE_PARSE_ERR;
	r->seen = true;
	return NL_OK;
}

static int stats_valid(struct nl_msg *msg, void *arg)
{
	struct reply *r = arg;

	if (genl_parse_stats(nlmsg_hdr(msg), r->stats))
		return -NLE_PARSE_ERR;
	r->seen = true;
	return NL_OK;
}

static int error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	const char *why = genl_parse_error(nlh);
	struct reply *r = arg;

	(void)from;
	r->err = -nl_syserr2nlerr(e->error);
	snprintf(r->why, sizeof(r->why), "%s", why ? why : "");
	return NL_STOP;
}

static int ack(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_STOP;
}

static struct nl_msg *request(struct genl *g, uint8_t cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, g->family, 0, flags, cmd,
				ESPINTCP_FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* Send a request and read until it is answered; frees @msg, which may be NULL */
static int ask(struct genl *g, struct nl_msg *msg, nl_recvmsg_msg_cb_t valid, struct reply *reply)
{
	struct nl_cb *cb = nl_cb_clone(nl_socket_get_cb(g->sock));
	bool dump = msg && nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP;
	int rc = -NLE_NOMEM;

	if (!msg || !cb)
		goto out;
	if (valid)
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, valid, reply);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, dump_done, reply);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, ack, reply);
	nl_cb_err(cb, NL_CB_CUSTOM, error, reply);

	rc = nl_send_auto(g->sock, msg);
	if (rc < 0)
		goto out;
	rc = nl_recvmsgs(g->sock, cb);
	/* Without a dump the acknowledgment comes as a message of its own */
	if (rc >= 0 && !reply->err && valid && !dump)
		rc = nl_recvmsgs(g->sock, cb);
	if (rc >= 0 && reply->err)
		rc = reply->err;
out:
	if (cb)
		nl_cb_put(cb);
	nlmsg_free(msg);
	return rc;
}

static int failed(int rc, const struct reply *reply, const char *what, char *err, size_t errlen)
{
	if (reply->why[0])
		snprintf(err, errlen, "cannot %s: %s", what, reply->why);
	else if (rc == -NLE_PERM)
		snprintf(err, errlen, "to %s takes CAP_NET_ADMIN", what);
	else if (rc == -NLE_OPNOTSUPP)
		snprintf(err, errlen, "cannot %s: the loaded module is older than this command; run: modprobe -r espintcp && modprobe espintcp",
			 what);
	else
		snprintf(err, errlen, "cannot %s: %s", what, nl_geterror(rc));
	return -1;
}

/* A question with one answer */
static int get(struct genl *g, uint8_t cmd, nl_recvmsg_msg_cb_t valid, struct reply *reply,
	       const char *what, char *err, size_t errlen)
{
	int rc = ask(g, request(g, cmd, 0), valid, reply);

	if (rc >= 0 && !reply->seen)
		rc = -NLE_PARSE_ERR;
	return rc < 0 ? failed(rc, reply, what, err, errlen) : 0;
}

/**
 * genl_get_info - ask for version, features and the counters of this netns
 * @g: connection
 * @info: filled in
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: 0 or -1.
 */
int genl_get_info(struct genl *g, struct genl_info *info, char *err, size_t errlen)
{
	struct reply reply = { .info = info };

	return get(g, ESPINTCP_CMD_INFO_GET, info_valid, &reply, "ask for the module's version",
		   err, errlen);
}

/**
 * genl_get_sockets - ask for the sockets that the ULP is attached to
 * @g: connection
 * @all: of every network namespace; the kernel wants CAP_NET_ADMIN then
 * @out: filled in; the caller frees out->s
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: 0, or -1 with nothing to free.
 */
int genl_get_sockets(struct genl *g, bool all, struct genl_sockets *out, char *err, size_t errlen)
{
	struct reply reply = { .socks = out };
	int rc = -NLE_DUMP_INTR;
	struct nl_msg *msg;

	out->s = NULL;
	for (int i = 0; i < DUMP_TRIES && rc == -NLE_DUMP_INTR; i++) {
		out->n = 0;
		free(out->s);
		out->s = NULL;
		reply.err = 0;
		msg = request(g, ESPINTCP_CMD_SOCKET_GET, NLM_F_DUMP);
		if (msg && all && nla_put_flag(msg, ESPINTCP_A_SOCKET_ALL_NETNS) < 0) {
			nlmsg_free(msg);
			msg = NULL;
		}
		rc = ask(g, msg, socket_valid, &reply);
	}
	if (rc >= 0)
		return 0;
	free(out->s);
	out->s = NULL;
	out->n = 0;
	return failed(rc, &reply, "ask for the sockets", err, errlen);
}

/**
 * genl_get_limits - ask for the bounds of this netns
 * @g: connection
 * @limits: filled in
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: 0 or -1.
 */
int genl_get_limits(struct genl *g, struct genl_limits *limits, char *err, size_t errlen)
{
	struct reply reply = { .limits = limits };

	return get(g, ESPINTCP_CMD_LIMITS_GET, limits_valid, &reply, "ask for the limits",
		   err, errlen);
}

static int put_limit(struct nl_msg *msg, int i, uint64_t v)
{
	if (i == ESPINTCP_A_LIMITS_MEMORY)
		return nla_put_u64(msg, i, v);
	if (i == ESPINTCP_A_LIMITS_UNPRIVILEGED)
		return nla_put_u8(msg, i, v);
	return nla_put_u32(msg, i, v);
}

/**
 * genl_set_limits - set bounds of this netns, all that are given or none
 * @g: connection
 * @limits: those that it has
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: 0 or -1.
 */
int genl_set_limits(struct genl *g, const struct genl_limits *limits, char *err, size_t errlen)
{
	struct nl_msg *msg = request(g, ESPINTCP_CMD_LIMITS_SET, NLM_F_ACK);
	struct reply reply = { 0 };
	int rc = msg ? 0 : -NLE_NOMEM;

	for (int i = 0; !rc && i <= ESPINTCP_A_LIMITS_MAX; i++)
		if (limits->has[i])
			rc = put_limit(msg, i, limits->v[i]);
	if (rc < 0)
		nlmsg_free(msg);
	else
		rc = ask(g, msg, NULL, &reply);
	return rc < 0 ? failed(rc, &reply, "set the limits", err, errlen) : 0;
}

/**
 * genl_get_stats - ask what the sockets of this netns did and hold
 * @g: connection
 * @stats: filled in
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: 0 or -1.
 */
int genl_get_stats(struct genl *g, struct genl_stats *stats, char *err, size_t errlen)
{
	struct reply reply = { .stats = stats };

	return get(g, ESPINTCP_CMD_STATS_GET, stats_valid, &reply, "ask for the statistics",
		   err, errlen);
}

/**
 * genl_close_socket - end the connection of an attached socket of this netns
 * @g: connection
 * @cookie: the socket's
 * @how: by a reset, or after what waits was sent
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: 0 or -1.
 */
int genl_close_socket(struct genl *g, uint64_t cookie, enum espintcp_close how,
		      char *err, size_t errlen)
{
	struct nl_msg *msg = request(g, ESPINTCP_CMD_SOCKET_CLOSE, NLM_F_ACK);
	struct reply reply = { 0 };
	int rc = -NLE_NOMEM;

	if (msg && (nla_put_u64(msg, ESPINTCP_A_SOCKET_COOKIE, cookie) < 0 ||
		    nla_put_u32(msg, ESPINTCP_A_SOCKET_CLOSE, how) < 0))
		nlmsg_free(msg);
	else
		rc = ask(g, msg, NULL, &reply);
	return rc < 0 ? failed(rc, &reply, "close the socket", err, errlen) : 0;
}

/**
 * genl_listen - begin to receive events
 * @g: connection; it can ask nothing any more
 * @all: of every netns that has an id in ours
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: 0 or -1.
 */
int genl_listen(struct genl *g, bool all, char *err, size_t errlen)
{
	int one = 1, rc = genl_ctrl_resolve_grp(g->sock, ESPINTCP_FAMILY_NAME,
						ESPINTCP_MCGRP_EVENTS);
	struct reply reply = { 0 };

	if (rc == -NLE_OBJ_NOTFOUND)
		rc = -NLE_OPNOTSUPP;
	if (rc >= 0)
		rc = nl_socket_add_membership(g->sock, rc);
	if (rc >= 0)
		rc = nl_socket_set_nonblocking(g->sock);
	if (rc < 0)
		return failed(rc, &reply, "listen for events", err, errlen);
	if (all && setsockopt(nl_socket_get_fd(g->sock), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID,
			      &one, sizeof(one))) {
		snprintf(err, errlen, "cannot listen in other network namespaces, without --all-netns it goes: %s",
			 strerror(errno));
		return -1;
	}
	nl_socket_disable_seq_check(g->sock);
	return 0;
}

/**
 * genl_fd - the descriptor that becomes readable
 * @g: connection
 *
 * Return: the descriptor, which stays the connection's.
 */
int genl_fd(const struct genl *g)
{
	return nl_socket_get_fd(g->sock);
}

struct listener {
	void (*fn)(void *arg, const struct genl_event *ev);
	void *arg;
};

static int event_valid(struct nl_msg *msg, void *arg)
{
	const struct genlmsghdr *hdr = genlmsg_hdr(nlmsg_hdr(msg));
	struct listener *l = arg;
	struct genl_event ev;

	/* A newer module may have more to tell: what is not known is skipped */
	if (hdr->cmd == ESPINTCP_CMD_EVENT_NTF && !genl_parse_event(nlmsg_hdr(msg), &ev))
		l->fn(l->arg, &ev);
	return NL_OK;
}

/**
 * genl_events - read the events that are there
 * @g: connection, after genl_listen()
 * @fn: gets each
 * @arg: for @fn
 * @err: one sentence where that fails
 * @errlen: size of @err
 *
 * Return: 0, 1 where the kernel had to drop some, or -1.
 */
int genl_events(struct genl *g, void (*fn)(void *arg, const struct genl_event *ev), void *arg,
		char *err, size_t errlen)
{
	struct nl_cb *cb = nl_cb_clone(nl_socket_get_cb(g->sock));
	struct listener l = { .fn = fn, .arg = arg };
	struct reply reply = { 0 };
	int rc = -NLE_NOMEM;

	if (cb) {
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, event_valid, &l);
		rc = nl_recvmsgs(g->sock, cb);
		nl_cb_put(cb);
	}
	if (rc == -NLE_AGAIN)
		return 0;
	/* libnl tells ENOBUFS so: the socket's buffer ran over */
	if (rc == -NLE_NOMEM && cb)
		return 1;
	return rc < 0 ? failed(rc, &reply, "read events", err, errlen) : 0;
}
