/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKE_FOLLOWUP_KE (RFC 9370, section 2.2.4): what follows a CREATE_CHILD_SA until all its key
 * exchanges are done. Whoever asked sends one after the other; the other end keeps what it
 * answered, for a while and one at a time, and names it by a blob.
 */
#ifndef ESPINTCP_IKE_FOLLOWUP_H
#define ESPINTCP_IKE_FOLLOWUP_H

#include "ike/sa.h"

/**
 * ike_followup_wait - responder: keep a CREATE_CHILD_SA whose keys are not complete
 * @s: what there is of it, taken over
 * @child: the new child SA, with @old that it replaces (NULL: none)
 * @ike: or the new IKE SA
 * @b: the answer, which gets ADDITIONAL_KEY_EXCHANGE
 *
 * What waited before is forgotten. Return: 0, or -1: libcrypto refused, nothing is kept.
 */
int ike_followup_wait(struct ike_sa *sa, struct ike_series *s, struct ike_child_sa *child,
		      struct ike_child_sa *old, struct ike_sa *ike, struct ike_buf *b);
/* Forget it, if there is any */
void ike_followup_drop(struct ike_sa *sa);
/* Does the peer replace this child SA, and is not done? */
bool ike_followup_replaces(const struct ike_sa *sa, const struct ike_child_sa *old);

/*
 * Initiator: is there another key exchange to do in our CREATE_CHILD_SA, whose answer is @pl?
 * 1: yes, it is sent next; 0: no; -1: yes, but the answer does not link to it.
 */
int ike_followup_wanted(struct ike_sa *sa, const struct ike_payloads *pl);
int ike_followup_send(struct ike_sa *sa);

/* 0, or -1 if the SA is over */
int ike_followup_request(struct ike_sa *sa, const struct ike_in *in);
int ike_followup_response(struct ike_sa *sa, const struct ike_in *in);

#endif
