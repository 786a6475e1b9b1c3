/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_TESTS_SA_H
#define ESPINTCP_TESTS_SA_H

#include <net/xfrm.h>

#include "fixture.h"

/**
 * struct sa_algo - the algorithms of an SA
 * @name: for messages
 * @aead: AEAD, or NULL for @auth and @crypt
 * @auth: integrity algorithm
 * @crypt: cipher
 * @geniv: IV generator, NULL for none
 * @key_len: bytes of the key of @aead or @crypt, salt included
 * @auth_len: bytes of the key of @auth
 * @icv_len: bits of the integrity check value
 */
struct sa_algo {
	const char	*name;
	const char	*aead;
	const char	*auth;
	const char	*crypt;
	const char	*geniv;
	u32		key_len;
	u32		auth_len;
	u32		icv_len;
};

extern const struct sa_algo sa_gcm, sa_chacha, sa_cbc, sa_null;

/**
 * struct sa_packet - a packet to be sent, and its sequence number
 * @len: bytes to be encrypted, each one more than the one before
 * @bytes: these bytes instead, if not NULL
 * @linear: how many of them are in the linear part
 * @frag: size of the pieces of the rest
 * @proto: next header
 * @seq: sequence number, high half included
 * @mtu: of the route
 */
struct sa_packet {
	u32		len;
	const u8	*bytes;
	u32		linear;
	u32		frag;
	u8		proto;
	u64		seq;
	u32		mtu;
};

/**
 * struct sa_later - an AEAD whose requests end when, and as, the test says
 * @request: those that were begun since @begun was 0
 * @answer: what each answers at once
 * @begun: how many there were
 */
struct sa_later {
	struct aead_request	*request[64];
	int			answer[64];
	u32			begun;
};

extern struct sa_later sa_later;
extern int sa_released;

struct crypto_aead *sa_later_make(struct kunit *test);
void sa_later_free(struct crypto_aead *aead);
void sa_later_finish(u32 i, int err);
void sa_release(struct sk_buff *skb);
struct xfrm_state *sa_make(struct kunit *test, const struct espintcp_sock *es,
			   const struct sa_algo *algo, const u8 *key,
			   const u8 *auth_key, u8 mode, u32 flags);
void sa_free(struct xfrm_state *x);
void sa_set_encap(struct xfrm_state *x, struct xfrm_encap_tmpl *encap);
struct sk_buff *sa_skb(struct kunit *test, const struct xfrm_state *x,
		       const struct sa_packet *p);
struct sk_buff *sa_take(struct espintcp_sock *es);

#endif
