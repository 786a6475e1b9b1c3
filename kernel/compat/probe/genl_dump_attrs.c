// SPDX-License-Identifier: GPL-2.0-only
/* a dump finds its attributes beside its genl_info, not in it */
#include <net/genetlink.h>

HAS(genl_dump_attrs, struct netlink_callback *cb)
{
	return !genl_dumpit_info(cb)->attrs;
}

LACKS(genl_dump_attrs, struct netlink_callback *cb)
{
	return !genl_dumpit_info(cb)->info.attrs;
}
