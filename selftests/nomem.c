// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each allocation on our paths fails once: for n = 1, 2, ... the n-th one of an
 * operation, until it has no n-th any more. Nothing but that operation may
 * suffer, and what is lost is counted (leaks are for kmemleak to see). What fails
 * in softirqs is up to unit tests.
 * Environment: CYCLES (20), how often all of that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "counters.h"
#include "sockets.h"
#include "stream.h"
#include "tunnel.h"

/* More than any of the operations allocates */
#define MANY		2000
/* Of those that loading the module makes, as many are looked at */
#define LAST		150
/* Over a page: the message needs page fragments, too */
#define BIG		30000

static unsigned int cycles = 20;
static int own = -1;

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	close(fd);
}

static void nth_set(int fd, unsigned int n)
{
	char s[16];

	assert_true(pwrite(fd, s, snprintf(s, sizeof(s), "%u", n), 0) > 0);
}

static unsigned int nth_get(int fd)
{
	char s[16] = "";

	assert_true(pread(fd, s, sizeof(s) - 1, 0) > 0);
	return strtoul(s, NULL, 10);
}

/* Ends what nth_set() began; true if an allocation was made to fail */
static bool failed(void)
{
	bool hit = !nth_get(own);

	nth_set(own, 0);
	return hit;
}

static void patient(int fd)
{
	struct timeval tv = { .tv_sec = 20 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

static uint64_t counter(const char *name)
{
	counters_read();
	return counter_of(name);
}

static void attach(void **state)
{
	unsigned int n, refused = 0;
	bool hit = true;
	int fd[2], err;

	(void)state;
	for (n = 1; hit && n < MANY; n++) {
		pair_make(n % 3, fd);
		nth_set(own, n);
		err = ulp_attach(fd[0]) ? errno : 0;
		hit = failed();
		if (err) {
			assert_true(hit);
			assert_int_equal(err, ENOMEM);
			refused++;
			/* It is as it was, and there is memory again */
			assert_int_equal(ulp_attach(fd[0]), 0);
		}
		close(fd[0]);
		close(fd[1]);
	}
	assert_false(hit);
	assert_true(refused > 0);
	printf("# attach: %u allocations, %u refusals\n", n - 2, refused);
}

/* What send() took arrives whole, what it refused not at all */
static void ike_send(void **state)
{
	static uint8_t body[BIG], want[BIG + 2], got[BIG + 2];
	unsigned int n, refused = 0;
	bool hit = true;
	ssize_t ret;
	int fd[2];

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	patient(fd[1]);
	for (n = 1; hit && n < MANY; n++) {
		ike_fill(body, sizeof(body), n);
		frame_put(want, body, sizeof(body));
		nth_set(own, n);
		ret = send(fd[0], body, sizeof(body), 0);
		hit = failed();
		if (ret < 0) {
			assert_true(hit);
			assert_true(errno == ENOMEM || errno == ENOBUFS);
			refused++;
			continue;
		}
		assert_int_equal(ret, sizeof(body));
		read_all(fd[1], got, sizeof(got));
		assert_memory_equal(got, want, sizeof(got));
	}
	assert_false(hit);
	assert_true(refused > 0);
	printf("# send: %u allocations, %u refusals\n", n - 2, refused);
	close(fd[0]);
	close(fd[1]);
}

static void command(const char *format, ...)
{
	char cmd[600];
	va_list ap;

	va_start(ap, format);
	vsnprintf(cmd, sizeof(cmd), format, ap);
	va_end(ap);
	if (system(cmd))
		fail_msg("failed: %s", cmd);
}

static int port_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	return ntohs(sin.sin_port);
}

/* Whole ESP messages, as many as there are; returns their number */
static unsigned int esp_read(int fd, int ms)
{
	uint8_t head[2], body[2000];
	unsigned int n = 0;

	while (poll_for(fd, POLLIN, ms) & POLLIN) {
		read_all(fd, head, 2);
		assert_in_range(head[0] << 8 | head[1], 500, sizeof(body));
		read_all(fd, body, (head[0] << 8 | head[1]) - 2);
		assert_memory_equal(body, "\0\0\x20\x01", 4);
		n++;
		ms = 0;
	}
	return n;
}

static void esp_output(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(7000) };
	unsigned int n, lost = 0, misses = 0;
	uint8_t data[600] = {};
	bool hit;
	int fd[2], udp;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	patient(fd[1]);
	command("ip link add inner type dummy && ip addr add 10.9.0.2/32 dev inner && ip link set inner up && ip route add 10.9.1.0/24 dev inner src 10.9.0.2");
	command("ip xfrm state add src 127.0.0.1 dst 127.0.0.1 proto esp spi 0x2001 reqid 1 mode tunnel aead 'rfc4106(gcm(aes))' 0x%040x 128 encap espintcp %d %d 0.0.0.0",
		1, port_of(fd[0]), port_of(fd[1]));
	command("ip xfrm policy add src 10.9.0.2 dst 10.9.1.0/24 dir out tmpl src 127.0.0.1 dst 127.0.0.1 proto esp reqid 1 mode tunnel");
	inet_pton(AF_INET, "10.9.1.1", &sin.sin_addr);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	/* A packet for which no bundle is cached allocates more than others */
	for (n = 1; misses < 10 && n < MANY; n++) {
		nth_set(own, n);
		sendto(udp, data, sizeof(data), 0, (struct sockaddr *)&sin,
		       sizeof(sin));
		hit = failed();
		misses = hit ? 0 : misses + 1;
		/* This one wakes the sender, and brings the lost ones to light */
		assert_int_equal(sendto(udp, data, sizeof(data), 0,
					(struct sockaddr *)&sin, sizeof(sin)),
				 sizeof(data));
		switch (esp_read(fd[1], 10000)) {
		case 0:
			fail_msg("nothing passes after allocation %u failed", n);
			break;
		case 1:
			if (!(poll_for(fd[1], POLLIN, 20) & POLLIN))
				lost++;
			else
				esp_read(fd[1], 0);
		}
	}
	assert_int_equal(misses, 10);
	assert_true(lost > 0);
	assert_true(counter("tx_no_memory") > 0);
	printf("# output: %u allocations, %u packets lost\n", n - 11, lost);
	command("ip xfrm state flush && ip xfrm policy flush && ip link delete inner");
	close(udp);
	close(fd[0]);
	close(fd[1]);
}

