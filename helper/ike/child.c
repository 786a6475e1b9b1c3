// SPDX-License-Identifier: GPL-2.0-or-later
/* The child SA that IKE_AUTH brings (RFC 7296, section 1.2). */
#include <string.h>

#include "ike/notify.h"
#include "ike/pairs.h"
#include "ike/sa.h"

/* Without a key exchange: that of IKE_SA_INIT serves for both (section 1.2) */
static void suites(const struct ike_sa *sa, struct ike_suite_list *list)
{
	ike_suites_set_group(&sa->conn->esp, false, IKE_DH_NONE, list);
}

static int make_keys(struct ike_sa *sa, struct ike_child_sa *child)
{
	return ike_keys_child(sa->suite.prf, &sa->keys, (struct ike_secrets){ 0 },
			      ike_nonce_bytes(&sa->ni), ike_nonce_bytes(&sa->nr),
			      sa->initiator, &child->c);
}

int ike_child_offer(struct ike_sa *sa, struct ike_buf *b)
{
	struct ike_suite_list list;
	struct ike_child_sa *child;
	int err;

	child = ike_childlist_new(sa, &err);
	if (!child)
		return ike_sa_fail(sa, "cannot reserve a SPI: %s", strerror(-err));
	child->c.transport = sa->conn->mode == CONF_MODE_TRANSPORT;
	ike_pair_get(sa, 0, &child->c);
	suites(sa, &list);
	ike_negotiate_put_offer(child, &list, b);
	ike_negotiate_put_selectors(child, true, b);
	return 0;
}

static int install(struct ike_sa *sa, struct ike_child_sa *child)
{
	char err[160];

	ike_task_child_lifetime(sa, child);
	if (ike_childlist_install(sa, child, IKE_PART_ALL, NULL, err, sizeof(err))) {
		ike_sa_reason(sa, "%s", err);
		return -1;
	}
	child->state = IKE_CHILD_UP;
	return 0;
}

static uint16_t answer(struct ike_sa *sa, const struct ike_payloads *pl,
		       struct ike_child_sa *child, struct ike_choice *choice)
{
	struct ike_suite_list list;
	char why[200] = "";
	uint16_t refused;

	refused = ike_config_lease(sa, pl);
	if (refused)
		return refused;
	suites(sa, &list);
	refused = ike_negotiate_choose(sa, pl, &list, IKE_DH_NONE, NULL, child, choice, why,
				       sizeof(why));
	if (refused) {
		ike_sa_reason(sa, "%s", why);
		return refused;
	}
	if (make_keys(sa, child)) {
		ike_sa_reason(sa, "cannot make keys for the child SA");
		return IKE_N_TEMPORARY_FAILURE;
	}
	return install(sa, child) ? IKE_N_TEMPORARY_FAILURE : 0;
}

uint16_t ike_child_answer(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_buf *b)
{
	struct ike_choice choice;
	struct ike_child_sa *child;
	uint16_t refused;
	int err;

	child = ike_childlist_new(sa, &err);
	if (!child) {
		ike_sa_reason(sa, "cannot reserve a SPI: %s", strerror(-err));
		return IKE_N_TEMPORARY_FAILURE;
	}
	refused = answer(sa, pl, child, &choice);
	if (refused) {
		ike_childlist_drop(sa, child);
		ike_config_drop(sa);
		return refused;
	}
	ike_config_put_reply(sa, pl, b);
	ike_negotiate_put_choice(child, &choice, b);
	ike_negotiate_put_selectors(child, false, b);
	ike_task_lifetime(sa);
	return 0;
}

static const char *refusal_hint(uint16_t type)
{
	switch (type) {
	case IKE_N_NO_PROPOSAL_CHOSEN:
		return ": it has no algorithms, or no mode, in common with esp= and type=";
	case IKE_N_INTERNAL_ADDRESS_FAILURE:
		return ": it has no address for us";
	case IKE_N_FAILED_CP_REQUIRED:
		return ": we have to ask for an address, with leftmodecfgclient=yes";
	case IKE_N_TS_UNACCEPTABLE:
		return ": its subnets do not meet leftsubnet= and rightsubnet=";
	default:
		return "";
	}
}

int ike_child_accept(struct ike_sa *sa, const struct ike_payloads *pl)
{
	struct ike_child_sa *child = TAILQ_FIRST(&sa->children);
	uint16_t error = ike_notify_error(pl, NULL);
	struct ike_suite_list list;
	char buf[160];

	if (error) {
		ike_sa_reason(sa, "the peer refused the child SA: %s%s",
			      ike_notify_name(error, buf, sizeof(buf)), refusal_hint(error));
		return -1;
	}
	if (ike_config_take(sa, pl))
		return -1;
	if (child && !ike_pair_get(sa, 0, &child->c)) {
		ike_sa_reason(sa, "the peer gives us an address of another family than it was asked for");
		return -1;
	}
	suites(sa, &list);
	if (!child || ike_negotiate_accept(pl, &list, NULL, child, buf, sizeof(buf))) {
		ike_sa_reason(sa, "%s", child ? buf : "the peer made a child SA that we did not ask for");
		return -1;
	}
	if (make_keys(sa, child)) {
		ike_sa_reason(sa, "cannot make keys for the child SA");
		return -1;
	}
	if (install(sa, child))
		return -1;
	sa->pairs_wanted = ike_pairs(sa->conn);
	sa->pair_next = 1;
	ike_task_lifetime(sa);
	return 0;
}
