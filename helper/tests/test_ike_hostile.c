// SPDX-License-Identifier: GPL-2.0-or-later
/* Peers and wires that mean ill: nothing crashes, nobody unknown gets in. */
#include "ike/notify.h"
#include "ike_pair.h"

struct corrupt {
	unsigned int nth;		/* the message to spoil */
	uint32_t random;
	unsigned int done;
};

static bool corrupt(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	struct corrupt *c = p->filter_arg;
	uint32_t r = next_random(&c->random);

	(void)to_r;
	if (nth != c->nth)
		return true;
	c->done++;
	if (r % 8 == 0)			/* shorter, as its header says or not */
		m->len -= 1 + r / 8 % (m->len - 1);
	if (r % 16 == 0 && m->len >= IKE_HDR_LEN)
		ike_put32(m->data + 24, (uint32_t)m->len);
	else
		m->data[r / 16 % m->len] ^= (uint8_t)(1 + (r >> 24) % 255);
	return true;
}

static void test_corruption(void **state)
{
	unsigned int nth, n, up = 0;

	(void)state;
	for (nth = 0; nth < 4; nth++) {
		for (n = 0; n < 250; n++) {
			struct corrupt c = { .nth = nth, .random = 1 + nth * 1000 + n };
			struct pair p;

			pair_init(&p);
			p.filter = corrupt;
			p.filter_arg = &c;
			pair_start(&p);
			assert_int_equal(c.done, 1);
			/* AUTH of each end covers its own IKE_SA_INIT, a MAC the rest: what
			 * is spoilt in the responder's the initiator finds out, and tells
			 */
			assert_int_equal(p.i.steps[IKE_STEP_AUTH_DONE], 0);
			assert_null(ike_sa_child(p.i.sa));
			if (nth == 0 || nth == 2)
				assert_int_equal(p.r.steps[IKE_STEP_AUTH_DONE], 0);
			up += pair_is_up(&p);
			pair_free(&p);
		}
	}
	assert_int_equal(up, 0);
}

/* After the SA is up a spoilt message is lost, and that is all */
static void test_corruption_when_up(void **state)
{
	unsigned int n;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	for (n = 0; n < 200; n++) {
		struct corrupt c = { .nth = p.nth, .random = 77 + n };
		struct message m;

		assert_int_equal(ike_sa_liveness(p.i.sa), 0);
		/* The spoilt copy first, the real one after it */
		m.len = p.queue[0].m.len;
		m.data = malloc(m.len);
		memcpy(m.data, p.queue[0].m.data, m.len);
		p.filter_arg = &c;
		corrupt(&p, &m, true, p.nth);
		assert_int_equal(ike_sa_input(p.r.sa, m.data, m.len), 0);
		free(m.data);
		pair_run(&p);
		assert_false(ike_sa_waiting(p.i.sa));
	}
	assert_true(pair_is_up(&p));
	assert_has(p.r.log, "further ones are not logged");
	pair_free(&p);
}

static void test_random_bytes(void **state)
{
	static uint8_t junk[65600];
	uint32_t random = 4711;
	unsigned int n;
	size_t i;

	(void)state;
	for (n = 0; n < 200; n++) {
		struct pair p;

		for (i = 0; i < sizeof(junk); i++)
			junk[i] = (uint8_t)next_random(&random);
		/* Half of them with a header that lets them in */
		i = next_random(&random) % (sizeof(junk) + 1);
		if (n % 2 && i >= IKE_HDR_LEN) {
			memset(junk + 8, 0, 8);
			memcpy(junk + 16, "\x21\x20\x22\x08\0\0\0\0", 8);
			ike_put32(junk + 24, (uint32_t)i);
		}
		pair_init(&p);
		pair_new(&p);
		assert_int_equal(ike_sa_input(p.r.sa, junk, i), -1);
		assert_string_not_equal(ike_sa_error(p.r.sa), "");
		assert_int_equal(p.r.steps[IKE_STEP_CLOSED], 1);
		pair_free(&p);

		/* A peer that is up is not harmed at all */
		pair_init(&p);
		pair_start(&p);
		assert_int_equal(ike_sa_input(p.i.sa, junk, i), 0);
		assert_int_equal(ike_sa_input(p.r.sa, junk, i), 0);
		assert_true(pair_is_up(&p));
		pair_free(&p);
	}
}

/* Every message twice: the answer comes twice, what it does is done once */
static bool twice(struct pair *p, struct message *m, bool to_r, unsigned int nth)
{
	struct peer *peer = to_r ? &p->r : &p->i;
	size_t before = p->tail;

	(void)nth;
	if (ike_sa_input(peer->sa, m->data, m->len)) {
		peer->over = true;
		return true;
	}
	/* The very same answer to the second one, if it was a request */
	if (p->tail == before + 1 && to_r && !peer->over) {
		assert_int_equal(ike_sa_input(peer->sa, m->data, m->len), 0);
		assert_int_equal(p->tail, before + 2);
		assert_int_equal(p->queue[before].m.len, p->queue[before + 1].m.len);
		assert_memory_equal(p->queue[before].m.data, p->queue[before + 1].m.data,
				    p->queue[before].m.len);
	}
	return true;
}

