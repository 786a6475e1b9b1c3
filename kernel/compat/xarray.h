/* SPDX-License-Identifier: GPL-2.0-only */
/* Sparse arrays: as much of xarray as is used here, of a radix tree elsewhere. */
#ifndef ESPINTCP_COMPAT_XARRAY_H
#define ESPINTCP_COMPAT_XARRAY_H

#include <linux/xarray.h>

#include "have.h"

#if !ESPINTCP_HAVE_XARRAY

#include <linux/radix-tree.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

struct xarray {
	struct radix_tree_root	root;
};

#define XA_FLAGS_LOCK_BH	0
#define XA_PRESENT		0

static inline void xa_init_flags(struct xarray *xa, gfp_t flags)
{
	/* Preloaded: what has to sleep for memory has done so before */
	INIT_RADIX_TREE(&xa->root, GFP_ATOMIC | flags);
}

static inline int xa_insert_bh(struct xarray *xa, unsigned long index,
			       void *entry, gfp_t gfp)
{
	int err = radix_tree_preload(gfp);

	if (err)
		return err;

	spin_lock_bh(&xa->root.xa_lock);
	err = radix_tree_insert(&xa->root, index, entry);
	spin_unlock_bh(&xa->root.xa_lock);
	radix_tree_preload_end();
	return err;
}

static inline void xa_erase_bh(struct xarray *xa, unsigned long index)
{
	spin_lock_bh(&xa->root.xa_lock);
	radix_tree_delete(&xa->root, index);
	spin_unlock_bh(&xa->root.xa_lock);
}

static inline void *xa_load(struct xarray *xa, unsigned long index)
{
	void *entry;

	rcu_read_lock();
	entry = radix_tree_lookup(&xa->root, index);
	rcu_read_unlock();
	return entry;
}

static inline bool xa_empty(const struct xarray *xa)
{
	return radix_tree_empty((struct radix_tree_root *)&xa->root);
}

/* The first entry from @index on, which is set to where that is; any @max */
static inline void *xa_find(struct xarray *xa, unsigned long *index,
			    unsigned long max, int filter)
{
	struct radix_tree_iter iter;
	void *entry = NULL;
	void __rcu **slot;

	rcu_read_lock();
	radix_tree_for_each_slot(slot, &xa->root, &iter, *index) {
		entry = radix_tree_deref_slot(slot);
		if (entry && !radix_tree_deref_retry(entry)) {
			*index = iter.index;
			break;
		}
		if (entry)
			slot = radix_tree_iter_retry(&iter);
		entry = NULL;
	}
	rcu_read_unlock();
	return entry;
}

#endif

#endif
