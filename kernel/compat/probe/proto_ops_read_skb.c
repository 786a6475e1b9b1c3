// SPDX-License-Identifier: GPL-2.0-only
/* proto_ops has read_skb(), for sockmap */
#include <linux/net.h>

HAS(proto_ops_read_skb, struct proto_ops *ops)
{
	ops->read_skb = 0;
	return 0;
}

CONTROL(proto_ops_read_skb, struct proto_ops *ops)
{
	ops->read_sock = 0;
	return 0;
}
