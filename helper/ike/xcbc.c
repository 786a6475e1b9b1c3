// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "ike/xcbc.h"

static int start(struct ike_xcbc *x, const EVP_CIPHER *cipher, const uint8_t *key)
{
	static const uint8_t iv[IKE_XCBC_LEN];

	return EVP_EncryptInit_ex2(x->ctx, cipher, key, iv, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(x->ctx, 0) == 1 ? 0 : -1;
}

static int encrypt(struct ike_xcbc *x, const uint8_t *in, size_t len, uint8_t *out)
{
	int n;

	return EVP_EncryptUpdate(x->ctx, out, &n, in, (int)len) == 1 && (size_t)n == len ? 0 : -1;
}

/* RFC 3566, section 4: three keys, of which the first one runs the chain */
static int take_key(struct ike_xcbc *x, const uint8_t *key)
{
	uint8_t k[3 * IKE_XCBC_LEN];
	int ret = -1;

	memset(k, 1, IKE_XCBC_LEN);
	memset(k + IKE_XCBC_LEN, 2, IKE_XCBC_LEN);
	memset(k + 2 * IKE_XCBC_LEN, 3, IKE_XCBC_LEN);
	if (!start(x, x->ecb, key) && !encrypt(x, k, sizeof(k), k) && !start(x, x->cbc, k)) {
		memcpy(x->k2, k + IKE_XCBC_LEN, IKE_XCBC_LEN);
		memcpy(x->k3, k + 2 * IKE_XCBC_LEN, IKE_XCBC_LEN);
		x->n = 0;
		ret = 0;
	}
	OPENSSL_cleanse(k, sizeof(k));
	return ret;
}

int ike_xcbc_new(struct ike_xcbc *x)
{
	memset(x, 0, sizeof(*x));
	x->ctx = EVP_CIPHER_CTX_new();
	x->ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	x->cbc = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	return x->ctx && x->ecb && x->cbc ? 0 : -1;
}

int ike_xcbc_key(struct ike_xcbc *x, struct ike_bytes key)
{
	uint8_t fixed[IKE_XCBC_LEN] = { 0 };
	int ret = 0;

	/* RFC 4434, section 2: a short key is filled up, a long one is made one block */
	if (key.len > IKE_XCBC_LEN)
		ret = take_key(x, fixed) || ike_xcbc_update(x, key) ||
		      ike_xcbc_final(x, fixed) ? -1 : 0;
	else if (key.len)
		memcpy(fixed, key.p, key.len);
	if (!ret)
		ret = take_key(x, fixed);
	OPENSSL_cleanse(fixed, sizeof(fixed));
	return ret;
}

int ike_xcbc_update(struct ike_xcbc *x, struct ike_bytes data)
{
	uint8_t chain[IKE_XCBC_LEN];

	while (data.len) {
		size_t take;

		if (x->n == IKE_XCBC_LEN) {
			if (encrypt(x, x->block, IKE_XCBC_LEN, chain))
				return -1;
			x->n = 0;
		}
		take = IKE_XCBC_LEN - x->n;
		if (take > data.len)
			take = data.len;
		memcpy(x->block + x->n, data.p, take);
		x->n += take;
		data.p += take;
		data.len -= take;
	}
	return 0;
}

int ike_xcbc_final(struct ike_xcbc *x, uint8_t *out)
{
	const uint8_t *k = x->n == IKE_XCBC_LEN ? x->k2 : x->k3;
	size_t i;

	if (x->n < IKE_XCBC_LEN) {
		memset(x->block + x->n, 0, IKE_XCBC_LEN - x->n);
		x->block[x->n] = 0x80;
	}
	for (i = 0; i < IKE_XCBC_LEN; i++)
		x->block[i] ^= k[i];
	return encrypt(x, x->block, IKE_XCBC_LEN, out);
}

void ike_xcbc_free(struct ike_xcbc *x)
{
	EVP_CIPHER_CTX_free(x->ctx);
	EVP_CIPHER_free(x->ecb);
	EVP_CIPHER_free(x->cbc);
	OPENSSL_cleanse(x, sizeof(*x));
}
