// SPDX-License-Identifier: GPL-2.0-or-later
/* One message of the kernel about an SA. */
#include <arpa/inet.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include "xfrm/events.h"

static bool take_addr(const xfrm_address_t *addr, uint16_t family, struct conf_subnet *out)
{
	if (family != AF_INET && family != AF_INET6)
		return false;
	memset(out, 0, sizeof(*out));
	out->family = family;
	memcpy(out->addr, addr, family == AF_INET ? 4 : 16);
	return true;
}

static bool expire(const void *data, size_t len, struct xfrm_event *ev)
{
	struct xfrm_user_expire e;

	if (len < sizeof(e))
		return false;
	memcpy(&e, data, sizeof(e));
	ev->kind = e.hard ? XFRM_EVENT_HARD : XFRM_EVENT_SOFT;
	ev->spi = e.state.id.spi;
	return e.state.id.proto == IPPROTO_ESP &&
	       take_addr(&e.state.id.daddr, e.state.family, &ev->dst);
}

static bool mapping(const void *data, size_t len, struct xfrm_event *ev)
{
	struct xfrm_user_mapping m;

	if (len < sizeof(m))
		return false;
	memcpy(&m, data, sizeof(m));
	ev->kind = XFRM_EVENT_MAPPING;
	ev->spi = m.id.spi;
	ev->from_port = ntohs(m.new_sport);
	return m.id.proto == IPPROTO_ESP && take_addr(&m.id.daddr, m.id.family, &ev->dst) &&
	       take_addr(&m.new_saddr, m.id.family, &ev->from);
}

bool xfrm_event_parse(const void *msg, size_t len, struct xfrm_event *ev)
{
	const uint8_t *data = (const uint8_t *)msg + NLMSG_HDRLEN;
	struct nlmsghdr nlh;

	if (len < NLMSG_HDRLEN)
		return false;
	memcpy(&nlh, msg, sizeof(nlh));
	if (nlh.nlmsg_len > len || nlh.nlmsg_len < NLMSG_HDRLEN)
		return false;
	len = nlh.nlmsg_len - NLMSG_HDRLEN;
	memset(ev, 0, sizeof(*ev));
	if (nlh.nlmsg_type == XFRM_MSG_EXPIRE)
		return expire(data, len, ev);
	return nlh.nlmsg_type == XFRM_MSG_MAPPING && mapping(data, len, ev);
}
