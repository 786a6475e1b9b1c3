// SPDX-License-Identifier: GPL-2.0-only
/* Generic netlink: Documentation/netlink/specs/espintcp.yaml */

#include <linux/module.h>
#include <linux/rculist.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <linux/espintcp.h>

#include "netlink.h"
#include "netns.h"
#include "sock.h"
#include "xfrm_type.h"

static struct genl_family family;

static int put_info(struct sk_buff *skb, struct net *net)
{
	struct espintcp_totals totals = {};

	espintcp_netns_totals(espintcp_netns_get(net), &totals);
	if (nla_put_string(skb, ESPINTCP_A_INFO_VERSION, THIS_MODULE->version) ||
	    nla_put_u32(skb, ESPINTCP_A_INFO_FEATURES,
			espintcp_xfrm_type_features()))
		return -EMSGSIZE;
	return espintcp_counters_put(skb, ESPINTCP_A_INFO_COUNTERS, &totals);
}

static int info_get(struct sk_buff *req, struct genl_info *info)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;
	int err;

	if (!skb)
		return -ENOMEM;

	err = -EMSGSIZE;
	hdr = genlmsg_put_reply(skb, info, &family, 0, ESPINTCP_CMD_INFO_GET);
	if (!hdr)
		goto free;
	err = put_info(skb, genl_info_net(info));
	if (err)
		goto free;
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);

free:
	nlmsg_free(skb);
	return err;
}

static int put_addresses(struct sk_buff *skb, const struct espintcp_key *key)
{
	int len = key->family == AF_INET ? sizeof(__be32) :
					   sizeof(struct in6_addr);

	return nla_put_u16(skb, ESPINTCP_A_SOCKET_FAMILY, key->family) ||
	       nla_put(skb, ESPINTCP_A_SOCKET_LOCAL, len, &key->laddr) ||
	       nla_put(skb, ESPINTCP_A_SOCKET_REMOTE, len, &key->raddr) ||
	       nla_put_be16(skb, ESPINTCP_A_SOCKET_LPORT, key->lport) ||
	       nla_put_be16(skb, ESPINTCP_A_SOCKET_RPORT, key->rport);
}

static int put_queues(struct sk_buff *skb, const struct espintcp_sock *es)
{
	return nla_put_u32(skb, ESPINTCP_A_SOCKET_TX_QUEUE,
			   atomic_read(&es->tx.bytes)) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_TX_LIMIT, READ_ONCE(es->en->limits.tx_queue)) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_IKE_QUEUE,
			   READ_ONCE(es->ike.bytes)) ||
	       nla_put_u32(skb, ESPINTCP_A_SOCKET_IKE_LIMIT, READ_ONCE(es->en->limits.ike_queue));
}

static int put_socket(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct net *net, const struct espintcp_sock *es)
{
	struct espintcp_totals totals = {};
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &family, NLM_F_MULTI, ESPINTCP_CMD_SOCKET_GET);
	if (!hdr)
		return -EMSGSIZE;

	espintcp_counters_sum(&totals, &es->rx.counters);
	espintcp_counters_sum(&totals, &es->tx.counters);
	if (nla_put_u32(skb, ESPINTCP_A_SOCKET_NETNS, net->ns.inum) ||
	    nla_put_u32(skb, ESPINTCP_A_SOCKET_INODE, es->inode) ||
	    nla_put_u32(skb, ESPINTCP_A_SOCKET_IFINDEX,
			READ_ONCE(es->sk->sk_bound_dev_if)) ||
	    put_addresses(skb, &es->key) || put_queues(skb, es) ||
	    espintcp_counters_put(skb, ESPINTCP_A_SOCKET_COUNTERS, &totals)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* cb->args[0]: sockets told so far. @n counts over all namespaces. */
static int dump_net(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct net *net, long *n)
{
	struct espintcp_sock *es;
	int err;

	list_for_each_entry_rcu(es, &espintcp_netns_get(net)->socks, net_node) {
		if ((*n)++ < cb->args[0])
			continue;
		err = put_socket(skb, cb, net, es);
		if (err)
			return err;
		cb->args[0]++;
	}
	return 0;
}

static int socket_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = genl_dumpit_info(cb)->attrs;
	struct net *net = sock_net(cb->skb->sk);
	long n = 0;
	int err = 0;

	if (!attrs[ESPINTCP_A_SOCKET_ALL_NETNS]) {
		rcu_read_lock();
		dump_net(skb, cb, net, &n);
		rcu_read_unlock();
		return skb->len;
	}

	if (!netlink_capable(cb->skb, CAP_NET_ADMIN))
		return -EPERM;

	rcu_read_lock();
	for_each_net_rcu(net) {
		err = dump_net(skb, cb, net, &n);
		if (err)
			break;
	}
	rcu_read_unlock();
	return skb->len;
}

static const struct nla_policy socket_policy[] = {
	[ESPINTCP_A_SOCKET_ALL_NETNS] = { .type = NLA_FLAG },
};

static const struct genl_ops ops[] = {
	{
		.cmd		= ESPINTCP_CMD_INFO_GET,
		.doit		= info_get,
	}, {
		.cmd		= ESPINTCP_CMD_SOCKET_GET,
		.dumpit		= socket_dump,
		.policy		= socket_policy,
		.maxattr	= ARRAY_SIZE(socket_policy) - 1,
	},
};

static struct genl_family family __ro_after_init = {
	.name		= ESPINTCP_FAMILY_NAME,
	.version	= ESPINTCP_FAMILY_VERSION,
	.module		= THIS_MODULE,
	.netnsok	= true,
	.parallel_ops	= true,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
};

/**
 * espintcp_netlink_init - make the family known
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative error.
 */
int __init espintcp_netlink_init(void)
{
	return genl_register_family(&family);
}

/**
 * espintcp_netlink_exit - take the family back
 *
 * Context: Process context. May sleep; no request is under way afterwards.
 */
void espintcp_netlink_exit(void)
{
	genl_unregister_family(&family);
}

MODULE_ALIAS_GENL_FAMILY(ESPINTCP_FAMILY_NAME);
