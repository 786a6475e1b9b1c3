// SPDX-License-Identifier: GPL-2.0-or-later
/* Redirection (RFC 5685) in all three exchanges; what it must not be obeyed from, and how often. */
#include "ike_pair.h"

#include "ike/notify.h"
#include "ike/redirect.h"
#include "up/hops.h"

static const struct ike_bytes nothing;

static const char *const gateways[] = { "192.0.2.7", "2001:db8::7", "gw.example.org" };

/* A REDIRECT with room for anything behind it, and its data */
static struct ike_bytes redirect_data(uint8_t *raw, size_t cap, const char *host,
				      struct ike_bytes nonce)
{
	struct ike_hdr hdr = { .exchange = IKE_SA_INIT, .response = true };
	struct ike_payloads pl;
	struct ike_notify n;
	struct ike_buf b;

	ike_build_begin(&b, raw, cap, &hdr);
	ike_redirect_put(&b, host, nonce);
	assert_int_equal(ike_build_end(&b), 0);
	assert_int_equal(ike_payloads_parse(IKE_PL_NOTIFY, raw + IKE_HDR_LEN, b.len - IKE_HDR_LEN,
					    &pl), 0);
	assert_true(ike_notify_find(&pl, IKE_N_REDIRECT, &n));
	return n.data;
}

static void what_is_put_is_read(void **state)
{
	uint8_t raw[1024], ni[IKE_NONCE_MAX];
	char host[IKE_GATEWAY_MAX];
	struct ike_bytes nonce = { ni, sizeof(ni) }, data, got;

	(void)state;
	memset(ni, 7, sizeof(ni));
	for (size_t i = 0; i < ARRAY_SIZE(gateways); i++) {
		data = redirect_data(raw, sizeof(raw), gateways[i], nonce);
		assert_true(ike_redirect_get(data, host, &got));
		assert_string_equal(host, gateways[i]);
		assert_int_equal(got.len, nonce.len);
		assert_memory_equal(got.p, ni, nonce.len);
		data = redirect_data(raw, sizeof(raw), gateways[i], nothing);
		assert_true(ike_redirect_get(data, host, &got));
		assert_int_equal(got.len, 0);
		/* Cut anywhere in the identity it is none */
		for (size_t len = 0; len < data.len; len++)
			assert_false(ike_redirect_get((struct ike_bytes){ data.p, len }, host,
						      &got));
	}
}

static void no_gateways(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {
		{ "\001\00512345", 7 },	/* an IPv4 address of five bytes */
		{ "\001\003123", 5 },
		{ "\002\0041234", 6 },
		{ "\000\0041234", 6 },	/* no such type */
		{ "\004\0041234", 6 },
		{ "\003\000", 2 },
		{ "\003\004a\0bc", 6 },
		{ "\003\004a bc", 6 },
		{ "\003\004-abc", 6 },
		{ "\003\0041.23", 6 },	/* digits are addresses, of the other types */
		{ "\003\004a\nbc", 6 },
	};
	char host[IKE_GATEWAY_MAX];
	struct ike_bytes nonce;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ike_bytes data = { (const uint8_t *)bad[i].data, bad[i].len };

		assert_false(ike_redirect_get(data, host, &nonce));
	}
}

static void pair_ready(struct pair *p)
{
	pair_init(p);
	p->i.conn.accept_redirect = true;
}

/* Instead of the responder: an answer with a REDIRECT to filter_arg, which may be spoilt */
static int spoil;

static bool redirects_init(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	struct ike_redirect_answer answer;
	const char *host = p->filter_arg;

	if (!to_r || nth)
		return true;
	assert_true(ike_redirect_answer((struct ike_bytes){ m->data, m->len }, host, &answer));
	if (spoil > 0)
		answer.data[answer.len - 1] ^= 1;
	assert_int_equal(ike_sa_input(p->i.sa, answer.data, answer.len), spoil ? 0 : -1);
	p->i.over = !spoil;
	return spoil;
}

