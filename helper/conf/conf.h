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

struct cred_conn;

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
	CONF_ID_DN = 9,			/* a distinguished name, in DER */
	CONF_ID_KEY = 11,
};

#define CONF_ID_MAX 512			/* bytes of an identity */

struct conf_id {
	enum conf_id_type type;
	uint8_t data[CONF_ID_MAX];
	size_t len;
	char text[CONF_ID_MAX + 8];	/* as a person writes it */
};

/* Addresses that follow each other */
struct conf_range {
	sa_family_t family;		/* 0: not given */
	uint8_t first[16];		/* network order */
	uint32_t count;			/* CONF_RANGE_MAX at most */
};

#define CONF_RANGE_MAX	0x1000000	/* of a longer range the first ones are used */

#define CONF_SUBNETS_MAX 8		/* of one end */
/* How an end proves who it is: authby= and leftauth= are sets of these */
enum conf_auth {
	CONF_AUTH_SECRET = 1 << 0,
	CONF_AUTH_RSA_SHA1 = 1 << 1,	/* PKCS #1 v1.5, in the method of RFC 7296 alone */
	CONF_AUTH_RSA_SHA2_256 = 1 << 2,
	CONF_AUTH_RSA_SHA2_384 = 1 << 3,
	CONF_AUTH_RSA_SHA2_512 = 1 << 4,
	CONF_AUTH_ECDSA_SHA2_256 = 1 << 5,
	CONF_AUTH_ECDSA_SHA2_384 = 1 << 6,
	CONF_AUTH_ECDSA_SHA2_512 = 1 << 7,
	CONF_AUTH_EDDSA = 1 << 8,
};

#define CONF_AUTH_RSA_SHA2 \
	(CONF_AUTH_RSA_SHA2_256 | CONF_AUTH_RSA_SHA2_384 | CONF_AUTH_RSA_SHA2_512)
#define CONF_AUTH_ECDSA \
	(CONF_AUTH_ECDSA_SHA2_256 | CONF_AUTH_ECDSA_SHA2_384 | CONF_AUTH_ECDSA_SHA2_512)
#define CONF_AUTH_SIGNATURE	(CONF_AUTH_RSA_SHA2 | CONF_AUTH_ECDSA | CONF_AUTH_EDDSA)

/* Forms of a raw public key in ipsec.conf(5) */
enum conf_pubkey { CONF_PUBKEY_NONE, CONF_PUBKEY_RSA, CONF_PUBKEY_ECDSA, CONF_PUBKEY_SPKI };

#define CONF_PPK_ID_MAX 64

enum conf_ppk { CONF_PPK_PROPOSE, CONF_PPK_NEVER, CONF_PPK_INSIST };

enum conf_sendcert { CONF_SENDCERT_ALWAYS, CONF_SENDCERT_ASKED, CONF_SENDCERT_NEVER };

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
	bool modecfg_client;		/* its inner addresses come from the other end */
	bool modecfg_server;
	struct conf_range pool[2];	/* that the other end takes them from: IPv4, IPv6 */
	unsigned int auth;		/* set of enum conf_auth, never empty */
	bool id_any;			/* %any, %fromcert: whatever it can prove */
	bool id_fromcert;		/* the subject of its certificate */
	char *cert;			/* name of a file, NULL: not given */
	struct conf_id *ca;		/* its certificate's CA, NULL: any that is trusted */
	enum conf_sendcert sendcert;
	enum conf_pubkey pubkey_form;
	uint8_t *pubkey;		/* raw, without a certificate */
	size_t pubkey_len;
};

#define CONF_DPD_DELAY_MS	30000	/* silence after which the peer is asked */
#define CONF_DPD_TIMEOUT_MS	120000	/* silence after which it is given up */

#define CONF_GATEWAYS_MAX	16	/* in a list of them */

enum conf_redirect { CONF_REDIRECT_NO, CONF_REDIRECT_YES, CONF_REDIRECT_AUTO };

enum conf_auto { CONF_AUTO_IGNORE, CONF_AUTO_ADD, CONF_AUTO_ONDEMAND, CONF_AUTO_START };
enum conf_tcp { CONF_TCP_NO, CONF_TCP_YES, CONF_TCP_FALLBACK };
enum conf_mode { CONF_MODE_TUNNEL, CONF_MODE_TRANSPORT };

