// SPDX-License-Identifier: GPL-2.0-or-later
/* Datagrams of strangers: what they are, and what is answered before anything is kept. */
#include <stdlib.h>
#include <string.h>

#include "ike/cookie.h"
#include "ike/unknown.h"
#include "net/addr.h"
#include "net/udp.h"

static void answers(const uint8_t *msg, size_t len)
{
	static struct ike_cookies cookies;
	static uint64_t now;
	static const uint8_t secret[IKE_QCD_SECRET];
	static struct ike_suite_list offer;
	uint8_t unknown[IKE_UNKNOWN_MAX];
	struct ike_cookie_answer cookie;
	char err[128];
	size_t n;
	struct ike_addrs addrs = { 0 };

	if (!offer.n && ike_suite_parse_ike(NULL, &offer, err, sizeof(err)))
		abort();
	addr_parse("192.0.2.1", &addrs.remote);
	now += 10;
	/* An answer is never longer than what asked for it */
	for (unsigned int bits = 0; bits <= 16; bits += 16)
		if (ike_cookie_check(&cookies, now, &addrs, (struct ike_bytes){ msg, len }, &offer,
				     bits, &cookie) == IKE_COOKIE_ASK && len < cookie.len)
			abort();
	for (int i = 0; i < 2; i++) {
		n = ike_unknown_answer(msg, len, i ? secret : NULL, unknown);
		/* And no answer has an answer */
		if (n > len || (n && ike_unknown_answer(unknown, n, secret, unknown)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *msg = NULL;
	size_t len = 0;

	for (int marker = 0; marker < 2; marker++) {
		if (udp_classify(data, size, marker, &msg, &len) != UDP_IKE)
			continue;
		if (msg < data || msg + len != data + size)
			abort();
		answers(msg, len);
	}
	return 0;
}
