// SPDX-License-Identifier: GPL-2.0-or-later
/* A child SA in the kernel: two SAs and their policies, all of them or none. */
#include <stdbool.h>
#include <stdio.h>

#include <linux/xfrm.h>

#include "xfrm/policy.h"
#include "xfrm/sa.h"
#include "xfrm/talk.h"
#include "xfrm/xfrm.h"

/* What is opened first must be able to receive: inbound before outbound */
enum { STEP_SA_IN, STEP_SA_OUT, STEP_POL_IN, STEP_POL_FWD, STEP_POL_OUT, STEPS };

/* Packets of a transport mode SA are never forwarded */
static bool has_step(const struct ike_child *child, unsigned int parts, int step)
{
	if (step == STEP_SA_IN)
		return parts & IKE_PART_IN;
	if (step == STEP_SA_OUT)
		return parts & IKE_PART_OUT;
	return (parts & IKE_PART_POLICY) && (step != STEP_POL_FWD || !child->transport);
}

static int policy_dir(int step)
{
	return step == STEP_POL_IN ? XFRM_POLICY_IN :
	       step == STEP_POL_FWD ? XFRM_POLICY_FWD : XFRM_POLICY_OUT;
}

static int step_add(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		    unsigned int parts, int step)
{
	if (step == STEP_SA_IN || step == STEP_SA_OUT)
		return xfrm_sa_add(x, addrs, child, step == STEP_SA_IN);
	if (parts & XFRM_REPLACE)
		return xfrm_policy_replace(x, addrs, child, policy_dir(step));
	return xfrm_policy_add(x, addrs, child, policy_dir(step));
}

static void step_del(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		     int step)
{
	if (step == STEP_SA_IN)
		xfrm_sa_del(x, addrs, child->spi_in, true);
	else if (step == STEP_SA_OUT)
		xfrm_sa_del(x, addrs, child->spi_out, false);
	else
		xfrm_policy_del_own(x, child, policy_dir(step));
}

static void undo(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		 unsigned int parts, int steps)
{
	while (steps--)
		if (has_step(child, parts, steps))
			step_del(x, addrs, child, steps);
}

/**
 * xfrm_child_add - install the SAs and policies of a child
 * @x: the connection to the kernel
 * @addrs: the outer TCP connection, whose ports the SAs are bound to
 * @child: what was negotiated
 * @parts: which of its parts, enum ike_part; with XFRM_REPLACE
 * @err: set to a sentence on failure
 * @errlen: size of @err
 *
 * Policies follow RFC 4301, section 4.4.1. On failure nothing stays behind but
 * the reserved SPI, which is the caller's to free.
 *
 * Return: 0 or -errno.
 */
int xfrm_child_add(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		   unsigned int parts, char *err, size_t errlen)
{
	int step, rc;

	for (step = 0; step < STEPS; step++) {
		if (!has_step(child, parts, step))
			continue;
		rc = step_add(x, addrs, child, parts, step);
		if (!rc)
			continue;
		xfrm_explain(x, step <= STEP_SA_OUT ? XFRM_WHAT_SA : XFRM_WHAT_POLICY, rc, err,
			     errlen);
		undo(x, addrs, child, parts, step);
		return rc;
	}
	return 0;
}

/* Remove what xfrm_child_add() installed; what is already gone is no error */
void xfrm_child_del(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		    unsigned int parts)
{
	undo(x, addrs, child, parts, STEPS);
}
