// SPDX-License-Identifier: GPL-2.0-or-later
/* Inner addresses from the peer, in a network namespace: put there and put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "macros.h"
#include "net/addr.h"
#include "net/inner.h"
#include "netns.h"

static bool allowed, dummies;		/* the kernel has such interfaces */
static struct changes_home *home;
static char dir[32];
static char log_file[64];

static struct conf_subnet net(const char *text, uint8_t prefix)
{
	struct conf_subnet s;

	assert_true(addr_parse(text, &s));
	s.prefix = prefix;
	return s;
}

/* A program of PATH that notes how it was called, and what it reads if it is told to */
static void fake(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/bin/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\necho \"%s $*\" >>%s\n%s", name, log_file, text);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
}

static void no_fake(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/bin/%s", dir, name);
	unlink(path);
}

/* All calls since the last time */
static void assert_called(const char *want)
{
	char got[2048];
	int fd = open(log_file, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, got, sizeof(got) - 1);

	if (fd >= 0)
		close(fd);
	got[n < 0 ? 0 : n] = '\0';
	unlink(log_file);
	assert_string_equal(got, want);
}

/* What goes into the tunnel goes there by its own interface, or by the way to the peer */
static void expand(const char *text, char *buf, size_t len)
{
	const char *at;

	for (buf[0] = '\0'; (at = strchr(text, '@')); text = at + 2) {
		const char *way = dummies ? "dev esp-office scope link" :
				  at[1] == 'G' ? "via 192.0.2.254 dev wire" :
				  "dev wire scope link";

		snprintf(buf + strlen(buf), len - strlen(buf), "%.*s%s", (int)(at - text), text,
			 way);
	}
	snprintf(buf + strlen(buf), len - strlen(buf), "%s", text);
}

/* Output of a command, without the blanks at the end of lines */
static void assert_says(const char *command, const char *want)
{
	char got[2048] = "", wanted[2048], line[256];
	FILE *f = popen(command, "r");

	assert_non_null(f);
	expand(want, wanted, sizeof(wanted));
	while (fgets(line, sizeof(line), f)) {
		size_t len = strcspn(line, "\n");

		while (len && line[len - 1] == ' ')
			len--;
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s\n", (int)len, line);
	}
	pclose(f);
	assert_string_equal(got, wanted);
}

#define ROUTES "ip -o route | grep -v 'dev wire proto kernel' | sed 's/ proto static//; s/ linkdown//' | sort"

