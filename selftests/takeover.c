// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own espintcp is taken over and comes back, under traffic through
 * its own sockets and SAs, through its sockets and SAs of ours, and through ours
 * alone, while others attach all the time.
 *
 * Environment: CYCLES (20). "modprobe espintcp" must be allowed to take over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "sockets.h"
#include "tunnel.h"

static unsigned int cycles = 20;

/* Attaching, all the time: how often, how often not, and what else went wrong */
static unsigned int attached, refused;
static const char *wrong;
static bool stopping, unloading;

static void *attacher(void *arg)
{
	int fd[2];

	host_enter(&west);
	while (!__atomic_load_n(&stopping, __ATOMIC_SEQ_CST)) {
		pair_make(PAIR_IPV4, fd);
		if (!ulp_attach(fd[0]))
			__atomic_add_fetch(&attached, 1, __ATOMIC_SEQ_CST);
		else if (errno == ENOENT)
			__atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
		else
			wrong = strerror(errno);
		close(fd[1]);
		close(fd[0]);
		/* Whoever unloads needs a moment in which none of ours is there */
		usleep(__atomic_load_n(&unloading, __ATOMIC_SEQ_CST) ? 100000 : 2000);
	}
	return arg;
}

static unsigned int count(const unsigned int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static void load(void)
{
	unsigned int was = count(&refused);

	if (system("modprobe espintcp"))
		bail_out("modprobe espintcp");
	/* There is no moment without a ULP of the name */
	assert_int_equal(count(&refused), was);
}

static void unload(void)
{
	const char *what;

	__atomic_store_n(&unloading, true, __ATOMIC_SEQ_CST);
	what = module_unload();
	__atomic_store_n(&unloading, false, __ATOMIC_SEQ_CST);
	if (what)
		bail_out(what);
}

static void sas_renew(void)
{
	xfrm_flush("state");
	sas_add();
	traffic_passes();
}

/* Closing under traffic is a weak spot of the kernel's own */
static void conn_renew(void)
{
	traffic_stop();
	conn_down();
	conn_up();
	traffic_start();
	traffic_passes();
}

static void comes_and_goes(void **state)
{
	pthread_t t;
	unsigned int i;

	(void)state;
	hosts_up();
	tunnel_up();
	if (pthread_create(&t, NULL, attacher, NULL))
		bail_out("pthread_create");
	for (i = 0; i < cycles; i++) {
		load();
		traffic_passes();
		if (i % 3 > 0)
			sas_renew();
		if (i % 3 > 1)
			conn_renew();
		/* What is ours keeps the module */
		if (i % 3 > 1) {
			traffic_stop();
			xfrm_flush("state");
			conn_down();
			unload();
			conn_up();
			sas_add();
			traffic_start();
		} else if (i % 3 > 0) {
			xfrm_flush("state");
			unload();
			sas_add();
		} else {
			unload();
		}
		traffic_passes();
	}
	__atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
	pthread_join(t, NULL);
	if (wrong)
		fail_msg("attach: %s", wrong);
	printf("# %u sockets attached meanwhile, %u while the module was going were told to come again\n",
	       attached, refused);
	assert_true(attached > cycles);
	tunnel_down();
	hosts_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_and_goes),
	};
	const char *s = getenv("CYCLES");

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (s && *s)
		cycles = strtoul(s, NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
