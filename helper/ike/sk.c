// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "ike/prf.h"
#include "ike/sk.h"
#include "ike/suite.h"

#define GENERIC_LEN	4
#define SALT_LEN	4
#define GCM_IV_LEN	8
#define CBC_IV_LEN	16
#define ICV_LEN		16		/* of AES-GCM-16 and of HMAC-SHA2-256-128 */

static bool is_gcm(const struct ike_sk *sk)
{
	return sk->encr == IKE_ENCR_AES_GCM_16;
}

static size_t iv_len(const struct ike_sk *sk)
{
	return is_gcm(sk) ? GCM_IV_LEN : CBC_IV_LEN;
}

static size_t block_len(const struct ike_sk *sk)
{
	return is_gcm(sk) ? 1 : 16;
}

static const EVP_CIPHER *cipher_of(const struct ike_sk *sk)
{
	if (is_gcm(sk))
		return sk->keylen == 256 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
	return sk->keylen == 256 ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
}

size_t ike_sk_key_len(uint16_t encr, uint16_t keylen)
{
	return keylen / 8 + (encr == IKE_ENCR_AES_GCM_16 ? SALT_LEN : 0);
}

size_t ike_sk_integ_len(uint16_t integ)
{
	return integ == IKE_INTEG_HMAC_SHA2_256_128 ? 32 : 0;
}

/* RFC 5282, section 4: the nonce is the salt and the explicit IV */
static void gcm_nonce(const struct ike_sk *sk, const uint8_t *iv, uint8_t *nonce)
{
	memcpy(nonce, sk->key + sk->keylen / 8, SALT_LEN);
	memcpy(nonce + SALT_LEN, iv, GCM_IV_LEN);
}

static int gcm_seal(const struct ike_sk *sk, struct ike_bytes aad, const uint8_t *iv,
		    uint8_t *data, size_t len, uint8_t *icv)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[SALT_LEN + GCM_IV_LEN];
	int n, ret = -1;

	gcm_nonce(sk, iv, nonce);
	if (ctx && EVP_EncryptInit_ex2(ctx, cipher_of(sk), sk->key, nonce, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, aad.p, (int)aad.len) == 1 &&
	    EVP_EncryptUpdate(ctx, data, &n, data, (int)len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, data + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, ICV_LEN, icv) == 1)
		ret = 0;
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

static int gcm_open(const struct ike_sk *sk, struct ike_bytes aad, const uint8_t *iv,
		    const uint8_t *data, size_t len, const uint8_t *icv, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[SALT_LEN + GCM_IV_LEN];
	int n, ret = -1;

	gcm_nonce(sk, iv, nonce);
	if (ctx && EVP_DecryptInit_ex2(ctx, cipher_of(sk), sk->key, nonce, NULL) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, aad.p, (int)aad.len) == 1 &&
	    EVP_DecryptUpdate(ctx, out, &n, data, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, ICV_LEN, (void *)icv) == 1 &&
	    EVP_DecryptFinal_ex(ctx, out + n, &n) == 1)
		ret = 0;
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

