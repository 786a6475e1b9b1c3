// SPDX-License-Identifier: GPL-2.0-only
/* an upper layer protocol says whether programs may ask for it */
#include <net/tcp.h>

HAS(ulp_user_visible, struct tcp_ulp_ops *ops)
{
	ops->uid = 0;
	ops->user_visible = 1;
	return 0;
}

CONTROL(ulp_user_visible, struct tcp_ulp_ops *ops)
{
	ops->owner = 0;
	return 0;
}
