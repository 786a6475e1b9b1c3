/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of XFRM: where they are kept, and what is asked of them. */
#ifndef ESPINTCP_COMPAT_XFRM_TYPE_H
#define ESPINTCP_COMPAT_XFRM_TYPE_H

#include <net/xfrm.h>

#include "have.h"

/* output() of a route */
typedef int (*espintcp_compat_output_fn)(struct net *net, struct sock *sk,
					 struct sk_buff *skb);

/*
 * Where XFRM finds the type of ESP for a family, NULL without the family. May
 * sleep. It stays as long as a module is there that such a type is in.
 */
#if ESPINTCP_HAVE_XFRM_TYPE_ESP

static inline const struct xfrm_type **espintcp_compat_type_slot(u16 family)
{
	const struct xfrm_type **slot = NULL;
	struct xfrm_state_afinfo *afinfo;

	rcu_read_lock();
	afinfo = xfrm_state_afinfo_get_rcu(family);
	if (afinfo)
		slot = &afinfo->type_esp;
	rcu_read_unlock();
	return slot;
}

/* XFRM's output() for packets of a family, or NULL where there is no way to ask */
static inline espintcp_compat_output_fn espintcp_compat_xfrm_output(u16 family)
{
	espintcp_compat_output_fn output = NULL;
	struct xfrm_state_afinfo *afinfo;

	rcu_read_lock();
	afinfo = xfrm_state_afinfo_get_rcu(family);
	if (afinfo)
		output = afinfo->output;
	rcu_read_unlock();
	return output;
}

#else

static inline espintcp_compat_output_fn espintcp_compat_xfrm_output(u16 family)
{
	return NULL;
}

/* A state that nobody else sees is told; its keys, which it lacks, come later */
static inline const struct xfrm_type **espintcp_compat_type_slot(u16 family)
{
	struct xfrm_state *x = xfrm_state_alloc(&init_net);
	const struct xfrm_type **slot = NULL;

	if (!x)
		return NULL;

	x->id.proto = IPPROTO_ESP;
	x->props.mode = XFRM_MODE_TRANSPORT;
	x->props.family = family;
	x->sel.family = family;
	xfrm_init_state(x);
	if (x->inner_mode)
		slot = &x->inner_mode->afinfo->type_map[IPPROTO_ESP];
	x->km.state = XFRM_STATE_DEAD;
	xfrm_state_put(x);
	return slot;
}

#endif

/* The most bytes that fit a packet of @mtu under an SA */
static inline u32 espintcp_compat_state_mtu(struct xfrm_state *x, int mtu)
{
#if ESPINTCP_HAVE_XFRM_TYPE_GET_MTU
	return x->type->get_mtu(x, mtu);
#else
	return xfrm_state_mtu(x, mtu);
#endif
}

#endif
