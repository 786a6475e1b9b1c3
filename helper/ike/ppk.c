// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>

#include "ike/notify.h"
#include "ike/ppk.h"

#define PPK_ID_FIXED	2		/* RFC 8784, section 5.1 */

int ike_ppk_mix(uint16_t prf, const struct conf_secret *ppk, struct ike_keys *keys)
{
	struct ike_bytes key = { ppk->key, ppk->len };
	size_t len = ike_prf_len(prf), i;
	uint8_t *const part[] = { keys->d, keys->pi, keys->pr };
	uint8_t mixed[3][IKE_PRF_MAX];
	int ret = -1;

	for (i = 0; i < 3; i++)
		if (ike_prf_plus(prf, key, (struct ike_bytes){ part[i], len }, mixed[i], len))
			goto out;
	for (i = 0; i < 3; i++)
		memcpy(part[i], mixed[i], len);
	ret = 0;
out:
	OPENSSL_cleanse(mixed, sizeof(mixed));
	return ret;
}

void ike_ppk_put_id(struct ike_buf *b, const struct conf_secret *ppk)
{
	uint8_t data[1 + CONF_PPK_ID_MAX] = { PPK_ID_FIXED };
	size_t len = ppk ? strlen(ppk->name) : 0;

	memcpy(data + 1, ppk ? ppk->name : "", len);
	ike_notify_put(b, IKE_N_PPK_IDENTITY, data, ppk ? 1 + len : 0);
}

const struct conf_secret *ike_ppk_find(const struct conf_secret *list,
				       const struct conf_id *local, const struct conf_id *remote,
				       const struct ike_payloads *pl, bool *named)
{
	char id[CONF_PPK_ID_MAX + 1];
	struct ike_notify n;

	*named = ike_notify_find(pl, IKE_N_PPK_IDENTITY, &n);
	if (!*named || n.data.len < 2 || n.data.len > sizeof(id) || n.data.p[0] != PPK_ID_FIXED ||
	    memchr(n.data.p, '\0', n.data.len))
		return NULL;
	memcpy(id, n.data.p + 1, n.data.len - 1);
	id[n.data.len - 1] = '\0';
	return conf_ppk_find(list, local, remote, id);
}
