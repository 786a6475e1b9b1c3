// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MOBIKE (RFC 4555): tunnels that go on from other addresses, and from UDP to TCP and back
 * (RFC 9329, section 7.1). Further addresses that a peer tells are ignored: an initiator
 * goes by its configuration, and a responder never begins a move.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "ike/notify.h"
#include "ike/sa.h"

#define COOKIE2_MIN	8
#define COOKIE2_MAX	64

/* Of SAs in tunnel mode alone (section 1.3) */
static bool wanted(const struct ike_sa *sa)
{
	return sa->conn->mobike && sa->conn->mode == CONF_MODE_TUNNEL;
}

void ike_mobike_offer(const struct ike_sa *sa, struct ike_buf *b)
{
	if (wanted(sa))
		ike_notify_put(b, IKE_N_MOBIKE_SUPPORTED, NULL, 0);
}

void ike_mobike_accept(struct ike_sa *sa, const struct ike_payloads *pl)
{
	sa->mobike.agreed = wanted(sa) && ike_notify_find(pl, IKE_N_MOBIKE_SUPPORTED, NULL);
}

void ike_mobike_agree(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_buf *b)
{
	ike_mobike_accept(sa, pl);
	if (sa->mobike.agreed)
		ike_mobike_offer(sa, b);
}

bool ike_sa_mobike(const struct ike_sa *sa)
{
	return sa->mobike.agreed;
}

int ike_sa_announce(struct ike_sa *sa)
{
	sa->mobike.update_wanted = true;
	sa->mobike.refused = false;
	return ike_task_next(sa);
}

unsigned int ike_sa_updates(const struct ike_sa *sa)
{
	return sa->mobike.updates;
}

bool ike_sa_update_refused(const struct ike_sa *sa)
{
	return sa->mobike.refused;
}

static bool under_way(const struct ike_sa *sa, enum ike_info what)
{
	return sa->waiting && sa->sent_exchange == IKE_INFORMATIONAL && sa->sent_info == what;
}

bool ike_sa_settled(const struct ike_sa *sa)
{
	const struct ike_mobike *m = &sa->mobike;

	return !m->update_wanted && !m->check_wanted && !m->refused &&
	       !under_way(sa, IKE_INFO_UPDATE) && !under_way(sa, IKE_INFO_CHECK);
}

/* Behind a NAT we ask, by the way, whether its mapping is what it was (section 3.8) */
static bool asks_for_mapping(const struct ike_sa *sa)
{
	return sa->mobike.agreed && sa->original && sa->nat_ours &&
	       sa->addrs.encap != IKE_ENCAP_TCP;
}

int ike_mobike_put(struct ike_sa *sa, enum ike_info what, struct ike_buf *b)
{
	struct ike_mobike *m = &sa->mobike;

	if (what == IKE_INFO_UPDATE) {
		m->update_wanted = false;
		ike_notify_put(b, IKE_N_UPDATE_SA_ADDRESSES, NULL, 0);
	}
	if (what == IKE_INFO_UPDATE || (what == IKE_INFO_LIVENESS && asks_for_mapping(sa)))
		ike_nat_put(sa, &sa->addrs, b);
	if (what == IKE_INFO_CHECK) {
		m->check_wanted = false;
		if (RAND_bytes(m->cookie2, sizeof(m->cookie2)) != 1)
			return -1;
		ike_notify_put(b, IKE_N_COOKIE2, m->cookie2, sizeof(m->cookie2));
	}
	return 0;
}

/* Where the peer says that no NAT may be, the message must have come as it was sent (3.9) */
static bool nat_forbidden(const struct ike_payloads *pl, const struct ike_addrs *addrs)
{
	size_t alen = addrs->local.family == AF_INET ? 4 : 16;
	uint8_t want[2 * 16 + 4];
	struct ike_notify n;

	/* TCP has no trouble with NATs (RFC 9329, section 7.1) */
	if (addrs->encap == IKE_ENCAP_TCP || !ike_notify_find(pl, IKE_N_NO_NATS_ALLOWED, &n))
		return false;
	memcpy(want, addrs->remote.addr, alen);
	memcpy(want + alen, addrs->local.addr, alen);
	ike_put16(want + 2 * alen, addrs->remote_port);
	ike_put16(want + 2 * alen + 2, addrs->local_port);
	return n.data.len != 2 * alen + 4 || memcmp(n.data.p, want, n.data.len);
}

/* enable-tcp= holds for the whole life of a tunnel */
static bool transport_allowed(const struct ike_sa *sa, const struct ike_addrs *addrs)
{
	bool tcp = addrs->encap == IKE_ENCAP_TCP;

	return sa->conn->tcp == CONF_TCP_FALLBACK || (sa->conn->tcp == CONF_TCP_YES) == tcp;
}

