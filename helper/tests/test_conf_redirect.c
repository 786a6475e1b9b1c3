// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsec.conf(5): redirection to other gateways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "macros.h"

#define WHOLE "conn a\n left=192.0.2.1\n right=192.0.2.2\n authby=secret\n"
#define SETUP "config setup\n"

static struct conf *load(const char *text)
{
	char err[512] = "";
	struct conf *conf = conf_text(text, strlen(text), err, sizeof(err));

	if (!conf)
		fail_msg("%s", err);
	return conf;
}

static void defaults(void **state)
{
	struct conf *conf = load(WHOLE);
	struct conf_conn *c = conf_find(conf, "a");

	(void)state;
	assert_false(c->accept_redirect || c->send_redirect || c->redirect_to);
	assert_int_equal(c->n_redirect_allowed, 0);
	assert_int_equal(conf->redirect, CONF_REDIRECT_NO);
	conf_free(conf);
}

static void accepts(void **state)
{
	struct conf *conf = load(WHOLE " accept-redirect=yes\n"
				 " accept-redirect-to=\"192.0.2.7, 2001:db8::7 gw.example.org\"\n");
	struct conf_conn *c = conf_find(conf, "a");

	(void)state;
	assert_true(c->accept_redirect);
	assert_int_equal(c->n_redirect_allowed, 3);
	assert_string_equal(c->redirect_allowed[1], "2001:db8::7");
	assert_string_equal(c->redirect_allowed[2], "gw.example.org");
	conf_free(conf);

	conf = load(WHOLE " accept-redirect=yes\n accept-redirect-to=%any\n");
	assert_int_equal(conf_find(conf, "a")->n_redirect_allowed, 0);
	conf_free(conf);
}

static void sends(void **state)
{
	struct conf *conf = load(SETUP " global-redirect=auto\n global-redirect-to=gw1,gw2\n"
				 WHOLE " send-redirect=yes\n redirect-to=gw.example.org\n");
	struct conf_conn *c = conf_find(conf, "a");

	(void)state;
	assert_true(c->send_redirect);
	assert_string_equal(c->redirect_to, "gw.example.org");
	assert_int_equal(conf->redirect, CONF_REDIRECT_AUTO);
	assert_int_equal(conf->n_redirect_to, 2);
	assert_string_equal(conf->redirect_to[1], "gw2");
	conf_free(conf);
	conf = load(SETUP " global-redirect=yes\n global-redirect-to=192.0.2.7\n" WHOLE);
	assert_int_equal(conf->redirect, CONF_REDIRECT_YES);
	conf_free(conf);
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ WHOLE " accept-redirect=perhaps\n", "yes or no is expected" },
		{ WHOLE " accept-redirect-to=\"gw a/b\"\n", "'a/b' is neither an address nor" },
		{ WHOLE " redirect-to=1.2.3\n", "'1.2.3' is neither an address nor" },
		{ WHOLE " send-redirect=yes\n", "send-redirect=yes needs redirect-to=" },
		{ SETUP " global-redirect=maybe\n" WHOLE, "yes, no or auto is expected" },
		{ SETUP " global-redirect=yes\n" WHOLE, "global-redirect= needs" },
		{ SETUP " global-redirect-to=%any\n" WHOLE, "neither an address nor" },
		{ WHOLE " accept-redirect-to=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\n",
		  "more than 16 gateways" },
	};
	char err[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err[0] = '\0';
		assert_null(conf_text(bad[i].text, strlen(bad[i].text), err, sizeof(err)));
		if (!strstr(err, bad[i].says))
			fail_msg("'%s' does not say '%s'", err, bad[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(accepts),
		cmocka_unit_test(sends),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
