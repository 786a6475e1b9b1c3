/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two hosts on a wire in one process, a tunnel between them, and traffic each
 * way: what takes no new process for anything, for tests that do it a thousand
 * times. What fails here ends the test: what it leaves would say the same again.
 */
#ifndef SELFTESTS_TUNNEL_H
#define SELFTESTS_TUNNEL_H

#include <stdbool.h>
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
/* ChaCha20-Poly1305 and not AES-GCM */
extern bool tunnel_chacha;

double seconds(void);
/* Says so in TAP, with errno, and exits */
void bail_out(const char *what);

/* Unloads our module as soon as nothing holds it; NULL, or what is in the way */
const char *module_unload(void);

/* The calling thread goes into the network namespace of @h */
void host_enter(const struct host *h);
void hosts_up(void);
void hosts_down(void);

/* Commands for ip: they have been given, not yet carried out, on return */
void sas_add(void);
void policies_add(void);
/* @what: "state" or "policy" */
void xfrm_flush(const char *what);

/* The connection that carries the tunnel, attached at both ends */
void conn_up(void);
void conn_down(void);
/* Close @h's end, by a RST or as usual */
void end_close(struct host *h, bool rst);

/* A thread that sends ESP and IKE each way, and checks what comes */
void traffic_start(void);
void traffic_stop(void);
/* Waits until all of it has come through once more */
void traffic_passes(void);

void tunnel_up(void);
void tunnel_down(void);

#endif
