/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `up` would try, and what comes of it: an IKE_SA_INIT by each way to the
 * peer, which is forgotten as soon as it is answered. Nothing is attached, and
 * the kernel gets neither SAs nor policies.
 */
#ifndef ESPINTCP_CHECK_H
#define ESPINTCP_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "up/race.h"

enum check_result {
	CHECK_WAITING,			/* nothing is known yet */
	CHECK_SILENT,			/* no answer in time */
	CHECK_FAILED,			/* see detail */
	CHECK_WRONG,			/* the configuration or the secrets are, see detail */
	CHECK_ANSWERED,			/* both agree on algorithms, see detail */
};

struct check_way {
	bool tcp;
	struct conf_subnet addr;
	uint16_t port;
	unsigned int start_ms;		/* when `up` would begin with it, if none answers before */
	enum check_result result;
	bool connected;			/* TCP */
	unsigned int connect_ms, end_ms;	/* since the way was begun */
	char detail[256];		/* algorithms, or why not */
};

struct check {
	const struct conf_conn *conn;
	const struct conf_secret *secrets;
	const struct tcp_target *target;
	struct loop *loop;
	unsigned int timeout_ms;	/* for each way */
	bool tcp_helps;			/* it did in the last hour */

	struct check_way way[RACE_LANES_MAX];	/* as race.c numbers them */
	size_t n_ways;
	size_t left;			/* that are under way */
};

/* Try all ways at once and wait for the last. 0, or -errno if the loop fails. */
int check_run(struct check *c);
/* The way that `up` would take, by the rules of race.c; NULL: none */
const struct check_way *check_choice(const struct check *c);
/* Numbers of the ways, in the order in which `up` would begin with them */
void check_order(const struct check *c, size_t order[RACE_LANES_MAX]);

/* probe.c: try one way; check_done() follows, not before this returns */
void check_probe(struct check *c, struct check_way *way, const struct addrinfo *ai);
void check_done(struct check *c);

/* print.c */
/* What is known of the connection beside its ways; all may be NULL */
struct check_about {
	const char *name, *config, *secrets;
	const char *error;		/* why nothing was tried */
	const char *serves;		/* where it listens, if there is nothing to connect to */
};

void check_print_text(FILE *to, const struct check_about *about, const struct check *c);
void check_print_json(FILE *to, const struct check_about *about, const struct check *c);

#endif
