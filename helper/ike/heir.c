// SPDX-License-Identifier: GPL-2.0-or-later
/* One IKE SA in the place of another (RFC 7296, sections 2.8 and 2.8.2). */
#include <stdlib.h>
#include <string.h>

#include "ike/followup.h"
#include "ike/sa.h"

/* Over any transport the DELETE of an SA that is not used any more has come by then, or is lost */
#define GONE_MS		60000

struct ike_sa *ike_sa_new_successor(const struct ike_sa *sa, bool initiator)
{
	struct ike_sa *heir = calloc(1, sizeof(*heir));

	if (!heir)
		return NULL;
	heir->conn = sa->conn;
	heir->offer = sa->offer;
	heir->addrs = sa->addrs;
	heir->env = sa->env;
	heir->unreliable = sa->unreliable;
	heir->fragments = sa->fragments;
	heir->id_ours = sa->id_ours;
	heir->id_theirs = sa->id_theirs;
	heir->initiator = initiator;
	heir->original = sa->original;
	heir->peer_redirects = sa->peer_redirects;
	heir->state = IKE_ST_UP;
	heir->spare = true;
	TAILQ_INIT(&heir->children);
	LIST_INIT(&heir->others);
	return heir;
}

void ike_sa_set_aside(struct ike_sa *current, struct ike_sa *other)
{
	other->spare = true;
	other->gone_at = ike_sa_now(current) + GONE_MS;
	LIST_INSERT_HEAD(&current->others, other, entry);
}

static bool is_other(const struct ike_sa *sa, const struct ike_sa *which)
{
	const struct ike_sa *other;

	LIST_FOREACH(other, &sa->others, entry)
		if (other == which)
			return true;
	return false;
}

void ike_sa_succeed(struct ike_sa *sa, struct ike_sa *heir)
{
	struct ike_sa *other;

	if (is_other(sa, heir))
		LIST_REMOVE(heir, entry);
	heir->spare = false;
	heir->gone_at = 0;
	/* What the peer has begun to make of the old one goes no further */
	ike_followup_drop(sa);
	TAILQ_CONCAT(&heir->children, &sa->children, entry);
	heir->n_children = sa->n_children;
	sa->n_children = 0;
	ike_config_inherit(heir, sa);
	heir->pair_next = sa->pair_next;
	heir->pairs_wanted = sa->pairs_wanted;
	heir->delete_wanted = sa->delete_wanted;
	sa->delete_wanted = false;
	heir->redirect_to = sa->redirect_to;
	sa->redirect_to = NULL;
	ike_mobike_inherit(heir, sa);
	sa->rekey_wanted = false;
	while ((other = LIST_FIRST(&sa->others))) {
		LIST_REMOVE(other, entry);
		LIST_INSERT_HEAD(&heir->others, other, entry);
	}
	ike_sa_set_aside(heir, sa);
	ike_task_lifetime(heir);
	heir->env.replaced(heir->env.arg, heir);
	/* What was waiting for the window of the old one; if it fails, so does the transport */
	(void)ike_task_next(heir);
}

struct ike_sa *ike_sa_other(const struct ike_sa *sa, const uint8_t *msg, size_t len)
{
	struct ike_sa *other;

	if (len < IKE_HDR_LEN)
		return NULL;
	LIST_FOREACH(other, &sa->others, entry)
		if (!memcmp(msg, other->spi_i, IKE_SPI_LEN) &&
		    !memcmp(msg + IKE_SPI_LEN, other->spi_r, IKE_SPI_LEN))
			return other;
	return NULL;
}

bool ike_sa_crowded(const struct ike_sa *sa)
{
	const struct ike_sa *other;
	unsigned int n = 0;

	LIST_FOREACH(other, &sa->others, entry)
		n++;
	return n >= IKE_OTHERS_MAX;
}

void ike_sa_sweep(struct ike_sa *sa)
{
	struct ike_sa *other, *next;

	for (other = LIST_FIRST(&sa->others); other; other = next) {
		next = LIST_NEXT(other, entry);
		if (other->state != IKE_ST_CLOSED)
			continue;
		if (sa->create.ike_theirs == other)
			sa->create.ike_theirs = NULL;
		LIST_REMOVE(other, entry);
		ike_sa_free(other);
	}
}
