/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two hosts on a wire in one process: what takes no new process for anything, for
 * tests that do it a thousand times. What fails here ends the test: what it
 * leaves would say the same again.
 */
#ifndef SELFTESTS_HOSTS_H
#define SELFTESTS_HOSTS_H

#include <netinet/in.h>
#include <stdio.h>

/* Seconds that anything may take */
#define PATIENCE	60

struct host {
	const char	*name, *outer, *inner, *net, *spi;
	FILE		*ip;	/* commands for ip, which runs all the time */
	int		udp;	/* traffic for the tunnel */
	int		esp;	/* our end of the TCP connection */
	unsigned int	udp_got, ike_got;
};

extern struct host west, east;

double seconds(void);
/* Says so in TAP, with errno, and exits */
void bail_out(const char *what);

void hosts_up(void);
void hosts_down(void);
/* The calling thread goes into the network namespace of @h */
void host_enter(const struct host *h);
/* A socket of @h with an address, as soon as @h has it; the thread is in @h then */
int host_socket(const struct host *h, int type, const char *addr, int port);
struct sockaddr_in host_address(const char *host, int port);

#endif
