// SPDX-License-Identifier: GPL-2.0-or-later
/* The xfrm interface of a tunnel, and what is led into it. */
#include <stdio.h>

#include "net/addr.h"
#include "session/priv.h"

int session_interface_take(struct session *s, const struct ike_child *child, char *err,
			   size_t errlen)
{
	if (!child->if_id || s->iface)
		return 0;
	s->iface = iface_take(s->world.changes, child->if_id, err, errlen);
	return s->iface ? 0 : -1;
}

static void say_not_led(struct session *s, const struct conf_subnet *net)
{
	char text[ADDR_TEXT_MAX], line[192];

	addr_text(net, 0, text, sizeof(text));
	snprintf(line, sizeof(line),
		 "no route to %s/%u through %s: it is the peer's own address, or there is another route",
		 text, net->prefix, iface_name(s->iface));
	s->user.log(s->user.arg, line);
}

int session_interface_lead(struct session *s, const struct ike_child *child, char *err,
			   size_t errlen)
{
	const struct conf_conn *conn = s->conn ? s->conn : ike_sa_conn(s->sa);
	struct conf_subnet src = { 0 };
	int rc;

	/* Transport mode is between the hosts, and an address of the peer's has its own routes */
	if (!s->iface || child->transport ||
	    ike_sa_inner(s->sa, child->ts_remote.family == AF_INET6))
		return 0;
	if (conn && conn->local.sourceip.family == child->ts_remote.family)
		src = conn->local.sourceip;
	rc = iface_route(s->iface, child->reqid, &child->ts_remote, &src, &s->addrs.remote, err,
			 errlen);
	if (rc > 0)
		say_not_led(s, &child->ts_remote);
	return rc < 0 ? -1 : 0;
}
