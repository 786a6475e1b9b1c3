// SPDX-License-Identifier: GPL-2.0-only
/* totalram_pages() is a function, not a variable */
#include <linux/mm.h>

HAS(totalram_pages, void)
{
	return !totalram_pages();
}

LACKS(totalram_pages, void)
{
	return totalram_pages % 2;
}
