// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "hosts.h"

struct host west = {
	.name = "storm-west", .outer = "192.0.2.1", .inner = "10.1.0.1",
	.net = "10.1.0.0/24", .spi = "0x1001", .udp = -1, .esp = -1,
};

struct host east = {
	.name = "storm-east", .outer = "192.0.2.2", .inner = "10.2.0.1",
	.net = "10.2.0.0/24", .spi = "0x1002", .udp = -1, .esp = -1,
};

double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* A failure anywhere ends the test at once: what it left behind would only say the same again */
void bail_out(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void host_enter(const struct host *h)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", h->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		bail_out(path);
	close(fd);
}

static FILE *ip_start(const char *name)
{
	char cmd[80];
	FILE *f;

	/* -force: deleting what is gone already is no error here */
	snprintf(cmd, sizeof(cmd), "exec ip %s%s -force -batch - >/dev/null 2>&1",
		 name ? "-n " : "", name ?: "");
	f = popen(cmd, "we");
	if (!f)
		bail_out("popen");
	setlinebuf(f);
	return f;
}

static void sysctl_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		bail_out(path);
	close(fd);
}

/* What a peer no longer answers would hold its namespace for two minutes */
static void orphans_go_soon(const struct host *h)
{
	host_enter(h);
	sysctl_set("/proc/sys/net/ipv4/tcp_orphan_retries", "1");
	sysctl_set("/proc/sys/net/ipv4/tcp_fin_timeout", "1");
}

static void host_up(struct host *h, const struct host *peer)
{
	orphans_go_soon(h);
	h->ip = ip_start(h->name);
	fprintf(h->ip, "link set lo up\n");
	fprintf(h->ip, "addr add %s/24 dev wire\n", h->outer);
	fprintf(h->ip, "link set wire up\n");
	fprintf(h->ip, "link add inner type dummy\n");
	fprintf(h->ip, "addr add %s/24 dev inner\n", h->inner);
	fprintf(h->ip, "link set inner up\n");
	fprintf(h->ip, "route add %s via %s src %s\n", peer->net, peer->outer,
		h->inner);
}

/* Whose "wire" is not in the way of ours: a host that was may take its time to go */
static void home_enter(void)
{
	static int home = -1;

	if (home < 0)
		home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(home, CLONE_NEWNET))
		bail_out("/proc/self/ns/net");
}

void hosts_up(void)
{
	FILE *f;

	home_enter();
	f = ip_start(NULL);
	fprintf(f, "netns add %s\nnetns add %s\n", west.name, east.name);
	fprintf(f, "link add wire netns %s type veth peer name wire netns %s\n",
		west.name, east.name);
	pclose(f);
	host_up(&west, &east);
	host_up(&east, &west);
}

static void host_down(struct host *h)
{
	char path[64];

	pclose(h->ip);
	snprintf(path, sizeof(path), "/run/netns/%s", h->name);
	umount2(path, MNT_DETACH);
	unlink(path);
}

void hosts_down(void)
{
	host_down(&west);
	host_down(&east);
}

struct sockaddr_in host_address(const char *host, int port)
{
	struct sockaddr_in sin = {
		.sin_family	= AF_INET,
		.sin_port	= htons(port),
	};

	inet_pton(AF_INET, host, &sin.sin_addr);
	return sin;
}

int host_socket(const struct host *h, int type, const char *addr, int port)
{
	struct sockaddr_in sin = host_address(addr, port);
	int fd, one = 1;
	double end = seconds() + PATIENCE;

	host_enter(h);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* Its ip may not have come to the address yet */
	while (bind(fd, (struct sockaddr *)&sin, sizeof(sin))) {
		if (seconds() > end)
			bail_out("bind");
		usleep(2000);
	}
	return fd;
}
