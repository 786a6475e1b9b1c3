/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers: what they bring along, and how their parts are looked at. */
#ifndef ESPINTCP_COMPAT_SKBUFF_H
#define ESPINTCP_COMPAT_SKBUFF_H

#include <linux/skbuff.h>
#include <net/flow_dissector.h>
#include <net/xfrm.h>

#include "have.h"

#if !ESPINTCP_HAVE_SKB_EXT
#define skb_ext_reset	secpath_reset
#endif

#if !ESPINTCP_HAVE_NF_RESET_CT
#define nf_reset_ct	nf_reset
#endif

#if !ESPINTCP_HAVE_SKB_FRAG_OFF
static inline unsigned int skb_frag_off(const skb_frag_t *frag)
{
	return frag->page_offset;
}
#endif

#if !ESPINTCP_HAVE_SKB_QUEUE_EMPTY_LOCKLESS
static inline bool skb_queue_empty_lockless(const struct sk_buff_head *list)
{
	return READ_ONCE(list->next) == (const struct sk_buff *)list;
}
#endif

/* The keys of a packet of @proto at @skb's data, linear part alone */
static inline bool espintcp_compat_flow_dissect(struct net *net,
						const struct sk_buff *skb,
						__be16 proto,
						struct flow_keys *keys)
{
#if ESPINTCP_HAVE_FLOW_DISSECT_NET
	return __skb_flow_dissect(net, skb, &flow_keys_dissector, keys,
				  skb->data, proto, 0, skb_headlen(skb), 0);
#else
	return __skb_flow_dissect(skb, &flow_keys_dissector, keys, skb->data,
				  proto, 0, skb_headlen(skb), 0);
#endif
}

#endif
