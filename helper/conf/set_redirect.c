// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys about redirection to other gateways (RFC 5685). */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/value.h"

int conf_set_redirect(const struct conf_setting *s)
{
	struct conf_conn *conn = s->draft->conn;
	bool yes;

	if (conf_value_bool(s->key->value, &yes))
		return conf_set_fail(s, "yes or no is expected");
	if (!strcmp(s->arg, "accept"))
		conn->accept_redirect = yes;
	else
		conn->send_redirect = yes;
	return 0;
}

/* One gateway into *out. 0, or -1 with the error set. */
static int gateway(const struct conf_setting *s, const char *word, char **out)
{
	struct conf_subnet addr;

	if (conf_value_addr(word, &addr) && !conf_value_hostname(word))
		return conf_set_fail(s, "'%.90s' is neither an address nor a host name", word);
	*out = strdup(word);
	return *out ? 0 : conf_set_fail(s, "out of memory");
}

static int add_gateway(const struct conf_setting *s, const char *word, char **list, size_t *n)
{
	if (*n == CONF_GATEWAYS_MAX)
		return conf_set_fail(s, "more than %d gateways", CONF_GATEWAYS_MAX);
	if (gateway(s, word, &list[*n]))
		return -1;
	++*n;
	return 0;
}

static int add_allowed(const struct conf_setting *s, const char *word)
{
	struct conf_conn *conn = s->draft->conn;

	return add_gateway(s, word, conn->redirect_allowed, &conn->n_redirect_allowed);
}

int conf_set_accept_redirect_to(const struct conf_setting *s)
{
	return conf_set_is(s, "%any") ? 0 : conf_set_each(s, add_allowed);
}

int conf_set_redirect_to(const struct conf_setting *s)
{
	return gateway(s, s->key->value, &s->draft->conn->redirect_to);
}

int conf_set_global_redirect(const struct conf_setting *s)
{
	bool yes;

	if (conf_set_is(s, "auto")) {
		s->conf->redirect = CONF_REDIRECT_AUTO;
		return 0;
	}
	if (conf_value_bool(s->key->value, &yes))
		return conf_set_fail(s, "yes, no or auto is expected");
	s->conf->redirect = yes ? CONF_REDIRECT_YES : CONF_REDIRECT_NO;
	return 0;
}

static int add_global(const struct conf_setting *s, const char *word)
{
	return add_gateway(s, word, s->conf->redirect_to, &s->conf->n_redirect_to);
}

int conf_set_global_redirect_to(const struct conf_setting *s)
{
	return conf_set_each(s, add_global);
}
