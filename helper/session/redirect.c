// SPDX-License-Identifier: GPL-2.0-or-later
/* Redirection to another gateway (RFC 5685), at either end of a tunnel that is up. */
#include "session/priv.h"

bool session_redirect(struct session *s, const char *host)
{
	if (!session_is_up(s) || s->closing || !ike_sa_may_redirect(s->sa))
		return false;
	if (ike_sa_redirect(s->sa, host)) {
		session_finish(s, true, 0, ike_sa_error(s->sa));
		return false;
	}
	session_watch_sa(s);
	return true;
}

void session_keep_road(struct session *s, const struct conf_subnet *gateway)
{
	if (s->inner)
		inner_keep_road(s->inner, gateway);
}
