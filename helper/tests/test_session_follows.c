// SPDX-License-Identifier: GPL-2.0-or-later
/* Which messages take a tunnel along to where they came from (RFC 4555; RFC 9329, 6.1, 7.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/sa.h"
#include "session/priv.h"

struct fixture {
	struct ike_sa sa;
	struct session s;
	struct path tcp, udp;
};

/* A responder's tunnel with MOBIKE; connections and sockets are pointers that nobody follows */
static struct fixture *tunnel(void)
{
	static struct fixture f;
	static char stream, udp;

	f = (struct fixture){
		.sa = { .mobike = { .agreed = true } },
		.s = { .sa = &f.sa, .reached = IKE_STEP_CHILD_UP, .started = true },
		.tcp = { .stream = (struct stream *)&stream },
		.udp = { .udp = (struct udp *)&udp },
	};
	return &f;
}

static void from_connection_to_connection(void **state)
{
	struct fixture *f = tunnel();

	(void)state;
	f->s.path = (struct path){ .stream = (struct stream *)f };
	assert_true(session_follows(&f->s, &f->tcp, false));
	/* The one before is gone */
	f->s.path = (struct path){ 0 };
	assert_true(session_follows(&f->s, &f->tcp, false));
}

static void to_udp_by_an_update(void **state)
{
	struct fixture *f = tunnel();

	(void)state;
	f->s.path = f->tcp;
	assert_false(session_follows(&f->s, &f->udp, false));
	assert_true(session_follows(&f->s, &f->udp, true));
}

/* The child SAs stay with TCP till the new address is checked, and an answer may be late there */
static void nothing_late_takes_it_back(void **state)
{
	struct fixture *f = tunnel();

	(void)state;
	f->s.path = f->udp;
	f->s.addrs.encap = IKE_ENCAP_TCP;
	assert_false(session_follows(&f->s, &f->tcp, false));
	assert_true(session_follows(&f->s, &f->tcp, true));
}

static void an_initiator_follows_nobody(void **state)
{
	static const struct conf_conn conn;
	struct fixture *f = tunnel();

	(void)state;
	f->s.conn = &conn;
	f->s.path = f->tcp;
	assert_false(session_follows(&f->s, &f->tcp, false));
	assert_false(session_follows(&f->s, &f->udp, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_connection_to_connection),
		cmocka_unit_test(to_udp_by_an_update),
		cmocka_unit_test(nothing_late_takes_it_back),
		cmocka_unit_test(an_initiator_follows_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
