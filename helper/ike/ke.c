// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>

#include "ike/dh.h"
#include "ike/ke.h"
#include "ike/kem.h"

#define KE_LEN		4	/* method, reserved */

_Static_assert(IKE_DH_MAX <= IKE_KE_MAX && IKE_DH_MAX <= IKE_SECRET_MAX, "room for groups");

bool ike_ke_available(uint16_t method)
{
	return ike_dh_public_len(method) || ike_kem_available(method);
}

int ike_ke_begin(struct ike_ke *ke, uint16_t method)
{
	struct ike_dh dh;
	int ret;

	ke->method = method;
	if (ike_kem_known(method))
		return ike_kem_generate(method, &ke->key);
	ret = ike_dh_generate(&dh, method);
	ke->key = dh.key;
	return ret;
}

void ike_ke_free(struct ike_ke *ke)
{
	EVP_PKEY_free(ke->key);
	ke->key = NULL;
}

void ike_ke_put_data(struct ike_buf *b, uint16_t method, struct ike_bytes data)
{
	size_t at = ike_build_payload(b, IKE_PL_KE);

	ike_put_u16(b, method);
	ike_put_u16(b, 0);
	ike_put_bytes(b, data.p, data.len);
	ike_build_payload_end(b, at);
}

int ike_ke_put(const struct ike_ke *ke, struct ike_buf *b)
{
	struct ike_dh dh = { ke->method, ke->key };
	uint8_t data[IKE_KE_MAX];
	size_t len;
	int err;

	if (ike_kem_known(ke->method)) {
		err = ike_kem_public(ke->method, ke->key, data, &len);
	} else {
		err = ike_dh_public(&dh, data);
		len = ike_dh_public_len(ke->method);
	}
	if (!err)
		ike_ke_put_data(b, ke->method, (struct ike_bytes){ data, len });
	return err;
}

uint16_t ike_ke_method(const struct ike_payload *pl)
{
	return ike_get16(pl->body.p);
}

struct ike_bytes ike_ke_data(const struct ike_payload *pl)
{
	return (struct ike_bytes){ pl->body.p + KE_LEN, pl->body.len - KE_LEN };
}

int ike_ke_answer(uint16_t method, struct ike_bytes peer, uint8_t *out, size_t *out_len,
		  uint8_t *secret)
{
	struct ike_dh dh;
	int ret = -1;

	if (ike_kem_known(method))
		return ike_kem_encapsulate(method, peer, out, out_len, secret);
	*out_len = ike_dh_public_len(method);
	if (!ike_dh_generate(&dh, method) && !ike_dh_public(&dh, out))
		ret = ike_dh_shared(&dh, peer, secret);
	ike_dh_free(&dh);
	return ret;
}

int ike_ke_finish(const struct ike_ke *ke, struct ike_bytes peer, uint8_t *secret)
{
	struct ike_dh dh = { ke->method, ke->key };

	if (!ke->key)
		return -1;
	if (ike_kem_known(ke->method))
		return ike_kem_decapsulate(ke->method, ke->key, peer, secret);
	return ike_dh_shared(&dh, peer, secret);
}
