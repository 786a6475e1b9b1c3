// SPDX-License-Identifier: GPL-2.0-or-later
/* What a tunnel is at the time, for `espintcp status`. */
#include <stdio.h>

#include "info/info.h"
#include "session/priv.h"

void *session_owner(const struct session *s)
{
	return s->user.arg;
}

void session_note_change(struct session *s, const char *why)
{
	s->changed = loop_now();
	if (why != s->change)
		snprintf(s->change, sizeof(s->change), "%s", why);
}

void session_count(struct session *s, const struct ike_child *child, unsigned int parts)
{
	/* At the end nobody asks any more */
	if (s->over || s->closing || (parts & IKE_PART_POLICY))
		return;
	if (parts & IKE_PART_IN)
		s->bytes_in += xfrm_child_bytes(s->world.xfrm, &s->addrs, child, true);
	if (parts & IKE_PART_OUT)
		s->bytes_out += xfrm_child_bytes(s->world.xfrm, &s->addrs, child, false);
}

struct count {
	const struct session *s;
	struct info_tunnel *info;
};

static void count_child(void *arg, const struct ike_child *child, unsigned int parts)
{
	struct count *c = arg;
	const struct session *s = c->s;

	if (parts & IKE_PART_IN)
		c->info->bytes_in += xfrm_child_bytes(s->world.xfrm, &s->addrs, child, true);
	if (parts & IKE_PART_OUT)
		c->info->bytes_out += xfrm_child_bytes(s->world.xfrm, &s->addrs, child, false);
}

static const char *encap(const struct session *s)
{
	switch (s->addrs.encap) {
	case IKE_ENCAP_TCP:
		return "tcp";
	case IKE_ENCAP_UDP:
		return "udp";
	default:
		return "none";
	}
}

static const char *transport(const struct session *s)
{
	return s->path.stream ? "tcp" : s->path.udp ? "udp" : "lost";
}

bool session_info(const struct session *s, struct info_tunnel *info)
{
	struct count c = { .s = s, .info = info };
	uint64_t now = loop_now(), rekey;

	if (!session_is_up(s))
		return false;
	rekey = ike_sa_rekey_at(s->sa);
	snprintf(info->own_id, sizeof(info->own_id), "%s", ike_sa_own_id(s->sa)->text);
	snprintf(info->peer_id, sizeof(info->peer_id), "%s", ike_sa_peer_id(s->sa)->text);
	snprintf(info->transport, sizeof(info->transport), "%s", transport(s));
	snprintf(info->esp, sizeof(info->esp), "%s", encap(s));
	addr_text(&s->addrs.local, 0, info->local, sizeof(info->local));
	addr_text(&s->addrs.remote, 0, info->remote, sizeof(info->remote));
	info->local_port = s->addrs.local_port;
	info->remote_port = s->addrs.remote_port;
	info->up_s = (now - s->up_since) / 1000;
	info->rekey_s = rekey == UINT64_MAX ? -1 : rekey > now ? (int64_t)(rekey - now) / 1000 : 0;
	info->bytes_in = s->bytes_in;
	info->bytes_out = s->bytes_out;
	ike_sa_each_child(s->sa, &c, count_child);
	info->changed_s = s->changed ? (int64_t)(now - s->changed) / 1000 : -1;
	snprintf(info->change, sizeof(info->change), "%s", s->changed ? s->change : "");
	return true;
}
