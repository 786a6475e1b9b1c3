/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of test vectors, written in hexadecimal. */
#ifndef ESPINTCP_TESTS_HEX_H
#define ESPINTCP_TESTS_HEX_H

#include <stdint.h>
#include <stdio.h>

/* Returns the number of bytes; spaces are passed over */
static inline size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned int byte;
	int used;

	while (sscanf(hex, " %2x%n", &byte, &used) == 1) {
		out[n++] = (uint8_t)byte;
		hex += used;
	}
	return n;
}

/* For tests that include cmocka.h before */
#define assert_hex(got, len, hex) do { \
	uint8_t want_[1024]; \
	size_t len_ = (len); \
\
	assert_int_equal(unhex((hex), want_), len_); \
	if (len_) \
		assert_memory_equal((got), want_, len_); \
} while (0)

#endif
