// SPDX-License-Identifier: GPL-2.0-or-later
/* What AUTH proves of IKE_INTERMEDIATE (RFC 9242, section 3.3), by each kind of proof. */
#include "addke_pair.h"
#include "cert_pair.h"
#include "ike/intermediate.h"
#include "ike/ppk.h"

/* IntAuth as RFC 9242, section 3.3.1, has it, from what is on the wire */
struct heard {
	uint8_t auth[2][IKE_PRF_MAX];		/* of the responder, of the initiator */
	unsigned int n[2];
};

static bool hear(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	const struct ike_sa *sa = to_r ? p->r.sa : p->i.sa;
	const uint8_t *key = to_r ? sa->keys.pi : sa->keys.pr;
	struct heard *h = p->filter_arg;
	uint8_t head[IKE_HDR_LEN + 4], plain[512];
	struct ike_bytes parts[] = {
		{ h->auth[to_r], h->n[to_r] ? 32 : 0 }, { head, sizeof(head) }, { plain, 0 }
	};
	struct ike_payloads pl;
	int len;

	(void)nth;
	if (m->data[18] != IKE_INTERMEDIATE)
		return true;
	assert_int_equal(ike_payloads_parse(m->data[16], m->data + IKE_HDR_LEN,
					    m->len - IKE_HDR_LEN, &pl), 0);
	len = ike_sk_open(to_r ? &sa->keys.i : &sa->keys.r, (struct ike_bytes){ m->data, m->len },
			  &pl.p[0], plain);
	assert_true(len > 0);
	parts[2].len = (size_t)len;
	memcpy(head, m->data, sizeof(head));
	ike_put32(head + 24, (uint32_t)(sizeof(head) + parts[2].len));
	ike_put16(head + IKE_HDR_LEN + 2, (uint16_t)(4 + parts[2].len));
	assert_int_equal(ike_prf(sa->suite.prf, (struct ike_bytes){ key, 32 }, parts, 3,
				 h->auth[to_r]), 0);
	h->n[to_r]++;
	return true;
}

static void test_int_auth(void **state)
{
	static const uint8_t auth_mid[] = { 0, 0, 0, 4 };
	const char *ike = "aes256-sha2_256-dh19;addke1=dh31;addke2=dh20;addke5=dh21";
	uint8_t buf[IKE_INTAUTH_MAX];
	struct heard h = { 0 };
	struct ike_bytes all;
	struct pair p;

	(void)state;
	set_up(&p, ike, ike);
	pair_new(&p);
	p.filter = hear;
	p.filter_arg = &h;
	assert_int_equal(ike_sa_start(p.i.sa), 0);
	while (p.i.sa->state != IKE_ST_AUTH_SENT)
		pair_deliver(&p);
	assert_int_equal(h.n[0], 3);
	assert_int_equal(h.n[1], 3);
	all = ike_intermediate_octets(p.i.sa, buf);
	assert_int_equal(all.len, 32 + 32 + 4);
	assert_memory_equal(all.p, h.auth[1], 32);
	assert_memory_equal(all.p + 32, h.auth[0], 32);
	assert_memory_equal(all.p + 64, auth_mid, 4);
	pair_run(&p);
	assert_up(&p);
	pair_free(&p);
}

/* What either end said in IKE_INTERMEDIATE is a part of what both prove */
struct spoil {
	bool of_initiator, at_initiator;
};

static bool spoil_intauth(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	struct spoil *s = p->filter_arg;
	struct ike_sa *sa = s->at_initiator ? p->i.sa : p->r.sa;

	(void)nth;
	/* The initiator has made its AUTH by then: what it expects of the peer is spoilt */
	if (to_r && m->data[18] == IKE_AUTH)
		(s->of_initiator ? sa->inter.auth_i : sa->inter.auth_r)[3] ^= 1;
	return true;
}

static void test_authenticated(void **state)
{
	int n;

	(void)state;
	for (n = 0; n < 8; n++) {
		struct spoil s = { n & 1, n & 2 };
		struct world w;

		world_init(&w);
		pair_suites(&w.pair.i, "aes256-sha2_256-dh19;addke1=dh31", NULL);
		pair_suites(&w.pair.r, "aes256-sha2_256-dh19;addke1=dh31", NULL);
		if (n & 4) {
			w.pair.i.conn.local.auth = CONF_AUTH_SECRET;
			w.pair.i.conn.remote.auth = CONF_AUTH_SECRET;
			w.pair.r.conn.local.auth = CONF_AUTH_SECRET;
			w.pair.r.conn.remote.auth = CONF_AUTH_SECRET;
		}
		world_ready(&w);
		w.pair.filter = spoil_intauth;
		w.pair.filter_arg = &s;
		pair_start(&w.pair);
		assert_false(pair_is_up(&w.pair));
		assert_has(ike_sa_error(s.at_initiator ? w.pair.i.sa : w.pair.r.sa),
			   "failed to authenticate");
		world_free(&w);
	}
}

/* With signatures of each kind, and with a PPK beside either proof */
static void test_proofs(void **state)
{
	static const char *const kinds[] = { "P-256", "RSA", "Ed25519" };
	struct conf_secret ppk = {
		.kind = CONF_SECRET_PPK, .name = (char *)"a", .key = (uint8_t *)"key", .len = 3,
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(kinds); i++) {
		struct ca_wish wish = good_end[WEST];
		struct world w;

		world_init(&w);
		wish.key = kinds[i / 2];
		world_end(&w, WEST, &w.ca, &wish);
		pair_suites(&w.pair.i, "aes256-sha2_256-dh19;addke1=dh31;addke3=dh20", NULL);
		pair_suites(&w.pair.r, "aes256-sha2_256-dh19;addke1=dh31;addke3=dh20", NULL);
		if (i % 2) {
			w.pair.i.ppks = &ppk;
			w.pair.r.ppks = &ppk;
		}
		world_up(&w);
		assert_int_equal(w.pair.r.sa->ppk_agreed, i % 2);
		assert_up(&w.pair);
		world_free(&w);
	}

	for (i = 0; i < 4; i++) {
		struct pair p;

		set_up(&p, "aes256-sha2_256-dh19;addke1=dh31", "aes256-sha2_256-dh19;addke1=dh31");
		p.i.ppks = i & 1 ? &ppk : NULL;
		p.r.ppks = i & 2 ? &ppk : NULL;
		pair_start(&p);
		assert_up(&p);
		pair_free(&p);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_int_auth),
		cmocka_unit_test(test_authenticated),
		cmocka_unit_test(test_proofs),
	};

	return cmocka_run_group_tests_name("ike_intauth", tests, NULL, NULL);
}
