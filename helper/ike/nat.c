// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NAT detection in IKE_SA_INIT (RFC 7296, section 2.23), over TCP as over UDP (RFC 9329, 6.5),
 * and wherever MOBIKE has it (RFC 4555, sections 3.5 and 3.8).
 */
#include <string.h>

#include <openssl/evp.h>

#include "ike/notify.h"
#include "ike/sa.h"

/* SHA-1 of SPIs, address and port: no security rests on it */
static int nat_hash(const struct ike_sa *sa, const struct conf_subnet *addr, uint16_t port,
		    uint8_t hash[IKE_NAT_HASH_LEN])
{
	size_t alen = addr->family == AF_INET ? 4 : 16;
	uint8_t in[2 * IKE_SPI_LEN + 16 + 2];

	memcpy(in, sa->spi_i, IKE_SPI_LEN);
	memcpy(in + IKE_SPI_LEN, sa->spi_r, IKE_SPI_LEN);
	memcpy(in + 2 * IKE_SPI_LEN, addr->addr, alen);
	ike_put16(in + 2 * IKE_SPI_LEN + alen, port);
	return EVP_Digest(in, 2 * IKE_SPI_LEN + alen + 2, hash, NULL, EVP_sha1(), NULL) == 1 ?
	       0 : -1;
}

/*
 * A hash that no address has makes both ends see a NAT, and put ESP in UDP: for
 * encapsulation=yes, and where networks are known to drop what is not TCP.
 */
static bool pretend(const struct ike_sa *sa, const struct ike_addrs *addrs)
{
	return sa->conn && addrs->encap != IKE_ENCAP_TCP &&
	       (sa->conn->force_encap || sa->conn->tcp == CONF_TCP_FALLBACK);
}

void ike_nat_put(const struct ike_sa *sa, const struct ike_addrs *addrs, struct ike_buf *b)
{
	uint8_t hash[IKE_NAT_HASH_LEN];

	if (!nat_hash(sa, &addrs->local, addrs->local_port, hash)) {
		hash[0] ^= pretend(sa, addrs);
		ike_notify_put(b, IKE_N_NAT_DETECTION_SOURCE_IP, hash, sizeof(hash));
	}
	if (!nat_hash(sa, &addrs->remote, addrs->remote_port, hash))
		ike_notify_put(b, IKE_N_NAT_DETECTION_DESTINATION_IP, hash, sizeof(hash));
}

/* A peer may send several hashes of its own, for as many addresses that it may have */
static bool has(const struct ike_payloads *pl, uint16_t type, const uint8_t hash[IKE_NAT_HASH_LEN],
		bool *any)
{
	struct ike_notify n;
	size_t i;

	for (i = 0; i < pl->n; i++) {
		if (pl->p[i].type != IKE_PL_NOTIFY)
			continue;
		ike_notify_get(&pl->p[i], &n);
		if (n.type != type)
			continue;
		*any = true;
		if (n.data.len == IKE_NAT_HASH_LEN && !memcmp(n.data.p, hash, IKE_NAT_HASH_LEN))
			return true;
	}
	return false;
}

/* Of the one hash for where a message was sent to */
static bool dest_hash(const struct ike_payloads *pl, uint8_t hash[IKE_NAT_HASH_LEN])
{
	struct ike_notify n;

	if (!ike_notify_find(pl, IKE_N_NAT_DETECTION_DESTINATION_IP, &n) ||
	    n.data.len != IKE_NAT_HASH_LEN)
		return false;
	memcpy(hash, n.data.p, IKE_NAT_HASH_LEN);
	return true;
}

bool ike_nat_found(const struct ike_payloads *pl)
{
	return ike_notify_find(pl, IKE_N_NAT_DETECTION_SOURCE_IP, NULL) &&
	       ike_notify_find(pl, IKE_N_NAT_DETECTION_DESTINATION_IP, NULL);
}

bool ike_nat_changed(const struct ike_sa *sa, const struct ike_payloads *pl)
{
	uint8_t hash[IKE_NAT_HASH_LEN];

	/* What an IKE SA knew before it was rekeyed compares with nothing: ask, and know again */
	return dest_hash(pl, hash) && (!sa->mobike.nat_dest_known ||
				       memcmp(hash, sa->mobike.nat_dest, sizeof(hash)));
}

void ike_nat_check(struct ike_sa *sa, const struct ike_hdr *hdr, const struct ike_payloads *pl)
{
	uint8_t ours[IKE_SPI_LEN], theirs[IKE_NAT_HASH_LEN], us[IKE_NAT_HASH_LEN];
	bool any_source = false, any_dest = false;
	int rc;

	/* The hash has the SPIs of the message: a first request has none of the responder's */
	memcpy(ours, sa->spi_r, IKE_SPI_LEN);
	memcpy(sa->spi_r, hdr->spi_r, IKE_SPI_LEN);
	rc = nat_hash(sa, &sa->addrs.remote, sa->addrs.remote_port, theirs);
	if (!rc)
		rc = nat_hash(sa, &sa->addrs.local, sa->addrs.local_port, us);
	memcpy(sa->spi_r, ours, IKE_SPI_LEN);
	if (rc)
		return;
	sa->nat_theirs = !has(pl, IKE_N_NAT_DETECTION_SOURCE_IP, theirs, &any_source) && any_source;
	sa->nat_ours = !has(pl, IKE_N_NAT_DETECTION_DESTINATION_IP, us, &any_dest) && any_dest;
	sa->nat_ours |= pretend(sa, &sa->addrs);
	sa->nat_checked = any_source && any_dest;
	sa->mobike.nat_dest_known = dest_hash(pl, sa->mobike.nat_dest);
}

bool ike_sa_nat(const struct ike_sa *sa, bool ours)
{
	return ours ? sa->nat_ours : sa->nat_theirs;
}
