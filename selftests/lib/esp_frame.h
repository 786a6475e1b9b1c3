/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ESP packets made in userspace, for streams that no kernel wrote. */
#ifndef SELFTESTS_ESP_FRAME_H
#define SELFTESTS_ESP_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define ESP_FRAME_KEY_MAX	64
/* SPI, sequence number, IV, padding with its trailer, ICV: never more */
#define ESP_FRAME_OVERHEAD	64

enum esp_frame_kind { ESP_FRAME_GCM, ESP_FRAME_CBC, ESP_FRAME_CHACHA };

struct esp_frame_sa {
	enum esp_frame_kind kind;
	uint8_t key[ESP_FRAME_KEY_MAX];		/* with the salt behind it */
	size_t key_len;
	uint8_t auth[ESP_FRAME_KEY_MAX];	/* ESP_FRAME_CBC: of the HMAC */
	size_t auth_len;
};

/*
 * The algorithm in the words of "ip xfrm state add": aead NAME KEY 128, or
 * enc cbc(aes) KEY auth-trunc hmac(sha256) KEY 128. Returns -1 where it is none
 * of those.
 */
int esp_frame_parse(struct esp_frame_sa *sa, char **word, int n);
/* One packet, SPI first; returns its bytes at out, or 0 on an error */
size_t esp_frame_seal(const struct esp_frame_sa *sa, uint32_t spi, uint32_t seq,
		      uint8_t next_header, const uint8_t *payload, size_t len,
		      uint8_t *out);

#endif
