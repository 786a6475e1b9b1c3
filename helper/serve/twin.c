// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A peer that comes again has lost its old connection (new address, reboot). It has just
 * proved who it is, and both tunnels of one connection cannot have the same policies, so the
 * newer one wins. Those of other connections stay, for a peer may have several, unless it
 * says that it has none (INITIAL_CONTACT, RFC 7296, section 2.4).
 */
#include "serve/serve.h"

bool serve_replaces(const struct ike_sa *newer, const struct ike_sa *older, bool same_conn)
{
	if (!ike_sa_child(older) || !conf_id_equal(ike_sa_peer_id(newer), ike_sa_peer_id(older)))
		return false;
	return same_conn || (ike_sa_initial_contact(newer) &&
			     conf_id_equal(ike_sa_own_id(newer), ike_sa_own_id(older)));
}
