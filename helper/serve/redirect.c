// SPDX-License-Identifier: GPL-2.0-or-later
/* Peers that are sent to another gateway (RFC 5685). In IKE_AUTH their connection says so. */
#include <stdio.h>
#include <string.h>

#include "net/loop.h"
#include "serve/serve.h"

#define LOG_MS 10000

static bool wanted(const struct serve *serve)
{
	return serve->redirect == CONF_REDIRECT_YES ||
	       (serve->redirect == CONF_REDIRECT_AUTO && serve_loaded(serve));
}

bool serve_redirects(struct serve *serve, struct ike_bytes msg,
		     struct ike_redirect_answer *answer)
{
	uint64_t now = loop_now();
	const char *host;

	if (!wanted(serve) || !serve->n_redirect_to)
		return false;
	host = serve->redirect_to[serve->next_redirect % serve->n_redirect_to];
	if (!ike_redirect_answer(msg, host, answer))
		return false;
	serve->next_redirect++;
	if (now >= serve->next_redirect_log) {
		serve->next_redirect_log = now + LOG_MS;
		serve_log(serve, NULL, "new peers are redirected, the last one to %s", host);
	}
	return true;
}

static unsigned int redirect_all(struct serve *serve, const char *conn, const char *host)
{
	struct client *c, *next;
	unsigned int n = 0;

	for (c = LIST_FIRST(&serve->clients); c; c = next) {
		next = LIST_NEXT(c, entry);
		if (!c->session || !c->conn || strcmp(c->conn->conn->name, conn) ||
		    !session_redirect(c->session, host))
			continue;
		serve_log(serve, c->peer, "%s: redirected to %s", conn, host);
		n++;
	}
	return n;
}

void serve_redirect(struct serve *serve, const char *conn, const char *host,
		    struct ctl_client *client)
{
	char err[CTL_NAME_MAX + 64];
	bool any = redirect_all(serve, conn, host);

	snprintf(err, sizeof(err), "%s is not up with a peer that takes redirects", conn);
	ctl_answer(client, any ? NULL : err);
}
