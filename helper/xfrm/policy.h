/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policies of a child, through libnl-xfrm. */
#ifndef ESPINTCP_XFRM_POLICY_H
#define ESPINTCP_XFRM_POLICY_H

#include "xfrm/xfrm.h"

/* Policy of one direction (XFRM_POLICY_IN, OUT, FWD). 0 or -errno, for xfrm_explain(). */
int xfrm_policy_add(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		    int dir);
/* The same, in place of one with this selector if there is one: no packet goes without */
int xfrm_policy_replace(struct xfrm *x, const struct ike_addrs *addrs,
			const struct ike_child *child, int dir);
int xfrm_policy_del(struct xfrm *x, const struct ike_child *child, int dir);
/* Delete it unless it has become somebody else's, by its reqid */
int xfrm_policy_del_own(struct xfrm *x, const struct ike_child *child, int dir);

/* The reqid that the policy of this selector asks for; 0: there is none */
uint32_t xfrm_policy_reqid(struct xfrm *x, const struct ike_child *child, int dir);

#endif
