// SPDX-License-Identifier: GPL-2.0-only
/* the flow dissector is told the network namespace */
#include <linux/skbuff.h>
#include <net/flow_dissector.h>

HAS(flow_dissect_net, struct net *net, struct sk_buff *skb, struct flow_dissector *fd)
{
	return __skb_flow_dissect(net, skb, fd, 0, 0, 0, 0, 0, 0);
}

LACKS(flow_dissect_net, struct sk_buff *skb, struct flow_dissector *fd)
{
	return __skb_flow_dissect(skb, fd, 0, 0, 0, 0, 0, 0);
}
