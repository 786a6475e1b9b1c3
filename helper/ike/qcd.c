// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ike/notify.h"
#include "ike/qcd.h"
#include "ike/sa.h"
#include "ike/unknown.h"

/* Tokens in one message, for secrets that are renewed (section 4.5) */
#define SHOWN_MAX	4

int ike_qcd_put(struct ike_buf *b, const uint8_t secret[IKE_QCD_SECRET], const uint8_t *spi_i,
		const uint8_t *spi_r)
{
	uint8_t spis[2 * IKE_SPI_LEN], mac[EVP_MAX_MD_SIZE];
	unsigned int len;
	size_t at;

	memcpy(spis, spi_i, IKE_SPI_LEN);
	memcpy(spis + IKE_SPI_LEN, spi_r, IKE_SPI_LEN);
	if (!HMAC(EVP_sha256(), secret, IKE_QCD_SECRET, spis, sizeof(spis), mac, &len))
		return -1;
	at = ike_build_payload(b, IKE_PL_NOTIFY);
	/* Section 4.1 wants the protocol here, and no SPI */
	ike_put_u8(b, IKE_PROTO_IKE);
	ike_put_u8(b, 0);
	ike_put_u16(b, IKE_N_QCD_TOKEN);
	ike_put_bytes(b, mac, IKE_QCD_LEN);
	ike_build_payload_end(b, at);
	OPENSSL_cleanse(mac, sizeof(mac));
	return 0;
}

void ike_qcd_give(const struct ike_sa *sa, struct ike_buf *b)
{
	if (sa->env.qcd_secret)
		(void)ike_qcd_put(b, sa->env.qcd_secret, sa->spi_i, sa->spi_r);
}

void ike_qcd_take(struct ike_sa *sa, const struct ike_payloads *pl)
{
	struct ike_notify n;

	if (!ike_notify_find(pl, IKE_N_QCD_TOKEN, &n) || n.data.len < IKE_QCD_MIN ||
	    n.data.len > IKE_QCD_MAX)
		return;
	memcpy(sa->qcd.token, n.data.p, n.data.len);
	sa->qcd.len = n.data.len;
	ike_qcd_lengthen(sa);
}

void ike_qcd_lengthen(struct ike_sa *sa)
{
	struct ike_sk *sk = sa->initiator ? &sa->keys.i : &sa->keys.r;

	/* A peer that does not amplify shows it only to a request that is as long as the answer */
	if (sa->qcd.len)
		sk->min_len = IKE_UNKNOWN_LEN + 8 + sa->qcd.len;
}

bool ike_qcd_shown(const struct ike_qcd *qcd, const struct ike_payloads *pl)
{
	unsigned int seen = 0;
	struct ike_notify n;

	for (size_t i = 0; qcd->len && i < pl->n && seen < SHOWN_MAX; i++) {
		if (pl->p[i].type != IKE_PL_NOTIFY)
			continue;
		ike_notify_get(&pl->p[i], &n);
		if (n.type != IKE_N_QCD_TOKEN)
			continue;
		seen++;
		if (n.data.len == qcd->len && !CRYPTO_memcmp(n.data.p, qcd->token, qcd->len))
			return true;
	}
	return false;
}
