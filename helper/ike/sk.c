// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "ike/algo.h"
#include "ike/prf.h"
#include "ike/sk.h"
#include "ike/suite.h"

#define GENERIC_LEN	4
#define SALT_MAX	4
#define IV_MAX		16
#define PAD_MAX		255
#define ICV_MAX		32

static size_t iv_len(const struct ike_sk *sk)
{
	return ike_encr_find(sk->encr)->iv;
}

static size_t block_len(const struct ike_sk *sk)
{
	return ike_encr_find(sk->encr)->block;
}

static size_t icv_len(const struct ike_sk *sk)
{
	const struct ike_encr *e = ike_encr_find(sk->encr);

	return e->aead ? e->icv : ike_integ_find(sk->integ_alg)->icv;
}

static EVP_CIPHER *cipher_of(const struct ike_sk *sk)
{
	const char *name = ike_encr_find(sk->encr)->cipher[sk->keylen == 256];

	return name ? EVP_CIPHER_fetch(NULL, name, NULL) : NULL;
}

size_t ike_sk_key_len(uint16_t encr, uint16_t keylen)
{
	const struct ike_encr *e = ike_encr_find(encr);

	return keylen / 8 + (e ? e->salt : 0);
}

size_t ike_sk_integ_len(uint16_t integ)
{
	const struct ike_integ *i = ike_integ_find(integ);

	return i ? i->key : 0;
}

/* One AEAD operation while it is set up */
struct aead {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	uint8_t nonce[SALT_MAX + IV_MAX];
	int nonce_len, icv;
	bool ccm;
};

static void aead_free(struct aead *a)
{
	EVP_CIPHER_CTX_free(a->ctx);
	EVP_CIPHER_free(a->cipher);
}

/* The nonce is the salt and the explicit IV (RFC 5282, section 4; RFC 7634, section 2) */
static int aead_new(struct aead *a, const struct ike_sk *sk, const uint8_t *iv)
{
	const struct ike_encr *e = ike_encr_find(sk->encr);

	memcpy(a->nonce, sk->key + sk->keylen / 8, e->salt);
	memcpy(a->nonce + e->salt, iv, e->iv);
	a->nonce_len = e->salt + e->iv;
	a->icv = e->icv;
	a->ccm = sk->encr == IKE_ENCR_AES_CCM_8;
	a->cipher = cipher_of(sk);
	a->ctx = EVP_CIPHER_CTX_new();
	return a->cipher && a->ctx ? 0 : -1;
}

/* CCM wants all lengths first, and the tag before it decrypts */
static int aead_init(struct aead *a, const struct ike_sk *sk, int encrypt, const uint8_t *icv,
		     size_t len)
{
	int n;

	if (EVP_CipherInit_ex2(a->ctx, a->cipher, NULL, NULL, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_SET_IVLEN, a->nonce_len, NULL) != 1)
		return -1;
	if ((a->ccm || !encrypt) &&
	    EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_SET_TAG, a->icv, (void *)icv) != 1)
		return -1;
	if (EVP_CipherInit_ex2(a->ctx, NULL, sk->key, a->nonce, encrypt, NULL) != 1)
		return -1;
	return a->ccm && EVP_CipherUpdate(a->ctx, NULL, &n, NULL, (int)len) != 1 ? -1 : 0;
}

