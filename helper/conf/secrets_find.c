// SPDX-License-Identifier: GPL-2.0-or-later
/* Which pre-shared key is for two ends. */
#include <string.h>

#include "conf/conf.h"

/* A better match has a higher value; 0 is none. As libreswan ranks them. */
enum {
	MATCH_ALL = 1,			/* no index, or only ours: whoever the peer is */
	MATCH_ANY = 2,
	MATCH_REMOTE = 4,
	MATCH_LOCAL = 8,
};

static int rank(const struct conf_secret *s, const struct conf_id *local,
		const struct conf_id *remote)
{
	bool named = false;
	int match = 0;

	if (!s->n_ids)
		return MATCH_ALL;
	for (size_t i = 0; i < s->n_ids; i++) {
		if (s->ids[i].type == CONF_ID_NONE) {
			match |= MATCH_ANY;
			continue;
		}
		named = true;
		if (conf_id_equal(&s->ids[i], local))
			match |= MATCH_LOCAL;
		if (conf_id_equal(&s->ids[i], remote))
			match |= MATCH_REMOTE;
	}
	if (match == MATCH_LOCAL && s->n_ids == 1)
		return MATCH_LOCAL | MATCH_ALL;
	/* One end alone, or none beside %any, is somebody else's key */
	if (match == MATCH_LOCAL || match == MATCH_REMOTE || (match == MATCH_ANY && named))
		return 0;
	return match;
}

static const struct conf_secret *find(const struct conf_secret *list, enum conf_secret_kind kind,
				      const char *name, const struct conf_id *local,
				      const struct conf_id *remote)
{
	const struct conf_secret *best = NULL;
	int best_rank = 0, r;

	for (; list; list = list->next) {
		if (list->kind != kind || (name && strcmp(list->name, name)))
			continue;
		r = rank(list, local, remote);
		if (r <= best_rank)
			continue;
		best_rank = r;
		best = list;
	}
	return best;
}

/**
 * conf_secret_find - find the key for two ends
 * @list: keys
 * @local: our identity
 * @remote: the peer's
 *
 * Both identities named are better than one and %any, that is better than ours
 * alone, and an entry without any index is the last choice. Of equals the first.
 *
 * Return: the key, @list's own, or NULL.
 */
const struct conf_secret *conf_secret_find(const struct conf_secret *list,
					   const struct conf_id *local,
					   const struct conf_id *remote)
{
	return find(list, CONF_SECRET_PSK, NULL, local, remote);
}

/**
 * conf_ppk_find - find the post-quantum preshared key for two ends
 * @list: keys
 * @local: our identity
 * @remote: the peer's
 * @id: of the key, NULL: any
 *
 * Return: as above.
 */
const struct conf_secret *conf_ppk_find(const struct conf_secret *list,
					const struct conf_id *local, const struct conf_id *remote,
					const char *id)
{
	return find(list, CONF_SECRET_PPK, id, local, remote);
}

/**
 * conf_has_ppk - tell whether there is any post-quantum preshared key
 * @list: keys
 *
 * Return: whether there is.
 */
bool conf_has_ppk(const struct conf_secret *list)
{
	for (; list; list = list->next)
		if (list->kind == CONF_SECRET_PPK)
			return true;
	return false;
}