static int group_setup(void **state)
{
	char path[256], bin[128];

	(void)state;
	allowed = netns_enter() && !system("ip link add wire type veth peer name other && "
		"ip link set wire up && ip link set other up && "
		"ip addr add 192.0.2.1/24 dev wire && ip route add default via 192.0.2.254");
	dummies = allowed && !system("ip link add probe type dummy 2>/dev/null && ip link del probe");
	strcpy(dir, "/tmp/inner-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(bin, sizeof(bin), "%s/bin", dir);
	snprintf(log_file, sizeof(log_file), "%s/log", dir);
	snprintf(path, sizeof(path), "%s:/usr/sbin:/usr/bin:/sbin:/bin", bin);
	setenv("PATH", path, 1);
	home = changes_home_new();
	return mkdir(bin, 0700) || !home || changes_home_keep(home, dir, "up.office") ? -1 : 0;
}

static int group_teardown(void **state)
{
	char command[128];

	(void)state;
	changes_home_free(home);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void names(void **state)
{
	char a[IFNAMSIZ], b[IFNAMSIZ];

	(void)state;
	inner_dev_name("office", a, sizeof(a));
	assert_string_equal(a, "esp-office");
	inner_dev_name("office67890", a, sizeof(a));
	assert_string_equal(a, "esp-office67890");
	inner_dev_name("office67890-a", a, sizeof(a));
	inner_dev_name("office67890-b", b, sizeof(b));
	assert_string_not_equal(a, b);
	assert_int_equal(strncmp(a, "esp-office-", 11), 0);
}

static void lines(void **state)
{
	static const char *const good[] = {
		"link esp-a - - -", "addr esp-a 10.9.0.2/32 - -", "resolvectl esp-a - - -",
		"route wire 192.0.2.9/32 192.0.2.254/32 -", "route esp-a fd02::/64 - fd09::2/128",
		"resolvconf esp-a - - -", "xfrmi ipsec1 - - -",
	};
	static const char *const bad[] = {
		"", "link", "link esp-a - -", "addr esp-a - - -", "link esp-a 10.0.0.0/8 - -",
		"rm esp-a - - -", "route esp-a 10.0.0.0/33 - -", "route esp-a x/8 - -",
		"route esp-a 10.0.0.0 - -", "addr esp-a fd02::/129 - -",
	};
	struct change c;
	char line[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(change_parse(good[i], &c), 0);
		assert_int_equal(change_print(&c, line, sizeof(line)), strlen(good[i]));
		assert_string_equal(line, good[i]);
		assert_int_equal(change_print(&c, line, strlen(good[i])), -1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!change_parse(bad[i], &c))
			fail_msg("'%s' is taken", bad[i]);
}

static struct inner *made(void)
{
	char err[256];
	struct inner *in = inner_new(home, "esp-office", true, err, sizeof(err));

	if (!in)
		fail_msg("%s", err);
	return in;
}

static void added(struct inner *in, uint32_t tag, const char *ip, const char *remote,
		  uint8_t prefix, const struct ike_cp *cp)
{
	struct conf_subnet addr = net(ip, 32), to = net(remote, prefix);
	struct conf_subnet peer = net("192.0.2.2", 32);
	char err[256];

	if (inner_add(in, tag, &addr, &to, cp, &peer, err, sizeof(err)))
		fail_msg("%s", err);
}

static void some(void **state)
{
	struct ike_cp cp = { .n_dns = 0 };
	struct inner *in;

	(void)state;
	if (!allowed)
		skip();
	in = made();
	added(in, 1, "10.9.0.2", "10.2.0.0", 16, &cp);
	added(in, 2, "10.9.0.2", "10.3.0.0", 16, &cp);
	/* The same once more, for another port */
	added(in, 3, "10.9.0.2", "10.3.0.0", 16, &cp);
	assert_says(ROUTES, "10.2.0.0/16 @W src 10.9.0.2\n"
		    "10.3.0.0/16 @W src 10.9.0.2\n"
		    "default via 192.0.2.254 dev wire\n");
	assert_says("ip -o -4 addr | awk '/10.9.0/ { print $4 }'", "10.9.0.2/32\n");
	assert_says("ip route get 10.2.0.1 | awk '/src/ { print $5 }'", "10.9.0.2\n");
	inner_del(in, 1);
	assert_says(ROUTES, "10.3.0.0/16 @W src 10.9.0.2\n"
		    "default via 192.0.2.254 dev wire\n");
	inner_free(in);
	assert_says(ROUTES, "default via 192.0.2.254 dev wire\n");
	assert_says("ip -o link | grep -c esp-; ip -o addr | grep -c -e 10.9.0.2 -e fd09:", "0\n0\n");
}

/* The road to the peer follows, though all else leads into the tunnel, and stays there */
static void another_link(struct inner *in, const struct conf_subnet *peer)
{
	assert_int_equal(system("ip addr add 192.0.3.1/24 dev other && ip route del 198.51.100.7 && "
				"ip route replace default via 192.0.3.254 && "
				"ip route add 198.51.0.0/16 via 192.0.2.253 metric 9 && "
				"ip route add 198.51.0.0/16 via 192.0.3.253 metric 5"), 0);
	inner_follow(in, peer);
	assert_says("ip -o route get 198.51.100.7 | grep -o 'via 192.0.3.253 dev other'",
		    "via 192.0.3.253 dev other\n");
	assert_says("ip -o route show dev esp-office | grep -c src", "2\n");
	assert_int_equal(system("ip route flush 198.51.0.0/16 && "
				"ip route replace default via 192.0.2.254 && "
				"ip addr del 192.0.3.1/24 dev other"), 0);
}

/* Everything: but the road to the peer, which stays to the end */
static void everything(void **state)
{
	struct conf_subnet peer = net("198.51.100.7", 32), ip = net("10.9.0.2", 32);
	struct conf_subnet all = net("0.0.0.0", 0);
	struct ike_cp cp = { .n_dns = 0 };
	struct inner *in;
	char err[256];

	(void)state;
	if (!allowed)
		skip();
	in = made();
	assert_int_equal(inner_add(in, 1, &ip, &all, &cp, &peer, err, sizeof(err)), 0);
	assert_says(ROUTES, "0.0.0.0/1 @G src 10.9.0.2\n"
		    "128.0.0.0/1 @G src 10.9.0.2\n"
		    "198.51.100.7 via 192.0.2.254 dev wire\n"
		    "default via 192.0.2.254 dev wire\n");

	if (dummies)
		another_link(in, &peer);
	inner_free(in);
	assert_says(ROUTES, "default via 192.0.2.254 dev wire\n");
}

/* What the peer names of it, what is outside aside, and its name servers */
static void split(void **state)
{
	struct ike_cp cp = {
		.subnet = { net("10.2.0.0", 16), net("10.2.3.0", 24), net("fd02::", 64) },
		.n_subnets = 3,
		.dns = { net("10.2.0.53", 32), net("10.4.0.53", 32), net("fd02::53", 128) },
		.n_dns = 3,
	};
	struct inner *in;

	(void)state;
	if (!allowed)
		skip();
	in = made();
	added(in, 1, "10.9.0.2", "10.0.0.0", 8, &cp);
	assert_says(ROUTES, "10.2.0.0/16 @W src 10.9.0.2\n"
		    "10.4.0.53 @W src 10.9.0.2\n"
		    "default via 192.0.2.254 dev wire\n");
	inner_free(in);
}

static void six(void **state)
{
	struct conf_subnet ip = net("fd09::2", 128), to = net("fd02::", 64);
	struct conf_subnet peer = net("192.0.2.2", 32);
	struct ike_cp cp = { .n_dns = 0 };
	struct inner *in;
	char err[256];

	(void)state;
	if (!allowed)
		skip();
	in = made();
	assert_int_equal(inner_add(in, 1, &ip, &to, &cp, &peer, err, sizeof(err)), 0);
	assert_says("ip -6 route get fd02::1 | grep -o 'src [^ ]*'", "src fd09::2\n");
	inner_free(in);
	assert_says("ip -6 route show table all | grep -c -e esp-office -e fd0", "0\n");
}

/* A route or an interface that is there is somebody's */
static void conflicts(void **state)
{
	struct conf_subnet ip = net("10.9.0.2", 32), to = net("10.2.0.0", 16);
	struct conf_subnet peer = net("192.0.2.2", 32);
	struct ike_cp cp = { .n_dns = 0 };
	struct inner *in;
	char err[256];

	(void)state;
	if (!allowed)
		skip();
	in = made();
	if (dummies) {
		assert_int_equal(system("ip link add esp-other type dummy"), 0);
		assert_null(inner_new(home, "esp-other", true, err, sizeof(err)));
		assert_non_null(strstr(err, "the interface esp-other exists already"));
		assert_int_equal(system("ip link del esp-other"), 0);
	}
	assert_int_equal(system("ip route add 10.2.0.0/16 via 192.0.2.254"), 0);
	assert_int_equal(inner_add(in, 1, &ip, &to, &cp, &peer, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "a route to 10.2.0.0/16 exists already"));
	inner_free(in);
	assert_says(ROUTES, "10.2.0.0/16 via 192.0.2.254 dev wire\ndefault via 192.0.2.254 dev wire\n");
	assert_int_equal(system("ip route del 10.2.0.0/16"), 0);
	assert_says("ip -o link | grep -c esp-; ip -o addr | grep -c -e 10.9.0.2 -e fd09:", "0\n0\n");
}

static const struct ike_cp dns_cp = {
	.dns = { { .family = AF_INET, .addr = { 10, 2, 0, 53 }, .prefix = 32 },
		 { .family = AF_INET6, .addr = { 0xfd, 2, [15] = 0x53 }, .prefix = 128 } },
	.n_dns = 2,
	.domain = { "corp.example", "lab.example" },
	.n_domains = 2,
};

/* An interface that is there, as an xfrm interface is */
static struct inner *found(void)
{
	char err[256];
	struct inner *in = inner_new(home, "esp-office", false, err, sizeof(err));

	if (!in)
		fail_msg("%s", err);
	return in;
}

static void resolved(void **state)
{
	struct ike_cp cp = dns_cp;
	struct inner *in;

	(void)state;
	if (!allowed)
		skip();
	assert_int_equal(system("ip link add esp-office type veth peer name esp-peer && "
				"ip link set esp-office up && ip link set esp-peer up"), 0);
	fake("resolvectl", "exit 0\n");
	fake("resolvconf", "exit 0\n");
	in = found();
	added(in, 1, "10.9.0.2", "10.2.0.0", 16, &cp);
	assert_called("");
	assert_int_equal(inner_dns(in, &cp), 0);
	assert_called("resolvectl dns esp-office 10.2.0.53 fd02::53\n"
		      "resolvectl domain esp-office corp.example lab.example\n");
	inner_free(in);
	assert_called("resolvectl revert esp-office\n");

	/* No domains: all names are the peer's; everything goes there: these, too */
	in = found();
	cp.n_domains = 0;
	cp.n_dns = 1;
	added(in, 1, "10.9.0.2", "10.2.0.0", 16, &cp);
	assert_int_equal(inner_dns(in, &cp), 0);
	assert_called("resolvectl dns esp-office 10.2.0.53\nresolvectl domain esp-office ~.\n");
	inner_free(in);
	assert_called("resolvectl revert esp-office\n");
	in = found();
	cp.n_domains = 1;
	added(in, 1, "10.9.0.2", "0.0.0.0", 0, &cp);
	assert_int_equal(inner_dns(in, &cp), 0);
	assert_called("resolvectl dns esp-office 10.2.0.53\n"
		      "resolvectl domain esp-office corp.example ~.\n");
	inner_free(in);
	assert_called("resolvectl revert esp-office\n");

	/* None to hand over */
	in = found();
	cp.n_dns = 0;
	assert_int_equal(inner_dns(in, &cp), 0);
	inner_free(in);
	assert_called("");
	/* It was there before */
	assert_int_equal(system("ip link del esp-office"), 0);
}

/*
 * A tunnel that replaces another one: it may have got another address, and has its way while both
 * are there; what it does not take over goes with the old one. Whichever ends first, the other
 * one's routes are whole.
 */
static void taken_over(void **state)
{
	static const char route[] = "ip route get 10.2.0.9 | grep -o 'src [^ ]*'";
	struct inner *old, *new;
	struct ike_cp none = { .n_dns = 0 };

	(void)state;
	if (!allowed)
		skip();
	fake("resolvectl", "exit 1\n");
	fake("resolvconf", "exit 0\n");
	for (int new_ends = 0; new_ends < 2; new_ends++) {
		old = made();
		added(old, 1, "10.9.0.2", "10.2.0.0", 16, &none);
		added(old, 1, "10.9.0.2", "10.3.0.0", 16, &none);
		assert_int_equal(inner_dns(old, &dns_cp), 0);
		new = made();
		added(new, 2, "10.9.0.3", "10.2.0.0", 16, &none);
		assert_says(route, "src 10.9.0.3\n");
		assert_int_equal(inner_dns(new, &dns_cp), 0);
		unlink(log_file);
		inner_free(new_ends ? new : old);
		assert_called("");
		assert_says(route, new_ends ? "src 10.9.0.2\n" : "src 10.9.0.3\n");
		assert_says("ip -o addr | grep -o 'inet 10.9[^/]*'",
			    new_ends ? "inet 10.9.0.2\n" : "inet 10.9.0.3\n");
		assert_says("ip route | grep -c 10.3.0.0", new_ends ? "1\n" : "0\n");
		inner_free(new_ends ? old : new);
		assert_says(ROUTES, "default via 192.0.2.254 dev wire\n");
		unlink(log_file);
	}
	no_fake("resolvectl");
	no_fake("resolvconf");
}

#define RESOLV_CONF "nameserver 10.2.0.53\nnameserver fd02::53\nsearch corp.example lab.example\n"

static void resolvconf(void **state)
{
	struct inner *in;

	(void)state;
	if (!allowed)
		skip();
	/* systemd-resolved does not run; without an interface it is not asked */
	fake("resolvectl", "exit 1\n");
	fake("resolvconf", "[ \"$1\" != -a ] || cat >>$(dirname \"$0\")/../log\n");
	in = made();
	added(in, 1, "10.9.0.2", "10.2.0.0", 16, &dns_cp);
	assert_int_equal(inner_dns(in, &dns_cp), 0);
	if (dummies)
		assert_called("resolvectl dns esp-office 10.2.0.53 fd02::53\n"
			      "resolvectl revert esp-office\n"
			      "resolvconf -a esp-office\n" RESOLV_CONF);
	else
		assert_called("resolvconf -a esp-office\n" RESOLV_CONF);
	inner_free(in);
	assert_called("resolvconf -d esp-office\n");

	/* Neither of them */
	no_fake("resolvectl");
	fake("resolvconf", "exit 1\n");
	in = made();
	assert_int_equal(inner_dns(in, &dns_cp), -1);
	assert_called("resolvconf -a esp-office\nresolvconf -d esp-office\n");
	inner_free(in);
	assert_called("");
}

static void crash(void)
{
	struct conf_subnet addr = net("10.9.0.2", 32), to = net("0.0.0.0", 0);
	struct conf_subnet peer = net("198.51.100.7", 32);
	struct changes_home *own = changes_home_new();
	struct inner *in;
	char err[256];

	changes_home_keep(own, dir, "up.crash");
	in = inner_new(own, "esp-crash", true, err, sizeof(err));
	if (!in || inner_add(in, 1, &addr, &to, &dns_cp, &peer, err, sizeof(err)) ||
	    inner_dns(in, &dns_cp))
		_exit(1);
	_exit(0);
}

static void crashed(void **state)
{
	struct changes_home *after;
	int status;
	pid_t pid;

	(void)state;
	if (!allowed)
		skip();
	fake("resolvectl", "exit 0\n");
	fake("resolvconf", "exit 0\n");
	pid = fork();
	if (!pid)
		crash();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_called(dummies ? "resolvectl dns esp-crash 10.2.0.53 fd02::53\n"
		      "resolvectl domain esp-crash corp.example lab.example ~.\n" :
		      "resolvconf -a esp-crash\n");
	after = changes_home_new();
	/* That of another process is left alone */
	assert_int_equal(changes_home_keep(after, dir, "up.cras"), 0);
	changes_home_free(after);
	after = changes_home_new();
	assert_int_equal(changes_home_keep(after, dir, "up.crash"), 1);
	assert_called(dummies ? "resolvectl revert esp-crash\n" : "resolvconf -d esp-crash\n");
	assert_says(ROUTES, "default via 192.0.2.254 dev wire\n");
	assert_says("ip -o link | grep -c esp-; ip -o addr | grep -c -e 10.9.0.2 -e fd09:", "0\n0\n");
	changes_home_free(after);
	after = changes_home_new();
	assert_int_equal(changes_home_keep(after, dir, "up.crash"), 0);
	changes_home_free(after);
	assert_called("");
}

/* Files that are not ours, or were, are left alone or do no harm */
static void other_files(void **state)
{
	static const char *const texts[] = {
		"", "link wire - - -\n", "espintcp changes 2\nlink wire - - -\n",
		"espintcp changes 1\nroute wire 192.0.2.0/24\nlink wire\n\n\nx\n",
	};
	struct changes_home *after;
	char path[256];

	(void)state;
	if (!allowed)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/up.x.net.%zu", dir, i);
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(texts[i], f);
		fclose(f);
	}
	snprintf(path, sizeof(path), "%s/up.x.net.9", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	after = changes_home_new();
	assert_int_equal(changes_home_keep(after, dir, "up.x"), 1);
	changes_home_free(after);
	assert_says("ip -o link | grep -c esp-; ip -o addr | grep -c -e 10.9.0.2 -e fd09:", "0\n0\n");
	snprintf(path, sizeof(path), "%s/up.x.net.1", dir);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(lines),
		cmocka_unit_test(some),
		cmocka_unit_test(everything),
		cmocka_unit_test(split),
		cmocka_unit_test(six),
		cmocka_unit_test(conflicts),
		cmocka_unit_test(resolved),
		cmocka_unit_test(taken_over),
		cmocka_unit_test(resolvconf),
		cmocka_unit_test(crashed),
		cmocka_unit_test(other_files),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
