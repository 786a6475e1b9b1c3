// SPDX-License-Identifier: GPL-2.0-or-later
/* The policies of a child, through libnl-xfrm. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <linux/xfrm.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/xfrm/lifetime.h>
#include <netlink/xfrm/selector.h>
#include <netlink/xfrm/sp.h>
#include <netlink/xfrm/template.h>

#include "xfrm/fill.h"
#include "xfrm/policy.h"
#include "xfrm/sa.h"
#include "xfrm/talk.h"

/* Less than the ones of other keying daemons is more than theirs to the kernel */
#define PRIORITY_BASE	2000

static unsigned int host_bits(const struct conf_subnet *net)
{
	return (net->family == AF_INET ? 32 : 128) - net->prefix;
}

/* The less it selects, the sooner the kernel shall try the policy */
static unsigned int priority(const struct ike_child *child)
{
	unsigned int ports = !child->port_local + !child->port_remote;

	return PRIORITY_BASE + 4 * (host_bits(&child->ts_local) + host_bits(&child->ts_remote)) +
	       !child->proto + ports;
}

static struct nl_addr *make_addr(const struct conf_subnet *net)
{
	struct nl_addr *addr = nl_addr_build(net->family, net->addr,
					     net->family == AF_INET ? 4 : 16);

	if (addr)
		nl_addr_set_prefixlen(addr, net->prefix);
	return addr;
}

/* One port, or all of them */
#define PORT_MASK(port) ((port) ? 0xffff : 0)

static int set_selector(struct xfrmnl_sp *sp, const struct ike_child *child, bool out)
{
	const struct conf_subnet *src = out ? &child->ts_local : &child->ts_remote;
	const struct conf_subnet *dst = out ? &child->ts_remote : &child->ts_local;
	uint16_t sport = out ? child->port_local : child->port_remote;
	uint16_t dport = out ? child->port_remote : child->port_local;
	struct xfrmnl_sel *sel = xfrmnl_sel_alloc();
	struct nl_addr *saddr = make_addr(src), *daddr = make_addr(dst);
	int rc = -ENOMEM;

	if (!sel || !saddr || !daddr)
		goto done;
	xfrmnl_sel_set_family(sel, src->family);
	xfrmnl_sel_set_saddr(sel, saddr);
	xfrmnl_sel_set_prefixlen_s(sel, src->prefix);
	xfrmnl_sel_set_daddr(sel, daddr);
	xfrmnl_sel_set_prefixlen_d(sel, dst->prefix);
	xfrmnl_sel_set_proto(sel, child->proto);
	xfrmnl_sel_set_sport(sel, sport);
	xfrmnl_sel_set_sportmask(sel, PORT_MASK(sport));
	xfrmnl_sel_set_dport(sel, dport);
	xfrmnl_sel_set_dportmask(sel, PORT_MASK(dport));
	rc = xfrmnl_sp_set_sel(sp, sel) ? -ENOMEM : 0;
done:
	nl_addr_put(saddr);
	nl_addr_put(daddr);
	if (sel)
		xfrmnl_sel_put(sel);
	return rc;
}

static int set_lifetime(struct xfrmnl_sp *sp)
{
	struct xfrmnl_ltime_cfg *lft = xfrmnl_ltime_cfg_alloc();
	int rc;

	if (!lft)
		return -ENOMEM;
	xfrmnl_ltime_cfg_set_soft_bytelimit(lft, XFRM_INF);
	xfrmnl_ltime_cfg_set_hard_bytelimit(lft, XFRM_INF);
	xfrmnl_ltime_cfg_set_soft_packetlimit(lft, XFRM_INF);
	xfrmnl_ltime_cfg_set_hard_packetlimit(lft, XFRM_INF);
	rc = xfrmnl_sp_set_lifetime_cfg(sp, lft) ? -ENOMEM : 0;
	xfrmnl_ltime_cfg_put(lft);
	return rc;
}

static int add_template(struct xfrmnl_sp *sp, const struct ike_addrs *addrs,
			const struct ike_child *child, int dir)
{
	bool out = dir == XFRM_POLICY_OUT;
	struct xfrmnl_user_tmpl *tmpl = xfrmnl_user_tmpl_alloc();
	struct nl_addr *saddr = make_addr(out ? &addrs->local : &addrs->remote);
	struct nl_addr *daddr = make_addr(out ? &addrs->remote : &addrs->local);
	int rc = -ENOMEM;

	if (!tmpl || !saddr || !daddr) {
		if (tmpl)
			xfrmnl_user_tmpl_free(tmpl);
		goto done;
	}
	xfrmnl_user_tmpl_set_saddr(tmpl, saddr);
	xfrmnl_user_tmpl_set_daddr(tmpl, daddr);
	xfrmnl_user_tmpl_set_family(tmpl, addrs->local.family);
	xfrmnl_user_tmpl_set_proto(tmpl, IPPROTO_ESP);
	xfrmnl_user_tmpl_set_mode(tmpl, child->transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL);
	xfrmnl_user_tmpl_set_reqid(tmpl, child->reqid);
	xfrmnl_user_tmpl_set_aalgos(tmpl, ~0U);
	xfrmnl_user_tmpl_set_ealgos(tmpl, ~0U);
	xfrmnl_user_tmpl_set_calgos(tmpl, ~0U);
	xfrmnl_sp_add_usertemplate(sp, tmpl);
	rc = 0;
done:
	nl_addr_put(saddr);
	nl_addr_put(daddr);
	return rc;
}

