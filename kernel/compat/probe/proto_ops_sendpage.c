// SPDX-License-Identifier: GPL-2.0-only
/* proto_ops has sendpage(), a way into the stream of its own */
#include <linux/net.h>

HAS(proto_ops_sendpage, struct proto_ops *ops)
{
	ops->sendpage = 0;
	ops->sendpage_locked = 0;
	return 0;
}

CONTROL(proto_ops_sendpage, struct proto_ops *ops)
{
	ops->read_sock = 0;
	return 0;
}