static void test_replay(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.filter = twice;
	pair_start(&p);
	assert_true(pair_is_up(&p));
	assert_int_equal(p.i.added, 1);
	assert_int_equal(p.r.added, 1);
	assert_int_equal(p.r.steps[IKE_STEP_AUTH_DONE], 1);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	pair_run(&p);
	assert_false(ike_sa_waiting(p.i.sa));
	assert_true(pair_is_up(&p));
	pair_free(&p);
}

/* Messages of the past, and our own, sent back to us */
static void test_old_and_reflected(void **state)
{
	struct message old;
	struct pair p;
	size_t at;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	old.len = p.queue[0].m.len;
	old.data = malloc(old.len);
	memcpy(old.data, p.queue[0].m.data, old.len);
	/* Reflected */
	assert_int_equal(ike_sa_input(p.i.sa, old.data, old.len), 0);
	assert_has(p.i.log, "it claims our own role");
	pair_run(&p);
	assert_int_equal(ike_sa_liveness(p.i.sa), 0);
	pair_run(&p);
	/* Two requests ago: not even answered */
	at = p.tail;
	assert_int_equal(ike_sa_input(p.r.sa, old.data, old.len), 0);
	assert_int_equal(p.tail, at);
	assert_has(p.r.log, "wrong message ID");
	free(old.data);
	assert_true(pair_is_up(&p));
	pair_free(&p);
}

/* A message as either end would send it */
static void inject(struct pair *p, struct peer *from, struct ike_out *out)
{
	assert_int_equal(ike_out_send(from->sa, out), 0);
	pair_run(p);
}

static void test_unencrypted_when_up(void **state)
{
	struct ike_hdr hdr = { .exchange = IKE_INFORMATIONAL, .initiator = true };
	uint8_t msg[256];
	struct ike_buf b;
	struct pair p;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	memcpy(hdr.spi_i, p.i.sa->spi_i, 8);
	memcpy(hdr.spi_r, p.i.sa->spi_r, 8);
	hdr.id = p.i.sa->send_id;
	ike_build_begin(&b, msg, sizeof(msg), &hdr);
	ike_notify_put(&b, IKE_N_AUTHENTICATION_FAILED, NULL, 0);
	ike_delete_put_ike(&b);
	assert_int_equal(ike_build_end(&b), 0);
	assert_int_equal(ike_sa_input(p.r.sa, msg, b.len), 0);
	assert_has(p.r.log, "it is not encrypted");
	/* Another SA's SPIs */
	msg[0] ^= 1;
	assert_int_equal(ike_sa_input(p.r.sa, msg, b.len), 0);
	assert_has(p.r.log, "unknown initiator SPI");
	msg[0] ^= 1;
	msg[8] ^= 1;
	assert_int_equal(ike_sa_input(p.r.sa, msg, b.len), 0);
	assert_has(p.r.log, "unknown responder SPI");
	assert_true(pair_is_up(&p));
	pair_free(&p);
}

/* Exchanges that have no place here are answered, and harm nothing */
static void test_other_exchanges(void **state)
{
	static const uint8_t kinds[] = { IKE_CREATE_CHILD_SA, IKE_AUTH, 38, 43, 240 };
	struct ike_out out;
	struct pair p;
	size_t i;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	for (i = 0; i < sizeof(kinds); i++) {
		ike_out_request(p.i.sa, &out, kinds[i]);
		inject(&p, &p.i, &out);
		assert_false(ike_sa_waiting(p.i.sa));
		assert_has(p.r.log, i ? "has no place here" : "asks for no child SA");
		assert_true(pair_is_up(&p));
	}
	pair_free(&p);
}

static void test_critical(void **state)
{
	struct ike_out out;
	struct pair p;
	size_t at;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	ike_out_request(p.i.sa, &out, IKE_INFORMATIONAL);
	at = ike_build_payload(&out.b, 200);
	ike_build_payload_end(&out.b, at);
	out.b.data[at + 1] = 0x80;
	inject(&p, &p.i, &out);
	assert_false(p.r.over);
	assert_true(pair_is_up(&p));

	/* What cannot be read at all, but is authentic, ends the SA (section 2.21.3) */
	ike_out_request(p.i.sa, &out, IKE_INFORMATIONAL);
	at = ike_build_payload(&out.b, IKE_PL_NONCE);
	ike_build_payload_end(&out.b, at);
	inject(&p, &p.i, &out);
	assert_true(p.r.over);
	assert_has(ike_sa_error(p.r.sa), "INVALID_SYNTAX");
	assert_int_equal(p.r.removed, 1);
	pair_free(&p);
}

