// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel tells of a session's child SAs, and what comes of it. */
#include "net/addr.h"
#include "session/priv.h"

struct search {
	const struct session *s;
	const struct xfrm_event *ev;
	bool in, found;
};

static void match(void *arg, const struct ike_child *child, unsigned int parts)
{
	struct search *search = arg;
	const struct xfrm_event *ev = search->ev;
	const struct ike_addrs *addrs = &search->s->addrs;
	bool in = (parts & IKE_PART_IN) && child->spi_in == ev->spi &&
		  addr_equal(&ev->dst, &addrs->local);
	bool out = (parts & IKE_PART_OUT) && child->spi_out == ev->spi &&
		   addr_equal(&ev->dst, &addrs->remote);

	if (!in && !out)
		return;
	search->in = in;
	search->found = true;
}

static void expired(struct session *s, const struct xfrm_event *ev, bool in)
{
	if (s->lost || s->closing)
		return;
	if (ike_sa_expired(s->sa, ev->spi, in, ev->kind == XFRM_EVENT_HARD))
		session_finish(s, true, 0, ike_sa_error(s->sa));
	else
		session_watch_sa(s);
}

/*
 * ESP comes from another port or address: the NAT in front of the peer has forgotten the old
 * one, so answers go there (RFC 7296, section 2.23). With MOBIKE the peer alone says where it
 * is (RFC 4555, section 3.8), and over TCP there is nothing to follow.
 */
static void mapping_changed(struct session *s, const struct xfrm_event *ev)
{
	struct path p = s->path;

	if (s->conn || !p.udp || p.own_udp || session_mobike(s) || !ike_sa_nat(s->sa, false) ||
	    ike_sa_nat(s->sa, true) || s->addrs.encap != IKE_ENCAP_UDP || !ev->from_port)
		return;
	p.addrs.remote = ev->from;
	p.addrs.remote_port = ev->from_port;
	if (path_same(&p, &s->path))
		return;
	session_adopt(s, &p);
	session_watch_sa(s);
}

static bool on_event(void *arg, const struct xfrm_event *ev)
{
	struct session *s = arg;
	struct search search = { .s = s, .ev = ev };

	if (!session_is_up(s))
		return false;
	ike_sa_each_child(s->sa, &search, match);
	if (!search.found)
		return false;
	if (ev->kind != XFRM_EVENT_MAPPING)
		expired(s, ev, search.in);
	else if (search.in)
		mapping_changed(s, ev);
	return true;
}

void session_listen(struct session *s)
{
	s->kernel = (struct xfrm_listener){ .event = on_event, .arg = s };
	xfrm_listen(s->world.events, &s->kernel);
}
