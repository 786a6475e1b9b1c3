/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tunnel between two hosts, and traffic each way. */
#ifndef SELFTESTS_TUNNEL_H
#define SELFTESTS_TUNNEL_H

#include <stdbool.h>

#include "hosts.h"

/* ChaCha20-Poly1305 and not AES-GCM */
extern bool tunnel_chacha;

/* Unloads our module as soon as nothing holds it; NULL, or what is in the way */
const char *module_unload(void);

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

/* A thread that sends ESP (datagrams and TCP) and IKE each way, and checks what comes */
void traffic_start(void);
void traffic_stop(void);
/* Waits until all of it has come through once more */
void traffic_passes(void);

void tunnel_up(void);
void tunnel_down(void);

#endif
