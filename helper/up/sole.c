// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * INITIAL_CONTACT (RFC 7296, section 2.4): does this host have no other IKE SA of the same two
 * identities? Each tunnel is a process, so those that run are looked for; one that may have
 * such an SA counts, also while it has none yet, or two that start together would each take
 * the other one's.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "up/up.h"

static bool may_be(const struct conf_end *end, const struct conf_id *id)
{
	return end->id.type == CONF_ID_NONE || id->type == CONF_ID_NONE ||
	       conf_id_equal(&end->id, id);
}

bool sole_differs(const struct conf_conn *other, const struct conf_id *own,
		  const struct conf_id *peer)
{
	/* Which end is ours it has found out for itself */
	return !(may_be(&other->local, own) && may_be(&other->remote, peer)) &&
	       !(may_be(&other->remote, own) && may_be(&other->local, peer));
}

/* Of one socket: does its process surely have other peers, or is there none? */
static bool harmless(const struct up *u, const char *name, const struct conf_id *own,
		     const struct conf_id *peer)
{
	const struct conf_conn *conn;

	if (!ctl_listens(u->run_dir, name))
		return true;
	if (strcmp(name, CTL_SERVE)) {
		conn = conf_find(u->conf, name + strlen(CTL_UP));
		return conn && sole_differs(conn, own, peer);
	}
	for (conn = u->conf->conns; conn; conn = conn->next)
		if (conn->start != CONF_AUTO_IGNORE && !sole_differs(conn, own, peer))
			return false;
	return true;
}

bool sole_tunnel(const struct up *u, const struct conf_id *own, const struct conf_id *peer)
{
	char ours[CTL_NAME_MAX + 8];
	struct dirent **names;
	bool sole = !u->tunnel || session_is_lost(u->tunnel->session);
	int n;

	snprintf(ours, sizeof(ours), CTL_UP "%s", u->name);
	n = ctl_list(u->run_dir, &names);
	for (int i = 0; i < n; i++) {
		if (sole && strcmp(names[i]->d_name, ours))
			sole = harmless(u, names[i]->d_name, own, peer);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return sole && n >= 0;
}