static bool same_peer(const struct ike_addrs *a, const struct ike_addrs *b)
{
	return a->remote.family == b->remote.family && a->remote_port == b->remote_port &&
	       !memcmp(a->remote.addr, b->remote.addr, a->remote.family == AF_INET ? 4 : 16) &&
	       (a->encap == IKE_ENCAP_TCP) == (b->encap == IKE_ENCAP_TCP);
}

/* The peer moves. 0, or the notify type that refuses it. */
static uint16_t update(struct ike_sa *sa, const struct ike_in *in, const struct ike_addrs *addrs)
{
	if (nat_forbidden(&in->pl, addrs))
		return IKE_N_UNEXPECTED_NAT_DETECTED;
	if (!transport_allowed(sa, addrs))
		return IKE_N_UNACCEPTABLE_ADDRESSES;
	/* A TCP handshake shows as much as a check would (RFC 9329, section 7.1) */
	if (addrs->encap == IKE_ENCAP_TCP)
		sa->mobike.check_wanted = false;
	else if (!same_peer(addrs, &sa->addrs))
		sa->mobike.check_wanted = true;
	sa->addrs = *addrs;
	if (ike_nat_found(&in->pl))
		ike_nat_check(sa, &in->hdr, &in->pl);
	sa->mobike.updates++;
	return 0;
}

void ike_mobike_request(struct ike_sa *sa, const struct ike_in *in, struct ike_buf *b)
{
	struct ike_addrs addrs;
	struct ike_notify n;
	uint16_t refused = 0;
	char buf[32];

	if (!sa->mobike.agreed)
		return;
	sa->env.came_by(sa->env.arg, &addrs);
	if (!sa->original && !sa->spare &&
	    ike_notify_find(&in->pl, IKE_N_UPDATE_SA_ADDRESSES, NULL))
		refused = update(sa, in, &addrs);
	if (refused) {
		ike_notify_put(b, refused, NULL, 0);
		ike_sa_log(sa, "the peer may not move there: %s",
			   ike_notify_name(refused, buf, sizeof(buf)));
	}
	if (ike_nat_found(&in->pl))
		ike_nat_put(sa, &addrs, b);
	if (ike_notify_find(&in->pl, IKE_N_COOKIE2, &n) && n.data.len >= COOKIE2_MIN &&
	    n.data.len <= COOKIE2_MAX)
		ike_notify_put(b, IKE_N_COOKIE2, n.data.p, n.data.len);
}

static void updated(struct ike_sa *sa, const struct ike_in *in)
{
	uint16_t error = ike_notify_error(&in->pl, NULL);
	char buf[32];

	/* We have moved again meanwhile: the next answer counts */
	if (sa->mobike.update_wanted)
		return;
	if (error) {
		sa->mobike.refused = true;
		ike_sa_log(sa, "the peer refused our new address: %s",
			   ike_notify_name(error, buf, sizeof(buf)));
		return;
	}
	if (ike_nat_found(&in->pl))
		ike_nat_check(sa, &in->hdr, &in->pl);
}

static int checked(struct ike_sa *sa, const struct ike_in *in)
{
	struct ike_mobike *m = &sa->mobike;
	struct ike_notify n;

	if (!ike_notify_find(&in->pl, IKE_N_COOKIE2, &n) || n.data.len != sizeof(m->cookie2) ||
	    CRYPTO_memcmp(n.data.p, m->cookie2, sizeof(m->cookie2)))
		return ike_sa_fail(sa, "the peer answered from its new address without our COOKIE2");
	return 0;
}

int ike_mobike_response(struct ike_sa *sa, enum ike_info what, const struct ike_in *in)
{
	if (what == IKE_INFO_UPDATE)
		updated(sa, in);
	else if (what == IKE_INFO_CHECK)
		return checked(sa, in);
	else if (what == IKE_INFO_LIVENESS && asks_for_mapping(sa) &&
		 ike_nat_changed(sa, &in->pl))
		sa->mobike.update_wanted = true;
	return 0;
}

void ike_mobike_inherit(struct ike_sa *heir, struct ike_sa *sa)
{
	heir->addrs = sa->addrs;
	heir->mobike = sa->mobike;
	/* What is out has its answer at an SA that nobody looks at any more */
	heir->mobike.update_wanted |= under_way(sa, IKE_INFO_UPDATE);
	heir->mobike.check_wanted |= under_way(sa, IKE_INFO_CHECK);
	/* The SPIs are in it */
	heir->mobike.nat_dest_known = false;
	heir->nat_ours = sa->nat_ours;
	heir->nat_theirs = sa->nat_theirs;
	heir->nat_checked = sa->nat_checked;
	sa->mobike.update_wanted = false;
	sa->mobike.check_wanted = false;
}
