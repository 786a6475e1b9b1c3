/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child SAs of an IKE SA and what of each is in the kernel. Rekeying (RFC 7296,
 * section 2.8) in terms of kernel state, such that both ends can receive whatever the
 * other one may send:
 *
 *   who asked:	in and out of the new SA, out of the old one goes; DELETE; the old one's
 *		in goes a while after its answer
 *   who answered: in of the new SA before the answer; at the DELETE of the old one out of
 *		the new SA, and out of the old one goes; its in goes a while later
 */
#ifndef ESPINTCP_IKE_CHILDLIST_H
#define ESPINTCP_IKE_CHILDLIST_H

#include <sys/queue.h>

#include "ike/ike.h"

#define IKE_CHILDREN_MAX	256	/* of one IKE SA, the replaced ones included */

enum ike_child_state {
	IKE_CHILD_OFFERED,	/* a reserved SPI, nothing else */
	IKE_CHILD_INBOUND,	/* the peer may send through it; we still use the old one */
	IKE_CHILD_UP,
	IKE_CHILD_REPLACED,	/* it receives at most; a DELETE is to come */
	IKE_CHILD_DELETED,	/* at both ends, but packets may be on their way */
};

struct ike_child_sa {
	TAILQ_ENTRY(ike_child_sa) entry;
	struct ike_child c;
	enum ike_child_state state;
	unsigned int parts;		/* in the kernel */
	bool spi_held;			/* c.spi_in is ours to give back */
	bool delete_wanted;		/* at the peer */
	bool rekey_wanted;
	bool unknown;			/* the peer does not know it: it is not told of its end */
	struct ike_child_sa *heir;	/* the INBOUND one that is to replace it */
	uint64_t rekey_at, expire_at;
	uint64_t switch_at;		/* INBOUND: to use it without a sign of the peer */
	uint64_t gone_at;		/* DELETED, REPLACED */
};

TAILQ_HEAD(ike_children, ike_child_sa);

/* A new one with a reserved SPI. NULL with @err (-errno) set; -ENOSPC: too many. */
struct ike_child_sa *ike_childlist_new(struct ike_sa *sa, int *err);

/**
 * ike_childlist_install - put parts of a child SA into the kernel
 * @old: whose policies it takes over, instead of making its own; or NULL
 *
 * Keys are wiped when both directions are there.
 *
 * Return: 0, or -1 with a sentence in @err.
 */
int ike_childlist_install(struct ike_sa *sa, struct ike_child_sa *child, unsigned int parts,
			  struct ike_child_sa *old, char *err, size_t errlen);

/* Send through @new, which can receive already, from now on. 0, or -1 with a sentence. */
int ike_childlist_switch(struct ike_sa *sa, struct ike_child_sa *old, struct ike_child_sa *new,
			 char *err, size_t errlen);

/* Both ends have deleted it: what still arrives through it is taken for a while */
void ike_childlist_linger(struct ike_sa *sa, struct ike_child_sa *child);

/* Remove what is in the kernel, and forget it */
void ike_childlist_drop(struct ike_sa *sa, struct ike_child_sa *child);
void ike_childlist_drop_all(struct ike_sa *sa);

/* By the peer's SPI (ours for sending): one that is negotiated and not deleted. NULL: none. */
struct ike_child_sa *ike_childlist_find(const struct ike_sa *sa, uint32_t spi_out);
/* One that carries the same traffic. NULL: none. */
struct ike_child_sa *ike_childlist_same(const struct ike_sa *sa, const struct ike_child *c);
/* Is it what packets of ours go through? */
bool ike_child_carries(const struct ike_child_sa *child);

#endif
