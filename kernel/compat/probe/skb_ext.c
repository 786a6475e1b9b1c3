// SPDX-License-Identifier: GPL-2.0-only
/* what a packet brings along is in extensions */
#include <linux/skbuff.h>
#include <net/xfrm.h>

HAS(skb_ext, struct sk_buff *skb)
{
	skb_ext_reset(skb);
	return 0;
}

CONTROL(skb_ext, struct sk_buff *skb)
{
	secpath_reset(skb);
	return 0;
}
