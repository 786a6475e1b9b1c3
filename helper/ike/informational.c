// SPDX-License-Identifier: GPL-2.0-or-later
/* The INFORMATIONAL exchange: liveness and DELETE (RFC 7296, sections 1.4 and 2.4). */
#include <string.h>

#include "ike/notify.h"
#include "ike/sa.h"

int ike_info_send(struct ike_sa *sa, enum ike_info what)
{
	struct ike_out out;

	ike_out_request(sa, &out, IKE_INFORMATIONAL);
	if (what == IKE_INFO_DELETE)
		ike_delete_put_ike(&out.b);
	else if (what == IKE_INFO_DELETE_CHILD)
		ike_delete_put_esp(&out.b, sa->child.spi_in);
	sa->sent_info = what;
	sa->delete_wanted = false;
	return ike_out_send(sa, &out);
}

/* The peer names the SPIs of what it receives with: ours for sending */
static bool names_child(const struct ike_sa *sa, const struct ike_delete *d)
{
	unsigned int i;

	if (d->protocol != IKE_PROTO_ESP || !sa->child_up)
		return false;
	for (i = 0; i < d->n; i++)
		if (!memcmp(d->spis + i * 4, &sa->child.spi_out, 4))
			return true;
	return false;
}

static bool sent(const struct ike_sa *sa, enum ike_info what)
{
	return sa->waiting && sa->sent_info == what;
}

int ike_info_request(struct ike_sa *sa, const struct ike_in *in)
{
	uint16_t error = ike_notify_error(&in->pl, NULL);
	bool gone = false;
	struct ike_out out;
	char buf[32];
	size_t i;

	ike_out_answer(sa, &out, &in->hdr);
	for (i = 0; i < in->pl.n; i++) {
		struct ike_delete d;

		if (in->pl.p[i].type != IKE_PL_DELETE)
			continue;
		ike_delete_get(&in->pl.p[i], &d);
		gone |= d.protocol == IKE_PROTO_IKE;
		if (!names_child(sa, &d))
			continue;
		/* If our own DELETE of it is under way, that one tells our SPI (1.4.1) */
		if (!sent(sa, IKE_INFO_DELETE_CHILD))
			ike_delete_put_esp(&out.b, sa->child.spi_in);
		ike_child_remove(sa);
		ike_sa_log(sa, "the peer deleted the child SA");
	}
	if (ike_out_send(sa, &out))
		return -1;

	/* What our AUTH or our payloads met with at the peer (RFC 7296, section 2.21.2) */
	if (error == IKE_N_AUTHENTICATION_FAILED)
		return ike_sa_fail(sa,
			"the peer says AUTHENTICATION_FAILED: wrong PSK, or an ID that it did not expect?");
	if (error == IKE_N_INVALID_SYNTAX)
		return ike_sa_fail(sa, "the peer says INVALID_SYNTAX");
	if (error)
		ike_sa_log(sa, "the peer says %s", ike_notify_name(error, buf, sizeof(buf)));
	if (gone && sent(sa, IKE_INFO_DELETE))
		return ike_sa_close(sa);
	if (gone)
		return ike_sa_fail(sa, "the peer deleted the IKE SA");
	return 0;
}

int ike_info_response(struct ike_sa *sa)
{
	switch (sa->sent_info) {
	case IKE_INFO_DELETE:
		return ike_sa_close(sa);
	case IKE_INFO_DELETE_CHILD:
		ike_child_remove(sa);
		return 0;
	default:
		return 0;
	}
}
