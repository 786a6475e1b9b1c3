// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>

#include "ike/intermediate.h"
#include "ike/notify.h"

#define GENERIC_LEN	4
#define LENGTH_AT	24		/* in the IKE header */
/* Up to the inner payloads; nobody puts more than the two headers there */
#define HEAD_MAX	512

void ike_intermediate_begin(struct ike_sa *sa)
{
	sa->inter.next = ike_addke_from(&sa->suite, 0);
}

bool ike_intermediate_due(const struct ike_sa *sa)
{
	return sa->inter.next < IKE_ADDKE_MAX;
}

/*
 * IntAuth_i or IntAuth_r with one more message, whole and not encrypted: @head ends with the
 * Encrypted payload's header, @plain is what is in it. Lengths are those without IV, padding
 * and ICV.
 */
static int add_message(struct ike_sa *sa, bool of_initiator, struct ike_bytes head,
		       struct ike_bytes plain)
{
	uint8_t *auth = of_initiator ? sa->inter.auth_i : sa->inter.auth_r;
	const uint8_t *key = of_initiator ? sa->keys.pi : sa->keys.pr;
	size_t len = ike_prf_len(sa->suite.prf);
	uint8_t copy[HEAD_MAX], out[IKE_PRF_MAX];
	struct ike_bytes parts[] = {
		{ auth, sa->inter.done ? len : 0 }, { copy, head.len }, plain
	};

	if (head.len > sizeof(copy) || head.len < IKE_HDR_LEN + GENERIC_LEN ||
	    plain.len > IKE_MSG_MAX - head.len)
		return -1;
	memcpy(copy, head.p, head.len);
	ike_put32(copy + LENGTH_AT, (uint32_t)(head.len + plain.len));
	ike_put16(copy + head.len - 2, (uint16_t)(plain.len + GENERIC_LEN));
	if (ike_prf(sa->suite.prf, (struct ike_bytes){ key, len }, parts, 3, out))
		return -1;
	memcpy(auth, out, len);
	return 0;
}

/* One that is about to be sealed */
static int add_own(struct ike_sa *sa, const struct ike_out *out)
{
	if (out->b.overflow)
		return -1;
	return add_message(sa, sa->initiator, (struct ike_bytes){ out->raw, out->sk + GENERIC_LEN },
			   (struct ike_bytes){ out->raw + out->plain, out->b.len - out->plain });
}

/* SK_* of the next generation */
static int renew_keys(struct ike_sa *sa, const uint8_t *secret, int len)
{
	struct ike_secrets s = { .first = { secret, (size_t)len } };

	if (len <= 0)
		return -1;
	return ike_keys_rekey(sa->suite.prf, &sa->keys, &sa->suite, s, ike_nonce_bytes(&sa->ni),
			      ike_nonce_bytes(&sa->nr), sa->spi_i, sa->spi_r, &sa->keys);
}

static void advance(struct ike_sa *sa)
{
	sa->inter.next = ike_addke_from(&sa->suite, sa->inter.next + 1);
	sa->inter.done++;
}

int ike_intermediate_go(struct ike_sa *sa)
{
	struct ike_out out;

	if (!ike_intermediate_due(sa))
		return ike_auth_send(sa);
	ike_out_request(sa, &out, IKE_INTERMEDIATE);
	if (ike_ke_begin(&sa->ke, sa->suite.addke[sa->inter.next]) || ike_ke_put(&sa->ke, &out.b) ||
	    add_own(sa, &out))
		return ike_sa_fail(sa, "cannot make a key exchange: libcrypto refused");
	sa->state = IKE_ST_INTERMEDIATE_SENT;
	return ike_out_send(sa, &out);
}

/* The KE payload of the key exchange that is due; NULL: there is none, or of another method */
static const struct ike_payload *find_ke(const struct ike_sa *sa, const struct ike_in *in)
{
	const struct ike_payload *pl = ike_payload_find(&in->pl, IKE_PL_KE);

	return pl && ike_ke_method(pl) == sa->suite.addke[sa->inter.next] ? pl : NULL;
}

