// SPDX-License-Identifier: GPL-2.0-only
/* an iterator to read from is ITER_SOURCE, not WRITE */
#include <linux/fs.h>
#include <linux/uio.h>

HAS(iter_source, void)
{
	return ITER_SOURCE;
}

CONTROL(iter_source, void)
{
	return WRITE;
}
