// SPDX-License-Identifier: GPL-2.0-or-later
/* What ends tunnels of the responder from this side. */
#include <stdio.h>
#include <string.h>

#include "serve/serve.h"

static void close_client(struct client *c)
{
	c->closing = true;
	if (c->session)
		session_close(c->session);
	else
		client_free(c);
}

void serve_stop(struct serve *serve)
{
	struct client *c, *next;

	if (serve->stopping) {	/* asked twice: do not wait for the peers */
		loop_stop(serve->world.loop);
		return;
	}
	serve->stopping = true;
	serve_accepting(serve);
	for (c = LIST_FIRST(&serve->clients); c; c = next) {
		next = LIST_NEXT(c, entry);
		close_client(c);
	}
	serve_client_gone(serve);
}

static bool is_of(const struct client *c, const char *name)
{
	return c->conn && !strcmp(c->conn->conn->name, name);
}

static bool conn_has_clients(const struct serve *serve, const char *name)
{
	const struct client *c;

	LIST_FOREACH(c, &serve->clients, entry)
		if (is_of(c, name))
			return true;
	return false;
}

/* A peer that comes again at once does not count */
static bool conn_is_closing(const struct serve *serve, const char *name)
{
	const struct client *c;

	LIST_FOREACH(c, &serve->clients, entry)
		if (c->closing && is_of(c, name))
			return true;
	return false;
}

static struct serve_down *free_slot(struct serve *serve)
{
	for (size_t i = 0; i < SERVE_DOWNS_MAX; i++)
		if (!serve->downs[i].client)
			return &serve->downs[i];
	return NULL;
}

void serve_down(struct serve *serve, const char *conn, struct ctl_client *client)
{
	struct serve_down *slot = free_slot(serve);
	struct client *c, *next;
	char err[CTL_NAME_MAX + 32];

	if (!slot) {
		ctl_answer(client, "too many requests at once");
		return;
	}
	if (!conn_has_clients(serve, conn)) {
		snprintf(err, sizeof(err), "%s is not up", conn);
		ctl_answer(client, err);
		return;
	}
	slot->client = client;
	snprintf(slot->conn, sizeof(slot->conn), "%s", conn);
	for (c = LIST_FIRST(&serve->clients); c; c = next) {
		next = LIST_NEXT(c, entry);
		if (is_of(c, conn))
			close_client(c);
	}
}

void serve_client_gone(struct serve *serve)
{
	struct ctl_client *client;

	for (size_t i = 0; i < SERVE_DOWNS_MAX; i++) {
		client = serve->downs[i].client;
		if (!client || conn_is_closing(serve, serve->downs[i].conn))
			continue;
		serve->downs[i].client = NULL;
		ctl_answer(client, NULL);
	}
	if (!serve->stopping)
		serve_accepting(serve);
	else if (LIST_EMPTY(&serve->clients))
		loop_stop(serve->world.loop);
}
