// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsec.conf(5): addresses that one end gets from the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/value.h"
#include "net/addr.h"

#define WHOLE "conn a\n left=192.0.2.1\n right=192.0.2.2\n authby=secret\n"
#define SERVER "conn a\n left=192.0.2.1\n leftsubnet=10.1.0.0/16\n right=%any\n authby=secret\n"

static struct conf *load(const char *text)
{
	char err[512] = "";
	struct conf *conf = conf_text(text, strlen(text), err, sizeof(err));

	if (!conf)
		fail_msg("%s", err);
	return conf;
}

static void refused(const char *text, const char *with)
{
	char err[512] = "";

	if (conf_text(text, strlen(text), err, sizeof(err)))
		fail_msg("taken: %s", text);
	if (!strstr(err, with))
		fail_msg("'%s' does not say '%s'", err, with);
}

static void client(void **state)
{
	struct conf *conf = load(WHOLE " leftmodecfgclient=yes\n rightmodecfgserver=yes\n"
				 " leftsubnet=0.0.0.0/0\n rightsubnet=0.0.0.0/0\n narrowing=yes\n"
				 " modecfgpull=yes\n");
	struct conf_conn *c = conf_find(conf, "a");

	(void)state;
	assert_true(c->local.modecfg_client && c->remote.modecfg_server);
	assert_false(c->remote.modecfg_client || c->local.modecfg_server);
	conf_free(conf);

	/* Of both families: an address of each */
	conf = load(WHOLE " leftmodecfgclient=yes\n rightsubnets={10.1.0.0/16 fd01::/64}\n");
	assert_int_equal(conf_find(conf, "a")->remote.n_more, 1);
	conf_free(conf);
}

static void server(void **state)
{
	struct conf *conf = load(SERVER " rightaddresspool=10.9.0.2-10.9.0.254\n"
				 " modecfgdns=\"10.1.0.53, 10.1.0.54 fd01::53\"\n"
				 " modecfgdomains=\"corp.example,_a.b-c\"\n");
	struct conf_conn *c = conf_find(conf, "a");
	char text[ADDR_TEXT_MAX];

	(void)state;
	/* The pool says who is what */
	assert_true(c->remote.modecfg_client && c->local.modecfg_server);
	assert_int_equal(c->remote.pool[0].count, 253);
	assert_int_equal(c->remote.pool[1].family, 0);
	assert_int_equal(c->n_dns, 3);
	assert_string_equal(addr_text(&c->dns[2], 0, text, sizeof(text)), "fd01::53");
	assert_int_equal(c->n_domains, 2);
	assert_string_equal(c->domains[1], "_a.b-c");
	conf_free(conf);

	conf = load("conn a\n left=192.0.2.1\n leftsubnets={0/0 ::/0}\n right=%any\n"
		    " authby=secret\n rightaddresspool=10.9.0.2-10.9.0.9,fd09::/112\n");
	assert_int_equal(conf_find(conf, "a")->remote.pool[1].count, 65535);
	conf_free(conf);

	/* Whichever end it is */
	conf = load("conn a\n left=%any\n leftaddresspool=10.9.0.0/24\n right=192.0.2.1\n"
		    " authby=secret\n");
	assert_int_equal(conf_find(conf, "a")->local.pool[0].count, 254);
	assert_true(conf_find(conf, "a")->remote.modecfg_server);
	conf_free(conf);
}

static void refusals(void **state)
{
	(void)state;
	refused(WHOLE " leftmodecfgclient=maybe\n", "yes or no");
	refused(WHOLE " leftmodecfgclient=yes\n leftmodecfgserver=yes\n", "the other one modecfgserver");
	refused(WHOLE " leftmodecfgclient=yes\n rightmodecfgclient=yes\n", "the other one modecfgserver");
	refused(WHOLE " leftmodecfgclient=yes\n rightaddresspool=10.9.0.0/24\n", "the other one modecfgserver");
	refused(WHOLE " leftmodecfgclient=yes\n leftsubnet=10.9.0.0/24\n", "0.0.0.0/0 or ::/0");
	refused(WHOLE " leftmodecfgclient=yes\n leftsubnets={0/0 ::/0}\n", "0.0.0.0/0 or ::/0");
	refused(WHOLE " leftmodecfgclient=yes\n leftsourceip=10.9.0.2\n", "leftsourceip= and");
	refused(WHOLE " leftmodecfgclient=yes\n type=transport\n", "type=transport");
	refused(WHOLE " leftmodecfgclient=yes\n leftsubnet=0/0\n rightsubnet=fd01::/64\n",
		"address families");
	refused(WHOLE " leftmodecfgclient=yes\n leftsubnet=0/0\n"
		" rightsubnets={10.1.0.0/16 fd01::/64}\n", "address families");
	refused(SERVER " rightaddresspool=10.9.0.2\n", "'10.9.0.2' is not a range");
	refused(SERVER " rightaddresspool=10.9.0.2-10.9.0.9,10.8.0.2-10.8.0.9\n", "one range");
	refused(SERVER " rightaddresspool=10.9.0.0/24\n rightsubnet=10.9.0.0/24\n", "excludes rightsubnet=");
	refused(SERVER " rightaddresspool=fd09::/112\n", "another family");
	refused(SERVER " rightaddresspool=10.9.0.0/24,fd09::/112\n", "another family");
	refused(SERVER " modecfgdns=x\n", "'x' is not an address");
	refused(SERVER " modecfgdns=\"1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9\"\n",
		"more than 8");
	refused(SERVER " modecfgdomains=-x\n", "'-x' is not the name of a domain");
	refused(SERVER " modecfgdomains=a..b\n", "not the name");
	refused(SERVER " modecfgdomains=\"a b c d e f g h i j k l m n o p q\"\n", "more than 16");
	refused(SERVER " narrowing=no\n", "as if it were yes");
}

static void domains(void **state)
{
	char label[65];

	(void)state;
	memset(label, 'a', 64);
	label[64] = '\0';
	assert_false(conf_value_domain(label, 64));
	assert_true(conf_value_domain(label, 63));
	assert_true(conf_value_domain("a.", 2));
	assert_false(conf_value_domain(".a", 2));
	assert_false(conf_value_domain("", 0));
	assert_false(conf_value_domain("a\nb", 3));
	assert_false(conf_value_domain("a b", 3));
	assert_false(conf_value_domain("a.-b", 4));
	assert_false(conf_value_domain("\xe4", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client),
		cmocka_unit_test(server),
		cmocka_unit_test(refusals),
		cmocka_unit_test(domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
