// SPDX-License-Identifier: GPL-2.0-or-later
/* INITIAL_CONTACT (RFC 7296, section 2.4): who sends it, who believes it, and what goes. */
#include "ike_pair.h"

#include "serve/serve.h"
#include "up/up.h"

static void id_of(struct pair *p, const char *initiator, const char *responder)
{
	conf_id_parse(initiator, &p->i.conn.local.id);
	conf_id_parse(initiator, &p->r.conn.remote.id);
	conf_id_parse(responder, &p->r.conn.local.id);
	conf_id_parse(responder, &p->i.conn.remote.id);
}

static void up(struct pair *p, const char *initiator, const char *responder, bool sole)
{
	pair_init(p);
	p->i.sole = sole;
	id_of(p, initiator, responder);
	pair_start(p);
	assert_true(pair_is_up(p));
}

static void said_by_who_has_no_other(void **state)
{
	(void)state;
	for (int sole = 0; sole < 2; sole++) {
		struct pair p;

		up(&p, "@west", "@east", sole);
		assert_int_equal(ike_sa_initial_contact(p.r.sa), sole);
		assert_int_equal(p.r.contacts, sole);
		assert_int_equal(p.i.contacts, 0);
		pair_free(&p);
	}
}

/* What has no child yet has told it all the same */
static void said_without_a_child(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.i.sole = true;
	p.r.child_error = -EEXIST;
	pair_start(&p);
	assert_int_equal(p.r.contacts, 1);
	pair_free(&p);
}

/* Who has proved nothing says nothing */
static void a_stranger_is_not_believed(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p);
	p.i.sole = true;
	p.i.secret.key = (uint8_t *)"a wrong secret!";
	pair_start(&p);
	assert_false(pair_is_up(&p));
	assert_int_equal(p.r.contacts, 0);
	pair_free(&p);
}

/* Of the same two identities all go, of one connection as ever, and nothing else */
static void what_goes(void **state)
{
	static const struct {
		const char *i, *r;
		bool same_conn, goes, goes_with_contact;
	} t[] = {
		{ "@west", "@east", true, true, true },
		{ "@west", "@east", false, false, true },
		{ "@WEST", "@East", false, false, true },
		{ "@other", "@east", true, false, false },
		{ "@other", "@east", false, false, false },
		{ "west@east", "@east", false, false, false },
		{ "@west", "@second", true, true, true },
		{ "@west", "@second", false, false, false },
	};

	(void)state;
	for (int contact = 0; contact < 2; contact++) {
		struct pair newer;

		up(&newer, "@west", "@east", contact);
		for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
			bool goes = contact ? t[i].goes_with_contact : t[i].goes;
			struct pair older;

			up(&older, t[i].i, t[i].r, false);
			if (serve_replaces(newer.r.sa, older.r.sa, t[i].same_conn) != goes)
				fail_msg("%s to %s, the same connection: %d, contact: %d", t[i].i,
					 t[i].r, t[i].same_conn, contact);
			pair_free(&older);
		}
		pair_free(&newer);
	}
}

/* Whoever may have an SA of the same identities counts as having one */
static void who_is_another(void **state)
{
	static const struct {
		const char *local, *remote;
		bool differs;
	} t[] = {
		{ "@west", "@east", false },
		{ "@east", "@west", false },	/* it was not oriented */
		{ "@west", "@else", true },
		{ "@else", "@east", true },
		{ NULL, "@east", false },
		{ "@west", NULL, false },
		{ NULL, "@else", true },
		{ "@else", "@third", true },
	};
	struct conf_id own, peer;

	(void)state;
	conf_id_parse("@west", &own);
	conf_id_parse("@east", &peer);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct conf_conn c = { 0 };

		if (t[i].local)
			conf_id_parse(t[i].local, &c.local.id);
		if (t[i].remote)
			conf_id_parse(t[i].remote, &c.remote.id);
		if (sole_differs(&c, &own, &peer) != t[i].differs)
			fail_msg("%s and %s", t[i].local, t[i].remote);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(said_by_who_has_no_other),
		cmocka_unit_test(said_without_a_child),
		cmocka_unit_test(a_stranger_is_not_believed),
		cmocka_unit_test(what_goes),
		cmocka_unit_test(who_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
