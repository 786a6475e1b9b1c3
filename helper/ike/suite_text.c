// SPDX-License-Identifier: GPL-2.0-or-later
/* A suite for people, in the spelling of libreswan's logs. */
#include <stdio.h>

#include "ike/suite.h"

static const char *prf_text(uint16_t prf)
{
	switch (prf) {
	case IKE_PRF_HMAC_SHA2_256:
		return "-HMAC_SHA2_256";
	case IKE_PRF_HMAC_SHA2_384:
		return "-HMAC_SHA2_384";
	case IKE_PRF_HMAC_SHA2_512:
		return "-HMAC_SHA2_512";
	default:
		return "";
	}
}

static const char *dh_text(uint16_t dh)
{
	switch (dh) {
	case IKE_DH_MODP2048:
		return "-MODP2048";
	case IKE_DH_ECP256:
		return "-DH19";
	case IKE_DH_X25519:
		return "-DH31";
	default:
		return "";
	}
}

const char *ike_suite_text(const struct ike_suite *suite, char *buf, size_t len)
{
	const char *encr = suite->encr == IKE_ENCR_AES_GCM_16 ? "AES_GCM_16" : "AES_CBC";
	const char *integ = suite->integ ? "-HMAC_SHA2_256_128" : suite->prf ? "" : "-NONE";

	snprintf(buf, len, "%s_%u%s%s%s%s", encr, suite->keylen, integ, prf_text(suite->prf),
		 dh_text(suite->dh), suite->esn ? "-ESN" : "");
	return buf;
}
