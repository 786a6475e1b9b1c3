// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A child SA goes on over another outer connection. Other ports are a matter of
 * XFRM_MSG_UPDSA; other addresses, which are part of what SAs and policies are found by, and
 * another encapsulation ask for a copy of each SA in the place of it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include <linux/xfrm.h>
#include <netlink/msg.h>

#include "macros.h"
#include "net/addr.h"
#include "xfrm/policy.h"
#include "xfrm/sa.h"
#include "xfrm/talk.h"

/*
 * *left: the old one stays for now, since the new one is found by another address. One that
 * has expired meanwhile does not move.
 */
static int move_sa(struct xfrm *x, const struct ike_addrs *from, const struct ike_addrs *to,
		   const struct ike_child *child, bool in, bool *left)
{
	const struct conf_subnet *old = in ? &from->local : &from->remote;
	const struct conf_subnet *new = in ? &to->local : &to->remote;
	uint32_t spi = in ? child->spi_in : child->spi_out;
	struct nl_msg *copy;
	int rc;

	*left = false;
	rc = xfrm_sa_copy(x, from, to, spi, in, &copy);
	if (rc)
		return rc == -ESRCH ? 0 : rc;
	if (addr_equal(old, new))
		xfrm_sa_del(x, from, spi, in);
	else
		*left = true;
	return xfrm_talk(x, copy, NULL, NULL);
}

static int move_policies(struct xfrm *x, const struct ike_addrs *to,
			 const struct ike_child *child)
{
	static const int dirs[] = { XFRM_POLICY_IN, XFRM_POLICY_FWD, XFRM_POLICY_OUT };
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(dirs); i++)
		if (dirs[i] != XFRM_POLICY_FWD || !child->transport)
			rc = xfrm_policy_replace(x, to, child, dirs[i]);
	return rc;
}

/* What is opened first must be able to receive, and what was used ends last */
static int move_all(struct xfrm *x, const struct ike_addrs *from, const struct ike_addrs *to,
		    const struct ike_child *child, unsigned int parts)
{
	bool left_in = false, left_out = false;
	int rc = 0;

	if (parts & IKE_PART_IN)
		rc = move_sa(x, from, to, child, true, &left_in);
	if (!rc && (parts & IKE_PART_OUT))
		rc = move_sa(x, from, to, child, false, &left_out);
	if (!rc && (parts & IKE_PART_POLICY))
		rc = move_policies(x, to, child);
	if (left_in)
		xfrm_sa_del(x, from, child->spi_in, true);
	if (left_out)
		xfrm_sa_del(x, from, child->spi_out, false);
	return rc;
}

static int set_ports(struct xfrm *x, const struct ike_addrs *to, const struct ike_child *child,
		     unsigned int parts)
{
	int rc = 0;

	if (parts & IKE_PART_IN)
		rc = xfrm_sa_set_ports(x, to, child, true);
	if (!rc && (parts & IKE_PART_OUT))
		rc = xfrm_sa_set_ports(x, to, child, false);
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
	bool ports = addr_equal(&from->local, &to->local) &&
		     addr_equal(&from->remote, &to->remote) && from->encap == to->encap;
	int rc = ports ? set_ports(x, to, child, parts) : move_all(x, from, to, child, parts);

	if (rc == -EKEYREJECTED)
		snprintf(err, errlen, "the kernel does not show the keys of SAs (lockdown=confidentiality)");
	else if (rc == -EOVERFLOW)
		snprintf(err, errlen, "an SA has not enough sequence numbers left");
	else if (rc)
		xfrm_explain(x, XFRM_WHAT_SA, rc, err, errlen);
	return rc;
}
