/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two peers with what ike= says at each end, for additional key exchanges. */
#ifndef ESPINTCP_TESTS_ADDKE_PAIR_H
#define ESPINTCP_TESTS_ADDKE_PAIR_H

#include "ike_pair.h"

static inline void set_up(struct pair *p, const char *ike_i, const char *ike_r)
{
	pair_init(p);
	pair_suites(&p->i, ike_i, NULL);
	pair_suites(&p->r, ike_r, NULL);
	p->i.conn.fragmentation = true;
	p->r.conn.fragmentation = true;
}

static inline void assert_up(const struct pair *p)
{
	if (!pair_is_up(p))
		fail_msg("'%s', '%s'", ike_sa_error(p->i.sa), ike_sa_error(p->r.sa));
	assert_memory_equal(p->i.sa->keys.d, p->r.sa->keys.d, IKE_PRF_MAX);
	assert_memory_equal(p->i.child.key_in, p->r.child.key_out, sizeof(p->i.child.key_in));
}

#endif
