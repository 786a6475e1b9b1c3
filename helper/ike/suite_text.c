// SPDX-License-Identifier: GPL-2.0-or-later
/* A suite for people, in the spelling of libreswan's logs. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ike/algo.h"
#include "ike/ke_names.h"
#include "ike/suite.h"

static const char *prf_text(uint16_t prf)
{
	switch (prf) {
	case IKE_PRF_HMAC_SHA1:
		return "-HMAC_SHA1";
	case IKE_PRF_AES128_XCBC:
		return "-AES_XCBC";
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

/* "-MODP2048", ";addke1=ML_KEM_768"; bytes written */
static size_t put_ke(char *buf, size_t len, const char *before, uint16_t method)
{
	size_t n, i;

	if (!method)
		return 0;
	n = (size_t)snprintf(buf, len, "%s%s", before, ike_ke_name(method));
	if (n >= len)
		n = len - 1;
	for (i = strlen(before); i < n; i++)
		buf[i] = (char)toupper((unsigned char)buf[i]);
	return n;
}

static void addkes_text(const struct ike_suite *suite, char *buf, size_t len)
{
	size_t n = 0, i;

	for (i = 0; i < IKE_ADDKE_MAX; i++) {
		char before[] = ";addke1=";

		before[6] += (char)i;
		n += put_ke(buf + n, len - n, before, suite->addke[i]);
	}
}

const char *ike_suite_text(const struct ike_suite *suite, char *buf, size_t len)
{
	const struct ike_encr *encr = ike_encr_find(suite->encr);
	const struct ike_integ *integ = ike_integ_find(suite->integ);
	uint16_t keylen = ike_encr_attr(suite->encr, suite->keylen);
	char bits[8] = "", dh[24] = "", addkes[IKE_ADDKE_MAX * 24] = "";

	if (keylen)
		snprintf(bits, sizeof(bits), "_%u", keylen);
	put_ke(dh, sizeof(dh), "-", suite->dh);
	addkes_text(suite, addkes, sizeof(addkes));
	snprintf(buf, len, "%s%s%s%s%s%s%s%s", encr ? encr->text : "?", bits,
		 integ ? "-" : suite->prf ? "" : "-NONE", integ ? integ->text : "",
		 prf_text(suite->prf), dh, suite->esn ? "-ESN" : "",
		 addkes);
	return buf;
}
