// SPDX-License-Identifier: GPL-2.0-or-later
/* leftsourceip in a network namespace: what is added goes away again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "net/addr.h"
#include "net/sourceip.h"
#include "netns.h"

static struct nl_sock *sk;
static struct sourceip_host *host;
static struct changes_home *home;
static struct conf_subnet ip, remote, all, peer;
static int routes_before, addrs_before;

static int count_one(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(*(int *)arg)++;
	return NL_OK;
}

static int count(int type)
{
	struct rtgenmsg any = { .rtgen_family = AF_INET };
	int n = 0;

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, count_one, &n);
	assert_true(nl_send_simple(sk, type, NLM_F_DUMP, &any, sizeof(any)) >= 0);
	assert_true(nl_recvmsgs_default(sk) >= 0);
	return n;
}

static int routes(void)
{
	return count(RTM_GETROUTE) - routes_before;
}

static int addrs(void)
{
	return count(RTM_GETADDR) - addrs_before;
}

static int setup(void **state)
{
	(void)state;
	if (!netns_enter())
		return 0;
	sk = nl_socket_alloc();
	home = changes_home_new();
	host = sourceip_host_new(home);
	if (!sk || !host || nl_connect(sk, NETLINK_ROUTE))
		return -1;
	addr_parse("10.1.0.1", &ip);
	addr_parse("10.2.0.0", &remote);
	remote.prefix = 16;
	addr_parse("0.0.0.0", &all);
	all.prefix = 0;
	addr_parse("127.0.0.1", &peer);
	routes_before = count(RTM_GETROUTE);
	addrs_before = count(RTM_GETADDR);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sourceip_host_free(host);
	changes_home_free(home);
	nl_socket_free(sk);
	return 0;
}

/* The address that packets to a host leave with */
static void assert_source(const char *host_text, const char *want)
{
	struct sockaddr_storage sa;
	struct conf_subnet to, got;
	socklen_t len;
	uint16_t port;
	char text[ADDR_TEXT_MAX];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(addr_parse(host_text, &to));
	len = addr_to_sockaddr(&to, 9, &sa);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	close(fd);
	assert_int_equal(addr_from_sockaddr(&sa, &got, &port), 0);
	assert_string_equal(addr_text(&got, 0, text, sizeof(text)), want);
}

/* An address of a host brings a route of its table local with it */
static void added_and_removed(void **state)
{
	struct sourceip *s;
	char err[256];

	(void)state;
	if (!host)
		skip();
	s = sourceip_add(host, &ip, &remote, &peer, err, sizeof(err));
	assert_non_null(s);
	assert_int_equal(addrs(), 1);
	assert_int_equal(routes(), 2);
	assert_source("10.2.0.1", "10.1.0.1");
	sourceip_del(s);
	assert_int_equal(addrs(), 0);
	assert_int_equal(routes(), 0);
}

static void everything_is_two_halves(void **state)
{
	struct sourceip *s;
	char err[256];

	(void)state;
	if (!host)
		skip();
	s = sourceip_add(host, &ip, &all, &peer, err, sizeof(err));
	assert_non_null(s);
	/* One for the address, and one for the peer */
	assert_int_equal(routes(), 4);
	assert_source("10.2.0.1", "10.1.0.1");
	sourceip_del(s);
	assert_int_equal(routes(), 0);
}

/* Everything goes through the tunnel, but for what carries it, which follows the host's address */
static void peer_inside(void **state)
{
	struct conf_subnet there;
	struct sourceip *s;
	char err[256];

	(void)state;
	if (!host || system("ip link add one type veth peer name two && ip link set one up && "
			    "ip link set two up && ip addr add 192.0.2.1/24 dev one && "
			    "ip route add default via 192.0.2.254") ||
	    !addr_parse("198.51.100.1", &there))
		skip();
	s = sourceip_add(host, &ip, &all, &there, err, sizeof(err));
	assert_non_null(s);
	assert_source("198.51.100.1", "192.0.2.1");
	assert_source("198.51.100.2", "10.1.0.1");
	assert_int_equal(system("ip addr add 192.0.2.9/24 dev one && "
				"sysctl -qw net.ipv4.conf.one.promote_secondaries=1 && "
				"ip addr del 192.0.2.1/24 dev one"), 0);
	assert_source("198.51.100.1", "192.0.2.9");
	sourceip_del(s);
	assert_source("198.51.100.2", "192.0.2.9");
	assert_int_equal(system("ip link del one"), 0);
	assert_int_equal(addrs(), 0);
}

static void shared_address_stays_for_the_other(void **state)
{
	struct conf_subnet other = remote;
	struct sourceip *a, *b;
	char err[256];

	(void)state;
	if (!host)
		skip();
	other.addr[1] = 3;
	a = sourceip_add(host, &ip, &remote, &peer, err, sizeof(err));
	b = sourceip_add(host, &ip, &other, &peer, err, sizeof(err));
	assert_non_null(a);
	assert_non_null(b);
	sourceip_del(a);
	assert_int_equal(addrs(), 1);
	sourceip_del(b);
	assert_int_equal(addrs(), 0);
	assert_int_equal(routes(), 0);
}

static void address_of_the_host_is_not_ours(void **state)
{
	struct sourceip *s;
	char err[256];

	(void)state;
	if (!host)
		skip();
	s = sourceip_add(host, &peer, &remote, &peer, err, sizeof(err));
	assert_non_null(s);
	assert_int_equal(addrs(), 0);
	sourceip_del(s);
	assert_int_equal(addrs(), 0);
}

