// SPDX-License-Identifier: GPL-2.0-or-later
/* A suite for people, in the spelling of libreswan's logs. */
#include <stdio.h>

#include "ike/algo.h"
#include "ike/suite.h"

static const char *prf_text(uint16_t prf)
{
	switch (prf) {
	case IKE_PRF_HMAC_SHA1:
		return "-HMAC_SHA1";
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
	case IKE_DH_MODP3072:
		return "-MODP3072";
	case IKE_DH_MODP4096:
		return "-MODP4096";
	case IKE_DH_MODP8192:
		return "-MODP8192";
	case IKE_DH_ECP256:
		return "-DH19";
	case IKE_DH_ECP384:
		return "-DH20";
	case IKE_DH_ECP521:
		return "-DH21";
	case IKE_DH_X25519:
		return "-DH31";
	default:
		return "";
	}
}

const char *ike_suite_text(const struct ike_suite *suite, char *buf, size_t len)
{
	const struct ike_encr *encr = ike_encr_find(suite->encr);
	const struct ike_integ *integ = ike_integ_find(suite->integ);
	uint16_t keylen = ike_encr_attr(suite->encr, suite->keylen);
	char bits[8] = "";

	if (keylen)
		snprintf(bits, sizeof(bits), "_%u", keylen);
	snprintf(buf, len, "%s%s%s%s%s%s%s", encr ? encr->text : "?", bits,
		 integ ? "-" : suite->prf ? "" : "-NONE", integ ? integ->text : "",
		 prf_text(suite->prf), dh_text(suite->dh), suite->esn ? "-ESN" : "");
	return buf;
}