#define CONF_LIFE_MAX_S	86400	/* of lifetimes, as libreswan has it */

struct conf_mark {
	uint32_t value, mask;		/* mask 0: none */
};

#define CONF_DNS_MAX	8		/* servers of modecfgdns= */
#define CONF_DOMAINS_MAX 16		/* of modecfgdomains= */
#define CONF_DOMAIN_LEN	253		/* of the name of a domain */

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
	bool reauth;			/* reauth=: a new IKE SA instead of a rekeyed one */
	bool mobike;			/* mobike=: tunnels follow addresses (RFC 4555) */
	bool pfs;			/* pfs=: a key exchange for each rekeyed child SA */
	uint32_t ike_life_s;		/* ikelifetime=, seconds; 0: without end */
	uint32_t sa_life_s;		/* salifetime= */
	uint64_t sa_max_bytes;		/* ipsec-max-bytes=, of each direction; 0: any number */
	uint64_t sa_max_packets;	/* ipsec-max-packets= */
	uint32_t rekey_margin_s;	/* rekeymargin=: so long before the end */
	uint32_t rekey_fuzz;		/* rekeyfuzz=: percent of it, a random part more */
	enum conf_ppk ppk;		/* ppk= */
	bool accept_redirect;		/* accept-redirect=: go to other gateways (RFC 5685) */
	char *redirect_allowed[CONF_GATEWAYS_MAX];	/* accept-redirect-to= */
	size_t n_redirect_allowed;	/* 0: to all */
	bool send_redirect;		/* send-redirect=: of peers, to redirect-to= */
	char *redirect_to;		/* address or name; NULL: not given */
	struct conf_subnet dns[CONF_DNS_MAX];	/* modecfgdns=, for clients */
	size_t n_dns;
	char *domains[CONF_DOMAINS_MAX];	/* modecfgdomains= */
	size_t n_domains;
	const struct cred_conn *cred;	/* keys and certificates, set by cred_conn_add() */
};

struct conf {
	char *listen_tcp;		/* listen-tcp=: places, separated by blanks; NULL: no */
	bool listen_udp;		/* listen-udp=, default yes */
	char *ipsecdir;			/* NULL: the default */
	enum conf_redirect redirect;	/* global-redirect=; auto: under load */
	char *redirect_to[CONF_GATEWAYS_MAX];	/* global-redirect-to= */
	size_t n_redirect_to;
	bool crl_strict;		/* no CRL, or an old one: nobody is trusted */
	struct conf_conn *conns;
	struct conf_names *names;	/* of files, that conns point into */
};

enum conf_secret_kind {
	CONF_SECRET_PSK,
	CONF_SECRET_PASS,		/* passphrase of a file */
	CONF_SECRET_PPK,		/* post-quantum, RFC 8784 */
};

struct conf_secret {
	struct conf_secret *next;
	enum conf_secret_kind kind;
	char *name;			/* a passphrase's file, a PPK's identity; as written */
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

/* Whether any connection needs a pre-shared key, or any of the ways in a set */
bool conf_uses(const struct conf *conf, unsigned int auth);

/* 0, or -1 with err set. psk: a file without any pre-shared key is an error, too. */
int conf_secrets_load(const char *path, bool psk, struct conf_secret **out, char *err,
		      size_t errlen);
int conf_secrets_text(const char *text, size_t len, bool psk, struct conf_secret **out,
		      char *err, size_t errlen);
void conf_secrets_free(struct conf_secret *list);
/* Best match as in ipsec.secrets(5): both IDs, then one, then none. NULL: none */
const struct conf_secret *conf_secret_find(const struct conf_secret *list,
					   const struct conf_id *local,
					   const struct conf_id *remote);
/* The same for PPKs. id NULL: whatever its identity is. */
const struct conf_secret *conf_ppk_find(const struct conf_secret *list,
					const struct conf_id *local, const struct conf_id *remote,
					const char *id);
bool conf_has_ppk(const struct conf_secret *list);

#endif
