// SPDX-License-Identifier: GPL-2.0-only
/* Generic netlink: the bounds of a network namespace's sockets. */

#include <linux/mutex.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <linux/espintcp.h>

#include "netlink.h"
#include "netlink_gen.h"
#include "netns.h"

/* Makes requests that set several bounds follow each other */
static DEFINE_MUTEX(set_lock);

static int put_limits(struct sk_buff *skb, struct net *net)
{
	const struct espintcp_limits *l = &espintcp_netns_get(net)->limits;

	return nla_put_u64_64bit(skb, ESPINTCP_A_LIMITS_MEMORY,
				 READ_ONCE(l->memory), ESPINTCP_A_LIMITS_PAD) ||
	       nla_put_u32(skb, ESPINTCP_A_LIMITS_TX_QUEUE,
			   READ_ONCE(l->tx_queue)) ||
	       nla_put_u32(skb, ESPINTCP_A_LIMITS_IKE_QUEUE,
			   READ_ONCE(l->ike_queue)) ||
	       nla_put_u32(skb, ESPINTCP_A_LIMITS_RX_TIMEOUT,
			   READ_ONCE(l->rx_timeout)) ||
	       nla_put_u8(skb, ESPINTCP_A_LIMITS_UNPRIVILEGED,
			  READ_ONCE(l->unprivileged));
}

/**
 * espintcp_nl_limits_get_doit - ESPINTCP_CMD_LIMITS_GET
 * @skb: the request
 * @info: likewise
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_nl_limits_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return espintcp_netlink_reply(info, ESPINTCP_CMD_LIMITS_GET,
				      put_limits);
}

static void read_request(struct espintcp_limits *l, struct nlattr **attrs)
{
	if (attrs[ESPINTCP_A_LIMITS_MEMORY])
		l->memory = nla_get_u64(attrs[ESPINTCP_A_LIMITS_MEMORY]);
	if (attrs[ESPINTCP_A_LIMITS_TX_QUEUE])
		l->tx_queue = nla_get_u32(attrs[ESPINTCP_A_LIMITS_TX_QUEUE]);
	if (attrs[ESPINTCP_A_LIMITS_IKE_QUEUE])
		l->ike_queue = nla_get_u32(attrs[ESPINTCP_A_LIMITS_IKE_QUEUE]);
	if (attrs[ESPINTCP_A_LIMITS_RX_TIMEOUT])
		l->rx_timeout =
			nla_get_u32(attrs[ESPINTCP_A_LIMITS_RX_TIMEOUT]);
	if (attrs[ESPINTCP_A_LIMITS_UNPRIVILEGED])
		l->unprivileged =
			nla_get_u8(attrs[ESPINTCP_A_LIMITS_UNPRIVILEGED]);
}

/* 0 seconds are for ever: more than any other number */
static bool longer(u32 a, u32 b)
{
	return b && (!a || a > b);
}

/* The attribute that asks for more than both @now and @top have, 0 if none */
static int raised(const struct espintcp_limits *to,
		  const struct espintcp_limits *now,
		  const struct espintcp_limits *top)
{
	if (to->memory > max(now->memory, READ_ONCE(top->memory)))
		return ESPINTCP_A_LIMITS_MEMORY;
	if (to->tx_queue > max(now->tx_queue, READ_ONCE(top->tx_queue)))
		return ESPINTCP_A_LIMITS_TX_QUEUE;
	if (to->ike_queue > max(now->ike_queue, READ_ONCE(top->ike_queue)))
		return ESPINTCP_A_LIMITS_IKE_QUEUE;
	if (longer(to->rx_timeout, now->rx_timeout) &&
	    longer(to->rx_timeout, READ_ONCE(top->rx_timeout)))
		return ESPINTCP_A_LIMITS_RX_TIMEOUT;
	return 0;
}

static void apply(struct espintcp_limits *l, const struct espintcp_limits *to)
{
	WRITE_ONCE(l->memory, to->memory);
	WRITE_ONCE(l->tx_queue, to->tx_queue);
	WRITE_ONCE(l->ike_queue, to->ike_queue);
	WRITE_ONCE(l->rx_timeout, to->rx_timeout);
	WRITE_ONCE(l->unprivileged, to->unprivileged);
}

/**
 * espintcp_nl_limits_set_doit - ESPINTCP_CMD_LIMITS_SET
 * @skb: the request; the caller has CAP_NET_ADMIN over the namespace
 * @info: likewise
 *
 * Memory of the kernel is everybody's: who owns a namespace may lower its
 * bounds, and raise them as far as the initial namespace's go. Beyond those it
 * takes CAP_NET_ADMIN in the initial user namespace. Who may attach is different:
 * the owner of a namespace may do so in it anyway, so letting others do it gives
 * nothing away that was not theirs to give.
 *
 * All that is asked for is set, or nothing. It is in force at once, but a
 * message that is incomplete already has the time that it had.
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL where nothing is asked for, or -EPERM.
 */
int espintcp_nl_limits_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct espintcp_net *en = espintcp_netns_get(genl_info_net(info));
	struct espintcp_net *init = espintcp_netns_get(&init_net);
	struct espintcp_limits to;
	int i, attr, err = 0;

	for (i = 1; i <= ESPINTCP_A_LIMITS_MAX && !info->attrs[i]; i++)
		;
	if (i > ESPINTCP_A_LIMITS_MAX) {
		NL_SET_ERR_MSG(info->extack, "no limit is given");
		return -EINVAL;
	}

	mutex_lock(&set_lock);
	to = en->limits;
	read_request(&to, info->attrs);
	attr = raised(&to, &en->limits, &init->limits);
	if (attr && !netlink_capable(skb, CAP_NET_ADMIN)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "more than the initial network namespace has takes CAP_NET_ADMIN there");
		err = -EPERM;
	} else {
		apply(&en->limits, &to);
	}
	mutex_unlock(&set_lock);
	return err;
}
