/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quick crash detection (RFC 6290). Each end may give the other one a token for their IKE SA,
 * which it can make again when it knows nothing of the SA any more: shown with
 * INVALID_IKE_SPI, it proves that the SA is lost, which anybody could say.
 */
#ifndef ESPINTCP_IKE_QCD_H
#define ESPINTCP_IKE_QCD_H

#include "ike/build.h"
#include "ike/message.h"

#define IKE_QCD_SECRET	32
#define IKE_QCD_LEN	16		/* of ours: as short as section 5 allows, see unknown.h */
#define IKE_QCD_MIN	16
#define IKE_QCD_MAX	128

struct ike_sa;

/* A token that the peer has given us */
struct ike_qcd {
	uint8_t token[IKE_QCD_MAX];
	size_t len;			/* 0: none */
};

/* Append the notify with our token for two SPIs. 0, or -1 if libcrypto refuses. */
int ike_qcd_put(struct ike_buf *b, const uint8_t secret[IKE_QCD_SECRET], const uint8_t *spi_i,
		const uint8_t *spi_r);

/* Our token for the SA goes into a message, where we make any */
void ike_qcd_give(const struct ike_sa *sa, struct ike_buf *b);
/* What an authentic message of the peer brings, the last one counts */
void ike_qcd_take(struct ike_sa *sa, const struct ike_payloads *pl);
/* For keys that are newer than the token: see there */
void ike_qcd_lengthen(struct ike_sa *sa);
/* Does a message that nothing protects have the peer's token? */
bool ike_qcd_shown(const struct ike_qcd *qcd, const struct ike_payloads *pl);

#endif
