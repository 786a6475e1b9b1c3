// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <string.h>

#include "esp_frame.h"

#define HEADER_SIZE	8	/* SPI and sequence number */
#define SALT_SIZE	4
#define ICV_SIZE	16

static int hex_nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Returns the bytes of "0x...", 0 where that is none */
static size_t parse_key(const char *text, uint8_t *key)
{
	size_t n;

	if (strncmp(text, "0x", 2))
		return 0;
	text += 2;
	for (n = 0; text[2 * n]; n++) {
		int hi = hex_nibble(text[2 * n]);
		int lo = hex_nibble(text[2 * n + 1]);

		if (hi < 0 || lo < 0 || n == ESP_FRAME_KEY_MAX)
			return 0;
		key[n] = hi << 4 | lo;
	}
	return n;
}

int esp_frame_parse(struct esp_frame_sa *sa, char **word, int n)
{
	memset(sa, 0, sizeof(*sa));
	if (n == 4 && !strcmp(word[1], "rfc4106(gcm(aes))")) {
		sa->kind = ESP_FRAME_GCM;
	} else if (n == 4 && !strcmp(word[1], "rfc7539esp(chacha20,poly1305)")) {
		sa->kind = ESP_FRAME_CHACHA;
	} else if (n == 7 && !strcmp(word[1], "cbc(aes)") &&
		   !strcmp(word[4], "hmac(sha256)")) {
		sa->kind = ESP_FRAME_CBC;
		sa->auth_len = parse_key(word[5], sa->auth);
		if (!sa->auth_len)
			return -1;
	} else {
		return -1;
	}
	sa->key_len = parse_key(word[2], sa->key);
	return sa->key_len ? 0 : -1;
}

static const EVP_CIPHER *cipher_of(const struct esp_frame_sa *sa)
{
	switch (sa->kind) {
	case ESP_FRAME_GCM:
		return EVP_aes_128_gcm();
	case ESP_FRAME_CHACHA:
		return EVP_chacha20_poly1305();
	case ESP_FRAME_CBC:
		return EVP_aes_128_cbc();
	}
	return NULL;
}

/*
 * Encrypts len bytes at text in place, with iv in front of them. An AEAD
 * protects the header, too, and puts its ICV behind (RFC 4106, RFC 7634).
 */
static bool encrypt(const struct esp_frame_sa *sa, const uint8_t *header,
		    const uint8_t *iv, uint8_t *text, size_t len)
{
	bool aead = sa->kind != ESP_FRAME_CBC, ok;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[SALT_SIZE + 8];
	int n;

	if (aead) {
		memcpy(nonce, sa->key + sa->key_len - SALT_SIZE, SALT_SIZE);
		memcpy(nonce + SALT_SIZE, iv, 8);
		iv = nonce;
	}
	ok = EVP_EncryptInit_ex(ctx, cipher_of(sa), NULL, sa->key, iv) == 1 &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	if (aead)
		ok = ok && EVP_EncryptUpdate(ctx, NULL, &n, header, HEADER_SIZE) == 1;
	ok = ok && EVP_EncryptUpdate(ctx, text, &n, text, len) == 1 &&
	     EVP_EncryptFinal_ex(ctx, text + n, &n) == 1;
	if (aead)
		ok = ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, ICV_SIZE,
					       text + len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* RFC 4868: HMAC-SHA-256-128 over everything before it */
static bool authenticate(const struct esp_frame_sa *sa, const uint8_t *packet,
			 size_t len, uint8_t *icv)
{
	uint8_t mac[EVP_MAX_MD_SIZE];

	if (!HMAC(EVP_sha256(), sa->auth, sa->auth_len, packet, len, mac, NULL))
		return false;
	memcpy(icv, mac, ICV_SIZE);
	return true;
}

size_t esp_frame_seal(const struct esp_frame_sa *sa, uint32_t spi, uint32_t seq,
		      uint8_t next_header, const uint8_t *payload, size_t len,
		      uint8_t *out)
{
	size_t block = sa->kind == ESP_FRAME_CBC ? 16 : 4;
	size_t iv_len = sa->kind == ESP_FRAME_CBC ? 16 : 8;
	uint8_t *iv = out + HEADER_SIZE, *text = iv + iv_len;
	uint32_t word[2] = { htonl(spi), htonl(seq) };
	size_t pad, i;

	memcpy(out, word, sizeof(word));
	/* Any IV will do that is not used twice */
	for (i = 0; i < iv_len; i++)
		iv[i] = i < 4 ? seq >> (8 * i) : i * 37;

	memcpy(text, payload, len);
	pad = (block - (len + 2) % block) % block;
	for (i = 0; i < pad; i++)
		text[len++] = i + 1;
	text[len++] = pad;
	text[len++] = next_header;

	if (!encrypt(sa, out, iv, text, len))
		return 0;
	if (sa->kind == ESP_FRAME_CBC &&
	    !authenticate(sa, out, text + len - out, text + len))
		return 0;
	return text + len + ICV_SIZE - out;
}
