// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An SA that is installed, for other addresses: all that the kernel tells of it goes into a
 * request for another one. XFRM_MSG_MIGRATE would do so by itself, but packets that leave
 * meanwhile have sequence numbers that the copy uses again, and with them IVs of AES-GCM.
 * It also takes one SA of several, and cannot take an encapsulation away.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <openssl/crypto.h>

#include "xfrm/fill.h"
#include "xfrm/sa.h"
#include "xfrm/talk.h"

/* Packets that may leave between our question and the end of the old SA */
#define SEQ_GAP		0x100000u

#define REPLY_MAX	8192

struct copy {
	struct nl_msg *msg;		/* the request for the new SA */
	const struct ike_addrs *to;
	bool in;
};

/* libnl leaves what it received in freed memory: keys are read by ourselves */
static int ask(struct nl_msg *question, uint8_t *reply, size_t max)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	struct nlmsghdr *nlh = nlmsg_hdr(question);
	ssize_t n;
	int rc;

	if (fd < 0)
		return -errno;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	/* The kernel has answered when send() returns */
	n = send(fd, nlh, nlh->nlmsg_len, 0);
	if (n >= 0)
		n = recv(fd, reply, max, MSG_DONTWAIT | MSG_TRUNC);
	rc = n < 0 ? -errno : n > (ssize_t)max ? -EMSGSIZE : (int)n;
	close(fd);
	return rc;
}

/* Under lockdown=confidentiality the kernel shows zeros */
static bool hidden(const struct nlattr *nla, size_t head)
{
	const uint8_t *key = (const uint8_t *)nla_data(nla) + head;
	size_t len = nla_len(nla) > (int)head ? nla_len(nla) - head : 0;
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= key[i];
	return len && !any;
}

static int put_replay(struct copy *c, const struct nlattr *nla)
{
	uint8_t state[sizeof(struct xfrm_replay_state_esn) + 512];
	struct xfrm_replay_state_esn esn;
	size_t len = nla_len(nla);

	if (len < sizeof(esn) || len > sizeof(state))
		return -EINVAL;
	memcpy(state, nla_data(nla), len);
	memcpy(&esn, state, sizeof(esn));
	if (!c->in) {
		if (esn.oseq > UINT32_MAX - SEQ_GAP && !esn.oseq_hi)
			return -EOVERFLOW;
		esn.oseq_hi += esn.oseq > UINT32_MAX - SEQ_GAP;
		esn.oseq += SEQ_GAP;
	}
	memcpy(state, &esn, sizeof(esn));
	return nla_put(c->msg, XFRMA_REPLAY_ESN_VAL, len, state) ? -ENOMEM : 0;
}

static int put_attr(struct copy *c, const struct nlattr *nla)
{
	size_t head = 0;

	switch (nla_type(nla)) {
	case XFRMA_REPLAY_ESN_VAL:
		return put_replay(c, nla);
	case XFRMA_ALG_AEAD:
		head = sizeof(struct xfrm_algo_aead);
		break;
	case XFRMA_ALG_AUTH_TRUNC:
		head = sizeof(struct xfrm_algo_auth);
		break;
	case XFRMA_ALG_CRYPT:
		head = sizeof(struct xfrm_algo);
		break;
	case XFRMA_IF_ID:
		break;
	default:
		return 0;	/* none that we have set, or not to be copied */
	}
	if (head && hidden(nla, head))
		return -EKEYREJECTED;
	return nla_put(c->msg, nla_type(nla), nla_len(nla), nla_data(nla)) ? -ENOMEM : 0;
}

static int build(struct copy *c, const struct nlmsghdr *nlh)
{
	struct xfrm_lifetime_cur used;
	struct xfrm_usersa_info info;
	struct nlattr *nla;
	int rem, rc;

	memcpy(&info, nlmsg_data(nlh), sizeof(info));
	used = info.curlft;
	xfrm_fill_addr(&info.saddr, c->in ? &c->to->remote : &c->to->local);
	xfrm_fill_addr(&info.id.daddr, c->in ? &c->to->local : &c->to->remote);
	info.family = c->to->local.family;
	memset(&info.sel, 0, sizeof(info.sel));
	info.replay_window = 0;		/* it is with the bitmap */
	if (nlmsg_append(c->msg, &info, sizeof(info), NLMSG_ALIGNTO) ||
	    nla_put(c->msg, XFRMA_LTIME_VAL, sizeof(used), &used))
		return -ENOMEM;
	rc = xfrm_encap_put(c->msg, c->to, c->in);
	nlmsg_for_each_attr(nla, (struct nlmsghdr *)nlh, sizeof(info), rem) {
		if (rc)
			break;
		rc = put_attr(c, nla);
	}
	return rc;
}

int xfrm_sa_copy(struct xfrm *x, const struct ike_addrs *from, const struct ike_addrs *to,
		 uint32_t spi, bool in, struct nl_msg **copy)
{
	struct nl_msg *question = xfrm_sa_id_msg(x, XFRM_MSG_GETSA, from, spi, in);
	struct copy c = { .to = to, .in = in };
	union {
		struct nlmsghdr head;
		uint8_t bytes[REPLY_MAX];
	} reply;
	struct nlmsghdr *nlh = &reply.head;
	int n, rc = -EIO;

	if (!question)
		return -ENOMEM;
	n = ask(question, reply.bytes, sizeof(reply));
	nlmsg_free(question);
	if (n < 0)
		return n;
	c.msg = xfrm_msg_new(x, XFRM_MSG_NEWSA);
	if (!c.msg)
		rc = -ENOMEM;
	else if (nlmsg_ok(nlh, n) && nlh->nlmsg_type == XFRM_MSG_NEWSA &&
		 nlmsg_datalen(nlh) >= (int)sizeof(struct xfrm_usersa_info))
		rc = build(&c, nlh);
	else if (nlmsg_ok(nlh, n) && nlh->nlmsg_type == NLMSG_ERROR &&
		 nlmsg_datalen(nlh) >= (int)sizeof(struct nlmsgerr))
		rc = ((struct nlmsgerr *)nlmsg_data(nlh))->error;
	OPENSSL_cleanse(&reply, sizeof(reply));
	if (!rc)
		*copy = c.msg;
	else
		xfrm_msg_free(c.msg);
	return rc;
}
