// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys about addresses and name servers that one end gets from the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/value.h"

int conf_set_modecfg(const struct conf_setting *s)
{
	struct conf_end *end = conf_draft_end(s->draft, s->side);
	bool yes;

	if (conf_value_bool(s->key->value, &yes))
		return conf_set_fail(s, "yes or no is expected");
	if (!strcmp(s->arg, "client"))
		end->modecfg_client = yes;
	else
		end->modecfg_server = yes;
	return 0;
}

static int add_range(const struct conf_setting *s, const char *word)
{
	struct conf_end *end = conf_draft_end(s->draft, s->side);
	struct conf_range range, *slot;

	if (conf_value_range(word, &range))
		return conf_set_fail(s, "'%.90s' is not a range; write FIRST-LAST, or ADDRESS/LENGTH",
				     word);
	slot = &end->pool[range.family == AF_INET6];
	if (slot->family)
		return conf_set_fail(s, "one range of IPv4 and one of IPv6 at most");
	*slot = range;
	return 0;
}

int conf_set_addresspool(const struct conf_setting *s)
{
	return conf_set_each(s, add_range);
}

static int add_dns(const struct conf_setting *s, const char *word)
{
	struct conf_conn *conn = s->draft->conn;

	if (conn->n_dns == CONF_DNS_MAX)
		return conf_set_fail(s, "more than %d addresses", CONF_DNS_MAX);
	if (conf_value_addr(word, &conn->dns[conn->n_dns]))
		return conf_set_fail(s, "'%.50s' is not an address", word);
	conn->n_dns++;
	return 0;
}

int conf_set_dns(const struct conf_setting *s)
{
	return conf_set_each(s, add_dns);
}

static int add_domain(const struct conf_setting *s, const char *word)
{
	struct conf_conn *conn = s->draft->conn;

	if (conn->n_domains == CONF_DOMAINS_MAX)
		return conf_set_fail(s, "more than %d names", CONF_DOMAINS_MAX);
	if (!conf_value_domain(word, strlen(word)))
		return conf_set_fail(s, "'%.90s' is not the name of a domain", word);
	conn->domains[conn->n_domains] = strdup(word);
	if (!conn->domains[conn->n_domains])
		return conf_set_fail(s, "out of memory");
	conn->n_domains++;
	return 0;
}

int conf_set_domains(const struct conf_setting *s)
{
	return conf_set_each(s, add_domain);
}
