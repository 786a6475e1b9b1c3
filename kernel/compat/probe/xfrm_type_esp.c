// SPDX-License-Identifier: GPL-2.0-only
/* XFRM has a pointer for the type of ESP, and tells where it is */
#include <net/xfrm.h>

HAS(xfrm_type_esp, void)
{
	return !xfrm_state_afinfo_get_rcu(0)->type_esp;
}

LACKS(xfrm_type_esp, struct xfrm_state *x)
{
	return !x->inner_mode->afinfo->type_map[0];
}
