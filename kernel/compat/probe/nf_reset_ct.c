// SPDX-License-Identifier: GPL-2.0-only
/* connection tracking is reset by nf_reset_ct(), not by nf_reset() */
#include <linux/skbuff.h>

HAS(nf_reset_ct, struct sk_buff *skb)
{
	nf_reset_ct(skb);
	return 0;
}

LACKS(nf_reset_ct, struct sk_buff *skb)
{
	nf_reset(skb);
	return 0;
}