int ike_intermediate_response(struct ike_sa *sa, const struct ike_in *in)
{
	uint16_t error = ike_notify_error(&in->pl, NULL);
	const struct ike_payload *pl = find_ke(sa, in);
	uint8_t secret[IKE_SECRET_MAX];
	char buf[32];
	int len, err;

	if (error)
		return ike_sa_fail(sa, "the peer refused IKE_INTERMEDIATE: %s",
				   ike_notify_name(error, buf, sizeof(buf)));
	if (!pl)
		return ike_sa_fail(sa, "the peer's IKE_INTERMEDIATE lacks the key exchange that it agreed to");
	len = ike_ke_finish(&sa->ke, ike_ke_data(pl), secret);
	ike_ke_free(&sa->ke);
	err = add_message(sa, false, in->head, in->plain) || renew_keys(sa, secret, len);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (err)
		return ike_sa_fail(sa, "the peer's additional key exchange (method %u) is not valid",
				   sa->suite.addke[sa->inter.next]);
	advance(sa);
	return ike_intermediate_go(sa);
}

static int refuse(struct ike_sa *sa, const struct ike_in *in, const char *why)
{
	if (ike_out_notify(sa, &in->hdr, IKE_N_INVALID_SYNTAX, NULL, 0))
		return -1;
	return ike_sa_fail(sa, "%s", why);
}

/* The request may come again, protected as it was */
static void keep_old(struct ike_sa *sa, uint32_t id)
{
	sa->inter.old = sa->keys.i;
	sa->inter.old_id = id;
}

/* Our answer by the keys of before; 0, or -1 if the SA is over */
static int send_answer(struct ike_sa *sa, const struct ike_in *in, struct ike_bytes data)
{
	struct ike_out out;

	ike_out_answer(sa, &out, &in->hdr);
	ike_ke_put_data(&out.b, sa->suite.addke[sa->inter.next], data);
	if (add_message(sa, true, in->head, in->plain) || add_own(sa, &out))
		return ike_sa_fail(sa, "the peer's IKE_INTERMEDIATE is too long");
	return ike_out_send(sa, &out);
}

int ike_intermediate_request(struct ike_sa *sa, const struct ike_in *in)
{
	uint8_t data[IKE_KE_MAX], secret[IKE_SECRET_MAX];
	const struct ike_payload *pl = find_ke(sa, in);
	size_t data_len;
	int len, ret;

	if (!pl)
		return refuse(sa, in, "the peer's IKE_INTERMEDIATE lacks the key exchange that was agreed on");
	len = ike_ke_answer(ike_ke_method(pl), ike_ke_data(pl), data, &data_len, secret);
	if (len < 0)
		return refuse(sa, in, "the peer's additional key exchange is not valid");
	ret = send_answer(sa, in, (struct ike_bytes){ data, data_len });
	if (!ret) {
		keep_old(sa, in->hdr.id);
		if (renew_keys(sa, secret, len))
			ret = ike_sa_fail(sa, "cannot make keys: libcrypto refused");
		advance(sa);
	}
	OPENSSL_cleanse(secret, sizeof(secret));
	return ret;
}

const struct ike_sk *ike_intermediate_sk(const struct ike_sa *sa, const struct ike_hdr *hdr)
{
	if (!hdr->response && sa->inter.old_id && hdr->id == sa->inter.old_id)
		return &sa->inter.old;
	return sa->initiator ? &sa->keys.r : &sa->keys.i;
}

struct ike_bytes ike_intermediate_octets(const struct ike_sa *sa, uint8_t *buf)
{
	size_t len = ike_prf_len(sa->suite.prf);

	if (!sa->inter.done)
		return (struct ike_bytes){ NULL, 0 };
	memcpy(buf, sa->inter.auth_i, len);
	memcpy(buf + len, sa->inter.auth_r, len);
	/* The message ID of IKE_AUTH, which follows what is done (RFC 9242, section 3.2) */
	ike_put32(buf + 2 * len, 1 + sa->inter.done);
	return (struct ike_bytes){ buf, 2 * len + 4 };
}

void ike_intermediate_forget(struct ike_sa *sa)
{
	OPENSSL_cleanse(&sa->inter, sizeof(sa->inter));
	sa->inter.next = IKE_ADDKE_MAX;
}
