// SPDX-License-Identifier: GPL-2.0-only
/* arrays with sparse indices are an xarray */
#include <linux/radix-tree.h>
#include <linux/xarray.h>

HAS(xarray, struct xarray *xa, void *entry)
{
	return xa_insert_bh(xa, 0, entry, 0);
}

CONTROL(xarray, struct radix_tree_root *root, void *entry)
{
	return radix_tree_insert(root, 0, entry);
}