static void crash(const char *dir)
{
	struct changes_home *own = changes_home_new();
	struct sourceip_host *crashed = sourceip_host_new(own);
	char err[256];

	if (changes_home_keep(own, dir, "up.a") ||
	    !sourceip_add(crashed, &ip, &remote, &peer, err, sizeof(err)))
		_exit(1);
	_exit(0);
}

/* Behind a crash: all that the process before had is put back, and nothing else */
static void what_a_crash_left(void **state)
{
	char err[256], dir[] = "/tmp/sourceip-XXXXXX";
	struct changes_home *after;
	struct conf_subnet other;
	struct sourceip *s;
	int status;
	pid_t pid;

	(void)state;
	if (!host)
		skip();
	assert_non_null(mkdtemp(dir));
	addr_parse("10.9.0.8", &other);
	s = sourceip_add(host, &other, &all, &peer, err, sizeof(err));
	assert_non_null(s);
	pid = fork();
	if (!pid)
		crash(dir);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(addrs(), 2);

	after = changes_home_new();
	assert_int_equal(changes_home_keep(after, dir, "up.ab"), 0);
	assert_int_equal(addrs(), 2);
	changes_home_free(after);
	after = changes_home_new();
	assert_int_equal(changes_home_keep(after, dir, "up.a"), 2);
	assert_int_equal(addrs(), 1);
	sourceip_del(s);
	assert_int_equal(addrs(), 0);
	assert_int_equal(routes(), 0);
	assert_int_equal(rmdir(dir), 0);
	changes_home_free(after);
}

static int take_device(struct nl_msg *msg, void *arg)
{
	struct rtmsg *rtm = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *oif = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(*rtm), RTA_OIF);

	if (rtm->rtm_table == RT_TABLE_MAIN && rtm->rtm_dst_len == 16 && oif)
		*(unsigned int *)arg = nla_get_u32(oif);
	return NL_OK;
}

/* The device of the route to the remote subnet, 0: there is none */
static unsigned int device(void)
{
	struct rtgenmsg any = { .rtgen_family = AF_INET };
	unsigned int index = 0;

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take_device, &index);
	assert_true(nl_send_simple(sk, RTM_GETROUTE, NLM_F_DUMP, &any, sizeof(any)) >= 0);
	assert_true(nl_recvmsgs_default(sk) >= 0);
	return index;
}

/* The peer is behind another device now: the route is replaced, or made if it went with the old */
static void follows_the_peer(void **state)
{
	struct conf_subnet there;
	struct sourceip *s;
	char err[256];

	(void)state;
	if (!host || system("ip link add one type veth peer name two && ip link set one up && "
			    "ip link set two up && ip addr add 192.0.2.1/24 dev one") ||
	    !addr_parse("192.0.2.2", &there))
		skip();
	s = sourceip_add(host, &ip, &remote, &peer, err, sizeof(err));
	assert_non_null(s);
	assert_int_equal(device(), if_nametoindex("lo"));
	sourceip_follow(s, &there);
	assert_int_equal(device(), if_nametoindex("one"));
	assert_source("10.2.0.1", "10.1.0.1");

	/* No road: it stays as it is. No device: no route, till there is a road again. */
	assert_true(addr_parse("203.0.113.1", &there));
	sourceip_follow(s, &there);
	assert_int_equal(device(), if_nametoindex("one"));
	assert_int_equal(system("ip link del one"), 0);
	assert_int_equal(device(), 0);
	sourceip_follow(s, &peer);
	assert_int_equal(device(), if_nametoindex("lo"));
	sourceip_del(s);
	assert_int_equal(device(), 0);
	assert_int_equal(addrs(), 0);
}

static void route_of_another_undoes_all(void **state)
{
	struct sourceip *s;
	char err[256];

	(void)state;
	if (!host)
		skip();
	assert_int_equal(system("ip route add 10.2.0.0/16 dev lo"), 0);
	assert_null(sourceip_add(host, &ip, &remote, &peer, err, sizeof(err)));
	assert_string_equal(err,
			    "leftsourceip: a route to 10.2.0.0/16 exists already: see ip route");
	assert_int_equal(addrs(), 0);
	assert_int_equal(routes(), 1);
	assert_int_equal(system("ip route del 10.2.0.0/16"), 0);
	s = sourceip_add(host, &ip, &remote, &peer, err, sizeof(err));
	assert_non_null(s);
	sourceip_del(s);
	assert_int_equal(routes(), 0);
}

/* A tunnel that replaces another one is there first, and nothing is away meanwhile */
static void taken_over(void **state)
{
	struct sourceip *old, *new;
	char err[256];

	(void)state;
	if (!host)
		skip();
	old = sourceip_add(host, &ip, &remote, &peer, err, sizeof(err));
	new = sourceip_add(host, &ip, &remote, &peer, err, sizeof(err));
	assert_non_null(old);
	assert_non_null(new);
	sourceip_del(old);
	assert_source("10.2.0.9", "10.1.0.1");
	assert_int_equal(addrs(), 1);
	sourceip_del(new);
	assert_int_equal(addrs(), 0);
	assert_int_equal(routes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_and_removed),
		cmocka_unit_test(everything_is_two_halves),
		cmocka_unit_test(peer_inside),
		cmocka_unit_test(shared_address_stays_for_the_other),
		cmocka_unit_test(address_of_the_host_is_not_ours),
		cmocka_unit_test(follows_the_peer),
		cmocka_unit_test(route_of_another_undoes_all),
		cmocka_unit_test(taken_over),
		cmocka_unit_test(what_a_crash_left),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
