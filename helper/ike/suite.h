/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Algorithm suites: what ike= and esp= ask for, and what a proposal became. */
#ifndef ESPINTCP_IKE_SUITE_H
#define ESPINTCP_IKE_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Transform IDs, from the IKEv2 parameters registry (RFC 7296, 3.3.2) */
enum {
	IKE_ENCR_NULL = 11,		/* ESP only */
	IKE_ENCR_AES_CBC = 12,
	IKE_ENCR_AES_CCM_8 = 14,
	IKE_ENCR_AES_GCM_16 = 20,
	IKE_ENCR_CHACHA20_POLY1305 = 28,
};

enum {
	IKE_PRF_HMAC_SHA1 = 2,
	IKE_PRF_AES128_XCBC = 4,
	IKE_PRF_HMAC_SHA2_256 = 5,
	IKE_PRF_HMAC_SHA2_384 = 6,
	IKE_PRF_HMAC_SHA2_512 = 7,
};

enum {
	IKE_INTEG_NONE = 0,
	IKE_INTEG_HMAC_SHA1_96 = 2,
	IKE_INTEG_AES_XCBC_96 = 5,
	IKE_INTEG_HMAC_SHA2_256_128 = 12,
	IKE_INTEG_HMAC_SHA2_384_192 = 13,
	IKE_INTEG_HMAC_SHA2_512_256 = 14,
};

enum {
	IKE_DH_NONE = 0,
	IKE_DH_MODP2048 = 14,
	IKE_DH_MODP3072 = 15,
	IKE_DH_MODP4096 = 16,
	IKE_DH_MODP8192 = 18,
	IKE_DH_ECP256 = 19,
	IKE_DH_ECP384 = 20,
	IKE_DH_ECP521 = 21,
	IKE_DH_X25519 = 31,
	IKE_KE_ML_KEM_512 = 35,		/* draft-ietf-ipsecme-ikev2-mlkem */
	IKE_KE_ML_KEM_768 = 36,
	IKE_KE_ML_KEM_1024 = 37,
};

enum { IKE_ESN_NO = 0, IKE_ESN_YES = 1 };

#define IKE_ADDKE_MAX 7

/* One choice for every transform type; 0 where a type does not apply */
struct ike_suite {
	uint16_t encr;
	uint16_t keylen;		/* of encr, in bits */
	uint16_t prf;			/* IKE only */
	uint16_t integ;			/* none with an AEAD */
	uint16_t dh;			/* of a child SA: none in IKE_AUTH, see below */
	uint16_t esn;			/* ESP only */
	uint16_t addke[IKE_ADDKE_MAX];	/* additional key exchanges (RFC 9370) */
};

#define IKE_SUITES_MAX 128

struct ike_suite_list {
	struct ike_suite s[IKE_SUITES_MAX];	/* in order of preference */
	size_t n;
};

bool ike_suite_equal(const struct ike_suite *a, const struct ike_suite *b);
/* Has it one key exchange twice? Each is for one place (RFC 9370, section 2.2.1). */
bool ike_suite_repeats_ke(const struct ike_suite *s);

/* At the end, unless it is there. 0, or -1: the list is full. */
int ike_suites_add(struct ike_suite_list *list, const struct ike_suite *s);

/*
 * Parse libreswan's syntax for ike= and esp= ("aes_gcm256-sha2_256;dh19,aes256-sha2_256",
 * "aes256-sha2_256-dh31;addke1=ml_kem_768").
 * Parts left out take every supported value in our order of preference.
 * text NULL gives the defaults. Return 0, or -1 with a sentence in err.
 */
int ike_suite_parse_ike(const char *text, struct ike_suite_list *out, char *err, size_t errlen);
int ike_suite_parse_esp(const char *text, struct ike_suite_list *out, char *err, size_t errlen);

/*
 * The suites of esp= for one exchange. ke false: without a key exchange, as in IKE_AUTH. True:
 * with the groups that esp= names, and where it names none, with this one.
 */
void ike_suites_set_group(const struct ike_suite_list *list, bool ke, uint16_t group,
			  struct ike_suite_list *out);

/* Leave out those of esp= with other sequence numbers; there are some of each kind */
void ike_suites_set_esn(struct ike_suite_list *list, uint16_t esn);

bool ike_suites_have_group(const struct ike_suite_list *list, uint16_t group);

/* Does one of them have additional key exchanges? */
bool ike_suites_have_addke(const struct ike_suite_list *list);
/* Those that have none */
void ike_suites_without_addke(const struct ike_suite_list *list, struct ike_suite_list *out);

#define IKE_SUITE_TEXT_MAX 240	/* with seven additional key exchanges */

/* "AES_GCM_16_256-HMAC_SHA2_256-DH19", libreswan's spelling; returns buf */
const char *ike_suite_text(const struct ike_suite *suite, char *buf, size_t len);

#endif
