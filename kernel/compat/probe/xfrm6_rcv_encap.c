// SPDX-License-Identifier: GPL-2.0-only
/* ESP over IPv6 knows encapsulation */
#include <net/xfrm.h>

HAS(xfrm6_rcv_encap, struct sk_buff *skb)
{
	return xfrm6_rcv_encap(skb, 0, 0, 0);
}

CONTROL(xfrm6_rcv_encap, struct sk_buff *skb)
{
	return xfrm_input(skb, 0, 0, 0);
}
