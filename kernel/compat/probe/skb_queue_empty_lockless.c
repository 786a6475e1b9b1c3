// SPDX-License-Identifier: GPL-2.0-only
/* a queue tells without its lock whether it is empty */
#include <linux/skbuff.h>

HAS(skb_queue_empty_lockless, const struct sk_buff_head *list)
{
	return skb_queue_empty_lockless(list);
}

CONTROL(skb_queue_empty_lockless, const struct sk_buff_head *list)
{
	return skb_queue_empty(list);
}
