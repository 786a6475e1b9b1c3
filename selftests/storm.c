// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that can end, ends under traffic: sockets, connections, SAs, policies,
 * namespaces, owners and the module, while ESP and IKE go both ways through a
 * tunnel. After each end the tunnel is made anew and must carry everything.
 *
 * Environment: CYCLES (20), each of them; ALG=chacha for what async.sh has an
 * asynchronous instance of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "counters.h"
#include "sockets.h"
#include "tunnel.h"

/* Sockets that one thread attaches at once */
#define CROWD		16
#define THREADS		4

static unsigned int cycles = 20;

/* Large packets are under way, too, which the module cuts */
static void large_packets_pass(void)
{
	double end = seconds() + PATIENCE;

	host_enter(&west);
	do {
		assert_true(seconds() < end);
		counters_read();
	} while (!counter_of("tx_gso"));
}

static int setup(void **state)
{
	(void)state;
	hosts_up();
	tunnel_up();
	large_packets_pass();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tunnel_down();
	hosts_down();
	return 0;
}

static void owner_closes(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < cycles; i++) {
		end_close(i & 1 ? &west : &east, false);
		end_close(i & 1 ? &east : &west, i & 2);
		conn_up();
		traffic_passes();
	}
}

static void peer_resets(void **state)
{
	struct host *peer, *owner;
	unsigned int i;
	uint8_t b[4096];
	double end;
	ssize_t n;

	(void)state;
	for (i = 0; i < cycles; i++) {
		peer = i & 1 ? &west : &east;
		owner = i & 1 ? &east : &west;
		end_close(peer, true);
		/* The other thread may be the one that is told the error */
		end = seconds() + PATIENCE;
		do {
			n = recv(owner->esp, b, sizeof(b), MSG_DONTWAIT);
			assert_true(seconds() < end);
		} while (n > 0 || (n < 0 && errno == EAGAIN));
		if (n < 0)
			assert_int_equal(errno, ECONNRESET);
		end_close(owner, false);
		conn_up();
		traffic_passes();
	}
}

static void sas_go(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < cycles; i++) {
		xfrm_flush("state");
		sas_add();
		traffic_passes();
	}
}

static void policies_go(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < cycles; i++) {
		xfrm_flush("policy");
		policies_add();
		traffic_passes();
	}
}

static void *crowd(void *arg)
{
	uint8_t in[256], out[256];
	int fd[CROWD][2], i;

	host_enter(arg);
	ike_fill(out, sizeof(out), 1);
	for (i = 0; i < CROWD; i++) {
		pair_make(i % 2 ? PAIR_MAPPED : PAIR_IPV4, fd[i]);
		if (ulp_attach(fd[i][0]) || ulp_attach(fd[i][1]))
			return "attach";
		if (send(fd[i][0], out, sizeof(out), 0) != sizeof(out))
			return "send";
	}
	for (i = 0; i < CROWD; i++) {
		if (i % 3 && (recv(fd[i][1], in, sizeof(in), 0) != sizeof(in) ||
			      memcmp(in, out, sizeof(in))))
			return "recv";
		close(fd[i][i & 1]);
		close(fd[i][!(i & 1)]);
	}
	return NULL;
}

static void many_attach(void **state)
{
	pthread_t t[THREADS];
	unsigned int i, k;
	void *what;

	(void)state;
	for (i = 0; i < cycles; i++) {
		for (k = 0; k < THREADS; k++)
			if (pthread_create(&t[k], NULL, crowd, k & 1 ? &west : &east))
				bail_out("pthread_create");
		for (k = 0; k < THREADS; k++) {
			pthread_join(t[k], &what);
			if (what)
				bail_out(what);
		}
	}
	traffic_passes();
}

/* A process that owns the connection and the traffic, until it is killed */
static pid_t owner_start(void)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready))
		bail_out("pipe");
	fflush(NULL);
	pid = fork();
	if (!pid) {
		/* Whoever waits for ip to end must not wait for us */
		close(fileno(west.ip));
		close(fileno(east.ip));
		conn_up();
		traffic_start();
		traffic_passes();
		if (write(ready[1], "!", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &c, 1) != 1)
		bail_out("the owner's traffic");
	close(ready[0]);
	return pid;
}

static void owner_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void owner_killed(void **state)
{
	unsigned int i;

	(void)state;
	traffic_stop();
	conn_down();
	for (i = 0; i < cycles; i++)
		owner_kill(owner_start());
	conn_up();
	traffic_start();
	traffic_passes();
}

/* With all that is in them: the owner's sockets are the last that hold them */
static void namespaces_go(void **state)
{
	unsigned int i;
	pid_t pid;

	(void)state;
	traffic_stop();
	conn_down();
	for (i = 0; i < cycles; i++) {
		pid = owner_start();
		hosts_down();
		owner_kill(pid);
		hosts_up();
		sas_add();
		policies_add();
	}
	conn_up();
	traffic_start();
	traffic_passes();
}

static void *unload(void *arg)
{
	const char *what = module_unload();

	return what ? (void *)what : arg;
}

/* As soon as the kernel lets it, while all that held it goes */
static void module_goes(void **state)
{
	pthread_t t;
	unsigned int i;
	void *what;

	(void)state;
	for (i = 0; i < cycles; i++) {
		if (pthread_create(&t, NULL, unload, NULL))
			bail_out("pthread_create");
		xfrm_flush("state");
		conn_down();
		pthread_join(t, &what);
		if (what)
			bail_out(what);
		/* Attaching loads it */
		conn_up();
		sas_add();
		traffic_passes();
	}
}

#define STORM(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORM(owner_closes),
		STORM(peer_resets),
		STORM(sas_go),
		STORM(policies_go),
		STORM(many_attach),
		STORM(owner_killed),
		STORM(namespaces_go),
		STORM(module_goes),
	};
	const char *s = getenv("CYCLES"), *alg = getenv("ALG");

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (s && *s)
		cycles = strtoul(s, NULL, 0);
	tunnel_chacha = alg && !strcmp(alg, "chacha");
	if (getenv("ONLY"))
		cmocka_set_test_filter(getenv("ONLY"));
	printf("# %u cycles each\n", cycles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
