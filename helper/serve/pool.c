// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "serve/pool.h"

#define BUCKETS 4096

struct lease {
	TAILQ_ENTRY(lease) entry;	/* of those that may be had by others */
	LIST_ENTRY(lease) by_number, by_id;
	uint32_t n;			/* of the range */
	unsigned int refs;		/* 0: it may be had by others */
	const void *owner;
	enum conf_id_type type;
	size_t len;
	uint8_t *id;
};

TAILQ_HEAD(leases, lease);
LIST_HEAD(bucket, lease);

struct pool {
	LIST_ENTRY(pool) entry;
	struct conf_range range;
	struct bucket by_number[BUCKETS];	/* all of them */
	struct bucket by_id[BUCKETS];	/* that an ID has, or had */
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
	TAILQ_INIT(&pool->idle);
	LIST_INSERT_HEAD(pools, pool, entry);
	return pool;
}

static void leases_free(struct pool *pool)
{
	struct lease *l;

	for (size_t i = 0; i < BUCKETS; i++) {
		while ((l = LIST_FIRST(&pool->by_number[i]))) {
			LIST_REMOVE(l, by_number);
			free(l->id);
			free(l);
		}
	}
}

void pools_free(struct pools *pools)
{
	struct pool *pool;

	while ((pool = LIST_FIRST(pools))) {
		LIST_REMOVE(pool, entry);
		leases_free(pool);
		free(pool);
	}
}

/* FNV-1a */
static struct bucket *of_id(struct pool *pool, const uint8_t *id, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ id[i]) * 16777619u;
	return &pool->by_id[hash % BUCKETS];
}

static struct bucket *of_number(struct pool *pool, uint32_t n)
{
	return &pool->by_number[n % BUCKETS];
}

static struct lease *with_owner(struct pool *pool, const void *owner, const struct conf_id *id)
{
	struct lease *l;

	LIST_FOREACH(l, of_id(pool, id->data, id->len), by_id)
		if (l->owner == owner && l->type == id->type && l->len == id->len &&
		    !memcmp(l->id, id->data, id->len))
			break;
	return l;
}

static struct lease *with_number(struct pool *pool, uint32_t n)
{
	struct lease *l;

	LIST_FOREACH(l, of_number(pool, n), by_number)
		if (l->n == n)
			break;
	return l;
}

/* One that nobody had yet. NULL: there is none, or no memory. */
static struct lease *fresh(struct pool *pool, int64_t want)
{
	struct lease *l;

	if (pool->n_leases == POOL_LEASES_MAX)
		return NULL;
	while (pool->next < pool->range.count && with_number(pool, pool->next))
		pool->next++;
	if (want < 0 && pool->next == pool->range.count)
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->n = want >= 0 ? (uint32_t)want : pool->next++;
	pool->n_leases++;
	LIST_INSERT_HEAD(of_number(pool, l->n), l, by_number);
	TAILQ_INSERT_TAIL(&pool->idle, l, entry);
	return l;
}

static struct lease *choose(struct pool *pool, const void *owner, const struct conf_id *id,
			    const struct conf_subnet *want)
{
	int64_t n = want->family ? conf_range_find(&pool->range, want) : -1;
	struct lease *l = with_owner(pool, owner, id), *wanted;

	if (l)
		return l;
	wanted = n >= 0 ? with_number(pool, (uint32_t)n) : NULL;
	if (wanted && !wanted->refs)
		return wanted;
	l = fresh(pool, n >= 0 && !wanted ? n : -1);
	return l ? l : TAILQ_FIRST(&pool->idle);
}

/* From now on, whoever had it before */
static void give(struct pool *pool, struct lease *l, const void *owner, const struct conf_id *id,
		 uint8_t *copy)
{
	if (l->id)
		LIST_REMOVE(l, by_id);
	free(l->id);
	l->id = copy;
	l->len = id->len;
	l->type = id->type;
	l->owner = owner;
	LIST_INSERT_HEAD(of_id(pool, copy, id->len), l, by_id);
	TAILQ_REMOVE(&pool->idle, l, entry);
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
		give(pool, l, owner, id, copy);
	}
	l->refs++;
	*ip = conf_range_addr(&pool->range, l->n);
	return 0;
}

void pool_release(struct pool *pool, const struct conf_subnet *ip)
{
	int64_t n = conf_range_find(&pool->range, ip);
	struct lease *l = n < 0 ? NULL : with_number(pool, (uint32_t)n);

	if (!l || !l->refs || --l->refs)
		return;
	TAILQ_INSERT_TAIL(&pool->idle, l, entry);
}
