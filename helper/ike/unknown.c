// SPDX-License-Identifier: GPL-2.0-or-later
#include "ike/build.h"
#include "ike/notify.h"
#include "ike/unknown.h"

int ike_unknown_answer(const uint8_t *msg, size_t len, uint8_t out[IKE_UNKNOWN_LEN])
{
	struct ike_hdr hdr;
	struct ike_buf b;

	if (ike_hdr_parse(msg, len, &hdr) || hdr.response || hdr.exchange == IKE_SA_INIT ||
	    len < IKE_UNKNOWN_LEN)
		return -1;
	hdr.response = true;
	hdr.initiator = !hdr.initiator;
	ike_build_begin(&b, out, IKE_UNKNOWN_LEN, &hdr);
	ike_notify_put(&b, IKE_N_INVALID_IKE_SPI, NULL, 0);
	return ike_build_end(&b);
}
