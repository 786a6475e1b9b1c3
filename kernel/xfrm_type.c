// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our ESP type in front of the stock one.
 *
 * Stock esp4 and esp6 refuse encap espintcp. XFRM finds an SA's type in one
 * pointer for each family; that pointer is exchanged for a "front" type, a copy
 * of the stock one with an init_state() that decides once for each new SA: with
 * encap espintcp it gets our own type, any other one the stock type itself,
 * which pays for no detour from then on.
 *
 * Lifetime. The front type carries the owner of the stock type, so XFRM takes
 * the very reference that a stock SA needs, and no SA fails because this module
 * comes or goes. An SA with our type holds this module until it is destroyed.
 * init_state() runs without a reference of this module; unloading waits for it
 * through xfrm_cfg_mutex, which all callers of xfrm_init_state() hold. The
 * stock modules are held as long as we are in front of them.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kmod.h>
#include <linux/module.h>
#include <net/xfrm.h>
#include <linux/espintcp.h>
#include <linux/espintcp_frame.h>

#include "compat/compat.h"
#include "compat/xfrm.h"
#include "compat/xfrm_type.h"
#include "esp_out.h"
#include "netns.h"
#include "takeover.h"
#include "xfrm_type.h"

/**
 * struct esp_front - our place in front of one stock type
 * @family: AF_INET or AF_INET6
 * @feature: bit that tells users that it is there
 * @slot: where XFRM finds the type of the family; stays while @stock is held
 * @stock: the stock type, whose owner is held; NULL where there is none
 * @front: what XFRM finds
 * @ours: what SAs with encap espintcp get
 */
struct esp_front {
	u16			family;
	u32			feature;
	const struct xfrm_type	**slot;
	const struct xfrm_type	*stock;
	struct xfrm_type	front;
	struct xfrm_type	ours;
};

static int init_state4(struct xfrm_state *x, struct netlink_ext_ack *extack);
static int init_state6(struct xfrm_state *x, struct netlink_ext_ack *extack);

ESPINTCP_COMPAT_INIT_STATE(front_init4, init_state4)
ESPINTCP_COMPAT_INIT_STATE(front_init6, init_state6)

static struct esp_front fronts[] = {
	{
		.family			= AF_INET,
		.feature		= ESPINTCP_FEATURE_IPV4,
		.front.init_state	= front_init4,
	}, {
		.family			= AF_INET6,
		.feature		= ESPINTCP_FEATURE_IPV6,
		.front.init_state	= front_init6,
	},
};

/*
 * TCP makes large packets for an SA that has one of these, and XFRM cuts them at
 * the very end: one walk through TCP, IP and netfilter for many messages. Nothing
 * of it is called: that is for devices, which refuse this encapsulation. No owner:
 * the reference of @ours serves.
 */
static const struct xfrm_type_offload gso = {
	.proto	= IPPROTO_ESP,
};

/*
 * With a reference of this module, which becomes @x's. Nobody else has seen @x
 * yet, so its template can be hidden for a moment.
 */
static int init_espintcp(struct esp_front *f, struct xfrm_state *x,
			 struct netlink_ext_ack *extack)
{
	struct xfrm_encap_tmpl *encap = x->encap;
	int err;

	x->encap = NULL;
	err = espintcp_compat_init_state(f->stock, x, extack);
	x->encap = encap;

	/* The reference of the stock one's owner has served */
	x->type = &f->ours;
	module_put(f->stock->owner);
	if (!x->type_offload)
		x->type_offload = &gso;
	if (!err)
		x->props.header_len += ESPINTCP_LEN_SIZE;
	return err;
}

static int init_state(struct esp_front *f, struct xfrm_state *x,
		      struct netlink_ext_ack *extack)
{
	/* A module that is going takes no SA any more, as if it were gone */
	if (x->encap && x->encap->encap_type == TCP_ENCAP_ESPINTCP &&
	    try_module_get(THIS_MODULE))
		return init_espintcp(f, x, extack);

	x->type = f->stock;
	return espintcp_compat_init_state(f->stock, x, extack);
}

static int init_state4(struct xfrm_state *x, struct netlink_ext_ack *extack)
{
	return init_state(&fronts[0], x, extack);
}

static int init_state6(struct xfrm_state *x, struct netlink_ext_ack *extack)
{
	return init_state(&fronts[1], x, extack);
}

