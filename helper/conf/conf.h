/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration as ipsec.conf(5) and ipsec.secrets(5) give it, checked. */
#ifndef ESPINTCP_CONF_H
#define ESPINTCP_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "ike/suite.h"

/* An address with its prefix length: a subnet, or a host where full */
struct conf_subnet {
	sa_family_t family;		/* AF_INET, AF_INET6; 0: not given */
	uint8_t addr[16];		/* network order, 4 or 16 bytes used */
	uint8_t prefix;
};

enum conf_id_type {			/* values of RFC 7296, section 3.5 */
	CONF_ID_NONE = 0,
	CONF_ID_IPV4 = 1,
	CONF_ID_FQDN = 2,
	CONF_ID_EMAIL = 3,
	CONF_ID_IPV6 = 5,
	CONF_ID_KEY = 11,
};

struct conf_id {
	enum conf_id_type type;
	uint8_t data[256];
	size_t len;
	char text[264];			/* as a person writes it */
};

#define CONF_SUBNETS_MAX 8		/* of one end */

/* One side of a connection, after left and right became local and remote */
struct conf_end {
	char *host;			/* as written: name, address, %any, %defaultroute */
	bool any;			/* %any */
	struct conf_id id;		/* defaults to the address, then NONE till known */
	struct conf_subnet subnet;	/* family 0: the end's own address */
	struct conf_subnet more[CONF_SUBNETS_MAX - 1];	/* further ones of leftsubnets= */
	size_t n_more;
	uint8_t proto;			/* leftprotoport=, the same at both ends; 0: any */
	uint16_t port;			/* host order; 0: any */
	struct conf_subnet sourceip;	/* family 0: not given */
};

#define CONF_DPD_DELAY_MS	30000	/* silence after which the peer is asked */
#define CONF_DPD_TIMEOUT_MS	120000	/* silence after which it is given up */

enum conf_auto { CONF_AUTO_IGNORE, CONF_AUTO_ADD, CONF_AUTO_ONDEMAND, CONF_AUTO_START };
enum conf_tcp { CONF_TCP_NO, CONF_TCP_YES, CONF_TCP_FALLBACK };
enum conf_mode { CONF_MODE_TUNNEL, CONF_MODE_TRANSPORT };

#define CONF_LIFE_MAX_S	86400	/* of lifetimes, as libreswan has it */

struct conf_mark {
	uint32_t value, mask;		/* mask 0: none */
};

#define CONF_IF_ID_0	16384		/* of ipsec-interface=0, as libreswan has it */

struct conf_conn {
	struct conf_conn *next;
	char *name;
	const char *file;		/* where the section starts */
	int line;
	struct conf_end local;
	struct conf_end remote;
	bool swapped;			/* left is remote */
	uint16_t remote_port;		/* tcp-remoteport, host order, default 4500 */
	enum conf_tcp tcp;		/* enable-tcp= */
	bool force_encap;		/* encapsulation=yes: ESP in UDP without a NAT, too */
	bool no_keepalive;		/* nat-keepalive=no */
	enum conf_mode mode;		/* type= */
	struct ike_suite_list ike;	/* ike=, defaults filled in */
	struct ike_suite_list esp;	/* esp=, defaults filled in */
	enum conf_auto start;		/* auto= */
	unsigned int dpd_delay_ms;	/* dpddelay= */
	unsigned int dpd_timeout_ms;	/* dpdtimeout=, the default is four times dpddelay */
	uint32_t if_id;			/* ipsec-interface=; 0: none */
	struct conf_mark mark_in, mark_out;	/* mark=, mark-in=, mark-out= */
	bool fragmentation;		/* fragmentation=: of IKE, over UDP (RFC 7383) */
	bool rekey;			/* rekey=: begin it, that is; the peer always may */
	bool pfs;			/* pfs=: a key exchange for each rekeyed child SA */
	uint32_t ike_life_s;		/* ikelifetime=, seconds; 0: without end */
	uint32_t sa_life_s;		/* salifetime= */
	uint32_t rekey_margin_s;	/* rekeymargin=: so long before the end */
	uint32_t rekey_fuzz;		/* rekeyfuzz=: percent of it, a random part more */
};

struct conf {
	char *listen_tcp;		/* listen-tcp=: places, separated by blanks; NULL: no */
	bool listen_udp;		/* listen-udp=, default yes */
	struct conf_conn *conns;
	struct conf_names *names;	/* of files, that conns point into */
};

struct conf_secret {
	struct conf_secret *next;
	struct conf_id *ids;		/* NONE: %any */
	size_t n_ids;			/* 0: matches any two ends */
	uint8_t *key;			/* wiped by conf_secrets_free() */
	size_t len;
};

/*
 * Errors are one line, "FILE:LINE: what is wrong; the remedy", in err. Every
 * function that takes err writes at most errlen bytes, NUL included.
 */
struct conf *conf_load(const char *path, char *err, size_t errlen);
struct conf *conf_text(const char *text, size_t len, char *err, size_t errlen);
void conf_free(struct conf *conf);
struct conf_conn *conf_find(const struct conf *conf, const char *name);

/*
 * Which end is ours is known only when left or right is an address of this
 * host, or the other one is %any or %defaultroute. Swaps the ends if needed.
 * Returns 0, or -1 with err set.
 */
int conf_orient(struct conf_conn *conn, char *err, size_t errlen);

int conf_id_parse(const char *text, struct conf_id *id);
/* From the bytes of an ID payload (RFC 7296, section 3.5); -1: not one of ours */
int conf_id_set(struct conf_id *id, uint8_t type, const uint8_t *data, size_t len);
bool conf_id_equal(const struct conf_id *a, const struct conf_id *b);

/* NULL with err set; a file without any pre-shared key is an error too */
struct conf_secret *conf_secrets_load(const char *path, char *err, size_t errlen);
struct conf_secret *conf_secrets_text(const char *text, size_t len, char *err, size_t errlen);
void conf_secrets_free(struct conf_secret *list);
/* Best match as in ipsec.secrets(5): both IDs, then one, then none. NULL: none */
const struct conf_secret *conf_secret_find(const struct conf_secret *list,
					   const struct conf_id *local,
					   const struct conf_id *remote);

#endif
