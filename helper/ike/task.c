// SPDX-License-Identifier: GPL-2.0-or-later
/* What to ask the peer next, and when: one request at a time (RFC 7296, section 2.3). */
#include <openssl/rand.h>

#include "ike/followup.h"
#include "ike/pairs.h"
#include "ike/sa.h"

#define NEVER		UINT64_MAX
#define RETRY_MS	500	/* libreswan's retransmit-interval, doubled each time */
#define RESENDS_MAX	6	/* a minute in all */
/* Of one SA without ESN: what is left are the numbers that an SA leaves out when it moves */
#define SEQ_PACKETS	0xf0000000ull
#define DELETE_MS	20000	/* for the peer to delete what it has replaced */

uint64_t ike_sa_now(const struct ike_sa *sa)
{
	return sa->env.now(sa->env.arg);
}

uint32_t ike_random_below(uint32_t n)
{
	uint32_t r = 0;

	if (!n || RAND_bytes((uint8_t *)&r, sizeof(r)) != 1)
		return 0;
	return r % n;
}

/*
 * libreswan's rules (rekeymargin=, rekeyfuzz=): whoever initiated begins earlier, by a random
 * part more than the margin, so that both ends seldom rekey at the same time.
 */
static uint64_t margin_ms(const struct ike_sa *sa, uint64_t life_ms)
{
	uint64_t margin = (uint64_t)sa->conn->rekey_margin_s * 1000;
	uint64_t fuzz = margin * sa->conn->rekey_fuzz / 100;

	if (sa->initiator)
		margin += ike_random_below(fuzz > UINT32_MAX ? UINT32_MAX : (uint32_t)fuzz);
	else
		margin /= 2;
	/* A margin that leaves next to nothing of a short life */
	if (margin > life_ms / 2)
		margin = life_ms / (sa->initiator ? 2 : 4);
	return margin;
}

static void set_times(const struct ike_sa *sa, uint32_t life_s, uint64_t *rekey_at,
		      uint64_t *expire_at)
{
	uint64_t life = (uint64_t)life_s * 1000, now = ike_sa_now(sa);

	*rekey_at = NEVER;
	*expire_at = NEVER;
	if (!life)
		return;
	*expire_at = now + life;
	if (sa->conn->rekey)
		*rekey_at = now + life - margin_ms(sa, life);
}

void ike_task_lifetime(struct ike_sa *sa)
{
	set_times(sa, sa->conn->ike_life_s, &sa->rekey_at, &sa->expire_at);
}

/*
 * As with times, whoever initiated begins earlier, by a random part more. A margin is left
 * even for a limit of a few packets.
 */
static struct ike_limit limit_of(const struct ike_sa *sa, uint64_t hard)
{
	struct ike_limit limit = { .hard = hard };
	uint64_t margin = hard / 8;

	if (!hard || !sa->conn->rekey)
		return limit;
	if (sa->initiator)
		margin += hard / 8 + hard / 8192 * ike_random_below(1024);
	limit.soft = hard > margin ? hard - margin : hard;
	return limit;
}

void ike_task_child_lifetime(const struct ike_sa *sa, struct ike_child_sa *child)
{
	uint64_t packets = sa->conn->sa_max_packets;

	set_times(sa, sa->conn->sa_life_s, &child->rekey_at, &child->expire_at);
	child->c.hard_s = sa->conn->sa_life_s;
	/* Numbers that end are never to begin anew (RFC 4303, section 3.3.3) */
	if (child->c.suite.esn != IKE_ESN_YES && (!packets || packets > SEQ_PACKETS))
		packets = SEQ_PACKETS;
	child->c.bytes = limit_of(sa, sa->conn->sa_max_bytes);
	child->c.packets = limit_of(sa, packets);
}

static struct ike_child_sa *child_to_delete(const struct ike_sa *sa)
{
	struct ike_child_sa *child;

	TAILQ_FOREACH(child, &sa->children, entry)
		if (child->delete_wanted)
			return child;
	return NULL;
}

static struct ike_child_sa *child_to_rekey(const struct ike_sa *sa)
{
	struct ike_child_sa *child;

	TAILQ_FOREACH(child, &sa->children, entry)
		if (child->rekey_wanted && child->state == IKE_CHILD_UP && !child->heir &&
		    !ike_followup_replaces(sa, child))
			return child;
	return NULL;
}

/* The child SAs that IKE_AUTH did not bring */
static int next_pair(struct ike_sa *sa)
{
	struct ike_child like = { .transport = sa->conn->mode == CONF_MODE_TRANSPORT };

	while (sa->pair_next < sa->pairs_wanted) {
		/* Unless there is no address for it, or the peer was faster */
		if (ike_pair_get(sa, sa->pair_next, &like) && !ike_childlist_same(sa, &like))
			return ike_create_send(sa, NULL, &like);
		sa->pair_next++;
	}
	return 0;
}