/* A DELETE for SPIs that are not ours, one of AH, many at once */
static void test_odd_deletes(void **state)
{
	uint32_t spis[3] = { 1, 2, 0 };
	struct ike_out out;
	struct pair p;
	size_t at;

	(void)state;
	pair_init(&p);
	pair_start(&p);
	ike_out_request(p.i.sa, &out, IKE_INFORMATIONAL);
	ike_delete_put_esp(&out.b, 0x01020304);
	inject(&p, &p.i, &out);
	assert_true(pair_is_up(&p));

	ike_out_request(p.i.sa, &out, IKE_INFORMATIONAL);
	spis[2] = p.i.child.spi_in;
	at = ike_build_payload(&out.b, IKE_PL_DELETE);
	ike_put_bytes(&out.b, "\3\4\0\3", 4);
	ike_put_bytes(&out.b, spis, sizeof(spis));
	ike_build_payload_end(&out.b, at);
	inject(&p, &p.i, &out);
	assert_null(ike_sa_child(p.r.sa));
	assert_false(p.r.over);
	pair_free(&p);
}

/* One SA payload with the first suite of the defaults, for IKE_SA_INIT made by hand */
static size_t handmade_init(uint8_t *msg, size_t cap, uint8_t critical, uint16_t group,
			    size_t ke_len)
{
	struct ike_hdr hdr = { .spi_i = { 1 }, .exchange = IKE_SA_INIT, .initiator = true };
	struct ike_suite_list list;
	char err[128];
	struct ike_buf b;
	size_t at;

	ike_suite_parse_ike(NULL, &list, err, sizeof(err));
	ike_build_begin(&b, msg, cap, &hdr);
	if (critical) {
		at = ike_build_payload(&b, critical);
		ike_build_payload_end(&b, at);
		msg[at + 1] = 0x80;
	}
	ike_proposal_put(&b, IKE_PROTO_IKE, &list, (struct ike_bytes){ NULL, 0 });
	at = ike_build_payload(&b, IKE_PL_KE);
	ike_put_u16(&b, group);
	ike_put_u16(&b, 0);
	ike_put_zero(&b, ke_len);
	ike_build_payload_end(&b, at);
	at = ike_build_payload(&b, IKE_PL_NONCE);
	ike_put_zero(&b, 32);
	ike_build_payload_end(&b, at);
	assert_int_equal(ike_build_end(&b), 0);
	return b.len;
}

/* The notify that the responder's last message carries unencrypted */
static uint16_t last_notify(const struct pair *p)
{
	const struct message *m = &p->queue[p->tail - 1].m;
	struct ike_payloads pl;

	assert_true(p->tail > 0);
	assert_int_equal(ike_payloads_parse(m->data[16], m->data + 28, m->len - 28, &pl), 0);
	/* No SA is made: no responder SPI is told */
	assert_memory_equal(m->data + 8, "\0\0\0\0\0\0\0\0", 8);
	return ike_notify_error(&pl, NULL);
}