/*
 * Where the kernel's own espintcp holds the socket, its type sends: all that
 * init_espintcp() leaves in an SA is as the stock type would have it there.
 */
static int output_either(struct xfrm_state *x, struct sk_buff *skb)
{
	const struct esp_front *f = container_of(x->type, struct esp_front,
						 ours);

	return espintcp_esp_out_or(x, skb, f->stock->output);
}

/*
 * Exchange the type of a family. xfrm_unregister_type() and
 * xfrm_register_type() would leave a moment without any: SAs would fail in it.
 */
static bool exchange(struct esp_front *f, const struct xfrm_type *old,
		     const struct xfrm_type *new)
{
	return cmpxchg(f->slot, old, new) == old;
}

/* The stock type with its owner held, or NULL */
static const struct xfrm_type *get_stock(struct esp_front *f)
{
	const struct xfrm_type *type = NULL;

	f->slot = espintcp_compat_type_slot(f->family);
	rcu_read_lock();
	if (f->slot)
		type = READ_ONCE(*f->slot);
	if (type && !try_module_get(type->owner))
		type = NULL;
	rcu_read_unlock();
	return type;
}

static bool front_prepare(struct esp_front *f)
{
	const struct xfrm_type *stock = get_stock(f);
	struct xfrm_type front;

	if (!stock) {
		request_module("xfrm-type-%d-%d", f->family, IPPROTO_ESP);
		stock = get_stock(f);
	}
	if (!stock)
		return false;

	front = *stock;
	front.init_state = f->front.init_state;
	f->front = front;
	f->ours = *stock;
	f->ours.owner = THIS_MODULE;
	f->ours.output = espintcp_esp_out;
	f->stock = stock;
	return true;
}

static void front_release(struct esp_front *f)
{
	if (f->stock)
		module_put(f->stock->owner);
	f->stock = NULL;
}

/**
 * espintcp_xfrm_type_init - find and hold the stock ESP types
 *
 * IPv4 must be there; IPv6 may be missing (ipv6.disable=1, no esp6).
 *
 * Context: Process context. May sleep.
 * Return: 0, or -EPROTONOSUPPORT without ESP for IPv4.
 */
int espintcp_xfrm_type_init(void)
{
	if (!front_prepare(&fronts[0])) {
		pr_err("no ESP for IPv4: is esp4 there (modprobe esp4)?\n");
		return -EPROTONOSUPPORT;
	}
	if (!front_prepare(&fronts[1]))
		pr_info("no ESP for IPv6 (esp6): IPv4 only\n");
	return 0;
}

/**
 * espintcp_xfrm_type_enter - go in front of the stock types
 *
 * From here on SAs may hold the module, so loading must not fail any more.
 *
 * Context: Process context.
 */
void espintcp_xfrm_type_enter(void)
{
	struct esp_front *f;

	for (f = fronts; f < fronts + ARRAY_SIZE(fronts); f++) {
		if (espintcp_takeover_active())
			f->ours.output = output_either;
		if (!f->stock || exchange(f, f->stock, &f->front))
			continue;
		/* Whoever exchanged it meanwhile keeps it */
		pr_err("the ESP type of family %d is somebody else's\n",
		       f->family);
		front_release(f);
	}
}

/**
 * espintcp_xfrm_type_leave - put the stock types back
 *
 * Context: Process context, no SA has our type. May sleep.
 */
void espintcp_xfrm_type_leave(void)
{
	struct esp_front *f;

	for (f = fronts; f < fronts + ARRAY_SIZE(fronts); f++)
		if (f->stock)
			WARN_ON(!exchange(f, &f->front, f->stock));

	espintcp_netns_quiesce_xfrm();
}

/**
 * espintcp_xfrm_type_exit - let the stock types go
 *
 * Context: Process context.
 */
void espintcp_xfrm_type_exit(void)
{
	struct esp_front *f;

	for (f = fronts; f < fronts + ARRAY_SIZE(fronts); f++)
		front_release(f);
}

/**
 * espintcp_xfrm_type_features - families whose SAs can have encap espintcp
 *
 * Context: Any.
 * Return: bits of &enum espintcp_feature.
 */
u32 espintcp_xfrm_type_features(void)
{
	u32 features = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(fronts); i++)
		if (fronts[i].stock)
			features |= fronts[i].feature;
	return features;
}