static void in_sa_init(void **state)
{
	struct pair p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gateways); i++) {
		pair_ready(&p);
		p.filter = redirects_init;
		p.filter_arg = (void *)gateways[i];
		pair_start(&p);
		assert_int_equal(p.i.redirects, 1);
		assert_string_equal(p.i.gateway, gateways[i]);
		assert_true(p.i.over);
		assert_has(ike_sa_error(p.i.sa), "redirects us to");
		pair_free(&p);
	}
}

/* Whoever has not seen the request does not know its nonce: the right answer is waited for */
static void wrong_nonce_is_nothing(void **state)
{
	struct pair p;

	(void)state;
	pair_ready(&p);
	p.filter = redirects_init;
	p.filter_arg = (void *)gateways[0];
	spoil = 1;
	pair_start(&p);
	spoil = 0;
	assert_int_equal(p.i.redirects, 0);
	assert_has(p.i.log, "no answer to ours");
	assert_true(pair_is_up(&p));
	pair_free(&p);
}

/* An attacker who sees the request: it is refused, and again the right answer is waited for */
static void refused_in_sa_init(void **state)
{
	struct pair p;

	(void)state;
	pair_ready(&p);
	p.filter = redirects_init;
	p.filter_arg = (void *)gateways[1];
	p.i.conn.redirect_allowed[0] = (char *)"192.0.2.7";
	p.i.conn.redirect_allowed[1] = (char *)"gw.example.org";
	p.i.conn.n_redirect_allowed = 2;
	spoil = -1;
	pair_start(&p);
	assert_int_equal(p.i.redirects, 0);
	assert_has(p.i.log, "accept-redirect-to= does not name");
	assert_true(pair_is_up(&p));
	pair_free(&p);

	/* The owner has had enough */
	pair_ready(&p);
	p.filter = redirects_init;
	p.filter_arg = (void *)gateways[1];
	p.i.stubborn = true;
	pair_start(&p);
	spoil = 0;
	assert_int_equal(p.i.redirects, 1);
	assert_has(p.i.log, "too often");
	assert_true(pair_is_up(&p));
	pair_free(&p);
}

static void names_are_compared_as_dns_does(void **state)
{
	struct pair p;

	(void)state;
	pair_ready(&p);
	p.filter = redirects_init;
	p.filter_arg = (void *)gateways[2];
	p.i.conn.redirect_allowed[0] = (char *)"GW.example.ORG";
	p.i.conn.n_redirect_allowed = 1;
	pair_start(&p);
	assert_int_equal(p.i.redirects, 1);
	pair_free(&p);
}

/* Start, and look at the first request: whether its sender may be redirected */
static bool offer(struct pair *p, uint16_t type, struct ike_notify *n)
{
	struct ike_redirect_answer answer;
	struct ike_payloads pl;
	struct message *m;
	bool may;

	pair_new(p);
	assert_int_equal(ike_sa_start(p->i.sa), 0);
	m = &p->queue[p->head].m;
	may = ike_redirect_answer((struct ike_bytes){ m->data, m->len }, "a.b", &answer);
	assert_int_equal(ike_payloads_parse(m->data[16], m->data + IKE_HDR_LEN,
					    m->len - IKE_HDR_LEN, &pl), 0);
	assert_int_equal(ike_notify_find(&pl, type, n), may);
	return may;
}

static void up(struct pair *p)
{
	pair_run(p);
	assert_true(pair_is_up(p));
	assert_false(ike_sa_may_redirect(p->i.sa));
	assert_int_equal(ike_sa_may_redirect(p->r.sa), p->i.conn.accept_redirect);
	pair_free(p);
}