static void test_handmade_init(void **state)
{
	uint8_t msg[2048];
	struct pair p;
	size_t len;

	(void)state;
	pair_init(&p);
	pair_new(&p);
	len = handmade_init(msg, sizeof(msg), 99, 19, 64);
	assert_int_equal(ike_sa_input(p.r.sa, msg, len), -1);
	assert_int_equal(last_notify(&p), IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_has(ike_sa_error(p.r.sa), "payload type 99");
	pair_free(&p);

	/* A newer version of IKE */
	pair_init(&p);
	pair_new(&p);
	msg[17] = 0x30;
	assert_int_equal(ike_sa_input(p.r.sa, msg, len), -1);
	assert_int_equal(last_notify(&p), IKE_N_INVALID_MAJOR_VERSION);
	pair_free(&p);

	/* Groups that we do not have are asked to change, but not for ever */
	pair_init(&p);
	pair_new(&p);
	len = handmade_init(msg, sizeof(msg), 0, 2, 128);
	assert_int_equal(ike_sa_input(p.r.sa, msg, len), 0);
	assert_int_equal(last_notify(&p), IKE_N_INVALID_KE_PAYLOAD);
	while (!ike_sa_input(p.r.sa, msg, len))
		assert_true(p.tail < 10);
	assert_has(ike_sa_error(p.r.sa), "does not take DH group 19");
	pair_free(&p);

	/* A public value that is no point, and one of a wrong length */
	for (len = 63; len <= 65; len++) {
		size_t n = handmade_init(msg, sizeof(msg), 0, 19, len);

		pair_init(&p);
		pair_new(&p);
		assert_int_equal(ike_sa_input(p.r.sa, msg, n), -1);
		assert_has(ike_sa_error(p.r.sa), "public value is not valid");
		assert_int_equal(p.tail, 1);
		assert_int_equal(p.r.steps[IKE_STEP_INIT_DONE], 0);
		pair_free(&p);
	}
}

/* The initiator meets answers to IKE_SA_INIT that are made by hand */
static int answer_init(struct pair *p, uint16_t type, const void *data, size_t len)
{
	struct ike_hdr hdr = { .exchange = IKE_SA_INIT, .response = true };
	uint8_t msg[512];
	struct ike_buf b;

	memcpy(hdr.spi_i, p->i.sa->spi_i, 8);
	ike_build_begin(&b, msg, sizeof(msg), &hdr);
	ike_notify_put(&b, type, data, len);
	assert_int_equal(ike_build_end(&b), 0);
	return ike_sa_input(p->i.sa, msg, b.len);
}

static void start_alone(struct pair *p)
{
	pair_init(p);
	pair_new(p);
	assert_int_equal(ike_sa_start(p->i.sa), 0);
}

static void test_cookie(void **state)
{
	struct ike_payloads pl;
	const struct message *m;
	struct ike_notify n;
	uint8_t big[65];
	struct pair p;

	(void)state;
	start_alone(&p);
	assert_int_equal(answer_init(&p, IKE_N_COOKIE, "biscuit", 7), 0);
	assert_int_equal(p.tail, 2);
	m = &p.queue[1].m;
	/* The cookie comes first, and the rest is what it was */
	assert_int_equal(m->data[16], IKE_PL_NOTIFY);
	assert_int_equal(ike_payloads_parse(m->data[16], m->data + 28, m->len - 28, &pl), 0);
	ike_notify_get(&pl.p[0], &n);
	assert_int_equal(n.type, IKE_N_COOKIE);
	assert_int_equal(n.data.len, 7);
	assert_int_equal(m->len, p.queue[0].m.len + 8 + 7);
	assert_memory_equal(m->data + 28 + 15, p.queue[0].m.data + 28, p.queue[0].m.len - 28);
	/* The responder takes it, and AUTH is over this message: drop the first one */
	free(p.queue[0].m.data);
	p.head = 1;
	pair_run(&p);
	assert_true(pair_is_up(&p));
	pair_free(&p);

	start_alone(&p);
	memset(big, 1, sizeof(big));
	assert_int_equal(answer_init(&p, IKE_N_COOKIE, big, sizeof(big)), -1);
	pair_free(&p);

	/* A cookie again and again */
	start_alone(&p);
	while (!answer_init(&p, IKE_N_COOKIE, "biscuit", 7))
		assert_true(p.tail < 10);
	assert_has(ike_sa_error(p.i.sa), "again and again");
	pair_free(&p);
}

static void test_bad_answers(void **state)
{
	struct pair p;

	(void)state;
	/* A group that we did not offer, the one that we just used, none at all */
	start_alone(&p);
	assert_int_equal(answer_init(&p, IKE_N_INVALID_KE_PAYLOAD, "\0\2", 2), -1);
	assert_has(ike_sa_error(p.i.sa), "DH group 2, which ike= does not offer");
	pair_free(&p);
	start_alone(&p);
	assert_int_equal(answer_init(&p, IKE_N_INVALID_KE_PAYLOAD, "\0\23", 2), -1);
	pair_free(&p);
	start_alone(&p);
	assert_int_equal(answer_init(&p, IKE_N_INVALID_KE_PAYLOAD, "", 0), -1);
	pair_free(&p);
	/* To and fro between two groups */
	start_alone(&p);
	while (!answer_init(&p, IKE_N_INVALID_KE_PAYLOAD, p.tail % 2 ? "\0\37" : "\0\23", 2))
		assert_true(p.tail < 10);
	assert_has(ike_sa_error(p.i.sa), "again and again");
	pair_free(&p);
	/* No error, and nothing else either */
	start_alone(&p);
	assert_int_equal(answer_init(&p, IKE_N_INITIAL_CONTACT, "", 0), -1);
	assert_has(ike_sa_error(p.i.sa), "no responder SPI");
	pair_free(&p);
	start_alone(&p);
	assert_int_equal(answer_init(&p, 12345, "", 0), -1);
	assert_has(ike_sa_error(p.i.sa), "the peer refused IKE_SA_INIT: notify 12345");
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corruption),
		cmocka_unit_test(test_corruption_when_up),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_old_and_reflected),
		cmocka_unit_test(test_unencrypted_when_up),
		cmocka_unit_test(test_other_exchanges),
		cmocka_unit_test(test_critical),
		cmocka_unit_test(test_odd_deletes),
		cmocka_unit_test(test_handmade_init),
		cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_bad_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
