// SPDX-License-Identifier: GPL-2.0-or-later
/* Each message that comes or goes, for --log-level=debug: what it is, never what is in it. */
#include <stdio.h>

#include "ike/message.h"
#include "log.h"
#include "session/priv.h"

void session_trace(const struct path *p, bool out, const uint8_t *msg, size_t len)
{
	char where[ADDR_TEXT_MAX];
	struct ike_hdr h;

	if (!log_wanted(LOG_LEVEL_DEBUG))
		return;
	addr_text(&p->addrs.remote, p->addrs.remote_port, where, sizeof(where));
	if (ike_hdr_parse(msg, len, &h) < 0)
		log_line(LOG_LEVEL_DEBUG, "%s %s: %zu bytes that are no IKE message",
			 out ? "to" : "from", where, len);
	else
		log_line(LOG_LEVEL_DEBUG, "%s %s: %s %s %u, %zu bytes", out ? "to" : "from", where,
			 ike_exchange_name(h.exchange), h.response ? "response" : "request", h.id,
			 len);
}
