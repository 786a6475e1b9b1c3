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
	out->plain = out->b.len;
}

void ike_out_request(struct ike_sa *sa, struct ike_out *out, enum ike_exchange exchange)
{
	begin(sa, out, exchange, false, sa->send_id);
}

void ike_out_answer(struct ike_sa *sa, struct ike_out *out, const struct ike_hdr *request)
{
	begin(sa, out, request->exchange, true, request->id);
}

/* One message or several, each as long as its header says */
static int send_bytes(struct ike_sa *sa, const uint8_t *msg, size_t len)
{
	size_t n;
	int err;

	for (; len; msg += n, len -= n) {
		n = ike_get32(msg + 24);
		err = sa->env.send(sa->env.arg, msg, n);
		if (err)
			return ike_sa_fail(sa, "cannot send to the peer: %s", strerror(-err));
	}
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

/* What is sealed: remember it, for a peer that asks again or does not answer */
static int sealed(struct ike_sa *sa, const struct ike_out *out, const struct ike_buf *b)
{
	bool response = out->hdr.response;

	if (response ? ike_out_keep(&sa->answer, &sa->answer_len, b) :
		       ike_out_keep(&sa->request, &sa->request_len, b))
		return ike_sa_fail(sa, "out of memory");
	if (!response) {
		sa->waiting = true;
		sa->sent_exchange = out->hdr.exchange;
		sa->resends = 0;
		ike_task_sent(sa);
	}
	return send_bytes(sa, b->data, b->len);
}

int ike_out_send(struct ike_sa *sa, struct ike_out *out)
{
	bool cut = ike_frag_wanted(sa, out);
	struct ike_buf all = { 0 };
	int err;

	if (cut)
		err = ike_frag_seal(our_sk(sa), out, &all);
	else
		err = out->sk ? ike_sk_seal(our_sk(sa), &out->b, out->sk) : ike_build_end(&out->b);
	if (err)
		err = ike_sa_fail(sa, "cannot build a message: too long, or encryption failed");
	else
		err = sealed(sa, out, cut ? &all : &out->b);
	free(all.data);
	return err;
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
