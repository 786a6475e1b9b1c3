// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "ike/pairs.h"
#include "ike/sa.h"

#define LINGER_MS	5000	/* for packets that are on their way */

static void forget_keys(struct ike_child *c)
{
	OPENSSL_cleanse(c->key_in, sizeof(c->key_in));
	OPENSSL_cleanse(c->key_out, sizeof(c->key_out));
	OPENSSL_cleanse(c->integ_in, sizeof(c->integ_in));
	OPENSSL_cleanse(c->integ_out, sizeof(c->integ_out));
}

struct ike_child_sa *ike_childlist_new(struct ike_sa *sa, int *err)
{
	struct ike_child_sa *child;

	*err = -ENOSPC;
	if (sa->n_children >= IKE_CHILDREN_MAX)
		return NULL;
	*err = -ENOMEM;
	child = calloc(1, sizeof(*child));
	if (!child)
		return NULL;
	*err = sa->env.spi_alloc(sa->env.arg, &child->c.spi_in);
	if (*err) {
		free(child);
		return NULL;
	}
	child->spi_held = true;
	/* A SPI is unique among our inbound SAs, so this is unique among our children */
	child->c.reqid = ntohl(child->c.spi_in);
	TAILQ_INSERT_TAIL(&sa->children, child, entry);
	sa->n_children++;
	return child;
}

static void remove_parts(struct ike_sa *sa, struct ike_child_sa *child, unsigned int parts)
{
	parts &= child->parts;
	if (parts)
		sa->env.child_del(sa->env.arg, &child->c, parts);
	child->parts &= ~parts;
}

int ike_childlist_install(struct ike_sa *sa, struct ike_child_sa *child, unsigned int parts,
			  struct ike_child_sa *old, char *err, size_t errlen)
{
	bool inherits = old && (parts & IKE_PART_POLICY) && (old->parts & IKE_PART_POLICY);
	int ret;

	child->c.if_id = sa->conn->if_id;
	child->c.mark_in = sa->conn->mark_in;
	child->c.mark_out = sa->conn->mark_out;
	if (inherits)
		parts &= ~(unsigned int)IKE_PART_POLICY;
	err[0] = '\0';
	ret = sa->env.child_add(sa->env.arg, &child->c, parts, err, errlen);
	if (ret && !err[0])
		snprintf(err, errlen, "%s", strerror(-ret));
	if (ret)
		return -1;
	if (parts & IKE_PART_IN)
		child->spi_held = false;
	child->parts |= parts;
	if (inherits) {
		old->parts &= ~(unsigned int)IKE_PART_POLICY;
		child->parts |= IKE_PART_POLICY;
	}
	if (child->parts & IKE_PART_OUT)
		forget_keys(&child->c);
	return 0;
}

int ike_childlist_switch(struct ike_sa *sa, struct ike_child_sa *old, struct ike_child_sa *new,
			 char *err, size_t errlen)
{
	unsigned int parts = (IKE_PART_OUT | IKE_PART_POLICY) | (new->parts ? 0 : IKE_PART_IN);

	if (ike_childlist_install(sa, new, parts, old, err, errlen))
		return -1;
	new->state = IKE_CHILD_UP;
	new->switch_at = 0;
	if (!old)
		return 0;
	/* The kernel takes either one while both are there: now it is the new one for sure */
	remove_parts(sa, old, IKE_PART_OUT);
	old->state = IKE_CHILD_REPLACED;
	old->heir = NULL;
	sa->env.step(sa->env.arg, IKE_STEP_CHILD_REKEYED);
	return 0;
}

void ike_childlist_linger(struct ike_sa *sa, struct ike_child_sa *child)
{
	remove_parts(sa, child, IKE_PART_OUT | IKE_PART_POLICY);
	forget_keys(&child->c);
	child->state = IKE_CHILD_DELETED;
	child->delete_wanted = false;
	child->gone_at = ike_sa_now(sa) + LINGER_MS;
}

/* Nothing may point to it any more */
static void forget_child(struct ike_sa *sa, const struct ike_child_sa *child)
{
	struct ike_child_sa *other;

	TAILQ_FOREACH(other, &sa->children, entry)
		if (other->heir == child)
			other->heir = NULL;
	if (sa->sent_child == child)
		sa->sent_child = NULL;
	if (sa->create.child == child)
		sa->create.child = NULL;
	if (sa->create.old == child)
		sa->create.old = NULL;
	if (sa->create.child_theirs == child)
		sa->create.child_theirs = NULL;
	if (sa->pending.child == child)
		sa->pending.child = NULL;
	if (sa->pending.old == child)
		sa->pending.old = NULL;
}

void ike_childlist_drop(struct ike_sa *sa, struct ike_child_sa *child)
{
	if (child->spi_held)
		sa->env.spi_free(sa->env.arg, child->c.spi_in);
	remove_parts(sa, child, IKE_PART_ALL);
	forget_child(sa, child);
	TAILQ_REMOVE(&sa->children, child, entry);
	sa->n_children--;
	OPENSSL_cleanse(child, sizeof(*child));
	free(child);
}

void ike_childlist_drop_all(struct ike_sa *sa)
{
	while (!TAILQ_EMPTY(&sa->children))
		ike_childlist_drop(sa, TAILQ_FIRST(&sa->children));
}

struct ike_child_sa *ike_childlist_find(const struct ike_sa *sa, uint32_t spi_out)
{
	struct ike_child_sa *child;

	TAILQ_FOREACH(child, &sa->children, entry)
		if (child->state != IKE_CHILD_OFFERED && child->state != IKE_CHILD_DELETED &&
		    child->c.spi_out == spi_out)
			return child;
	return NULL;
}

bool ike_child_carries(const struct ike_child_sa *child)
{
	return child->state == IKE_CHILD_UP;
}

struct ike_child_sa *ike_childlist_same(const struct ike_sa *sa, const struct ike_child *c)
{
	struct ike_child_sa *child;

	TAILQ_FOREACH(child, &sa->children, entry)
		if (&child->c != c && ike_child_carries(child) && ike_child_same_ts(&child->c, c))
			return child;
	return NULL;
}