/* All that was sent is there; what got lost TCP has sent again */
static void stream_arrives(struct stream *s)
{
	double end = seconds() + PATIENCE;

	while (s->received < s->sent) {
		assert_true(seconds() < end);
		usleep(1000);
		stream_receive(s);
	}
}

/* A large packet, which the module cuts where there is memory for that */
static void stream_output(void **state)
{
	double end = seconds() + PATIENCE;
	unsigned int n, hits = 0, misses = 0;
	struct stream s;

	(void)state;
	hosts_up();
	conn_up();
	sas_add();
	policies_add();
	stream_open(&s, &west, &east);
	host_enter(&west);
	/* The first packets may be faster than the policies */
	do {
		assert_true(seconds() < end);
		stream_pump(&s);
		usleep(1000);
	} while (!counter("tx_gso"));
	for (n = 1; misses < 10 && n < MANY; n++) {
		stream_arrives(&s);
		nth_set(own, n);
		stream_send(&s);
		misses = failed() ? 0 : misses + 1;
		hits += !misses;
	}
	stream_arrives(&s);
	assert_int_equal(misses, 10);
	assert_int_equal(s.corrupt, 0);
	printf("# stream: %u allocations, %ju of %ju messages cut here\n",
	       hits, counter("tx_gso"), counter("tx_esp"));
	stream_close(&s);
	conn_down();
	xfrm_flush("state");
	xfrm_flush("policy");
	hosts_down();
}

static int load(int fd, unsigned int nth, unsigned int *left)
{
	int err;

	nth_set(own, nth);
	err = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
	*left = nth_get(own);
	nth_set(own, 0);
	return err;
}

static void unload(void)
{
	assert_int_equal(syscall(SYS_delete_module, "espintcp", O_NONBLOCK), 0);
}

/* A test before this one may have left it, and what holds it may still be going */
static void unload_old(void)
{
	int ms;

	for (ms = 0; ms < PATIENCE * 1000; ms++) {
		if (!syscall(SYS_delete_module, "espintcp", O_NONBLOCK) ||
		    errno == ENOENT)
			return;
		usleep(1000);
	}
	fail_msg("espintcp is in use");
}

/*
 * The kernel's own loader allocates first, and writes traces into the log where
 * that fails: ours are among the last.
 */
static void module_load(void **state)
{
	unsigned int i, n, all, left, refused = 0;
	struct utsname u;
	char path[300];
	int fd;

	(void)state;
	unload_old();
	uname(&u);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/espintcp.ko",
		 u.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* The first time others are loaded, too */
	assert_int_equal(load(fd, 100 * MANY, &left), 0);
	unload();
	assert_int_equal(load(fd, 100 * MANY, &left), 0);
	unload();
	all = 100 * MANY - left;
	/* Loading takes long: here a cycle is one load */
	for (i = 0; i < cycles || i <= LAST; i++) {
		n = all > LAST ? all - i % (LAST + 1) : i % all + 1;
		if (load(fd, n, &left)) {
			assert_int_equal(left, 0);
			refused++;
		} else {
			unload();
		}
	}
	assert_true(refused > 0);
	printf("# load: %u allocations, %u refusals in %u loads\n", all,
	       refused, i);
	assert_int_equal(load(fd, 0, &left), 0);
	close(fd);
}

static int prepare(void **state)
{
	static const char *const dirs[] = { "failslab", "fail_page_alloc" };
	char path[100];
	int i;

	(void)state;
	own = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	assert_true(own >= 0);
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/ignore-gfp-wait", dirs[i]);
		put(path, "N");
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", dirs[i]);
		put(path, "0");
	}
	put("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	put("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	return 0;
}

/* A test that has what is to be done in its initial state */
static void often(void **state)
{
	CMUnitTestFunction once = (CMUnitTestFunction)*state;
	unsigned int i;
	void *none = NULL;

	for (i = 0; i < cycles; i++)
		once(&none);
}

#define OFTEN(f) { #f, often, NULL, NULL, (void *)(f) }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(module_load),
		OFTEN(attach),
		OFTEN(ike_send),
		OFTEN(esp_output),
		OFTEN(stream_output),
	};
	const char *s = getenv("CYCLES");

	if (s && *s)
		cycles = strtoul(s, NULL, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* As root, who makes more of them */
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	command("ip link set lo up");
	return cmocka_run_group_tests(tests, prepare, NULL);
}
