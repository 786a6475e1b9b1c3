// SPDX-License-Identifier: GPL-2.0-or-later
/* A stream of any bytes, read as the module and the helper read it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/espintcp_frame.h>

#include "net/deframe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same with just avail bytes on the heap: a read beyond them is seen */
static enum espintcp_frame_kind classify(const uint8_t *data, size_t avail, uint16_t *body)
{
	uint8_t *copy = malloc(avail);
	enum espintcp_frame_kind kind;

	if (avail && !copy)
		abort();
	memcpy(copy, data, avail);
	kind = espintcp_frame_classify(copy, avail, body);
	free(copy);
	return kind;
}

/* More bytes never change what fewer have decided */
static void check_stable(const uint8_t *data, size_t size)
{
	size_t all = size < ESPINTCP_HEAD_SIZE ? size : ESPINTCP_HEAD_SIZE;
	enum espintcp_frame_kind last, kind;
	uint16_t body = 0, seen = 0;

	last = classify(data, all, &body);
	for (size_t avail = 1; avail < all; avail++) {
		kind = classify(data, avail, &seen);
		if (kind == ESPINTCP_FRAME_MORE)
			continue;
		if (kind != last || (kind != ESPINTCP_FRAME_BAD_LENGTH && seen != body))
			abort();
	}
}

/* The stream in pieces, whose size its first byte tells: every IKE message, wherever it is cut */
static size_t deframe_in_pieces(const uint8_t *data, size_t size)
{
	static struct deframe d;
	size_t piece = size ? data[0] % 31 + 1 : 1, room, len, n, found = 0;
	const uint8_t *msg;
	int rc = 0;

	d.n = 0;
	d.done = 0;
	for (size_t at = 0; at < size && rc >= 0; at += n) {
		uint8_t *to = deframe_room(&d, &room);

		n = size - at < piece ? size - at : piece;
		n = n < room ? n : room;
		if (!n)
			abort();
		memcpy(to, data + at, n);
		deframe_add(&d, n);
		while ((rc = deframe_next(&d, &msg, &len)) > 0)
			found += len;
	}
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t found = deframe_in_pieces(data, size), expected = 0;
	enum espintcp_frame_kind kind;
	size_t at = 0;
	uint16_t body;

	while (at < size) {
		check_stable(data + at, size - at);
		kind = espintcp_frame_classify(data + at, size - at, &body);
		if (kind == ESPINTCP_FRAME_MORE || kind == ESPINTCP_FRAME_BAD_LENGTH)
			break;
		if (kind == ESPINTCP_FRAME_KEEPALIVE && body != 1)
			abort();
		if ((kind == ESPINTCP_FRAME_IKE || kind == ESPINTCP_FRAME_ESP) &&
		    body <= ESPINTCP_MARKER_SIZE)
			abort();
		at += ESPINTCP_LEN_SIZE + body;
		if (kind == ESPINTCP_FRAME_IKE && at <= size)
			expected += body - ESPINTCP_MARKER_SIZE;
	}
	if (found != expected)
		abort();
	return 0;
}