static struct xfrmnl_sp *make_policy(const struct ike_child *child, int dir)
{
	bool out = dir == XFRM_POLICY_OUT;
	const struct conf_mark *mark = out ? &child->mark_out : &child->mark_in;
	struct xfrmnl_sp *sp = xfrmnl_sp_alloc();

	if (!sp)
		return NULL;
	if (set_selector(sp, child, out)) {
		xfrmnl_sp_put(sp);
		return NULL;
	}
	xfrmnl_sp_set_dir(sp, dir);
	if (mark->mask)
		xfrmnl_sp_set_mark(sp, mark->value, mark->mask);
	return sp;
}

/* libnl-xfrm does not know interfaces: the attribute goes behind what it has built */
static int talk(struct xfrm *x, struct nl_msg *msg, const struct ike_child *child)
{
	if (child->if_id && nla_put_u32(msg, XFRMA_IF_ID, child->if_id)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return xfrm_talk(x, msg, NULL, NULL);
}

static int put(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
	       int dir, int (*build)(struct xfrmnl_sp *sp, int flags, struct nl_msg **msg),
	       int flags)
{
	struct xfrmnl_sp *sp = make_policy(child, dir);
	struct nl_msg *msg = NULL;
	int rc = -ENOMEM;

	if (!sp)
		return rc;
	xfrmnl_sp_set_priority(sp, priority(child));
	xfrmnl_sp_set_action(sp, XFRM_POLICY_ALLOW);
	if (!set_lifetime(sp) && !add_template(sp, addrs, child, dir) && !build(sp, flags, &msg))
		rc = talk(x, msg, child);
	xfrmnl_sp_put(sp);
	return rc;
}

int xfrm_policy_add(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		    int dir)
{
	return put(x, addrs, child, dir, xfrmnl_sp_build_add_request, NLM_F_CREATE | NLM_F_EXCL);
}

int xfrm_policy_replace(struct xfrm *x, const struct ike_addrs *addrs,
			const struct ike_child *child, int dir)
{
	return put(x, addrs, child, dir, xfrmnl_sp_build_update_request, 0);
}

int xfrm_policy_del_own(struct xfrm *x, const struct ike_child *child, int dir)
{
	if (xfrm_policy_reqid(x, child, dir) != child->reqid)
		return 0;
	return xfrm_policy_del(x, child, dir);
}

int xfrm_policy_del(struct xfrm *x, const struct ike_child *child, int dir)
{
	struct xfrmnl_sp *sp = make_policy(child, dir);
	struct nl_msg *msg = NULL;
	int rc = -ENOMEM;

	if (!sp)
		return rc;
	if (!xfrmnl_sp_build_delete_request(sp, 0, &msg))
		rc = talk(x, msg, child);
	xfrmnl_sp_put(sp);
	return rc;
}

static void take_reqid(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct xfrm_user_tmpl *tmpl;
	struct nlattr *nla;

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY)
		return;
	nla = nlmsg_find_attr(nlh, sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL);
	if (!nla || nla_len(nla) < (int)sizeof(*tmpl))
		return;
	tmpl = nla_data(nla);
	*(uint32_t *)arg = tmpl->reqid;
}

uint32_t xfrm_policy_reqid(struct xfrm *x, const struct ike_child *child, int dir)
{
	bool out = dir == XFRM_POLICY_OUT;
	struct nl_msg *msg = xfrm_msg_new(x, XFRM_MSG_GETPOLICY);
	const struct conf_mark *mark = out ? &child->mark_out : &child->mark_in;
	struct xfrm_mark m = { .v = mark->value, .m = mark->mask };
	struct xfrm_userpolicy_id id = { .dir = dir };
	uint32_t reqid = 0;

	if (!msg)
		return 0;
	xfrm_fill_selector(&id.sel, child, out);
	if (nlmsg_append(msg, &id, sizeof(id), NLMSG_ALIGNTO) ||
	    (m.m && nla_put(msg, XFRMA_MARK, sizeof(m), &m)) ||
	    (child->if_id && nla_put_u32(msg, XFRMA_IF_ID, child->if_id))) {
		xfrm_msg_free(msg);
		return 0;
	}
	return xfrm_talk(x, msg, take_reqid, &reqid) ? 0 : reqid;
}
