// SPDX-License-Identifier: GPL-2.0-only
/* xfrm_type tells what fits a packet */
#include <net/xfrm.h>

HAS(xfrm_type_get_mtu, struct xfrm_type *t, struct xfrm_state *x)
{
	return t->get_mtu(x, 0);
}

CONTROL(xfrm_type_get_mtu, struct xfrm_type *t)
{
	return !t->init_state;
}
