// SPDX-License-Identifier: GPL-2.0-or-later
/* The value of one key, checked, into the configuration. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/draft.h"
#include "conf/value.h"
#include "net/addr.h"

#define LIST_MAX_LEN 1024

/* Short names for what this file says in every line */
#define fail	conf_set_fail
#define is	conf_set_is

int conf_set_fail(const struct conf_setting *s, const char *fmt, ...)
{
	char why[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return conf_fail(s->err, s->key->file, s->key->line, "%s=%.64s: %s", s->key->name,
			 s->key->value, why);
}

bool conf_set_is(const struct conf_setting *s, const char *word)
{
	return !strcasecmp(s->key->value, word);
}

int conf_set_each(const struct conf_setting *s,
		  int (*add)(const struct conf_setting *s, const char *word))
{
	char copy[LIST_MAX_LEN], *rest = copy, *word;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", s->key->value) >= sizeof(copy))
		return fail(s, "too long");
	while ((word = strsep(&rest, ", \t")))
		if (*word && add(s, word))
			return -1;
	return 0;
}

static int set_bool(const struct conf_setting *s, bool *out)
{
	if (conf_value_bool(s->key->value, out))
		return fail(s, "yes or no is expected");
	return 0;
}

/* Whether each word is [ADDRESS:]PORT; commas separate words as blanks do */
static bool places_ok(char *text)
{
	char host[ADDR_HOST_MAX], *save = NULL, *word, copy[512];
	struct conf_subnet addr;
	uint16_t port;

	for (char *p = text; (p = strchr(p, ',')); )
		*p = ' ';
	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	for (word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save))
		if (addr_listen(word, host, sizeof(host), &port) ||
		    (*host && !addr_parse(host, &addr)))
			return false;
	return true;
}

int conf_set_listen_tcp(const struct conf_setting *s)
{
	char *places;
	bool yes;

	free(s->conf->listen_tcp);
	s->conf->listen_tcp = NULL;
	if (!conf_value_bool(s->key->value, &yes)) {
		if (!yes)
			return 0;
		places = strdup("4500");
	} else {
		places = strdup(s->key->value);
	}
	if (!places)
		return fail(s, "out of memory");
	if (!places_ok(places)) {
		free(places);
		return fail(s, "write yes, no, or [ADDRESS:]PORT, several of them in double quotes");
	}
	s->conf->listen_tcp = places;
	return 0;
}

int conf_set_listen_udp(const struct conf_setting *s)
{
	return set_bool(s, &s->conf->listen_udp);
}

static int check_magic(const struct conf_setting *s)
{
	if (is(s, "%any") || is(s, "%defaultroute"))
		return 0;
	return fail(s, "not supported; write an address, a host name, %%any or %%defaultroute");
}

int conf_set_host(const struct conf_setting *s)
{
	struct conf_end *end = conf_draft_end(s->draft, s->side);
	const char *value = s->key->value;

	if (*value == '%') {
		if (check_magic(s))
			return -1;
	} else if (conf_value_addr(value, &s->draft->host[s->side]) &&
		   !conf_value_hostname(value)) {
		return fail(s, "neither an address nor a host name");
	}
	end->host = strdup(value);
	if (!end->host)
		return fail(s, "out of memory");
	end->any = is(s, "%any");
	return 0;
}

int conf_set_subnet(const struct conf_setting *s)
{
	const char *value = s->key->value;

	if (!strncasecmp(value, "vhost:", 6) || !strncasecmp(value, "vnet:", 5) || *value == '%')
		return fail(s, "virtual subnets are not supported; write ADDRESS/LENGTH");
	if (strpbrk(value, ", "))
		return fail(s, "several subnets are for %ssubnets=",
			    s->side == CONF_LEFT ? "left" : "right");
	if (conf_value_subnet(value, &conf_draft_end(s->draft, s->side)->subnet))
		return fail(s, "not a subnet; write ADDRESS/LENGTH, such as 192.0.2.0/24");
	return 0;
}

/* The first one is what leftsubnet= would be */
static int add_subnet(const struct conf_setting *s, const char *text, size_t n)
{
	struct conf_end *end = conf_draft_end(s->draft, s->side);

	if (n == CONF_SUBNETS_MAX)
		return fail(s, "more than %d subnets", CONF_SUBNETS_MAX);
	if (conf_value_subnet(text, n ? &end->more[n - 1] : &end->subnet))
		return fail(s, "'%.50s' is not a subnet; write ADDRESS/LENGTH, such as 192.0.2.0/24",
			    text);
	end->n_more = n;
	return 0;
}

