// SPDX-License-Identifier: GPL-2.0-or-later
/* xfrm interfaces in a network namespace: shared while they are used, gone with the last user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/addr.h"
#include "net/iface.h"
#include "net/xfrmi.h"
#include "netns.h"

static bool allowed, there;		/* the kernel has such interfaces */
static struct changes_home *ours, *others;	/* of two processes, as it were */
static char dir[32];

static int setup(void **state)
{
	(void)state;
	allowed = netns_enter() && !system("ip link add wire type veth peer name other && "
		"ip link set wire up && ip link set other up && "
		"ip addr add 192.0.2.1/24 dev wire");
	there = allowed && !system("ip link add ipsec9 type xfrm dev lo if_id 9 2>/dev/null && "
				   "ip link del ipsec9");
	strcpy(dir, "/tmp/iface-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	ours = changes_home_new();
	others = changes_home_new();
	return !ours || !others || changes_home_keep(ours, dir, "up.a") ||
	       changes_home_keep(others, dir, "up.b") ? -1 : 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	changes_home_free(ours);
	changes_home_free(others);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static struct conf_subnet net(const char *text, uint8_t prefix)
{
	struct conf_subnet s;

	assert_true(addr_parse(text, &s));
	s.prefix = prefix;
	return s;
}

static struct iface *take(struct changes_home *home, uint32_t if_id)
{
	char err[256];
	struct iface *i = iface_take(home, if_id, err, sizeof(err));

	if (!i)
		fail_msg("%s", err);
	return i;
}

static int lead(struct iface *i, uint32_t tag, const char *to, uint8_t prefix)
{
	struct conf_subnet subnet = net(to, prefix), peer = net("192.0.2.2", 32), src = { 0 };
	char err[256];

	return iface_route(i, tag, &subnet, &src, &peer, err, sizeof(err));
}

static void assert_true_of(const char *command)
{
	if (system(command))
		fail_msg("not so: %s", command);
}

static void names(void **state)
{
	char name[IFNAMSIZ];

	(void)state;
	xfrmi_name(7, name, sizeof(name));
	assert_string_equal(name, "ipsec7");
	xfrmi_name(65535, name, sizeof(name));
	assert_string_equal(name, "ipsec65535");
	xfrmi_name(CONF_IF_ID_0, name, sizeof(name));
	assert_string_equal(name, "ipsec0");
}

static void locks(void **state)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY), a, b;

	(void)state;
	a = xfrmi_lock(fd, "ipsec7", false);
	b = xfrmi_lock(fd, "ipsec7", false);
	assert_true(a >= 0 && b >= 0);
	assert_int_equal(xfrmi_lock(fd, "ipsec7", true), -1);
	close(a);
	assert_int_equal(xfrmi_lock(fd, "ipsec7", true), -1);
	close(b);
	a = xfrmi_lock(fd, "ipsec7", true);
	assert_true(a >= 0);
	b = xfrmi_lock(fd, "ipsec8", true);
	assert_true(b >= 0);
	close(a);
	close(b);
	close(fd);
}

static void no_such_kernel(void **state)
{
	char err[256] = "";

	(void)state;
	if (!allowed || there)
		skip();
	assert_null(iface_take(ours, 1, err, sizeof(err)));
	assert_non_null(strstr(err, "CONFIG_XFRM_INTERFACE"));
}

static void comes_and_goes(void **state)
{
	struct iface *a, *b, *c;

	(void)state;
	if (!there)
		skip();
	a = take(ours, 1);
	assert_string_equal(iface_name(a), "ipsec1");
	assert_true_of("ip -d link show ipsec1 up | grep -q 'if_id 0x1 '");
	b = take(ours, 1);
	c = take(others, 1);
	iface_put(a);
	assert_true_of("ip link show ipsec1 >/dev/null");
	iface_put(b);
	assert_true_of("ip link show ipsec1 >/dev/null");
	iface_put(c);
	assert_true_of("! ip link show ipsec1 2>/dev/null");
	a = take(ours, CONF_IF_ID_0);
	assert_true_of("ip -d link show ipsec0 | grep -q 'if_id 0x4000 '");
	iface_put(a);
	assert_true_of("! ip link show ipsec0 2>/dev/null");
}

