// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A child SA goes on over another outer connection. Other ports are a matter of
 * XFRM_MSG_UPDSA; other addresses, which are part of what SAs and policies are
 * found by, one of XFRM_MSG_MIGRATE, which goes by the policy: what is left of a
 * child that gave its policies to a successor stays, for it is on its way out.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "macros.h"
#include "net/addr.h"
#include "xfrm/fill.h"
#include "xfrm/policy.h"
#include "xfrm/sa.h"
#include "xfrm/talk.h"

/* One policy with its template, and the SA of that template if it has not moved yet */
static int migrate(struct xfrm *x, const struct ike_addrs *from, const struct ike_addrs *to,
		   const struct ike_child *child, int dir)
{
	bool out = dir == XFRM_POLICY_OUT;
	struct nl_msg *msg = xfrm_msg_new(x, XFRM_MSG_MIGRATE);
	struct xfrm_userpolicy_id id = { .dir = dir };
	struct xfrm_user_migrate m = {
		.proto = IPPROTO_ESP,
		.mode = child->transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL,
		.reqid = child->reqid,
		.old_family = from->local.family,
		.new_family = to->local.family,
	};

	if (!msg)
		return -ENOMEM;
	xfrm_fill_selector(&id.sel, child, out);
	xfrm_fill_addr(&m.old_saddr, out ? &from->local : &from->remote);
	xfrm_fill_addr(&m.old_daddr, out ? &from->remote : &from->local);
	xfrm_fill_addr(&m.new_saddr, out ? &to->local : &to->remote);
	xfrm_fill_addr(&m.new_daddr, out ? &to->remote : &to->local);
	if (nlmsg_append(msg, &id, sizeof(id), NLMSG_ALIGNTO) ||
	    nla_put(msg, XFRMA_MIGRATE, sizeof(m), &m) || xfrm_encap_put(msg, to, !out) ||
	    (child->if_id && nla_put_u32(msg, XFRMA_IF_ID, child->if_id))) {
		xfrm_msg_free(msg);
		return -ENOMEM;
	}
	return xfrm_talk(x, msg, NULL, NULL);
}

static int migrate_all(struct xfrm *x, const struct ike_addrs *from, const struct ike_addrs *to,
		       const struct ike_child *child)
{
	static const int dirs[] = { XFRM_POLICY_IN, XFRM_POLICY_FWD, XFRM_POLICY_OUT };
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(dirs); i++)
		if (dirs[i] != XFRM_POLICY_FWD || !child->transport)
			rc = migrate(x, from, to, child, dirs[i]);
	return rc;
}

/**
 * xfrm_child_move - let a child that is installed go on over another connection
 * @x: the connection to the kernel
 * @from: the outer connection that it was installed for
 * @to: the one to be used now
 * @child: the child; its keys may be wiped
 * @parts: what of it is there, enum ike_part
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * Sequence numbers, replay windows and keys stay. On failure the child may be
 * half moved, and is to be removed for both.
 *
 * Return: 0 or -errno.
 */
int xfrm_child_move(struct xfrm *x, const struct ike_addrs *from, const struct ike_addrs *to,
		    const struct ike_child *child, unsigned int parts, char *err, size_t errlen)
{
	int rc = 0;

	if (addr_equal(&from->local, &to->local) && addr_equal(&from->remote, &to->remote) &&
	    from->encap == to->encap) {
		if (parts & IKE_PART_IN)
			rc = xfrm_sa_set_ports(x, to, child, true);
		if (!rc && (parts & IKE_PART_OUT))
			rc = xfrm_sa_set_ports(x, to, child, false);
	} else if (parts & IKE_PART_POLICY) {
		rc = migrate_all(x, from, to, child);
	}
	if (rc == -ENOPROTOOPT)
		snprintf(err, errlen, "the kernel cannot move SAs to other addresses (CONFIG_XFRM_MIGRATE is not set)");
	else if (rc)
		xfrm_explain(x, XFRM_WHAT_SA, rc, err, errlen);
	return rc;
}
