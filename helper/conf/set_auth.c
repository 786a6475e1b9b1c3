// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys about who an end is and how it proves that. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/draft.h"
#include "conf/value.h"

#define fail	conf_set_fail
#define is	conf_set_is

#define WORDS_MAX	128		/* characters of authby= */
#define PUBKEY_MAX	4096		/* characters of a raw public key */

static bool bare_name(const char *value)
{
	return *value != '%' && !strchr(value, '=') && conf_value_hostname(value);
}

int conf_set_id(const struct conf_setting *s)
{
	struct conf_end *end = conf_draft_end(s->draft, s->side);
	const char *value = s->key->value;

	end->id_fromcert = is(s, "%fromcert");
	end->id_any = end->id_fromcert || !strcmp(value, "%any") || !strcmp(value, "%any6");
	if (!end->id_fromcert && bare_name(value))
		return fail(s, "write @%.64s for the name itself, or the address behind it",
			    value);
	if (!end->id_fromcert && conf_id_parse(value, &end->id))
		return fail(s, "not an identity; write @NAME, USER@NAME, an address, @#HEX, a name such as \"C=DE, CN=NAME\" without wildcards, or %%fromcert");
	s->draft->id_given[s->side] = true;
	return 0;
}

/* libreswan's words; old ones that are forbidden by now are not among them */
static const struct {
	const char *word;
	unsigned int auth;
} methods[] = {
	{ "secret", CONF_AUTH_SECRET },
	{ "psk", CONF_AUTH_SECRET },
	{ "rsasig", CONF_AUTH_RSA_SHA2 },
	{ "rsa", CONF_AUTH_RSA_SHA2 },
	{ "rsa-sha1", CONF_AUTH_RSA_SHA1 },
	{ "rsa-sha2", CONF_AUTH_RSA_SHA2 },
	{ "rsa-sha2_256", CONF_AUTH_RSA_SHA2_256 },
	{ "rsa-sha2_384", CONF_AUTH_RSA_SHA2_384 },
	{ "rsa-sha2_512", CONF_AUTH_RSA_SHA2_512 },
	{ "ecdsa", CONF_AUTH_ECDSA },
	{ "ecdsa-sha2", CONF_AUTH_ECDSA },
	{ "ecdsa-sha2_256", CONF_AUTH_ECDSA_SHA2_256 },
	{ "ecdsa-sha2_384", CONF_AUTH_ECDSA_SHA2_384 },
	{ "ecdsa-sha2_512", CONF_AUTH_ECDSA_SHA2_512 },
	{ "eddsa", CONF_AUTH_EDDSA },
};

static int add_method(const struct conf_setting *s, const char *word, unsigned int *auth)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strcasecmp(methods[i].word, word))
			continue;
		*auth |= methods[i].auth;
		return 0;
	}
	if (!strcasecmp(word, "null"))
		return fail(s, "null would let in anybody; use secret, rsasig or ecdsa");
	if (!strcasecmp(word, "never"))
		return fail(s, "never is for connections without IKE; remove the connection");
	return fail(s, "'%.32s' is not supported; supported: secret, rsasig, rsa-sha2[_256|_384|_512], rsa-sha1, ecdsa, ecdsa-sha2_256|_384|_512, eddsa",
		    word);
}

static int set_methods(const struct conf_setting *s, unsigned int *auth)
{
	char words[WORDS_MAX], *save, *word;

	if (strlen(s->key->value) >= sizeof(words))
		return fail(s, "longer than %d characters", WORDS_MAX - 1);
	strcpy(words, s->key->value);
	*auth = 0;
	for (word = strtok_r(words, ",|+ ", &save); word; word = strtok_r(NULL, ",|+ ", &save))
		if (add_method(s, word, auth))
			return -1;
	if (!*auth)
		return fail(s, "a method is missing, such as secret, rsasig or ecdsa");
	return 0;
}

int conf_set_auth(const struct conf_setting *s)
{
	return set_methods(s, &s->draft->auth[s->side]);
}

int conf_set_authby(const struct conf_setting *s)
{
	return set_methods(s, &s->draft->authby);
}

static int set_text(const struct conf_setting *s, char **text)
{
	free(*text);
	*text = strdup(s->key->value);
	return *text ? 0 : fail(s, "out of memory");
}