static void of_somebody_else(void **state)
{
	char err[256] = "";
	struct iface *i;

	(void)state;
	if (!there)
		skip();
	assert_true_of("ip link add ipsec2 type xfrm dev lo if_id 2 && ip link set ipsec2 up");
	i = take(ours, 2);
	assert_int_equal(lead(i, 1, "10.2.0.0", 16), 0);
	iface_put(i);
	assert_true_of("ip link show ipsec2 >/dev/null && ! ip route | grep ipsec2");
	assert_true_of("ip link del ipsec2 && ip link add ipsec2 type xfrm dev lo if_id 3");
	assert_null(iface_take(ours, 2, err, sizeof(err)));
	assert_non_null(strstr(err, "ipsec2 is there, but is no xfrm interface with that if_id"));
	assert_true_of("ip link del ipsec2");
}

static void routes(void **state)
{
	struct iface *a, *b;

	(void)state;
	if (!there)
		skip();
	a = take(ours, 1);
	assert_int_equal(lead(a, 1, "10.2.0.0", 16), 0);
	/* Another child SA, for other protocols */
	assert_int_equal(lead(a, 2, "10.2.0.0", 16), 0);
	assert_int_equal(lead(a, 2, "10.3.0.0", 16), 0);
	/* The peer alone, a route of somebody else, and everything */
	assert_int_equal(lead(a, 3, "192.0.2.2", 32), 1);
	assert_true_of("ip route add 10.4.0.0/16 dev wire");
	assert_int_equal(lead(a, 3, "10.4.0.0", 16), 1);
	assert_int_equal(lead(a, 4, "0.0.0.0", 0), 0);
	assert_true_of("ip route get 198.51.100.1 | grep -q ipsec1 && "
		       "ip route get 192.0.2.2 | grep -q wire");
	iface_unroute(a, 4);
	assert_true_of("! ip route get 198.51.100.1 2>/dev/null | grep ipsec1");
	/* What replaces the tunnel has its routes first */
	b = take(ours, 1);
	assert_int_equal(lead(b, 1, "10.2.0.0", 16), 0);
	iface_put(a);
	assert_true_of("ip route get 10.2.0.9 | grep -q ipsec1 && ! ip route | grep 10.3.0.0");
	iface_put(b);
	assert_true_of("! ip route | grep ipsec1; ip route del 10.4.0.0/16");
}

static void what_a_crash_left(void **state)
{
	struct changes_home *crashed, *next;
	struct iface *i;

	(void)state;
	if (!there)
		skip();
	i = take(others, 1);
	if (!fork()) {
		crashed = changes_home_new();
		changes_home_keep(crashed, dir, "up.c");
		_exit(lead(take(crashed, 1), 1, "10.2.0.0", 16) ||
		      lead(take(crashed, 5), 1, "10.5.0.0", 16));
	}
	wait(NULL);
	assert_true_of("ip route | grep -q ipsec1 && ip route | grep -q ipsec5");
	next = changes_home_new();
	assert_true(changes_home_keep(next, dir, "up.c") > 0);
	/* The other process still has the first one */
	assert_true_of("ip link show ipsec1 >/dev/null && ! ip route | grep ipsec");
	assert_true_of("! ip link show ipsec5 2>/dev/null");
	iface_put(i);
	assert_true_of("! ip link show ipsec1 2>/dev/null");
	changes_home_free(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(locks),
		cmocka_unit_test(no_such_kernel),
		cmocka_unit_test(comes_and_goes),
		cmocka_unit_test(of_somebody_else),
		cmocka_unit_test(routes),
		cmocka_unit_test(what_a_crash_left),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
