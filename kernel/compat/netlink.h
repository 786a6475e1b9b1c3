/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink: what requests and dumps are told. */
#ifndef ESPINTCP_COMPAT_NETLINK_H
#define ESPINTCP_COMPAT_NETLINK_H

#include <net/genetlink.h>

#include "have.h"

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

static inline struct nlattr **
espintcp_compat_dump_attrs(struct netlink_callback *cb)
{
#if ESPINTCP_HAVE_GENL_DUMP_ATTRS
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_dumpit_info(cb)->info.attrs;
#endif
}

#endif
