// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <openssl/crypto.h>

#include "macros.h"
#include "xfrm/keys.h"

#define KEY_MAX 64

/* The kernel's names; bits of the ICV, 0 for a cipher without */
struct name {
	uint16_t id;
	const char *name;
	unsigned int icv;
};

static const struct name aeads[] = {
	{ IKE_ENCR_AES_GCM_16, "rfc4106(gcm(aes))", 128 },
	{ IKE_ENCR_AES_CCM_8, "rfc4309(ccm(aes))", 64 },
	{ IKE_ENCR_CHACHA20_POLY1305, "rfc7539esp(chacha20,poly1305)", 128 },
};

static const struct name crypts[] = {
	{ IKE_ENCR_AES_CBC, "cbc(aes)", 0 },
	{ IKE_ENCR_NULL, "ecb(cipher_null)", 0 },
};

static const struct name auths[] = {
	{ IKE_INTEG_HMAC_SHA1_96, "hmac(sha1)", 96 },
	{ IKE_INTEG_AES_XCBC_96, "xcbc(aes)", 96 },
	{ IKE_INTEG_HMAC_SHA2_256_128, "hmac(sha256)", 128 },
	{ IKE_INTEG_HMAC_SHA2_384_192, "hmac(sha384)", 192 },
	{ IKE_INTEG_HMAC_SHA2_512_256, "hmac(sha512)", 256 },
};

static const struct name *find(const struct name *names, size_t n, uint16_t id)
{
	for (; n; n--, names++)
		if (names->id == id)
			return names;
	return NULL;
}

/* One of the kernel's algorithm attributes: a head that differs, and the key behind it */
static int put_alg(struct nl_msg *msg, int attr, const void *head, size_t head_len,
		   const uint8_t *key, size_t len)
{
	uint8_t alg[sizeof(struct xfrm_algo_auth) + KEY_MAX];
	int rc;

	memcpy(alg, head, head_len);
	memcpy(alg + head_len, key, len);
	rc = nla_put(msg, attr, head_len + len, alg);
	OPENSSL_cleanse(alg, sizeof(alg));
	return rc ? -ENOMEM : 0;
}

/* Keys of AEADs carry their salt at the end, as RFC 4106 and the kernel have it */
static int put_aead(struct nl_msg *msg, const struct name *n, const uint8_t *key, size_t len)
{
	struct xfrm_algo_aead head = { .alg_key_len = len * 8, .alg_icv_len = n->icv };

	snprintf(head.alg_name, sizeof(head.alg_name), "%s", n->name);
	return put_alg(msg, XFRMA_ALG_AEAD, &head, sizeof(head), key, len);
}

static int put_crypt(struct nl_msg *msg, const struct name *n, const uint8_t *key, size_t len)
{
	struct xfrm_algo head = { .alg_key_len = len * 8 };

	snprintf(head.alg_name, sizeof(head.alg_name), "%s", n->name);
	return put_alg(msg, XFRMA_ALG_CRYPT, &head, sizeof(head), key, len);
}

static int put_auth(struct nl_msg *msg, const struct name *n, const uint8_t *key, size_t len)
{
	struct xfrm_algo_auth head = { .alg_key_len = len * 8, .alg_trunc_len = n->icv };

	snprintf(head.alg_name, sizeof(head.alg_name), "%s", n->name);
	return put_alg(msg, XFRMA_ALG_AUTH_TRUNC, &head, sizeof(head), key, len);
}

int xfrm_keys_put(struct nl_msg *msg, const struct ike_child *child, bool in)
{
	const struct name *aead = find(aeads, ARRAY_SIZE(aeads), child->suite.encr);
	const struct name *crypt = find(crypts, ARRAY_SIZE(crypts), child->suite.encr);
	const struct name *auth = find(auths, ARRAY_SIZE(auths), child->suite.integ);
	const uint8_t *key = in ? child->key_in : child->key_out;
	int rc;

	if (child->key_len > KEY_MAX || child->integ_len > KEY_MAX)
		return -EINVAL;
	if (aead && !child->suite.integ)
		return put_aead(msg, aead, key, child->key_len);
	/* Never without integrity (RFC 8221, section 4) */
	if (!crypt || !auth)
		return -EOPNOTSUPP;
	rc = put_crypt(msg, crypt, key, child->key_len);
	return rc ? rc : put_auth(msg, auth, in ? child->integ_in : child->integ_out,
				  child->integ_len);
}
