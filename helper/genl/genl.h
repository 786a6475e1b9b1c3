/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel module's generic netlink family (uapi/linux/espintcp.h) as plain structs. */
#ifndef ESPINTCP_GENL_H
#define ESPINTCP_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/espintcp.h>

#include "genl/names.h"

struct nlmsghdr;

struct genl_counters {
	uint64_t v[ESPINTCP_A_COUNTER_MAX + 1];	/* by enum espintcp_counter */
};

struct genl_info {
	char version[64];
	uint32_t features;			/* of enum espintcp_feature */
	struct genl_counters counters;		/* of the caller's netns */
};

struct genl_tcp {
	uint32_t state;				/* TCP_ESTABLISHED ..., 0: not told */
	uint32_t rtt, rttvar;			/* microseconds */
	uint32_t cwnd, mss, unacked, retrans, notsent;
};

struct genl_socket {
	uint64_t cookie;
	uint32_t netns, inode, ifindex;
	uint32_t pid;				/* 0: not to be seen, or gone */
	uint16_t family;
	uint8_t local[16], remote[16];		/* network order, 4 or 16 bytes used */
	uint16_t lport, rport;			/* host order */
	uint32_t tx_queue, tx_limit, tx_peak, ike_queue, ike_limit;	/* bytes */
	uint64_t rx_idle, tx_idle;		/* milliseconds */
	uint32_t end, end_errno;		/* enum espintcp_end */
	struct genl_tcp tcp;
	struct genl_counters counters;
};

struct genl_sockets {
	struct genl_socket *s;
	size_t n;
};

/* Bounds of a netns, by their attribute: ESPINTCP_A_LIMITS_MEMORY ... */
struct genl_limits {
	uint64_t v[ESPINTCP_A_LIMITS_MAX + 1];
	bool has[ESPINTCP_A_LIMITS_MAX + 1];
};

struct genl_stats {
	uint32_t netns, sockets;
	uint64_t memory;			/* bytes */
	struct genl_counters counters;
};

struct genl_event {
	uint32_t kind;				/* enum espintcp_event */
	uint64_t cookie;
	uint32_t netns, inode;
	uint16_t family;
	uint8_t local[16], remote[16];
	uint16_t lport, rport;
	uint32_t end, end_errno;		/* detached */
	uint32_t tx_queue, tx_limit;		/* congested, resumed */
	uint32_t counter, count;		/* refused */
};

struct genl;

/* Functions with err return NULL or -1 with one sentence in it */
struct genl *genl_open(char *err, size_t errlen);
void genl_close(struct genl *g);
int genl_get_info(struct genl *g, struct genl_info *info, char *err, size_t errlen);
/* all: of every network namespace. The caller frees out->s. */
int genl_get_sockets(struct genl *g, bool all, struct genl_sockets *out, char *err, size_t errlen);

int genl_get_limits(struct genl *g, struct genl_limits *limits, char *err, size_t errlen);
/* Those that it has; all are set or none */
int genl_set_limits(struct genl *g, const struct genl_limits *limits, char *err, size_t errlen);
int genl_get_stats(struct genl *g, struct genl_stats *stats, char *err, size_t errlen);
int genl_close_socket(struct genl *g, uint64_t cookie, enum espintcp_close how,
		      char *err, size_t errlen);

/*
 * Events: after genl_listen() the descriptor is readable when there are some, and genl_events()
 * gives each to fn. all: of every netns that has an id in ours.
 */
int genl_listen(struct genl *g, bool all, char *err, size_t errlen);
int genl_fd(const struct genl *g);
int genl_events(struct genl *g, void (*fn)(void *arg, const struct genl_event *ev), void *arg,
		char *err, size_t errlen);	/* 1: some were lost */

/* Pure parsers of one reply; 0 or -1 where an attribute is missing or odd */
int genl_parse_info(struct nlmsghdr *nlh, struct genl_info *info);
int genl_parse_socket(struct nlmsghdr *nlh, struct genl_socket *sock);

int genl_parse_limits(struct nlmsghdr *nlh, struct genl_limits *limits);
int genl_parse_stats(struct nlmsghdr *nlh, struct genl_stats *stats);
int genl_parse_event(struct nlmsghdr *nlh, struct genl_event *ev);
/* What the kernel adds to an error for people; NULL if nothing. Lies in the message. */
const char *genl_parse_error(const struct nlmsghdr *nlh);

/* Name of a counter as people and JSON see it; NULL where there is none */
const char *genl_counter_name(int counter);

void genl_print_text(FILE *to, const struct genl_info *info, const struct genl_sockets *socks,
		     bool all);
void genl_print_json(FILE *to, const struct genl_info *info, const struct genl_sockets *socks);
void genl_print_limits(FILE *to, const struct genl_limits *limits, bool json);
/* all: zeros, too */
void genl_print_stats(FILE *to, const struct genl_stats *stats, bool all, bool json);
/* ms: of the clock, since 1970 */
void genl_print_event(FILE *to, const struct genl_event *ev, uint64_t ms, bool json);
/* "ADDRESS:PORT", an IPv6 address in brackets */
#define GENL_ENDPOINT_LEN 64
const char *genl_endpoint(uint16_t family, const uint8_t *addr, uint16_t port,
			  char buf[GENL_ENDPOINT_LEN]);
void genl_json_counters(FILE *to, const struct genl_counters *c);

#endif
