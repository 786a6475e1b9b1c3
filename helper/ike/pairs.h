/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The traffic that a connection is for: each subnet of ours with each of the peer's, as
 * libreswan has it (leftsubnets=, rightsubnets=), and for each such pair a child SA.
 */
#ifndef ESPINTCP_IKE_PAIRS_H
#define ESPINTCP_IKE_PAIRS_H

#include "ike/ike.h"
#include "ike/ts.h"

/* How many; at most IKE_PAIRS_MAX */
size_t ike_pairs(const struct conf_conn *conn);
#define IKE_PAIRS_MAX (CONF_SUBNETS_MAX * CONF_SUBNETS_MAX)

/* The selectors of the n-th pair, into @c, as they are configured */
void ike_pair_of(const struct conf_conn *conn, const struct ike_addrs *addrs, size_t n,
		 struct ike_child *c);

/*
 * The same of the SA's connection; without subnets the ends are the hosts. An end that
 * gets its inner addresses from the other one is that address, or any till it is known. false:
 * it has none of the family.
 */
bool ike_pair_get(const struct ike_sa *sa, size_t n, struct ike_child *c);

/* The selector of one end of a child SA, and back */
struct ike_ts ike_child_ts(const struct ike_child *c, bool local);
void ike_child_set_ts(struct ike_child *c, bool local, const struct ike_ts *ts);

/* Do both carry the same traffic? */
bool ike_child_same_ts(const struct ike_child *a, const struct ike_child *b);

/* "10.1.0.0/16 === 10.2.0.0/16", "192.0.2.1/32:17/1701 === ..."; returns buf */
const char *ike_child_ts_text(const struct ike_child *c, char *buf, size_t len);

#endif
