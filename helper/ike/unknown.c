// SPDX-License-Identifier: GPL-2.0-or-later
#include "ike/build.h"
#include "ike/notify.h"
#include "ike/unknown.h"

size_t ike_unknown_answer(const uint8_t *msg, size_t len, const uint8_t *secret,
			  uint8_t out[IKE_UNKNOWN_MAX])
{
	struct ike_hdr hdr;
	struct ike_buf b;

	if (ike_hdr_parse(msg, len, &hdr) || hdr.response || hdr.exchange == IKE_SA_INIT ||
	    len < IKE_UNKNOWN_LEN)
		return 0;
	hdr.response = true;
	hdr.initiator = !hdr.initiator;
	ike_build_begin(&b, out, IKE_UNKNOWN_MAX, &hdr);
	ike_notify_put(&b, IKE_N_INVALID_IKE_SPI, NULL, 0);
	if (secret && len >= IKE_UNKNOWN_MAX && ike_qcd_put(&b, secret, hdr.spi_i, hdr.spi_r))
		return 0;
	return ike_build_end(&b) ? 0 : b.len;
}

bool ike_unknown_may_leave(struct ike_unknown_limit *limit, uint64_t now)
{
	uint64_t second = now / 1000;

	if (limit->second != second) {
		limit->second = second;
		limit->n = 0;
	}
	if (limit->n >= IKE_UNKNOWN_EACH_S)
		return false;
	limit->n++;
	return true;
}
