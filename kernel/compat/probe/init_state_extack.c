// SPDX-License-Identifier: GPL-2.0-only
/* xfrm_type.init_state() is given an extack */
#include <net/xfrm.h>

HAS(init_state_extack, struct xfrm_type *t, struct xfrm_state *x)
{
	return t->init_state(x, NULL);
}

LACKS(init_state_extack, struct xfrm_type *t, struct xfrm_state *x)
{
	return t->init_state(x);
}
