// SPDX-License-Identifier: GPL-2.0-only
/* get_unaligned() is in linux/unaligned.h, not in asm/unaligned.h */

HAS(linux_unaligned_h, void)
{
#if __has_include("linux/unaligned.h")
	return 0;
#else
	return it_is_not_there;
#endif
}

LACKS(linux_unaligned_h, void)
{
#if __has_include("asm/unaligned.h") && !__has_include("linux/unaligned.h")
	return 0;
#else
	return it_is_not_there;
#endif
}