/* A peer that says nothing is not redirected */
static void offers(void **state)
{
	static const uint8_t from[] = { 1, 4, 192, 0, 2, 9 };
	struct ike_notify n;
	struct pair p;

	(void)state;
	pair_init(&p);
	assert_false(offer(&p, IKE_N_REDIRECT_SUPPORTED, &n));
	up(&p);

	pair_ready(&p);
	assert_true(offer(&p, IKE_N_REDIRECT_SUPPORTED, &n));
	assert_int_equal(n.data.len, 0);
	up(&p);

	pair_ready(&p);
	p.i.redirected_from = subnet("192.0.2.9", 32);
	assert_true(offer(&p, IKE_N_REDIRECTED_FROM, &n));
	assert_int_equal(n.data.len, sizeof(from));
	assert_memory_equal(n.data.p, from, sizeof(from));
	up(&p);
}

/* The ID of the other gateway is that of the first one, whatever its address is */
static void same_id_as_the_first(void **state)
{
	struct pair p;

	(void)state;
	for (int right = 0; right < 2; right++) {
		pair_ready(&p);
		p.i.conn.remote.id.type = CONF_ID_NONE;
		p.i.first_gateway = subnet("192.0.2.9", 32);
		conf_id_parse(right ? "192.0.2.9" : "192.0.2.2", &p.r.conn.local.id);
		pair_start(&p);
		assert_int_equal(pair_is_up(&p), right);
		pair_free(&p);
	}
}

static void sends_away(struct pair *p, const char *host)
{
	p->r.conn.send_redirect = true;
	p->r.conn.redirect_to = (char *)host;
}

static void in_auth(void **state)
{
	struct pair p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gateways); i++) {
		pair_ready(&p);
		sends_away(&p, gateways[i]);
		pair_start(&p);
		assert_int_equal(p.i.redirects, 1);
		assert_string_equal(p.i.gateway, gateways[i]);
		assert_int_equal(p.i.steps[IKE_STEP_AUTH_DONE], 1);
		assert_int_equal(p.i.added + p.r.added, 0);
		/* It was the initiator's to end */
		assert_true(p.i.over && p.r.over);
		assert_has(ike_sa_error(p.r.sa), "deleted the IKE SA");
		pair_free(&p);
	}
	/* A peer that does not go is served */
	pair_init(&p);
	sends_away(&p, gateways[0]);
	pair_start(&p);
	assert_true(pair_is_up(&p));
	assert_int_equal(p.i.redirects, 0);
	pair_free(&p);
}

static void refused_in_auth(void **state)
{
	struct pair p;

	(void)state;
	pair_ready(&p);
	sends_away(&p, gateways[0]);
	p.i.conn.redirect_allowed[0] = (char *)gateways[1];
	p.i.conn.n_redirect_allowed = 1;
	pair_start(&p);
	assert_int_equal(p.i.redirects, 0);
	assert_true(p.i.over && p.r.over);
	assert_has(ike_sa_error(p.i.sa), "accept-redirect-to= does not name");
	pair_free(&p);
}

static bool forgets_secret(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	(void)m;
	if (!to_r && nth == 3)
		p->i.secret.len--;
	return true;
}

/* Who has not proved to be the gateway sends nobody anywhere */
static void not_from_a_stranger(void **state)
{
	struct pair p;

	(void)state;
	pair_ready(&p);
	sends_away(&p, gateways[0]);
	p.filter = forgets_secret;
	pair_start(&p);
	assert_int_equal(p.i.redirects, 0);
	assert_has(ike_sa_error(p.i.sa), "failed to authenticate");
	pair_free(&p);
}

static void in_mid_session(void **state)
{
	struct pair p;

	(void)state;
	for (int rekeyed = 0; rekeyed < 2; rekeyed++) {
		pair_ready(&p);
		pair_start(&p);
		/* By the responder, which so becomes the initiator of the new one */
		if (rekeyed) {
			assert_int_equal(ike_sa_rekey(p.r.sa), 0);
			pair_run(&p);
			assert_int_equal(p.r.replaced, 1);
		}
		assert_true(ike_sa_may_redirect(p.r.sa));
		assert_int_equal(ike_sa_redirect(p.r.sa, gateways[2]), 0);
		pair_run(&p);
		assert_int_equal(p.i.redirects, 1);
		assert_string_equal(p.i.gateway, gateways[2]);
		/* Told once; and the tunnel stays till the owner ends it */
		assert_int_equal(ike_sa_liveness(p.r.sa), 0);
		pair_run(&p);
		assert_int_equal(p.i.redirects, 1);
		assert_true(pair_is_up(&p));
		pair_free(&p);
	}
}

