// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "ike/notify.h"
#include "ike/sa.h"

static struct ike_sk *our_sk(struct ike_sa *sa)
{
	return sa->initiator ? &sa->keys.i : &sa->keys.r;
}

static void begin(struct ike_sa *sa, struct ike_out *out, uint8_t exchange, bool response,
		  uint32_t id)
{
	memset(&out->hdr, 0, sizeof(out->hdr));
	memcpy(out->hdr.spi_i, sa->spi_i, IKE_SPI_LEN);
	memcpy(out->hdr.spi_r, sa->spi_r, IKE_SPI_LEN);
	out->hdr.exchange = exchange;
	out->hdr.initiator = sa->initiator;
	out->hdr.response = response;
	out->hdr.id = id;
	ike_build_begin(&out->b, out->raw, sizeof(out->raw), &out->hdr);
	out->sk = exchange == IKE_SA_INIT ? 0 : ike_sk_begin(our_sk(sa), &out->b);
}

void ike_out_request(struct ike_sa *sa, struct ike_out *out, enum ike_exchange exchange)
{
	begin(sa, out, exchange, false, sa->send_id);
}

void ike_out_answer(struct ike_sa *sa, struct ike_out *out, const struct ike_hdr *request)
{
	begin(sa, out, request->exchange, true, request->id);
}

static int send_bytes(struct ike_sa *sa, const uint8_t *msg, size_t len)
{
	int err = sa->env.send(sa->env.arg, msg, len);

	if (err)
		return ike_sa_fail(sa, "cannot send to the peer: %s", strerror(-err));
	return 0;
}

int ike_out_keep(uint8_t **copy, size_t *len, const struct ike_buf *b)
{
	uint8_t *more = realloc(*copy, b->len);

	if (!more)
		return -1;
	memcpy(more, b->data, b->len);
	*copy = more;
	*len = b->len;
	return 0;
}

int ike_out_resend(struct ike_sa *sa)
{
	ike_task_sent(sa);
	return send_bytes(sa, sa->request, sa->request_len);
}

int ike_out_send(struct ike_sa *sa, struct ike_out *out)
{
	struct ike_buf *b = &out->b;
	int err = out->sk ? ike_sk_seal(our_sk(sa), b, out->sk) : ike_build_end(b);

	if (err)
		return ike_sa_fail(sa, "cannot build a message: too long, or encryption failed");

	if (out->hdr.response) {
		if (ike_out_keep(&sa->answer, &sa->answer_len, b))
			return ike_sa_fail(sa, "out of memory");
	} else {
		if (ike_out_keep(&sa->request, &sa->request_len, b))
			return ike_sa_fail(sa, "out of memory");
		sa->waiting = true;
		sa->sent_exchange = out->hdr.exchange;
		sa->resends = 0;
		ike_task_sent(sa);
	}
	return send_bytes(sa, b->data, b->len);
}

int ike_out_notify(struct ike_sa *sa, const struct ike_hdr *request, uint16_t type,
		   const void *data, size_t len)
{
	struct ike_out out;

	ike_out_answer(sa, &out, request);
	ike_notify_put(&out.b, type, data, len);
	return ike_out_send(sa, &out);
}

int ike_out_repeat(struct ike_sa *sa)
{
	return send_bytes(sa, sa->answer, sa->answer_len);
}