int ike_task_next(struct ike_sa *sa)
{
	struct ike_child_sa *child;

	if (sa->state != IKE_ST_UP || sa->waiting)
		return 0;
	if (sa->delete_wanted)
		return ike_info_send(sa, IKE_INFO_DELETE);
	if (sa->mobike.update_wanted && !sa->spare)
		return ike_info_send(sa, IKE_INFO_UPDATE);
	if (sa->mobike.check_wanted && !sa->spare)
		return ike_info_send(sa, IKE_INFO_CHECK);
	if (sa->create.followup_wanted)
		return ike_followup_send(sa);
	sa->sent_child = child_to_delete(sa);
	if (sa->sent_child)
		return ike_info_send(sa, IKE_INFO_DELETE_CHILD);
	if (sa->spare)
		return 0;
	if (sa->qcd_wanted)
		return ike_info_send(sa, IKE_INFO_QCD);
	if (sa->redirect_to)
		return ike_info_send(sa, IKE_INFO_REDIRECT);
	if (sa->liveness_wanted)
		return ike_info_send(sa, IKE_INFO_LIVENESS);
	if (sa->retry_at && sa->retry_at > ike_sa_now(sa))
		return 0;
	sa->retry_at = 0;
	child = child_to_rekey(sa);
	if (child)
		return ike_create_send(sa, child, &child->c);
	if (sa->rekey_wanted && !sa->pending.ike)
		return ike_rekey_send(sa);
	return next_pair(sa);
}

static void earlier(uint64_t *due, uint64_t when)
{
	if (when && when < *due)
		*due = when;
}

static uint64_t child_due(const struct ike_child_sa *child)
{
	uint64_t due = NEVER;

	if (child->state == IKE_CHILD_UP) {
		earlier(&due, child->rekey_at);
		earlier(&due, child->expire_at);
	} else if (child->state == IKE_CHILD_INBOUND) {
		earlier(&due, child->switch_at);
	} else {
		earlier(&due, child->gone_at);
	}
	return due;
}

static uint64_t window_due(const struct ike_sa *sa)
{
	uint64_t due = NEVER;

	if (!sa->waiting || sa->state == IKE_ST_CLOSED)
		return due;
	earlier(&due, sa->resend_at);
	return due;
}

uint64_t ike_sa_due(const struct ike_sa *sa)
{
	const struct ike_child_sa *child;
	const struct ike_sa *other;
	uint64_t due = window_due(sa);

	if (sa->state == IKE_ST_CLOSED)
		return NEVER;
	if (sa->puzzle.solving)
		return ike_sa_now(sa);
	TAILQ_FOREACH(child, &sa->children, entry)
		earlier(&due, child_due(child));
	LIST_FOREACH(other, &sa->others, entry) {
		earlier(&due, window_due(other));
		earlier(&due, other->gone_at);
	}
	if (sa->state != IKE_ST_UP)
		return due;
	earlier(&due, sa->rekey_at);
	earlier(&due, sa->expire_at);
	earlier(&due, sa->pending.until);
	if (!sa->waiting)
		earlier(&due, sa->retry_at);
	return due;
}

uint64_t ike_sa_rekey_at(const struct ike_sa *sa)
{
	const struct ike_child_sa *child;
	uint64_t at = NEVER;

	earlier(&at, sa->rekey_at);
	earlier(&at, sa->expire_at);
	TAILQ_FOREACH(child, &sa->children, entry) {
		if (child->state != IKE_CHILD_UP)
			continue;
		earlier(&at, child->rekey_at);
		earlier(&at, child->expire_at);
	}
	return at;
}

/* Sent again until it is answered; 0, or -1 if the peer is given up */
static int window_timeout(struct ike_sa *sa, uint64_t now)
{
	if (window_due(sa) > now)
		return 0;
	if (sa->resends < RESENDS_MAX) {
		sa->resends++;
		return ike_out_resend(sa);
	}
	return ike_sa_fail(sa, "the peer does not answer any more");
}

void ike_task_sent(struct ike_sa *sa)
{
	sa->resend_at = 0;
	if (sa->unreliable)
		sa->resend_at = ike_sa_now(sa) + ((uint64_t)RETRY_MS << sa->resends);
}

static int child_timeout(struct ike_sa *sa, struct ike_child_sa *child, uint64_t now)
{
	struct ike_child_sa *old;
	char err[160];

	switch (child->state) {
	case IKE_CHILD_UP:
		if (child->rekey_at <= now) {
			child->rekey_at = NEVER;
			child->rekey_wanted = true;
		}
		if (child->expire_at <= now) {
			child->expire_at = NEVER;
			child->delete_wanted = true;
			if (!ike_sa_child_nth(sa, 1))
				ike_sa_reason(sa, "the lifetime of the child SA is over");
			ike_sa_log(sa, "the lifetime of a child SA is over");
		}
		return 0;
	case IKE_CHILD_INBOUND:
		TAILQ_FOREACH(old, &sa->children, entry)
			if (old->heir == child)
				break;
		/* Which of two it will be is known when our own request has its answer */
		if (sa->create.child_theirs == child) {
			child->switch_at = now + DELETE_MS;
			return 0;
		}
		if (ike_childlist_switch(sa, old, child, err, sizeof(err)))
			return ike_sa_fail(sa, "%s", err);
		if (old)
			old->gone_at = now + DELETE_MS;
		return 0;
	case IKE_CHILD_REPLACED:
		/* The peer was to delete it, and has not */
		child->gone_at = NEVER;
		child->delete_wanted = true;
		return 0;
	default:
		ike_childlist_drop(sa, child);
		return 0;
	}
}

