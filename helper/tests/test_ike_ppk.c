// SPDX-License-Identifier: GPL-2.0-or-later
/* Post-quantum preshared keys: every line of RFC 8784's table, and the keys that come of it. */
#include "cert_pair.h"
#include "hex.h"
#include "ike/notify.h"
#include "ike/ppk.h"

static struct conf_secret ppk(const char *id, const char *key)
{
	return (struct conf_secret){
		.kind = CONF_SECRET_PPK, .name = (char *)id, .key = (uint8_t *)key,
		.len = strlen(key),
	};
}

struct ends {
	const char *id[2], *key[2];		/* NULL: no PPK */
	enum conf_ppk ppk[2];
	const char *why[2];			/* NULL: it comes up */
	bool used;
};

static void setup(struct pair *p, struct conf_secret *secrets, const struct ends *e)
{
	struct peer *peers[] = { &p->i, &p->r };

	for (int i = 0; i < 2; i++) {
		peers[i]->conn.ppk = e->ppk[i];
		if (!e->id[i])
			continue;
		secrets[i] = ppk(e->id[i], e->key[i]);
		peers[i]->ppks = &secrets[i];
	}
}

static void check(const struct pair *p, const struct ends *e)
{
	if (e->why[0]) {
		assert_false(pair_is_up(p));
		assert_has(ike_sa_error(p->i.sa), e->why[0]);
		if (e->why[1])
			assert_has(ike_sa_error(p->r.sa), e->why[1]);
		return;
	}
	if (!pair_is_up(p))
		fail_msg("'%s', '%s'", ike_sa_error(p->i.sa), ike_sa_error(p->r.sa));
	assert_int_equal(p->r.sa->ppk_agreed, e->used);
	assert_memory_equal(p->i.sa->keys.d, p->r.sa->keys.d, 32);
	assert_memory_equal(p->i.child.key_in, p->r.child.key_out, 36);
}

static const struct ends table[] = {
	{ .used = false },
	{ { "a", "a" }, { "key", "key" }, .used = true },
	{ { "a", "a" }, { "key", "key" }, { CONF_PPK_INSIST, CONF_PPK_INSIST }, .used = true },
	/* One end has none, or another one, and it matters to nobody */
	{ { "a", NULL }, { "key", NULL }, .used = false },
	{ { NULL, "a" }, { NULL, "key" }, .used = false },
	{ { "a", "b" }, { "key", "key" }, .used = false },
	{ { "a", "a" }, { "key", "key" }, { CONF_PPK_NEVER, CONF_PPK_PROPOSE }, .used = false },
	{ { "a", "a" }, { "key", "key" }, { CONF_PPK_PROPOSE, CONF_PPK_NEVER }, .used = false },
	/* It matters to the initiator */
	{ { NULL, "a" }, { NULL, "key" }, { CONF_PPK_INSIST }, .why = { "no PPKS line", NULL } },
	{ { "a", NULL }, { "key", NULL }, { CONF_PPK_INSIST },
	  .why = { "the peer uses no PPK", NULL } },
	{ { "a", "b" }, { "key", "key" }, { CONF_PPK_INSIST },
	  .why = { "AUTHENTICATION_FAILED", "insists on a PPK that we do not have" } },
	{ { "a", "a" }, { "key", "key" }, { CONF_PPK_INSIST, CONF_PPK_NEVER },
	  .why = { "AUTHENTICATION_FAILED", "insists on a PPK" } },
	/* It matters to the responder */
	{ { NULL, "a" }, { NULL, "key" }, { CONF_PPK_PROPOSE, CONF_PPK_INSIST },
	  .why = { "AUTHENTICATION_FAILED", "has no PPK of ours" } },
	{ { "a", "b" }, { "key", "key" }, { CONF_PPK_PROPOSE, CONF_PPK_INSIST },
	  .why = { "AUTHENTICATION_FAILED", "has no PPK of ours" } },
	/* The same name for two keys */
	{ { "a", "a" }, { "key", "yek" }, .why = { "AUTHENTICATION_FAILED", "wrong PSK" } },
};

static void test_psk(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct conf_secret secrets[2];
		struct pair p;

		pair_init(&p);
		setup(&p, secrets, &table[i]);
		pair_new(&p);
		ike_sa_start(p.i.sa);
		pair_run(&p);
		check(&p, &table[i]);
		pair_free(&p);
	}
}

/* An initiator that agreed to use a PPK and then names none */
static bool forget(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	(void)m;
	(void)to_r;
	if (nth == 1)
		p->i.conn.ppk = CONF_PPK_NEVER;
	return true;
}

static void test_forgotten(void **state)
{
	static const struct ends e = {
		{ "a", "a" }, { "key", "key" },
		.why = { "AUTHENTICATION_FAILED", "insists on a PPK" },
	};
	struct conf_secret secrets[2];
	struct pair p;

	(void)state;
	pair_init(&p);
	setup(&p, secrets, &e);
	p.filter = forget;
	pair_start(&p);
	check(&p, &e);
	pair_free(&p);
}

/* Without PSK the other proof is a signature, made twice */
static void test_signatures(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table) - 1; i++) {
		struct conf_secret secrets[2];
		struct world w;

		world_init(&w);
		setup(&w.pair, secrets, &table[i]);
		world_ready(&w);
		pair_start(&w.pair);
		check(&w.pair, &table[i]);
		world_free(&w);
	}
}

/* By Python's hmac: prf+ (PPK, 32 bytes of 1, 2 and 3) */
static void test_mix(void **state)
{
	struct conf_secret secret = ppk("a", "a post-quantum preshared key");
	struct ike_keys keys = { 0 };

	(void)state;
	memset(keys.d, 1, 32);
	memset(keys.pi, 2, 32);
	memset(keys.pr, 3, 32);
	assert_int_equal(ike_ppk_mix(IKE_PRF_HMAC_SHA2_256, &secret, &keys), 0);
	assert_hex(keys.d, 32, "1918ea34b40e4a89b046ee2c29a929d4161743b0e30f627c89c7fa84d9d27d06");
	assert_hex(keys.pi, 32, "dc614b8757216a2291ad2a80453c8ad56af16335ce9b4edb47d64604713906ab");
	assert_hex(keys.pr, 32, "cb7357f160352458c1d0e15baede1787ead52dbcbb7a95702101ff47e796cbc7");
}

/* What names a PPK and what does not */
static void test_identity(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		bool found;
	} ids[] = {
		{ "\2name", 5, true }, { "\2nam", 4, false }, { "\1name", 5, false },
		{ "\2", 1, false }, { "", 0, false }, { "\2name\0", 6, false },
		{ "\2nam\0e", 6, false },
	};
	struct conf_secret secret = ppk("name", "key");
	struct conf_id a, b;

	(void)state;
	conf_id_parse("@a", &a);
	conf_id_parse("@b", &b);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct ike_hdr hdr = { .exchange = IKE_AUTH };
		struct ike_payloads pl;
		uint8_t msg[256];
		struct ike_buf buf;
		bool named;

		ike_build_begin(&buf, msg, sizeof(msg), &hdr);
		ike_notify_put(&buf, IKE_N_PPK_IDENTITY, ids[i].data, ids[i].len);
		assert_int_equal(ike_payloads_parse(IKE_PL_NOTIFY, msg + IKE_HDR_LEN,
						    buf.len - IKE_HDR_LEN, &pl), 0);
		assert_int_equal(!!ike_ppk_find(&secret, &a, &b, &pl, &named), ids[i].found);
		assert_true(named);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_psk),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests_name("ike_ppk", tests, NULL, NULL);
}
