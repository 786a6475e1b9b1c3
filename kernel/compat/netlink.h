/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink: what operations take, and what requests and dumps are told. */
#ifndef ESPINTCP_COMPAT_NETLINK_H
#define ESPINTCP_COMPAT_NETLINK_H

#include <net/genetlink.h>

#include "have.h"

#if ESPINTCP_HAVE_GENL_OP_MAXATTR

#define espintcp_compat_policy		nla_policy
#define espintcp_compat_range		netlink_range_validation
#define espintcp_compat_genl_ops	genl_ops
#define ESPINTCP_COMPAT_NLA_REJECT	NLA_REJECT
#define ESPINTCP_COMPAT_POLICY_RANGE	NLA_POLICY_FULL_RANGE

/**
 * espintcp_compat_genl_register - make a family with its operations known
 * @family: the family, but for its operations
 * @ops: the operations, each with a policy
 * @n: their number
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
static inline int
espintcp_compat_genl_register(struct genl_family *family,
			      const struct espintcp_compat_genl_ops *ops, int n)
{
	family->ops = ops;
	family->n_ops = n;
	return genl_register_family(family);
}

#else

/* Like their namesakes of kernels that have them; see netlink.c */
struct espintcp_compat_range {
	u64	min;
	u64	max;
};

struct espintcp_compat_policy {
	u8					type;
	const struct espintcp_compat_range	*range;
};

struct espintcp_compat_genl_ops {
	u8	cmd;
	u8	flags;
	int	(*doit)(struct sk_buff *skb, struct genl_info *info);
	int	(*dumpit)(struct sk_buff *skb, struct netlink_callback *cb);
	const struct espintcp_compat_policy	*policy;
	unsigned int				maxattr;
};

/* As what no policy lists */
#define ESPINTCP_COMPAT_NLA_REJECT	NLA_UNSPEC
#define ESPINTCP_COMPAT_POLICY_RANGE(tp, r)	{ .type = (tp), .range = (r) }

int espintcp_compat_genl_register(struct genl_family *family,
				  const struct espintcp_compat_genl_ops *ops,
				  int n);

#endif

/* Whether a request lacks an attribute; the kernel may tell its sender which */
static inline bool espintcp_compat_attr_missing(struct genl_info *info,
						int attr)
{
#if ESPINTCP_HAVE_GENL_REQ_ATTR_CHECK
	return GENL_REQ_ATTR_CHECK(info, attr);
#else
	return !info->attrs[attr];
#endif
}

#endif
