// SPDX-License-Identifier: GPL-2.0-or-later
#include "ike/algo.h"
#include "ike/suite.h"
#include "macros.h"

static const struct ike_encr encrs[] = {
	{ .id = IKE_ENCR_NULL, .text = "NULL", .fixed = true, .block = 1 },
	{ .id = IKE_ENCR_AES_CBC, .text = "AES_CBC", .cipher = { "AES-128-CBC", "AES-256-CBC" },
	  .iv = 16, .block = 16 },
	/* RFC 5282 and RFC 4309 */
	{ .id = IKE_ENCR_AES_CCM_8, .text = "AES_CCM_8",
	  .cipher = { "AES-128-CCM", "AES-256-CCM" },
	  .aead = true, .salt = 3, .iv = 8, .icv = 8, .block = 1 },
	{ .id = IKE_ENCR_AES_GCM_16, .text = "AES_GCM_16",
	  .cipher = { "AES-128-GCM", "AES-256-GCM" },
	  .aead = true, .salt = 4, .iv = 8, .icv = 16, .block = 1 },
	/* RFC 7634 */
	{ .id = IKE_ENCR_CHACHA20_POLY1305, .text = "CHACHA20_POLY1305",
	  .cipher = { NULL, "ChaCha20-Poly1305" },
	  .aead = true, .fixed = true, .salt = 4, .iv = 8, .icv = 16, .block = 1 },
};

/* RFC 2404, RFC 3566 and RFC 4868 */
static const struct ike_integ integs[] = {
	{ IKE_INTEG_HMAC_SHA1_96, "HMAC_SHA1_96", IKE_PRF_HMAC_SHA1, 20, 12 },
	{ IKE_INTEG_AES_XCBC_96, "AES_XCBC_96", IKE_PRF_AES128_XCBC, 16, 12 },
	{ IKE_INTEG_HMAC_SHA2_256_128, "HMAC_SHA2_256_128", IKE_PRF_HMAC_SHA2_256, 32, 16 },
	{ IKE_INTEG_HMAC_SHA2_384_192, "HMAC_SHA2_384_192", IKE_PRF_HMAC_SHA2_384, 48, 24 },
	{ IKE_INTEG_HMAC_SHA2_512_256, "HMAC_SHA2_512_256", IKE_PRF_HMAC_SHA2_512, 64, 32 },
};

const struct ike_encr *ike_encr_find(uint16_t id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(encrs); i++)
		if (encrs[i].id == id)
			return &encrs[i];
	return NULL;
}

const struct ike_integ *ike_integ_find(uint16_t id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(integs); i++)
		if (integs[i].id == id)
			return &integs[i];
	return NULL;
}

uint16_t ike_encr_attr(uint16_t id, uint16_t keylen)
{
	const struct ike_encr *e = ike_encr_find(id);

	return e && e->fixed ? 0 : keylen;
}

bool ike_encr_aead(uint16_t id)
{
	const struct ike_encr *e = ike_encr_find(id);

	return e && e->aead;
}
