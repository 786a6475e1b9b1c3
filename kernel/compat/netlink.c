// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of operations, for kernels whose generic netlink has one for a whole
 * family at most, and knows no ranges of 64 bits.
 */

#include <linux/module.h>

#include "netlink.h"

#if !ESPINTCP_HAVE_GENL_OP_MAXATTR

/* The one family of this module, as it was given and as the kernel wants it */
#define MAX_OPS	8
static const struct espintcp_compat_genl_ops *given;
static struct genl_ops taken[MAX_OPS];

/* The value of an attribute of @type; false where it has another length */
static bool get_value(const struct nlattr *a, u8 type, u64 *v)
{
	switch (type) {
	case NLA_U8:
		*v = nla_len(a) == sizeof(u8) ? nla_get_u8(a) : 0;
		return nla_len(a) == sizeof(u8);
	case NLA_U32:
		*v = nla_len(a) == sizeof(u32) ? nla_get_u32(a) : 0;
		return nla_len(a) == sizeof(u32);
	case NLA_U64:
		*v = nla_len(a) == sizeof(u64) ? nla_get_u64(a) : 0;
		return nla_len(a) == sizeof(u64);
	case NLA_FLAG:
		*v = 0;
		return !nla_len(a);
	}
	return false;
}

static int check_attr(const struct espintcp_compat_genl_ops *op,
		      const struct nlattr *a, struct netlink_ext_ack *extack)
{
	const struct espintcp_compat_policy *p;
	u64 v;

	if (nla_type(a) > op->maxattr || !op->policy[nla_type(a)].type) {
		NL_SET_ERR_MSG_ATTR(extack, a, "Unsupported attribute");
		return -EINVAL;
	}

	p = &op->policy[nla_type(a)];
	if (!get_value(a, p->type, &v)) {
		NL_SET_ERR_MSG_ATTR(extack, a, "invalid attribute length");
		return -ERANGE;
	}
	if (p->range && (v < p->range->min || v > p->range->max)) {
		NL_SET_ERR_MSG_ATTR(extack, a, "integer out of range");
		return -ERANGE;
	}
	return 0;
}

static int check(const struct espintcp_compat_genl_ops *op,
		 const struct nlmsghdr *nlh, struct netlink_ext_ack *extack)
{
	const struct nlattr *a;
	int rem, err;

	if (nlh->nlmsg_len < nlmsg_msg_size(GENL_HDRLEN))
		return -EINVAL;

	nlmsg_for_each_attr(a, nlh, GENL_HDRLEN, rem) {
		err = check_attr(op, a, extack);
		if (err)
			return err;
	}
	if (rem) {
		NL_SET_ERR_MSG(extack, "bytes leftover after parsing attributes");
		return -EINVAL;
	}
	return 0;
}

static int pre_doit(const struct genl_ops *op, struct sk_buff *skb,
		    struct genl_info *info)
{
	return check(given + (op - taken), info->nlhdr, info->extack);
}

static int start(struct netlink_callback *cb)
{
	const struct genlmsghdr *gh = nlmsg_data(cb->nlh);
	const struct espintcp_compat_genl_ops *op = given;

	/* The kernel has found it by this number already */
	while (op->cmd != gh->cmd)
		op++;
	return check(op, cb->nlh, NULL);
}

/**
 * espintcp_compat_genl_register - make a family with its operations known
 * @family: the family, but for its operations
 * @ops: the operations, each with a policy
 * @n: their number
 *
 * Context: Process context, once. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_compat_genl_register(struct genl_family *family,
				  const struct espintcp_compat_genl_ops *ops,
				  int n)
{
	int i;

	if (WARN_ON(n > MAX_OPS))
		return -EINVAL;

	for (i = 0; i < n; i++) {
		taken[i].cmd = ops[i].cmd;
		taken[i].flags = ops[i].flags;
		taken[i].doit = ops[i].doit;
		taken[i].dumpit = ops[i].dumpit;
		if (ops[i].dumpit)
			taken[i].start = start;
		family->maxattr = max(family->maxattr, ops[i].maxattr);
	}
	given = ops;
	family->ops = taken;
	family->n_ops = n;
	family->pre_doit = pre_doit;
	return genl_register_family(family);
}

#endif
