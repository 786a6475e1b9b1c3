// SPDX-License-Identifier: GPL-2.0-only
/* where a fragment begins is told by skb_frag_off() */
#include <linux/skbuff.h>

HAS(skb_frag_off, const skb_frag_t *frag)
{
	return skb_frag_off(frag);
}

CONTROL(skb_frag_off, const skb_frag_t *frag)
{
	return skb_frag_size(frag);
}