int conf_set_cert(const struct conf_setting *s)
{
	const char *value = s->key->value;

	/* A file in a directory that is known, or one that is named in full */
	if (*value != '/' && (strchr(value, '/') || *value == '.' || *value == '%'))
		return fail(s, "not the name of a file in certs/; write its name, or its whole path");
	return set_text(s, &conf_draft_end(s->draft, s->side)->cert);
}

int conf_set_ca(const struct conf_setting *s)
{
	struct conf_end *end = conf_draft_end(s->draft, s->side);

	if (is(s, "%any"))
		return 0;
	if (is(s, "%same"))
		return fail(s, "write the name of the CA, such as \"C=DE, CN=NAME\"");
	free(end->ca);
	end->ca = malloc(sizeof(*end->ca));
	if (!end->ca)
		return fail(s, "out of memory");
	if (conf_id_parse(s->key->value, end->ca) || end->ca->type != CONF_ID_DN)
		return fail(s, "not the name of a CA; write it as in \"C=DE, CN=NAME\"");
	return 0;
}

int conf_set_sendcert(const struct conf_setting *s)
{
	enum conf_sendcert *send = &conf_draft_end(s->draft, s->side)->sendcert;

	if (is(s, "yes") || is(s, "always"))
		*send = CONF_SENDCERT_ALWAYS;
	else if (is(s, "sendifasked") || is(s, "ifasked"))
		*send = CONF_SENDCERT_ASKED;
	else if (is(s, "no") || is(s, "never"))
		*send = CONF_SENDCERT_NEVER;
	else
		return fail(s, "write always, sendifasked or never");
	return 0;
}

static const struct {
	const char *word;
	enum conf_pubkey form;
} forms[] = {
	{ "rsa", CONF_PUBKEY_RSA }, { "ecdsa", CONF_PUBKEY_ECDSA }, { "spki", CONF_PUBKEY_SPKI },
};

int conf_set_pubkey(const struct conf_setting *s)
{
	struct conf_end *end = conf_draft_end(s->draft, s->side);
	const char *value = s->key->value;
	size_t size = strlen(value);

	/* What libreswan writes beside leftcert= */
	if (is(s, "%cert") || is(s, "%none"))
		return 0;
	if (*value == '%')
		return fail(s, "keys from DNS are not supported; write the key itself");
	if (end->pubkey)
		return fail(s, "a second raw public key for this end; remove one");
	if (size > PUBKEY_MAX)
		return fail(s, "longer than %d characters", PUBKEY_MAX);
	end->pubkey = malloc(size + 1);
	if (!end->pubkey)
		return fail(s, "out of memory");
	if (!strncasecmp(value, "0x", 2))
		end->pubkey_len = conf_decode_hex(value + 2, end->pubkey, size);
	else if (!strncasecmp(value, "0s", 2))
		end->pubkey_len = conf_decode_base64(value + 2, size - 2, end->pubkey);
	else					/* `ipsec showhostkey --pubkey` */
		end->pubkey_len = conf_decode_base64(value, size, end->pubkey);
	if (!end->pubkey_len)
		return fail(s, "not a public key as `ipsec showhostkey` writes it: 0s and base64, or 0x and hex");
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (!strcmp(forms[i].word, s->arg))
			end->pubkey_form = forms[i].form;
	return 0;
}

int conf_set_ppk(const struct conf_setting *s)
{
	enum conf_ppk *ppk = &s->draft->conn->ppk;

	if (is(s, "never") || is(s, "no"))
		*ppk = CONF_PPK_NEVER;
	else if (is(s, "propose") || is(s, "permit") || is(s, "yes"))
		*ppk = CONF_PPK_PROPOSE;
	else if (is(s, "insist"))
		*ppk = CONF_PPK_INSIST;
	else
		return fail(s, "write propose, insist or never");
	return 0;
}

int conf_set_ipsecdir(const struct conf_setting *s)
{
	if (*s->key->value != '/')
		return fail(s, "write the whole path of the directory");
	return set_text(s, &s->conf->ipsecdir);
}

int conf_set_crl_strict(const struct conf_setting *s)
{
	if (conf_value_bool(s->key->value, &s->conf->crl_strict))
		return fail(s, "yes or no is expected");
	return 0;
}