int conf_set_subnets(const struct conf_setting *s)
{
	char copy[CONF_SUBNETS_MAX * 64], *rest = copy, *text;
	size_t n = 0;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", s->key->value) >= sizeof(copy))
		return fail(s, "too long");
	while ((text = strsep(&rest, ", \t")))
		if (*text && add_subnet(s, text, n++))
			return -1;
	return n ? 0 : fail(s, "no subnet is in it");
}

/* PROTOCOL or PROTOCOL/PORT, each a name or a number; %any and 0 stand for all ports */
int conf_set_protoport(const struct conf_setting *s)
{
	struct conf_end *end = conf_draft_end(s->draft, s->side);
	const char *slash = strchr(s->key->value, '/');
	char proto[16];
	int len = slash ? (int)(slash - s->key->value) : (int)strlen(s->key->value);

	snprintf(proto, sizeof(proto), "%.*s", len, s->key->value);
	if (conf_value_protocol(proto, &end->proto))
		return fail(s, "not a protocol; write tcp, udp, or a number from 1 to 255");
	if (!slash || !strcmp(slash + 1, "%any") || !strcmp(slash + 1, "0"))
		return 0;
	if (conf_value_service(slash + 1, proto, &end->port))
		return fail(s, "not a port; write one from 1 to 65535, or %%any");
	return 0;
}

int conf_set_sourceip(const struct conf_setting *s)
{
	if (*s->key->value == '%')
		return fail(s, "write an address, or %smodecfgclient=yes for one from the peer",
			    s->side == CONF_LEFT ? "left" : "right");
	if (conf_value_addr(s->key->value, &conf_draft_end(s->draft, s->side)->sourceip))
		return fail(s, "not an address");
	return 0;
}

int conf_set_enable_tcp(const struct conf_setting *s)
{
	bool yes;

	if (is(s, "fallback")) {
		s->draft->conn->tcp = CONF_TCP_FALLBACK;
		return 0;
	}
	if (conf_value_bool(s->key->value, &yes))
		return fail(s, "yes, no or fallback is expected");
	s->draft->conn->tcp = yes ? CONF_TCP_YES : CONF_TCP_NO;
	return 0;
}

int conf_set_encapsulation(const struct conf_setting *s)
{
	bool yes;

	if (is(s, "auto"))
		return 0;
	if (conf_value_bool(s->key->value, &yes) || !yes)
		return fail(s, "yes or auto is expected: a NAT leaves no choice");
	s->draft->conn->force_encap = true;
	return 0;
}

int conf_set_keepalive(const struct conf_setting *s)
{
	bool yes;

	if (set_bool(s, &yes))
		return -1;
	s->draft->conn->no_keepalive = !yes;
	return 0;
}

int conf_set_remoteport(const struct conf_setting *s)
{
	if (conf_value_port(s->key->value, &s->draft->conn->remote_port))
		return fail(s, "not a port; write a number from 1 to 65535");
	return 0;
}

static int set_seconds(const struct conf_setting *s, unsigned int *ms)
{
	uint32_t seconds;

	if (conf_value_time(s->key->value, &seconds) || seconds > 86400)
		return fail(s, "not a span of time up to a day; write 30, 30s, 2m or 1h");
	*ms = seconds * 1000;
	return 0;
}

int conf_set_dpddelay(const struct conf_setting *s)
{
	return set_seconds(s, &s->draft->conn->dpd_delay_ms);
}

int conf_set_dpdtimeout(const struct conf_setting *s)
{
	return set_seconds(s, &s->draft->conn->dpd_timeout_ms);
}

static int set_suites(const struct conf_setting *s, const char *key,
		      int (*parse)(const char *text, struct ike_suite_list *out, char *err,
				   size_t errlen), struct ike_suite_list *out)
{
	size_t len = strlen(key);
	char why[256];

	if (!parse(s->key->value, out, why, sizeof(why)))
		return 0;
	/* Our message begins with the key, and so does this one */
	return fail(s, "%s", why + (strncmp(why, key, len) ? 0 : len));
}

int conf_set_ike(const struct conf_setting *s)
{
	s->draft->ike = true;
	return set_suites(s, "ike=: ", ike_suite_parse_ike, &s->draft->conn->ike);
}

int conf_set_esp(const struct conf_setting *s)
{
	s->draft->esp = true;
	return set_suites(s, "esp=: ", ike_suite_parse_esp, &s->draft->conn->esp);
}

