// SPDX-License-Identifier: GPL-2.0-or-later
/* One request and its answer over NETLINK_XFRM. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <openssl/crypto.h>

#include "xfrm/talk.h"
#include "xfrm/xfrm.h"

struct xfrm {
	struct nl_sock *sk;
	struct nl_cb *cb;
	int err;			/* errno of the last answer */
	bool answered;			/* the last request: acknowledged or refused */
	char extack[128];		/* what the kernel said about it */
	void (*valid)(struct nl_msg *msg, void *arg);
	void *arg;
};

/* The kernel's own words follow the error, and its copy of the request if not capped */
static void read_extack(struct xfrm *x, struct nlmsgerr *e)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { NULL };
	size_t skip = sizeof(*e);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	if ((size_t)nlmsg_datalen(nlh) <= skip)
		return;
	if (nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)((char *)e + skip),
		      nlmsg_datalen(nlh) - skip, NULL) < 0)
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		nla_strlcpy(x->extack, tb[NLMSGERR_ATTR_MSG], sizeof(x->extack));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct xfrm *x = arg;

	(void)from;
	x->err = -e->error;
	x->answered = true;
	read_extack(x, e);
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct xfrm *x = arg;

	(void)msg;
	x->answered = true;
	return NL_STOP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct xfrm *x = arg;

	if (x->valid)
		x->valid(msg, x->arg);
	return NL_OK;
}

static void set_option(struct nl_sock *sk, int option)
{
	int on = 1;

	/* Better errors on kernels that know the option, the same service on others */
	(void)setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, option, &on, sizeof(on));
}

/**
 * xfrm_open - connect to the kernel's XFRM
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * Return: the connection, for xfrm_close(), or NULL.
 */
struct xfrm *xfrm_open(char *err, size_t errlen)
{
	struct xfrm *x = calloc(1, sizeof(*x));
	int rc;

	if (!x)
		goto nomem;
	x->sk = nl_socket_alloc();
	x->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!x->sk || !x->cb)
		goto nomem;

	rc = nl_connect(x->sk, NETLINK_XFRM);
	if (rc < 0) {
		snprintf(err, errlen, "the kernel has no XFRM interface (%s): modprobe xfrm_user",
			 nl_geterror(rc));
		xfrm_close(x);
		return NULL;
	}
	/* libnl's buffer takes every answer of XFRM: no need to look first how long it is */
	nl_socket_disable_msg_peek(x->sk);
	set_option(x->sk, NETLINK_EXT_ACK);
	/* Without it an error brings back the request, keys included */
	set_option(x->sk, NETLINK_CAP_ACK);
	nl_cb_err(x->cb, NL_CB_CUSTOM, on_error, x);
	nl_cb_set(x->cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, x);
	nl_cb_set(x->cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, x);
	return x;

nomem:
	snprintf(err, errlen, "out of memory");
	xfrm_close(x);
	return NULL;
}

/* Close the connection; what was installed stays installed */
void xfrm_close(struct xfrm *x)
{
	if (!x)
		return;
	if (x->sk)
		nl_socket_free(x->sk);
	if (x->cb)
		nl_cb_put(x->cb);
	free(x);
}

struct nl_msg *xfrm_msg_new(struct xfrm *x, int type)
{
	x->extack[0] = '\0';
	return nlmsg_alloc_simple(type, 0);
}

void xfrm_msg_free(struct nl_msg *msg)
{
	if (!msg)
		return;
	OPENSSL_cleanse(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
}

int xfrm_talk(struct xfrm *x, struct nl_msg *msg, void (*valid)(struct nl_msg *msg, void *arg),
	      void *arg)
{
	int rc;

	x->err = 0;
	x->answered = false;
	x->extack[0] = '\0';
	x->valid = valid;
	x->arg = arg;

	rc = nl_send_auto(x->sk, msg);
	xfrm_msg_free(msg);
	/* An answer with data comes in a datagram of its own, before the acknowledgment */
	while (rc >= 0 && !x->answered)
		rc = nl_recvmsgs(x->sk, x->cb);
	if (x->err)
		return -x->err;
	/* Not the kernel's refusal, so libnl's own trouble with the socket */
	return rc < 0 ? -EIO : 0;
}

void xfrm_explain(const struct xfrm *x, enum xfrm_what what, int err, char *buf, size_t len)
{
	static const char *const noun[] = {
		[XFRM_WHAT_SPI] = "a SPI", [XFRM_WHAT_SA] = "an SA", [XFRM_WHAT_POLICY] = "a policy",
	};
	const char *said = x->extack[0] ? x->extack : strerror(-err);

	if (err == -EPERM)
		snprintf(buf, len, "the kernel refused %s: CAP_NET_ADMIN is needed", noun[what]);
	else if (what == XFRM_WHAT_POLICY && err == -EEXIST)
		snprintf(buf, len, "a policy for the same addresses exists already: see ip xfrm policy");
	else if (what == XFRM_WHAT_SA && (strstr(x->extack, "ncapsulation") ||
					  (err == -EINVAL && !x->extack[0]) ||
					  err == -EPROTONOSUPPORT))
		snprintf(buf, len, "the kernel refused encap espintcp (%s): is the espintcp module loaded?",
			 said);
	/* ENOSYS is the kernel's word for it */
	else if (what == XFRM_WHAT_SA && (err == -ENOSYS || err == -ENOENT || err == -EOPNOTSUPP))
		snprintf(buf, len, "the kernel lacks an algorithm of the SA (%s)", said);
	else
		snprintf(buf, len, "the kernel refused %s: %s", noun[what], said);
}
