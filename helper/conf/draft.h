/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection whose keys are being set, before conn.c looks at it as a whole. */
#ifndef ESPINTCP_CONF_DRAFT_H
#define ESPINTCP_CONF_DRAFT_H

#include "conf/raw.h"

enum { CONF_LEFT, CONF_RIGHT };

struct conf_draft {
	struct conf_conn *conn;		/* left is its local, right its remote */
	struct conf_subnet host[2];	/* family 0: a name or a magic word */
	bool id_given[2];
	unsigned int auth[2];		/* leftauth=, rightauth=: sets of enum conf_auth */
	unsigned int authby;		/* authby=, the same for both; 0: not given */
	bool ike, esp;			/* ike=, esp= were given */
	bool no_esn, only_esn;		/* esn= */
};

static inline struct conf_end *conf_draft_end(struct conf_draft *d, int side)
{
	return side == CONF_LEFT ? &d->conn->local : &d->conn->remote;
}

/* One key on its way into the configuration */
struct conf_setting {
	const struct conf_key *key;
	struct conf *conf;		/* config setup */
	struct conf_draft *draft;	/* conn */
	int side;			/* of a left... or right... key */
	const char *arg;		/* from the table of keys */
	struct conf_err *err;
};

/* set.c: one function for every kind of key; 0, or -1 with the error set */
int conf_set_listen_tcp(const struct conf_setting *s);
int conf_set_listen_udp(const struct conf_setting *s);
int conf_set_host(const struct conf_setting *s);
int conf_set_subnet(const struct conf_setting *s);
int conf_set_subnets(const struct conf_setting *s);
int conf_set_protoport(const struct conf_setting *s);
int conf_set_sourceip(const struct conf_setting *s);
int conf_set_encapsulation(const struct conf_setting *s);
int conf_set_keepalive(const struct conf_setting *s);
int conf_set_enable_tcp(const struct conf_setting *s);
int conf_set_remoteport(const struct conf_setting *s);
int conf_set_dpddelay(const struct conf_setting *s);
int conf_set_dpdtimeout(const struct conf_setting *s);
int conf_set_ike(const struct conf_setting *s);
int conf_set_esp(const struct conf_setting *s);
int conf_set_esn(const struct conf_setting *s);
int conf_set_type(const struct conf_setting *s);
int conf_set_fragmentation(const struct conf_setting *s);
int conf_set_rekey(const struct conf_setting *s);
int conf_set_reauth(const struct conf_setting *s);
int conf_set_pfs(const struct conf_setting *s);
int conf_set_mobike(const struct conf_setting *s);
int conf_set_time(const struct conf_setting *s);	/* arg: ike, sa or margin */
int conf_set_amount(const struct conf_setting *s);
int conf_set_fuzz(const struct conf_setting *s);
int conf_set_interface(const struct conf_setting *s);
int conf_set_mark(const struct conf_setting *s);	/* arg: in, out or both */
int conf_set_auto(const struct conf_setting *s);
/* arg: the words, separated by '|', that say what happens anyway */
int conf_set_only(const struct conf_setting *s);
int conf_set_any(const struct conf_setting *s);

/* set_auth.c: the same for keys that are about identity and proof */
int conf_set_id(const struct conf_setting *s);
int conf_set_auth(const struct conf_setting *s);
int conf_set_authby(const struct conf_setting *s);
int conf_set_cert(const struct conf_setting *s);
int conf_set_ca(const struct conf_setting *s);
int conf_set_sendcert(const struct conf_setting *s);
/* arg: "rsa", "ecdsa", "spki", as the key is to be read */
int conf_set_pubkey(const struct conf_setting *s);
int conf_set_ppk(const struct conf_setting *s);
int conf_set_ipsecdir(const struct conf_setting *s);
int conf_set_crl_strict(const struct conf_setting *s);

/* set_modecfg.c: the same for keys that are about addresses from the other end */
int conf_set_modecfg(const struct conf_setting *s);	/* arg: client or server */
int conf_set_addresspool(const struct conf_setting *s);
int conf_set_dns(const struct conf_setting *s);
int conf_set_domains(const struct conf_setting *s);

/* set_redirect.c: the same for keys that are about other gateways (RFC 5685) */
int conf_set_redirect(const struct conf_setting *s);	/* arg: accept or send */
int conf_set_accept_redirect_to(const struct conf_setting *s);
int conf_set_redirect_to(const struct conf_setting *s);
int conf_set_global_redirect(const struct conf_setting *s);
int conf_set_global_redirect_to(const struct conf_setting *s);

/* set.c, for all of them: always -1 */
int __printf(2, 3) conf_set_fail(const struct conf_setting *s, const char *fmt, ...);
bool conf_set_is(const struct conf_setting *s, const char *word);
/* Each word of a list, where commas separate as blanks do; what add() returned, if not 0 */
int conf_set_each(const struct conf_setting *s,
		  int (*add)(const struct conf_setting *s, const char *word));

#endif
