// SPDX-License-Identifier: GPL-2.0-or-later
/* Names whose resolver answers, fails or is silent, while the loop goes on. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "net/lookup.h"
#include "netns.h"

#define SILENT "silent.example.org"

static struct loop *loop;
static bool own;			/* the resolver's configuration is ours */
static int resolver = -1;		/* reads nothing */
static struct loop_timer tick_timer;
static unsigned int ticks, answers;
static struct addrinfo *got;
static char why[512];

static int resolv_conf(void)
{
	static const char text[] = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
	char path[] = "/tmp/test_net_lookup.XXXXXX";
	int fd = mkstemp(path), rc = -1;

	if (fd < 0)
		return -1;
	if (write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		rc = mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL);
	close(fd);
	unlink(path);
	return rc;
}

static int enter(void **state)
{
	(void)state;
	own = netns_enter() && !unshare(CLONE_NEWNS) &&
	      !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) && !resolv_conf();
	return 0;
}

static int setup(void **state)
{
	(void)state;
	ticks = 0;
	answers = 0;
	why[0] = '\0';
	loop = loop_new();
	return loop ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loop_timer_cancel(loop, &tick_timer);
	loop_free(loop);
	if (resolver >= 0)
		close(resolver);
	resolver = -1;
	if (got)
		freeaddrinfo(got);
	got = NULL;
	return 0;
}

/* Takes questions, and never answers */
static void start_resolver(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (!own)
		skip();
	resolver = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(resolver >= 0);
	assert_int_equal(bind(resolver, (struct sockaddr *)&at, sizeof(at)), 0);
}

static void done(void *arg, struct addrinfo *list, const char *err)
{
	(void)arg;
	answers++;
	got = list;
	snprintf(why, sizeof(why), "%s", err ? err : "");
	assert_true(!list == !!err);
	loop_stop(loop);
}

static void tick(void *arg)
{
	ticks++;
	loop_timer_set(loop, &tick_timer, 10, tick, arg);
}

static void look_up(const char *host, unsigned int timeout_ms)
{
	assert_non_null(lookup_start(loop, host, 4500, timeout_ms, done, NULL));
	assert_int_equal(answers, 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(answers, 1);
}

static void test_numeric(void **state)
{
	struct sockaddr_in6 *sin6;

	(void)state;
	look_up("2001:db8::7", 1000);
	assert_string_equal(why, "");
	sin6 = (struct sockaddr_in6 *)got->ai_addr;
	assert_int_equal(sin6->sin6_family, AF_INET6);
	assert_int_equal(ntohs(sin6->sin6_port), 4500);
	assert_null(got->ai_next);
}

static void test_name(void **state)
{
	(void)state;
	look_up("localhost", 10000);
	assert_string_equal(why, "");
	assert_int_equal(got->ai_socktype, SOCK_STREAM);
}

static void test_refused(void **state)
{
	(void)state;
	if (!own)
		skip();
	look_up(SILENT, 10000);
	assert_null(got);
	assert_non_null(strstr(why, "no address is known for " SILENT ": "));
	assert_null(strstr(why, "no answer"));
}

static void test_silent(void **state)
{
	(void)state;
	start_resolver();
	tick(NULL);
	look_up(SILENT, 200);
	assert_null(got);
	assert_non_null(strstr(why, SILENT ": no answer from the resolver in 1 s"));
	assert_true(ticks > 0);
}

static struct lookup *until_there_is_room(void)
{
	struct lookup *l;

	do {
		l = lookup_start(loop, "localhost", 1, 10000, done, NULL);
		if (!l)
			assert_int_equal(errno, EBUSY);
	} while (!l && !usleep(10000));
	return l;
}

/* Nobody waits for the answer any more, but threads do: they count, till they are done */
static void test_cancel(void **state)
{
	struct lookup *l[LOOKUPS_MAX];

	(void)state;
	lookup_cancel(NULL);
	start_resolver();
	/* What the test before has left */
	lookup_cancel(until_there_is_room());
	for (size_t i = 0; i < LOOKUPS_MAX; i++) {
		char host[64];

		snprintf(host, sizeof(host), "%zu." SILENT, i);
		do {
			l[i] = lookup_start(loop, host, 1, 10000, done, NULL);
		} while (!l[i] && errno == EBUSY && !usleep(10000));
		assert_non_null(l[i]);
	}
	errno = 0;
	assert_null(lookup_start(loop, "127.0.0.1", 1, 1000, done, NULL));
	assert_int_equal(errno, EBUSY);
	for (size_t i = 0; i < LOOKUPS_MAX; i++)
		lookup_cancel(l[i]);
	assert_null(lookup_start(loop, "127.0.0.1", 1, 1000, done, NULL));
	assert_non_null(until_there_is_room());
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(answers, 1);
	assert_string_equal(why, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numeric, setup, teardown),
		cmocka_unit_test_setup_teardown(test_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
