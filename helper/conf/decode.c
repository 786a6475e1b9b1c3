// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes that are written in base64 or hex. */
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "conf/value.h"

/**
 * conf_decode_base64 - bytes of a text in base64
 * @text: the text, with its padding
 * @len: its length
 * @out: room for @len bytes
 *
 * Return: the number of bytes, 0 where the text is not valid.
 */
size_t conf_decode_base64(const char *text, size_t len, uint8_t *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t pad = 0;
	int n;

	/* EVP_DecodeBlock() takes padding anywhere, and counts it as bytes */
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len - pad; i++)
		if (!memchr(digits, text[i], sizeof(digits) - 1))
			return 0;
	if (len % 4)
		return 0;
	/* What libcrypto thinks of it is of no use to later readers of its queue */
	ERR_set_mark();
	n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
	ERR_pop_to_mark();
	return n < (int)pad ? 0 : (size_t)n - pad;
}

/**
 * conf_decode_hex - bytes of a text in hex
 * @text: the text; '_' between bytes does not count
 * @out: where they go
 * @size: of @out
 *
 * Return: the number of bytes, 0 where the text is not valid or too long.
 */
size_t conf_decode_hex(const char *text, uint8_t *out, size_t size)
{
	size_t len = 0;

	ERR_set_mark();
	if (OPENSSL_hexstr2buf_ex(out, size, &len, text, '_') != 1)
		len = 0;
	ERR_pop_to_mark();
	return len;
}