static int aead_seal(const struct ike_sk *sk, struct ike_bytes aad, const uint8_t *iv,
		     uint8_t *data, size_t len, uint8_t *icv)
{
	struct aead a;
	int n, ret = -1;

	if (!aead_new(&a, sk, iv) && !aead_init(&a, sk, 1, NULL, len) &&
	    EVP_EncryptUpdate(a.ctx, NULL, &n, aad.p, (int)aad.len) == 1 &&
	    EVP_EncryptUpdate(a.ctx, data, &n, data, (int)len) == 1 &&
	    EVP_EncryptFinal_ex(a.ctx, data + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(a.ctx, EVP_CTRL_AEAD_GET_TAG, a.icv, icv) == 1)
		ret = 0;
	aead_free(&a);
	return ret;
}

static int aead_open(const struct ike_sk *sk, struct ike_bytes aad, const uint8_t *iv,
		     const uint8_t *data, size_t len, const uint8_t *icv, uint8_t *out)
{
	struct aead a;
	int n, ret = -1;

	/* CCM verifies in the update, the others at the end */
	if (!aead_new(&a, sk, iv) && !aead_init(&a, sk, 0, icv, len) &&
	    EVP_DecryptUpdate(a.ctx, NULL, &n, aad.p, (int)aad.len) == 1 &&
	    EVP_DecryptUpdate(a.ctx, out, &n, data, (int)len) == 1 &&
	    (a.ccm || EVP_DecryptFinal_ex(a.ctx, out + n, &n) == 1))
		ret = 0;
	aead_free(&a);
	return ret;
}

static int cbc_crypt(const struct ike_sk *sk, int encrypt, const uint8_t *iv,
		     const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher = cipher_of(sk);
	int n, rest, ret = -1;

	if (ctx && cipher && EVP_CipherInit_ex2(ctx, cipher, sk->key, iv, encrypt, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 &&
	    EVP_CipherFinal_ex(ctx, out + n, &rest) == 1 && (size_t)n + (size_t)rest == len)
		ret = 0;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return ret;
}

static int mac_icv(const struct ike_sk *sk, struct ike_bytes data, uint8_t *icv)
{
	const struct ike_integ *integ = ike_integ_find(sk->integ_alg);
	uint8_t full[IKE_PRF_MAX];

	/* The same function as a prf, truncated (RFC 3566, RFC 4868) */
	if (ike_prf(integ->prf, (struct ike_bytes){ sk->integ, integ->key }, &data, 1, full))
		return -1;
	memcpy(icv, full, integ->icv);
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
	if (!ike_encr_aead(sk->encr))
		return RAND_bytes(iv, (int)iv_len(sk)) == 1 ? 0 : -1;
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
	while (b->len + pad + 1 + icv_len(sk) < sk->min_len && pad + block_len(sk) <= PAD_MAX)
		pad += block_len(sk);
	ike_put_zero(b, pad);
	ike_put_u8(b, (uint8_t)pad);
	end = b->len;
	ike_put_zero(b, icv_len(sk));
	ike_build_payload_end(b, at);
	if (ike_build_end(b) || put_iv(sk, iv))
		return -1;

	if (ike_encr_aead(sk->encr))
		return aead_seal(sk, (struct ike_bytes){ b->data, head }, iv,
				 b->data + start, end - start, b->data + end);
	if (cbc_crypt(sk, 1, iv, b->data + start, end - start, b->data + start))
		return -1;
	return mac_icv(sk, (struct ike_bytes){ b->data, end }, b->data + end);
}

static int cbc_open(const struct ike_sk *sk, struct ike_bytes msg, const uint8_t *iv,
		    const uint8_t *data, size_t len, uint8_t *out)
{
	uint8_t icv[ICV_MAX];

	if (mac_icv(sk, (struct ike_bytes){ msg.p, (size_t)(data + len - msg.p) }, icv))
		return -1;
	if (CRYPTO_memcmp(icv, data + len, icv_len(sk)))
		return -1;
	return cbc_crypt(sk, 0, iv, data, len, out);
}

int ike_sk_open(const struct ike_sk *sk, struct ike_bytes msg, const struct ike_payload *pl,
		uint8_t *out)
{
	size_t head = head_len(pl->type), len = pl->body.len;
	const uint8_t *iv = pl->body.p + head, *data;
	int err;

	if (!ike_encr_find(sk->encr))
		return -1;
	data = iv + iv_len(sk);
	if (len < head + iv_len(sk) + block_len(sk) + icv_len(sk))
		return -1;
	len -= head + iv_len(sk) + icv_len(sk);
	if (len % block_len(sk))
		return -1;

	if (ike_encr_aead(sk->encr))
		err = aead_open(sk, (struct ike_bytes){ msg.p, (size_t)(iv - msg.p) }, iv,
				data, len, data + len, out);
	else
		err = cbc_open(sk, msg, iv, data, len, out);
	if (err || out[len - 1] >= len) {
		OPENSSL_cleanse(out, len);
		return -1;
	}
	return (int)(len - 1 - out[len - 1]);
}
