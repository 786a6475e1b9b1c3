// SPDX-License-Identifier: GPL-2.0-or-later
/* What the SAs of a child have carried. */
#include <errno.h>

#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "xfrm/fill.h"
#include "xfrm/talk.h"
#include "xfrm/xfrm.h"

static void take_bytes(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct xfrm_lifetime_cur cur;
	struct nlattr *attr;

	if (nlh->nlmsg_type != XFRM_MSG_NEWAE)
		return;
	attr = nlmsg_find_attr(nlh, sizeof(struct xfrm_aevent_id), XFRMA_LTIME_VAL);
	if (!attr || nla_len(attr) < (int)sizeof(cur))
		return;
	memcpy(&cur, nla_data(attr), sizeof(cur));
	*(uint64_t *)arg = cur.bytes;
}

/* Not XFRM_MSG_GETSA: its answer has the keys */
uint64_t xfrm_child_bytes(struct xfrm *x, const struct ike_addrs *addrs,
			  const struct ike_child *child, bool in)
{
	struct nl_msg *msg = xfrm_msg_new(x, XFRM_MSG_GETAE);
	struct xfrm_aevent_id id = { .reqid = child->reqid };
	uint64_t bytes = 0;

	if (!msg)
		return 0;
	id.sa_id.spi = in ? child->spi_in : child->spi_out;
	id.sa_id.proto = IPPROTO_ESP;
	id.sa_id.family = addrs->local.family;
	xfrm_fill_addr(&id.sa_id.daddr, in ? &addrs->local : &addrs->remote);
	xfrm_fill_addr(&id.saddr, in ? &addrs->remote : &addrs->local);
	if (nlmsg_append(msg, &id, sizeof(id), NLMSG_ALIGNTO)) {
		xfrm_msg_free(msg);
		return 0;
	}
	(void)xfrm_talk(x, msg, take_bytes, &bytes);
	return bytes;
}
