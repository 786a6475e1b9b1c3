// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of ipsec.conf(5) that this version knows. */
#include <string.h>
#include <strings.h>

#include "conf/draft.h"

#define NAME_MAX_LEN 40

struct keydef {
	const char *name;
	enum conf_section_type section;
	int (*set)(const struct conf_setting *s);
	int side;
	const char *arg;
};

#define SETUP(name, set, ...) { name, CONF_SECTION_SETUP, set, 0, "" __VA_ARGS__ }
#define CONN(name, set, ...) { name, CONF_SECTION_CONN, set, 0, "" __VA_ARGS__ }
#define LEFT(name, set, ...) { "left" name, CONF_SECTION_CONN, set, CONF_LEFT, "" __VA_ARGS__ }
#define RIGHT(name, set, ...) { "right" name, CONF_SECTION_CONN, set, CONF_RIGHT, "" __VA_ARGS__ }

/*
 * conf_set_only and conf_set_any are for keys whose meaning we honour without
 * doing anything: what libreswan would do for these values happens here too.
 */
static const struct keydef keys[] = {
	SETUP("listen-tcp", conf_set_listen_tcp),
	SETUP("listen-udp", conf_set_listen_udp),
	SETUP("protostack", conf_set_only, "xfrm|netkey|native|auto"),
	SETUP("plutodebug", conf_set_only, "none"),
	SETUP("uniqueids", conf_set_only, "yes"),
	SETUP("virtual-private", conf_set_any),	/* vhost: and vnet: are refused */
	SETUP("ipsecdir", conf_set_ipsecdir),
	SETUP("nssdir", conf_set_any),		/* libreswan's, we have files */
	SETUP("crl-strict", conf_set_crl_strict),
	SETUP("ocsp-enable", conf_set_only, "no"),
	SETUP("global-redirect", conf_set_global_redirect),
	SETUP("global-redirect-to", conf_set_global_redirect_to),

	LEFT("", conf_set_host),
	RIGHT("", conf_set_host),
	LEFT("id", conf_set_id),
	RIGHT("id", conf_set_id),
	LEFT("subnet", conf_set_subnet),
	RIGHT("subnet", conf_set_subnet),
	LEFT("subnets", conf_set_subnets),
	RIGHT("subnets", conf_set_subnets),
	LEFT("protoport", conf_set_protoport),
	RIGHT("protoport", conf_set_protoport),
	LEFT("sourceip", conf_set_sourceip),
	RIGHT("sourceip", conf_set_sourceip),
	LEFT("modecfgclient", conf_set_modecfg, "client"),
	RIGHT("modecfgclient", conf_set_modecfg, "client"),
	LEFT("modecfgserver", conf_set_modecfg, "server"),
	RIGHT("modecfgserver", conf_set_modecfg, "server"),
	LEFT("addresspool", conf_set_addresspool),
	RIGHT("addresspool", conf_set_addresspool),
	LEFT("auth", conf_set_auth),
	RIGHT("auth", conf_set_auth),
	LEFT("cert", conf_set_cert),
	RIGHT("cert", conf_set_cert),
	LEFT("ca", conf_set_ca),
	RIGHT("ca", conf_set_ca),
	LEFT("sendcert", conf_set_sendcert),
	RIGHT("sendcert", conf_set_sendcert),
	LEFT("rsasigkey", conf_set_pubkey, "rsa"),
	RIGHT("rsasigkey", conf_set_pubkey, "rsa"),
	LEFT("ecdsakey", conf_set_pubkey, "ecdsa"),
	RIGHT("ecdsakey", conf_set_pubkey, "ecdsa"),
	LEFT("pubkey", conf_set_pubkey, "spki"),
	RIGHT("pubkey", conf_set_pubkey, "spki"),
	LEFT("nexthop", conf_set_only, "%direct|%defaultroute"),
	RIGHT("nexthop", conf_set_only, "%direct|%defaultroute"),
	LEFT("updown", conf_set_only, "%disabled"),
	RIGHT("updown", conf_set_only, "%disabled"),

	CONN("enable-tcp", conf_set_enable_tcp),
	CONN("tcp-remoteport", conf_set_remoteport),
	CONN("dpddelay", conf_set_dpddelay),
	CONN("dpdtimeout", conf_set_dpdtimeout),
	CONN("dpdaction", conf_set_only, "restart|hold|clear"),	/* each end does its part */
	CONN("authby", conf_set_authby),
	CONN("ppk", conf_set_ppk),
	CONN("intermediate", conf_set_only, "yes|no"),	/* addkeN= in ike= tells */
	CONN("ike", conf_set_ike),
	CONN("esp", conf_set_esp),
	CONN("esn", conf_set_esn),
	CONN("type", conf_set_type),
	CONN("ipsec-interface", conf_set_interface),
	CONN("mark", conf_set_mark, "both"),
	CONN("mark-in", conf_set_mark, "in"),
	CONN("mark-out", conf_set_mark, "out"),
	CONN("auto", conf_set_auto),
	CONN("ikev2", conf_set_only, "yes|insist|propose"),
	CONN("keyexchange", conf_set_only, "ikev2|ike"),
	CONN("phase2", conf_set_only, "esp"),
	CONN("rekey", conf_set_rekey),
	CONN("reauth", conf_set_reauth),
	CONN("ikelifetime", conf_set_time, "ike"),
	CONN("salifetime", conf_set_time, "sa"),
	CONN("lifetime", conf_set_time, "sa"),
	CONN("keylife", conf_set_time, "sa"),
	CONN("ipsec-max-bytes", conf_set_amount, "bytes"),
	CONN("ipsec-max-packets", conf_set_amount, "packets"),
	CONN("rekeymargin", conf_set_time, "margin"),
	CONN("rekeyfuzz", conf_set_fuzz),
	CONN("keyingtries", conf_set_only, "1"),
	CONN("pfs", conf_set_pfs),
	CONN("mobike", conf_set_mobike),
	CONN("accept-redirect", conf_set_redirect, "accept"),
	CONN("accept-redirect-to", conf_set_accept_redirect_to),
	CONN("send-redirect", conf_set_redirect, "send"),
	CONN("redirect-to", conf_set_redirect_to),
	CONN("compress", conf_set_only, "no"),
	CONN("aggressive", conf_set_only, "no"),
	CONN("fragmentation", conf_set_fragmentation),
	CONN("encapsulation", conf_set_encapsulation),
	CONN("nat-keepalive", conf_set_keepalive),
	CONN("modecfgdns", conf_set_dns),
	CONN("modecfgdomains", conf_set_domains),
	CONN("modecfgpull", conf_set_any),	/* of IKEv1 */
	CONN("narrowing", conf_set_only, "yes"),
	CONN("sha2-truncbug", conf_set_only, "no"),
	CONN("require-id-on-certificate", conf_set_only, "yes"),
	CONN("sendca", conf_set_only, "none"),
};

