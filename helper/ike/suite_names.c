// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <strings.h>

#include "ike/suite.h"
#include "ike/suite_names.h"

const struct ike_name ike_encr_names[] = {
	{ "aes_gcm", IKE_ENCR_AES_GCM_16 },
	{ "aes_gcm_c", IKE_ENCR_AES_GCM_16 },
	{ "aes_gcm_16", IKE_ENCR_AES_GCM_16 },
	{ "aes_ccm_a", IKE_ENCR_AES_CCM_8 },
	{ "aes_ccm_8", IKE_ENCR_AES_CCM_8 },
	{ "chacha20_poly1305", IKE_ENCR_CHACHA20_POLY1305 },
	{ "chacha20poly1305", IKE_ENCR_CHACHA20_POLY1305 },
	{ "null", IKE_ENCR_NULL },
	{ "aes", IKE_ENCR_AES_CBC },
	{ "aes_cbc", IKE_ENCR_AES_CBC },
	{ NULL, 0 }
};

const struct ike_name ike_prf_names[] = {
	{ "sha2", IKE_PRF_HMAC_SHA2_256 },
	{ "sha256", IKE_PRF_HMAC_SHA2_256 },
	{ "sha2_256", IKE_PRF_HMAC_SHA2_256 },
	{ "hmac_sha2_256", IKE_PRF_HMAC_SHA2_256 },
	{ "sha384", IKE_PRF_HMAC_SHA2_384 },
	{ "sha2_384", IKE_PRF_HMAC_SHA2_384 },
	{ "hmac_sha2_384", IKE_PRF_HMAC_SHA2_384 },
	{ "sha512", IKE_PRF_HMAC_SHA2_512 },
	{ "sha2_512", IKE_PRF_HMAC_SHA2_512 },
	{ "hmac_sha2_512", IKE_PRF_HMAC_SHA2_512 },
	{ "sha", IKE_PRF_HMAC_SHA1 },
	{ "sha1", IKE_PRF_HMAC_SHA1 },
	{ "hmac_sha1", IKE_PRF_HMAC_SHA1 },
	{ "aes_xcbc", IKE_PRF_AES128_XCBC },
	{ "aes128_xcbc", IKE_PRF_AES128_XCBC },
	{ NULL, 0 }
};

const struct ike_name ike_integ_names[] = {
	{ "sha2", IKE_INTEG_HMAC_SHA2_256_128 },
	{ "sha256", IKE_INTEG_HMAC_SHA2_256_128 },
	{ "sha2_256", IKE_INTEG_HMAC_SHA2_256_128 },
	{ "sha2_256_128", IKE_INTEG_HMAC_SHA2_256_128 },
	{ "hmac_sha2_256", IKE_INTEG_HMAC_SHA2_256_128 },
	{ "hmac_sha2_256_128", IKE_INTEG_HMAC_SHA2_256_128 },
	{ "sha384", IKE_INTEG_HMAC_SHA2_384_192 },
	{ "sha2_384", IKE_INTEG_HMAC_SHA2_384_192 },
	{ "sha2_384_192", IKE_INTEG_HMAC_SHA2_384_192 },
	{ "hmac_sha2_384", IKE_INTEG_HMAC_SHA2_384_192 },
	{ "hmac_sha2_384_192", IKE_INTEG_HMAC_SHA2_384_192 },
	{ "sha512", IKE_INTEG_HMAC_SHA2_512_256 },
	{ "sha2_512", IKE_INTEG_HMAC_SHA2_512_256 },
	{ "sha2_512_256", IKE_INTEG_HMAC_SHA2_512_256 },
	{ "hmac_sha2_512", IKE_INTEG_HMAC_SHA2_512_256 },
	{ "hmac_sha2_512_256", IKE_INTEG_HMAC_SHA2_512_256 },
	{ "sha", IKE_INTEG_HMAC_SHA1_96 },
	{ "sha1", IKE_INTEG_HMAC_SHA1_96 },
	{ "sha1_96", IKE_INTEG_HMAC_SHA1_96 },
	{ "hmac_sha1", IKE_INTEG_HMAC_SHA1_96 },
	{ "hmac_sha1_96", IKE_INTEG_HMAC_SHA1_96 },
	{ "aes_xcbc", IKE_INTEG_AES_XCBC_96 },
	{ "aes_xcbc_96", IKE_INTEG_AES_XCBC_96 },
	{ NULL, 0 }
};

const struct ike_name ike_none_names[] = {
	{ "none", IKE_INTEG_NONE },
	{ "null", IKE_INTEG_NONE },
	{ NULL, 0 }
};

bool ike_name_find(const struct ike_name *names, const char *text, uint16_t *id)
{
	for (; names->name; names++) {
		if (strcasecmp(names->name, text))
			continue;
		*id = names->id;
		return true;
	}
	return false;
}
