// SPDX-License-Identifier: GPL-2.0-or-later
/* Which end is this host; 127.0.0.1, ::1 and localhost are, 240.0.0.0/4 is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf.h"

static struct conf *load(const char *left, const char *right)
{
	char text[512], err[256];
	struct conf *conf;

	snprintf(text, sizeof(text), "conn a\n left=%s\n right=%s\n authby=secret\n"
		 " enable-tcp=yes\n leftid=@left\n rightid=@right\n", left, right);
	conf = conf_text(text, strlen(text), err, sizeof(err));
	if (!conf)
		fail_msg("%s", err);
	return conf;
}

static void oriented(const char *left, const char *right, bool swapped)
{
	struct conf *conf = load(left, right);
	struct conf_conn *c = conf->conns;
	char err[256] = "";

	if (conf_orient(c, err, sizeof(err)))
		fail_msg("%s", err);
	assert_int_equal(c->swapped, swapped);
	assert_string_equal(c->local.host, swapped ? right : left);
	assert_string_equal(c->remote.host, swapped ? left : right);
	assert_string_equal(c->local.id.text, swapped ? "@right" : "@left");
	/* Once more changes nothing */
	assert_int_equal(conf_orient(c, err, sizeof(err)), 0);
	assert_int_equal(c->swapped, swapped);
	conf_free(conf);
}

static void refused(const char *left, const char *right, const char *with)
{
	struct conf *conf = load(left, right);
	char err[256] = "";

	assert_int_equal(conf_orient(conf->conns, err, sizeof(err)), -1);
	if (!strstr(err, with))
		fail_msg("'%s' lacks '%s'", err, with);
	conf_free(conf);
}

static void both_ways(const char *ours, const char *theirs)
{
	oriented(ours, theirs, false);
	oriented(theirs, ours, true);
}

static void told(void **state)
{
	(void)state;
	both_ways("127.0.0.1", "240.0.0.1");
	both_ways("127.0.0.1", "%any");
	both_ways("%defaultroute", "240.0.0.1");
	both_ways("%defaultroute", "%any");
	both_ways("%defaultroute", "vpn.example");
	both_ways("127.0.0.1", "vpn.example");
	both_ways("localhost", "240.0.0.1");
	/* An address that a NAT in front of us has */
	both_ways("240.0.0.1", "%any");
}

static void not_told(void **state)
{
	(void)state;
	refused("240.0.0.1", "240.0.0.2", "conf:1: conn a: neither 240.0.0.1 nor 240.0.0.2");
	refused("127.0.0.1", "%defaultroute", "both this host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told),
		cmocka_unit_test(not_told),
	};

	return cmocka_run_group_tests_name("conf_orient", tests, NULL, NULL);
}
