// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: the family, and what is asked of the module and of a network
 * namespace. Policies and the table of operations are generated from
 * Documentation/netlink/specs/espintcp.yaml.
 */

#include <linux/module.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <linux/espintcp.h>

#include "compat/netlink.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "netns.h"
#include "xfrm_type.h"

/**
 * espintcp_netlink_reply - answer a request about a network namespace
 * @info: the request
 * @cmd: of the reply
 * @put: appends the attributes; 0, or anything else where they do not fit
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_netlink_reply(struct genl_info *info, u8 cmd,
			   int (*put)(struct sk_buff *skb, struct net *net))
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;

	hdr = genlmsg_put_reply(skb, info, &espintcp_netlink_family, 0, cmd);
	if (!hdr || put(skb, genl_info_net(info))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int put_info(struct sk_buff *skb, struct net *net)
{
	struct espintcp_totals totals = {};

	espintcp_netns_totals(espintcp_netns_get(net), &totals);
	return nla_put_string(skb, ESPINTCP_A_INFO_VERSION,
			      THIS_MODULE->version) ||
	       nla_put_u32(skb, ESPINTCP_A_INFO_FEATURES,
			   espintcp_xfrm_type_features()) ||
	       espintcp_counters_put(skb, ESPINTCP_A_INFO_COUNTERS, &totals);
}

/**
 * espintcp_nl_info_get_doit - ESPINTCP_CMD_INFO_GET
 * @skb: the request
 * @info: likewise
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_nl_info_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return espintcp_netlink_reply(info, ESPINTCP_CMD_INFO_GET, put_info);
}

static int put_stats(struct sk_buff *skb, struct net *net)
{
	struct espintcp_net *en = espintcp_netns_get(net);
	struct espintcp_totals totals = {};

	espintcp_netns_totals(en, &totals);
	return nla_put_u32(skb, ESPINTCP_A_STATS_NETNS, net->ns.inum) ||
	       nla_put_u32(skb, ESPINTCP_A_STATS_SOCKETS,
			   READ_ONCE(en->n_socks)) ||
	       nla_put_u64_64bit(skb, ESPINTCP_A_STATS_MEMORY,
				 espintcp_mem_bytes(&en->mem),
				 ESPINTCP_A_STATS_PAD) ||
	       espintcp_counters_put(skb, ESPINTCP_A_STATS_COUNTERS, &totals);
}

/**
 * espintcp_nl_stats_get_doit - ESPINTCP_CMD_STATS_GET
 * @skb: the request
 * @info: likewise
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int espintcp_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return espintcp_netlink_reply(info, ESPINTCP_CMD_STATS_GET, put_stats);
}

struct genl_family espintcp_netlink_family __ro_after_init = {
	.name		= ESPINTCP_FAMILY_NAME,
	.version	= ESPINTCP_FAMILY_VERSION,
	.module		= THIS_MODULE,
	.netnsok	= true,
	.parallel_ops	= true,
	.mcgrps		= espintcp_nl_groups,
	.n_mcgrps	= ESPINTCP_NL_GROUPS,
};

/**
 * espintcp_netlink_init - make the family known
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int __init espintcp_netlink_init(void)
{
	return espintcp_compat_genl_register(&espintcp_netlink_family,
					     espintcp_nl_ops, ESPINTCP_NL_OPS);
}

/**
 * espintcp_netlink_exit - take the family back
 *
 * Context: Process context. May sleep; no request is under way afterwards.
 */
void espintcp_netlink_exit(void)
{
	genl_unregister_family(&espintcp_netlink_family);
}

MODULE_ALIAS_GENL_FAMILY(ESPINTCP_FAMILY_NAME);