/* While our request is out it waits, also for the heir of the SA that it was asked of */
static void waits_for_the_window(void **state)
{
	struct pair p;

	(void)state;
	pair_ready(&p);
	pair_start(&p);
	assert_int_equal(ike_sa_rekey(p.r.sa), 0);
	assert_int_equal(ike_sa_redirect(p.r.sa, gateways[0]), 0);
	assert_int_equal(ike_sa_redirect(p.r.sa, gateways[1]), 0);
	pair_run(&p);
	assert_int_equal(p.r.replaced, 1);
	assert_int_equal(p.i.redirects, 1);
	assert_string_equal(p.i.gateway, gateways[1]);
	pair_free(&p);
}

/* An INFORMATIONAL with a REDIRECT, from either end */
static void inform(struct pair *p, struct peer *from, const char *host, struct ike_bytes nonce)
{
	struct ike_out out;

	ike_out_request(from->sa, &out, IKE_INFORMATIONAL);
	ike_redirect_put(&out.b, host, nonce);
	from->sa->sent_info = IKE_INFO_LIVENESS;
	assert_int_equal(ike_out_send(from->sa, &out), 0);
	pair_run(p);
	assert_true(pair_is_up(p));
}

static void ignored_in_mid_session(void **state)
{
	static const uint8_t ni[16];
	struct pair p;

	(void)state;
	pair_ready(&p);
	p.r.conn.accept_redirect = true;
	pair_start(&p);
	/* Only the original responder may, and without a nonce (sections 9.2 and 10) */
	inform(&p, &p.i, gateways[0], nothing);
	assert_int_equal(p.r.redirects, 0);
	inform(&p, &p.r, gateways[0], (struct ike_bytes){ ni, sizeof(ni) });
	assert_int_equal(p.i.redirects, 0);
	assert_has(p.i.log, "cannot be read");
	p.i.conn.accept_redirect = false;
	inform(&p, &p.r, gateways[0], nothing);
	assert_int_equal(p.i.redirects, 0);
	assert_has(p.i.log, "accept-redirect= is no");
	pair_free(&p);
}

static void five_in_five_minutes(void **state)
{
	struct hops h = { 0 };
	uint64_t now = 1;

	(void)state;
	for (int i = 0; i < HOPS_MAX; i++, now += 1000)
		assert_true(hops_take(&h, now));
	assert_false(hops_take(&h, now));
	assert_false(hops_take(&h, HOPS_MS));
	/* Each makes room when it is old, and what was refused takes none */
	assert_true(hops_take(&h, HOPS_MS + 1));
	assert_false(hops_take(&h, HOPS_MS + 2));
	assert_true(hops_take(&h, HOPS_MS + 1001));
	for (int i = 0; i < HOPS_MAX; i++)
		assert_true(hops_take(&h, 3 * HOPS_MS));
	assert_false(hops_take(&h, 3 * HOPS_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_read),
		cmocka_unit_test(no_gateways),
		cmocka_unit_test(in_sa_init),
		cmocka_unit_test(wrong_nonce_is_nothing),
		cmocka_unit_test(refused_in_sa_init),
		cmocka_unit_test(names_are_compared_as_dns_does),
		cmocka_unit_test(offers),
		cmocka_unit_test(same_id_as_the_first),
		cmocka_unit_test(in_auth),
		cmocka_unit_test(refused_in_auth),
		cmocka_unit_test(not_from_a_stranger),
		cmocka_unit_test(in_mid_session),
		cmocka_unit_test(waits_for_the_window),
		cmocka_unit_test(ignored_in_mid_session),
		cmocka_unit_test(five_in_five_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
