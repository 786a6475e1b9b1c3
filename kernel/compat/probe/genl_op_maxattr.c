// SPDX-License-Identifier: GPL-2.0-only
/* each operation of generic netlink has a policy of its own */
#include <net/genetlink.h>

HAS(genl_op_maxattr, struct genl_ops *op)
{
	op->policy = 0;
	op->maxattr = 0;
	return 0;
}

CONTROL(genl_op_maxattr, struct genl_ops *op)
{
	op->cmd = 0;
	return 0;
}