/* libreswan's, often seen; for these "did you mean" would mislead */
static const char *const unsupported[] = {
	"alsoflip", "hostaddrfamily", "clientaddrfamily",
	"retransmit-timeout", "retransmit-interval", "mtu", "metric",
	"priority", "reqid", "replay-window", "tfc", "initial-contact",
	"overlapip", "vti-interface", "failureshunt", "negotiationshunt", "leftckaid",
	"rightckaid", "leftikeport", "rightikeport", "leftxauthclient", "leftxauthserver",
	"leftautheap", "rightautheap", "leftusername", "logfile", "logappend", "logtime",
	"syslog", "listen", "secretsfile", "dumpdir", "statsbin", "nhelpers", "ddos-mode",
	"max-halfopen-ike", "ikev1-policy", "dnssec-enable", "seedbits", "keep-alive",
};

/**
 * conf_key_alias - the name that a key has here
 * @name: in lower case
 *
 * Return: another name that is not longer, or NULL.
 */
const char *conf_key_alias(const char *name)
{
	return strcmp(name, "phase2alg") ? NULL : "esp";
}

/* Levenshtein's distance, one row at a time */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1], len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; *a; i++, a++) {
		size_t diag = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t best = diag + (*a != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diag = row[j];
			row[j] = best;
		}
	}
	return row[len];
}

static const char *nearest(enum conf_section_type type, const char *name)
{
	const char *found = "also";
	size_t best = distance(name, found), d;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].section != type)
			continue;
		d = distance(name, keys[i].name);
		if (d >= best)
			continue;
		best = d;
		found = keys[i].name;
	}
	return found;
}

static int unknown(enum conf_section_type type, const struct conf_key *key, struct conf_err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].name, key->name))
			return conf_fail(err, key->file, key->line, "%s= belongs to a '%s' section",
					 key->name, type == CONF_SECTION_CONN ? "config setup" :
					 "conn");
	for (size_t i = 0; i < ARRAY_SIZE(unsupported); i++)
		if (!strcmp(unsupported[i], key->name))
			return conf_fail(err, key->file, key->line,
					 "%s= is not supported by this version; remove the line",
					 key->name);
	return conf_fail(err, key->file, key->line,
			 "%s= is not a key that this version knows; the nearest one is %s=",
			 key->name, nearest(type, key->name));
}

static bool user_extension(const char *name)
{
	return !strncmp(name, "x-", 2) || !strncmp(name, "x_", 2);
}

/**
 * conf_key_set - put the value of a key into the configuration
 * @type: of the section
 * @key: key, its alias resolved
 * @conf: where keys of config setup go
 * @draft: where keys of a conn go
 * @err: error
 *
 * An empty value leaves the default.
 *
 * Return: 0, or -1 with the error set.
 */
int conf_key_set(enum conf_section_type type, const struct conf_key *key, struct conf *conf,
		 struct conf_draft *draft, struct conf_err *err)
{
	struct conf_setting s = { .key = key, .conf = conf, .draft = draft, .err = err };

	if (user_extension(key->name))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].section != type || strcmp(keys[i].name, key->name))
			continue;
		s.side = keys[i].side;
		s.arg = keys[i].arg;
		return *key->value ? keys[i].set(&s) : 0;
	}
	return unknown(type, key, err);
}