static int cbc_crypt(const struct ike_sk *sk, int encrypt, const uint8_t *iv,
		     const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, rest, ret = -1;

	if (ctx && EVP_CipherInit_ex2(ctx, cipher_of(sk), sk->key, iv, encrypt, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 &&
	    EVP_CipherFinal_ex(ctx, out + n, &rest) == 1 && (size_t)n + (size_t)rest == len)
		ret = 0;
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

static int hmac_icv(const struct ike_sk *sk, struct ike_bytes data, uint8_t *icv)
{
	struct ike_bytes key = { sk->integ, ike_sk_integ_len(IKE_INTEG_HMAC_SHA2_256_128) };
	uint8_t full[IKE_PRF_MAX];

	/* The integrity algorithm is the same HMAC as the prf, truncated (RFC 4868) */
	if (ike_prf(IKE_PRF_HMAC_SHA2_256, key, &data, 1, full))
		return -1;
	memcpy(icv, full, ICV_LEN);
	return 0;
}

size_t ike_sk_begin(const struct ike_sk *sk, struct ike_buf *b)
{
	size_t at = ike_build_payload(b, IKE_PL_SK);

	ike_put_zero(b, iv_len(sk));
	return at;
}

size_t ike_sk_begin_fragment(const struct ike_sk *sk, struct ike_buf *b, uint16_t number,
			     uint16_t total)
{
	size_t at = ike_build_payload(b, IKE_PL_SKF);

	ike_put_u16(b, number);
	ike_put_u16(b, total);
	ike_put_zero(b, iv_len(sk));
	return at;
}

/* Before the IV: a fragment has its number and their total there, which are authentic, too */
static size_t head_len(uint8_t type)
{
	return type == IKE_PL_SKF ? 4 : 0;
}

static int put_iv(struct ike_sk *sk, uint8_t *iv)
{
	if (!is_gcm(sk))
		return RAND_bytes(iv, CBC_IV_LEN) == 1 ? 0 : -1;
	if (sk->iv == UINT64_MAX)
		return -1;
	ike_put32(iv, (uint32_t)(sk->iv >> 32));
	ike_put32(iv + 4, (uint32_t)sk->iv);
	sk->iv++;
	return 0;
}

int ike_sk_seal(struct ike_sk *sk, struct ike_buf *b, size_t at)
{
	/* It is the first payload of the message, whose header tells which one it is */
	size_t head = at + GENERIC_LEN + head_len(b->data[16]);
	size_t start = head + iv_len(sk), pad, end;
	uint8_t *iv = b->data + head;

	if (b->overflow)
		return -1;
	pad = (block_len(sk) - (b->len - start + 1) % block_len(sk)) % block_len(sk);
	ike_put_zero(b, pad);
	ike_put_u8(b, (uint8_t)pad);
	end = b->len;
	ike_put_zero(b, ICV_LEN);
	ike_build_payload_end(b, at);
	if (ike_build_end(b) || put_iv(sk, iv))
		return -1;

	if (is_gcm(sk))
		return gcm_seal(sk, (struct ike_bytes){ b->data, head }, iv,
				b->data + start, end - start, b->data + end);
	if (cbc_crypt(sk, 1, iv, b->data + start, end - start, b->data + start))
		return -1;
	return hmac_icv(sk, (struct ike_bytes){ b->data, end }, b->data + end);
}

static int cbc_open(const struct ike_sk *sk, struct ike_bytes msg, const uint8_t *iv,
		    const uint8_t *data, size_t len, uint8_t *out)
{
	uint8_t icv[ICV_LEN];

	if (hmac_icv(sk, (struct ike_bytes){ msg.p, (size_t)(data + len - msg.p) }, icv))
		return -1;
	if (CRYPTO_memcmp(icv, data + len, ICV_LEN))
		return -1;
	return cbc_crypt(sk, 0, iv, data, len, out);
}

int ike_sk_open(const struct ike_sk *sk, struct ike_bytes msg, const struct ike_payload *pl,
		uint8_t *out)
{
	size_t head = head_len(pl->type), len = pl->body.len;
	const uint8_t *iv = pl->body.p + head, *data = iv + iv_len(sk);
	int err;

	if (len < head + iv_len(sk) + block_len(sk) + ICV_LEN)
		return -1;
	len -= head + iv_len(sk) + ICV_LEN;
	if (len % block_len(sk))
		return -1;

	if (is_gcm(sk))
		err = gcm_open(sk, (struct ike_bytes){ msg.p, (size_t)(iv - msg.p) }, iv,
			       data, len, data + len, out);
	else
		err = cbc_open(sk, msg, iv, data, len, out);
	if (err || out[len - 1] >= len) {
		OPENSSL_cleanse(out, len);
		return -1;
	}
	return (int)(len - 1 - out[len - 1]);
}
