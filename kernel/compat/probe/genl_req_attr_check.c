// SPDX-License-Identifier: GPL-2.0-only
/* generic netlink tells which attribute is missing */
#include <net/genetlink.h>

HAS(genl_req_attr_check, struct genl_info *info)
{
	return GENL_REQ_ATTR_CHECK(info, 0);
}

CONTROL(genl_req_attr_check, struct genl_info *info)
{
	return !info->attrs[0];
}