int conf_set_esn(const struct conf_setting *s)
{
	bool yes, either = is(s, "either");

	if (!either && conf_value_bool(s->key->value, &yes))
		return fail(s, "write yes, no or either");
	s->draft->no_esn = !either && !yes;
	s->draft->only_esn = !either && yes;
	return 0;
}

int conf_set_type(const struct conf_setting *s)
{
	if (is(s, "tunnel"))
		s->draft->conn->mode = CONF_MODE_TUNNEL;
	else if (is(s, "transport"))
		s->draft->conn->mode = CONF_MODE_TRANSPORT;
	else
		return fail(s, "only tunnel and transport are supported");
	return 0;
}

int conf_set_fragmentation(const struct conf_setting *s)
{
	return set_bool(s, &s->draft->conn->fragmentation);
}

int conf_set_rekey(const struct conf_setting *s)
{
	return set_bool(s, &s->draft->conn->rekey);
}

int conf_set_reauth(const struct conf_setting *s)
{
	return set_bool(s, &s->draft->conn->reauth);
}

int conf_set_pfs(const struct conf_setting *s)
{
	return set_bool(s, &s->draft->conn->pfs);
}

int conf_set_mobike(const struct conf_setting *s)
{
	return set_bool(s, &s->draft->conn->mobike);
}

int conf_set_time(const struct conf_setting *s)
{
	struct conf_conn *conn = s->draft->conn;
	uint32_t *out = !strcmp(s->arg, "ike") ? &conn->ike_life_s :
			!strcmp(s->arg, "sa") ? &conn->sa_life_s : &conn->rekey_margin_s;

	if (conf_value_time(s->key->value, out) || *out > CONF_LIFE_MAX_S)
		return fail(s, "not a time from 1s to 24h; write a number with s, m, h or d");
	return 0;
}

int conf_set_amount(const struct conf_setting *s)
{
	struct conf_conn *conn = s->draft->conn;
	bool bytes = !strcmp(s->arg, "bytes");

	if (conf_value_amount(s->key->value, bytes,
			      bytes ? &conn->sa_max_bytes : &conn->sa_max_packets))
		return fail(s, "not a number of %s; write such as 1000000 or 4Gi%s", s->arg,
			    bytes ? "B" : "");
	return 0;
}

int conf_set_fuzz(const struct conf_setting *s)
{
	if (conf_value_percent(s->key->value, &s->draft->conn->rekey_fuzz))
		return fail(s, "not a percentage up to 1000%%; write such as 100%%");
	return 0;
}

int conf_set_interface(const struct conf_setting *s)
{
	struct conf_conn *conn = s->draft->conn;
	uint16_t id;
	bool yes;

	if (is(s, "0")) {
		conn->if_id = CONF_IF_ID_0;
	} else if (!is(s, "1") && !conf_value_bool(s->key->value, &yes)) {
		conn->if_id = yes;
	} else {
		if (conf_value_port(s->key->value, &id))
			return fail(s, "write yes, no, or a number up to 65535");
		conn->if_id = id;
	}
	return 0;
}

int conf_set_mark(const struct conf_setting *s)
{
	struct conf_conn *conn = s->draft->conn;
	struct conf_mark mark;

	if (conf_value_mark(s->key->value, &mark))
		return fail(s, "not a mark; write VALUE or VALUE/MASK, such as 0x10/0xff");
	if (strcmp(s->arg, "out"))
		conn->mark_in = mark;
	if (strcmp(s->arg, "in"))
		conn->mark_out = mark;
	return 0;
}

int conf_set_auto(const struct conf_setting *s)
{
	static const struct {
		const char *word;
		enum conf_auto value;
	} words[] = {
		{ "ignore", CONF_AUTO_IGNORE },
		{ "add", CONF_AUTO_ADD },
		{ "ondemand", CONF_AUTO_ONDEMAND },
		{ "route", CONF_AUTO_ONDEMAND },
		{ "start", CONF_AUTO_START },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!is(s, words[i].word))
			continue;
		s->draft->conn->start = words[i].value;
		return 0;
	}
	return fail(s, "write ignore, add, ondemand or start");
}

int conf_set_only(const struct conf_setting *s)
{
	size_t len = strlen(s->key->value), n;
	const char *p;

	for (p = s->arg; *p; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		if (n == len && !strncasecmp(p, s->key->value, n))
			return 0;
	}
	return fail(s, "not supported by this version, which does as if it were %s", s->arg);
}

int conf_set_any(const struct conf_setting *s)
{
	(void)s;
	return 0;
}
