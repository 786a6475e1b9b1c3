/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel module's generic netlink family (uapi/linux/espintcp.h) as plain structs. */
#ifndef ESPINTCP_GENL_H
#define ESPINTCP_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/espintcp.h>

struct nlmsghdr;

struct genl_counters {
	uint64_t v[ESPINTCP_A_COUNTER_MAX + 1];	/* by enum espintcp_counter */
};

struct genl_info {
	char version[64];
	uint32_t features;			/* of enum espintcp_feature */
	struct genl_counters counters;		/* of the caller's netns */
};

struct genl_socket {
	uint32_t netns, inode, ifindex;
	uint16_t family;
	uint8_t local[16], remote[16];		/* network order, 4 or 16 bytes used */
	uint16_t lport, rport;			/* host order */
	uint32_t tx_queue, tx_limit, ike_queue, ike_limit;	/* bytes */
	struct genl_counters counters;
};

struct genl_sockets {
	struct genl_socket *s;
	size_t n;
};

struct genl;

/* Functions with err return NULL or -1 with one sentence in it */
struct genl *genl_open(char *err, size_t errlen);
void genl_close(struct genl *g);
int genl_get_info(struct genl *g, struct genl_info *info, char *err, size_t errlen);
/* all: of every network namespace. The caller frees out->s. */
int genl_get_sockets(struct genl *g, bool all, struct genl_sockets *out, char *err, size_t errlen);

/* Pure parsers of one reply; 0 or -1 where an attribute is missing or odd */
int genl_parse_info(struct nlmsghdr *nlh, struct genl_info *info);
int genl_parse_socket(struct nlmsghdr *nlh, struct genl_socket *sock);

/* Name of a counter as people and JSON see it; NULL where there is none */
const char *genl_counter_name(int counter);

void genl_print_text(FILE *to, const struct genl_info *info, const struct genl_sockets *socks,
		     bool all);
void genl_print_json(FILE *to, const struct genl_info *info, const struct genl_sockets *socks);

#endif
