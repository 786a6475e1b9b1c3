// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "serve/pool.h"

struct lease {
	TAILQ_ENTRY(lease) entry;
	uint32_t n;			/* of the range */
	unsigned int refs;		/* 0: it may be had by others */
	const void *owner;
	enum conf_id_type type;
	size_t len;
	uint8_t *id;
};

TAILQ_HEAD(leases, lease);

struct pool {
	LIST_ENTRY(pool) entry;
	struct conf_range range;
	struct leases used;
	struct leases idle;		/* the one that was given back first comes first */
	size_t n_leases;
	uint32_t next;			/* nobody had this one or those behind it, but for wishes */
};

struct pool *pool_get(struct pools *pools, const struct conf_range *range, char *err,
		      size_t errlen)
{
	struct pool *pool;

	LIST_FOREACH(pool, pools, entry) {
		if (conf_range_equal(&pool->range, range))
			return pool;
		if (conf_range_overlap(&pool->range, range)) {
			snprintf(err, errlen,
				 "its addresspool is a part of another connection's; write the same range, or another one");
			return NULL;
		}
	}
	pool = calloc(1, sizeof(*pool));
	if (!pool) {
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	pool->range = *range;
	TAILQ_INIT(&pool->used);
	TAILQ_INIT(&pool->idle);
	LIST_INSERT_HEAD(pools, pool, entry);
	return pool;
}

static void leases_free(struct leases *leases)
{
	struct lease *l;

	while ((l = TAILQ_FIRST(leases))) {
		TAILQ_REMOVE(leases, l, entry);
		free(l->id);
		free(l);
	}
}

void pools_free(struct pools *pools)
{
	struct pool *pool;

	while ((pool = LIST_FIRST(pools))) {
		LIST_REMOVE(pool, entry);
		leases_free(&pool->used);
		leases_free(&pool->idle);
		free(pool);
	}
}

static struct lease *of_owner(struct leases *leases, const void *owner, const struct conf_id *id)
{
	struct lease *l;

	TAILQ_FOREACH(l, leases, entry)
		if (l->id && l->owner == owner && l->type == id->type && l->len == id->len &&
		    !memcmp(l->id, id->data, id->len))
			break;
	return l;
}

static struct lease *of_number(struct leases *leases, uint32_t n)
{
	struct lease *l;

	TAILQ_FOREACH(l, leases, entry)
		if (l->n == n)
			break;
	return l;
}

static bool untouched(struct pool *pool, uint32_t n)
{
	return !of_number(&pool->used, n) && !of_number(&pool->idle, n);
}

/* One that nobody had yet. NULL: there is none, or no memory. */
static struct lease *fresh(struct pool *pool, int64_t want)
{
	struct lease *l;

	if (pool->n_leases == POOL_LEASES_MAX)
		return NULL;
	while (pool->next < pool->range.count && !untouched(pool, pool->next))
		pool->next++;
	if (want < 0 && pool->next == pool->range.count)
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->n = want >= 0 ? (uint32_t)want : pool->next++;
	pool->n_leases++;
	TAILQ_INSERT_TAIL(&pool->idle, l, entry);
	return l;
}

static struct lease *choose(struct pool *pool, const void *owner, const struct conf_id *id,
			    const struct conf_subnet *want)
{
	int64_t n = want->family ? conf_range_find(&pool->range, want) : -1;
	struct lease *l = of_owner(&pool->used, owner, id);

	if (!l)
		l = of_owner(&pool->idle, owner, id);
	if (!l && n >= 0)
		l = of_number(&pool->idle, (uint32_t)n);
	if (!l)
		l = fresh(pool, n >= 0 && untouched(pool, (uint32_t)n) ? n : -1);
	return l ? l : TAILQ_FIRST(&pool->idle);
}

int pool_lease(struct pool *pool, const void *owner, const struct conf_id *id,
	       const struct conf_subnet *want, struct conf_subnet *ip)
{
	struct lease *l = choose(pool, owner, id, want);
	uint8_t *copy;

	if (!l)
		return -ENOSPC;
	if (!l->refs) {
		copy = malloc(id->len + 1);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, id->data, id->len);
		free(l->id);
		l->id = copy;
		l->len = id->len;
		l->type = id->type;
		l->owner = owner;
		TAILQ_REMOVE(&pool->idle, l, entry);
		TAILQ_INSERT_TAIL(&pool->used, l, entry);
	}
	l->refs++;
	*ip = conf_range_addr(&pool->range, l->n);
	return 0;
}

void pool_release(struct pool *pool, const struct conf_subnet *ip)
{
	int64_t n = conf_range_find(&pool->range, ip);
	struct lease *l = n < 0 ? NULL : of_number(&pool->used, (uint32_t)n);

	if (!l || --l->refs)
		return;
	TAILQ_REMOVE(&pool->used, l, entry);
	TAILQ_INSERT_TAIL(&pool->idle, l, entry);
}
