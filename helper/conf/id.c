// SPDX-License-Identifier: GPL-2.0-or-later
/* Identities: as ipsec.conf(5) writes them and as IKE carries them. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "conf/conf.h"
#include "conf/dn.h"

static bool printable(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] <= ' ' || data[i] >= 0x7f)
			return false;
	return true;
}

/* Too long for the text: shortened, since it is for people alone */
static void hex_text(struct conf_id *id)
{
	size_t room = (sizeof(id->text) - sizeof("@#...")) / 2;
	size_t n = id->len < room ? id->len : room;
	char *p = id->text;

	p += sprintf(p, "@#");
	for (size_t i = 0; i < n; i++)
		p += sprintf(p, "%02x", id->data[i]);
	if (n < id->len)
		strcpy(p, "...");
}

/**
 * conf_id_set - make an identity from the bytes of an ID payload
 * @id: filled in
 * @type: ID type, RFC 7296, section 3.5
 * @data: identification data
 * @len: its length
 *
 * Names that are not printable ASCII are refused: they are not ones that a
 * configuration can name, and their text ends in logs.
 *
 * Return: 0, or -1 where type, length or content are not ones we know.
 */
int conf_id_set(struct conf_id *id, uint8_t type, const uint8_t *data, size_t len)
{
	memset(id, 0, sizeof(*id));
	if (!len || len > sizeof(id->data))
		return -1;
	id->len = len;
	memcpy(id->data, data, len);

	switch (type) {
	case CONF_ID_IPV4:
		if (len != 4 || !inet_ntop(AF_INET, data, id->text, sizeof(id->text)))
			return -1;
		break;
	case CONF_ID_IPV6:
		if (len != 16 || !inet_ntop(AF_INET6, data, id->text, sizeof(id->text)))
			return -1;
		break;
	case CONF_ID_FQDN:
	case CONF_ID_EMAIL:
		if (!printable(data, len))
			return -1;
		snprintf(id->text, sizeof(id->text), "%s%.*s", type == CONF_ID_FQDN ? "@" : "",
			 (int)len, (const char *)id->data);
		break;
	case CONF_ID_DN:
		if (conf_dn_check(data, len, id->text, sizeof(id->text)))
			return -1;
		break;
	case CONF_ID_KEY:
		hex_text(id);
		break;
	default:
		return -1;
	}
	id->type = type;
	return 0;
}

static int parse_hex(const char *hex, uint8_t type, struct conf_id *id)
{
	uint8_t data[sizeof(id->data)];
	size_t len;
	int ok;

	if (!strncasecmp(hex, "0x", 2))
		hex += 2;
	if (strlen(hex) > 2 * sizeof(data))
		return -1;
	ERR_set_mark();
	ok = OPENSSL_hexstr2buf_ex(data, sizeof(data), &len, hex, '\0');
	ERR_pop_to_mark();
	if (!ok)
		return -1;
	return conf_id_set(id, type, data, len);
}

static int parse_at(const char *text, struct conf_id *id)
{
	size_t len = strlen(text);

	if (text[1] == '#')
		return parse_hex(text + 2, CONF_ID_KEY, id);
	if (text[1] == '~')
		return parse_hex(text + 2, CONF_ID_DN, id);
	if (text[1] != '[')
		return conf_id_set(id, CONF_ID_FQDN, (const uint8_t *)text + 1, len - 1);
	if (len < 4 || text[len - 1] != ']')
		return -1;
	return conf_id_set(id, CONF_ID_KEY, (const uint8_t *)text + 2, len - 3);
}

static int parse_dn(const char *text, struct conf_id *id)
{
	uint8_t der[CONF_ID_MAX];
	size_t len;

	if (conf_dn_parse(text, der, sizeof(der), &len))
		return -1;
	return conf_id_set(id, CONF_ID_DN, der, len);
}

/**
 * conf_id_parse - read an identity as leftid= and ipsec.secrets(5) write it
 * @text: an address, @name, user@name, @#hex, @[text], a distinguished name such
 *	as "C=DE, CN=name" (or its DER: @~hex), or %any
 * @id: filled in; type CONF_ID_NONE for %any
 *
 * A bare name is refused: libreswan takes it for the address that DNS gives,
 * many a reader for the name itself.
 *
 * Return: 0, or -1 where @text is none of these.
 */
int conf_id_parse(const char *text, struct conf_id *id)
{
	uint8_t addr[16];
	const char *at;

	memset(id, 0, sizeof(*id));
	if (!strcmp(text, "%any") || !strcmp(text, "%any6")) {
		strcpy(id->text, "%any");
		return 0;
	}
	if (inet_pton(AF_INET, text, addr) == 1)
		return conf_id_set(id, CONF_ID_IPV4, addr, 4);
	if (inet_pton(AF_INET6, text, addr) == 1)
		return conf_id_set(id, CONF_ID_IPV6, addr, 16);

	at = strchr(text, '@');
	if (at == text)
		return parse_at(text, id);
	if (strchr(text, '='))
		return parse_dn(text, id);
	if (!at)
		return -1;
	if (!at[1])
		return -1;
	return conf_id_set(id, CONF_ID_EMAIL, (const uint8_t *)text, strlen(text));
}

/**
 * conf_id_equal - compare two identities
 * @a: one
 * @b: the other
 *
 * Names are domain names: their case does not count. CONF_ID_NONE equals
 * nothing but itself.
 *
 * Return: whether they are the same.
 */
bool conf_id_equal(const struct conf_id *a, const struct conf_id *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == CONF_ID_DN)
		return conf_dn_equal(a->data, a->len, b->data, b->len);
	if (a->len != b->len)
		return false;
	if (a->type == CONF_ID_FQDN || a->type == CONF_ID_EMAIL)
		return !strncasecmp((const char *)a->data, (const char *)b->data, a->len);
	return !memcmp(a->data, b->data, a->len);
}
