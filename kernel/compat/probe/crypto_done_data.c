// SPDX-License-Identifier: GPL-2.0-only
/* an asynchronous request's completion is called with the caller's data */
#include <crypto/aead.h>

HAS(crypto_done_data, struct aead_request *req, void (*done)(void *, int))
{
	aead_request_set_callback(req, 0, done, 0);
	return 0;
}

LACKS(crypto_done_data, struct aead_request *req, void (*done)(struct crypto_async_request *, int))
{
	aead_request_set_callback(req, 0, done, 0);
	return 0;
}
