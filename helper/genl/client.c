// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions to the espintcp netlink family. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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
	int rc;

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
	bool seen;
	int err;			/* of a dump, of libnl's or 0 */
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

static int ask(struct genl *g, uint8_t cmd, int flags, bool all,
	       nl_recvmsg_msg_cb_t valid, struct reply *reply)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nl_cb *cb = NULL;
	int rc = -NLE_NOMEM;

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, g->family, 0, flags, cmd,
				 ESPINTCP_FAMILY_VERSION))
		goto out;
	if (all && nla_put_flag(msg, ESPINTCP_A_SOCKET_ALL_NETNS) < 0)
		goto out;
	cb = nl_cb_clone(nl_socket_get_cb(g->sock));
	if (!cb)
		goto out;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, valid, reply);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, dump_done, reply);

	rc = nl_send_auto(g->sock, msg);
	if (rc < 0)
		goto out;
	rc = nl_recvmsgs(g->sock, cb);
	/* Without a dump the acknowledgment comes as a message of its own */
	if (rc >= 0 && !(flags & NLM_F_DUMP))
		rc = nl_wait_for_ack(g->sock);
	if (rc >= 0 && reply->err)
		rc = reply->err;
out:
	if (cb)
		nl_cb_put(cb);
	nlmsg_free(msg);
	return rc;
}

static int failed(int rc, const char *what, char *err, size_t errlen)
{
	if (rc == -NLE_PERM)
		snprintf(err, errlen, "to ask the kernel for %s takes CAP_NET_ADMIN",
			 what);
	else
		snprintf(err, errlen, "cannot ask the kernel for %s: %s", what, nl_geterror(rc));
	return -1;
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
	int rc = ask(g, ESPINTCP_CMD_INFO_GET, 0, false, info_valid, &reply);

	if (rc >= 0 && !reply.seen)
		rc = -NLE_PARSE_ERR;
	return rc < 0 ? failed(rc, "the module's version", err, errlen) : 0;
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

	out->s = NULL;
	for (int i = 0; i < DUMP_TRIES && rc == -NLE_DUMP_INTR; i++) {
		out->n = 0;
		free(out->s);
		out->s = NULL;
		reply.err = 0;
		rc = ask(g, ESPINTCP_CMD_SOCKET_GET, NLM_F_DUMP, all, socket_valid, &reply);
	}
	if (rc >= 0)
		return 0;
	free(out->s);
	out->s = NULL;
	out->n = 0;
	return failed(rc, "the sockets", err, errlen);
}