static int children_timeout(struct ike_sa *sa, uint64_t now)
{
	struct ike_child_sa *child, *next;

	for (child = TAILQ_FIRST(&sa->children); child; child = next) {
		next = TAILQ_NEXT(child, entry);
		if (child_due(child) <= now && child_timeout(sa, child, now))
			return -1;
	}
	return 0;
}

static void others_timeout(struct ike_sa *sa, uint64_t now)
{
	struct ike_sa *other;

	LIST_FOREACH(other, &sa->others, entry) {
		if (other->gone_at <= now)
			ike_sa_close(other);
		else
			(void)window_timeout(other, now);
	}
	ike_sa_sweep(sa);
}

int ike_sa_timeout(struct ike_sa *sa)
{
	uint64_t now = ike_sa_now(sa);

	if (sa->state == IKE_ST_CLOSED)
		return -1;
	if (sa->puzzle.solving)
		return ike_init_puzzle(sa);
	others_timeout(sa, now);
	if (window_timeout(sa, now) || children_timeout(sa, now))
		return -1;
	if (sa->state != IKE_ST_UP)
		return 0;
	if (sa->pending.until && sa->pending.until <= now)
		ike_followup_drop(sa);
	if (sa->rekey_at && sa->rekey_at <= now) {
		sa->rekey_at = NEVER;
		sa->rekey_wanted = !sa->conn->reauth;
		sa->reauth_due = sa->conn->reauth;
	}
	if (sa->expire_at && sa->expire_at <= now) {
		sa->expire_at = NEVER;
		sa->delete_wanted = true;
		ike_sa_reason(sa, "the lifetime of the IKE SA is over");
	}
	return ike_task_next(sa);
}

int ike_sa_resend(struct ike_sa *sa)
{
	struct ike_sa *other;

	LIST_FOREACH(other, &sa->others, entry)
		if (ike_sa_waiting(other))
			(void)ike_out_resend(other);
	return ike_sa_waiting(sa) ? ike_out_resend(sa) : ike_task_next(sa);
}

void ike_sa_reliable(struct ike_sa *sa, bool reliable)
{
	struct ike_sa *other;

	LIST_FOREACH(other, &sa->others, entry)
		ike_sa_reliable(other, reliable);
	sa->unreliable = !reliable;
	if (sa->waiting) {
		sa->resends = 0;
		ike_task_sent(sa);
	}
}

bool ike_sa_reauth(struct ike_sa *sa)
{
	bool due = sa->reauth_due;

	sa->reauth_due = false;
	return due;
}

int ike_sa_rekey(struct ike_sa *sa)
{
	sa->rekey_wanted = true;
	return ike_task_next(sa);
}

int ike_sa_rekey_children(struct ike_sa *sa)
{
	struct ike_child_sa *child;

	TAILQ_FOREACH(child, &sa->children, entry)
		child->rekey_wanted = child->state == IKE_CHILD_UP;
	return ike_task_next(sa);
}

static struct ike_child_sa *with_spi(const struct ike_sa *sa, uint32_t spi, bool in)
{
	struct ike_child_sa *child;

	TAILQ_FOREACH(child, &sa->children, entry)
		if (child->state == IKE_CHILD_UP &&
		    (in ? child->c.spi_in : child->c.spi_out) == spi)
			return child;
	return NULL;
}

int ike_sa_expired(struct ike_sa *sa, uint32_t spi, bool in, bool hard)
{
	struct ike_child_sa *child = sa->state == IKE_ST_UP ? with_spi(sa, spi, in) : NULL;

	/* One of its directions is as good as the other, and the peer may be faster */
	if (!child || child->heir || child->rekey_wanted || child->delete_wanted ||
	    child == sa->sent_child || (sa->create.child && sa->create.old == child))
		return 0;
	if (sa->conn->rekey) {
		child->rekey_wanted = true;
		ike_sa_log(sa, "a child SA has carried as much as it may, and is rekeyed");
	} else if (hard) {
		child->delete_wanted = true;
		if (!ike_sa_child_nth(sa, 1))
			ike_sa_reason(sa, "the child SA has carried as much as it may");
		ike_sa_log(sa, "a child SA has carried as much as it may");
	}
	return ike_task_next(sa);
}

int ike_sa_liveness(struct ike_sa *sa)
{
	sa->liveness_wanted = sa->state == IKE_ST_UP && !sa->waiting;
	return ike_task_next(sa);
}
