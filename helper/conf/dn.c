// SPDX-License-Identifier: GPL-2.0-or-later
/* Distinguished names: as people write them and as certificates carry them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "conf/dn.h"

#define RDN_MAX		256		/* characters of one attribute and its value */

static X509_NAME *decode(const uint8_t *der, size_t len)
{
	const unsigned char *p = der;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)len);

	if (name && (p != der + len || !X509_NAME_entry_count(name))) {
		X509_NAME_free(name);
		return NULL;
	}
	return name;
}

static int print(X509_NAME *name, char *text, size_t size)
{
	/* Everything but printable ASCII is escaped: the text ends in logs */
	unsigned long flags = XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | XN_FLAG_DUMP_UNKNOWN_FIELDS |
			      ASN1_STRFLGS_RFC2253;
	BIO *bio = BIO_new(BIO_s_mem());
	int n, ret = -1;

	if (bio && X509_NAME_print_ex(bio, name, 0, flags) > 0) {
		n = BIO_read(bio, text, (int)size - 1);
		if (n > 0) {
			text[n] = '\0';
			ret = 0;
		}
	}
	BIO_free(bio);
	return ret;
}

/**
 * conf_dn_check - tell whether bytes are one distinguished name, and spell it
 * @der: the bytes
 * @len: their number
 * @text: set to the name in words, shortened where it is too long
 * @size: of @text
 *
 * Return: 0 or -1.
 */
int conf_dn_check(const uint8_t *der, size_t len, char *text, size_t size)
{
	X509_NAME *name;
	int ret = -1;

	ERR_set_mark();
	name = decode(der, len);
	if (name)
		ret = print(name, text, size);
	X509_NAME_free(name);
	ERR_pop_to_mark();
	return ret;
}

/**
 * conf_dn_equal - compare two names that conf_dn_check() let pass
 * @a: one, in DER
 * @a_len: its length
 * @b: the other
 * @b_len: its length
 *
 * As RFC 5280, section 7.1 has it: case, blanks and string types do not count.
 *
 * Return: whether they are the same.
 */
bool conf_dn_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	X509_NAME *x, *y;
	bool same;

	ERR_set_mark();
	x = decode(a, a_len);
	y = decode(b, b_len);
	same = x && y && !X509_NAME_cmp(x, y);
	X509_NAME_free(x);
	X509_NAME_free(y);
	ERR_pop_to_mark();
	return same;
}

/* libreswan's names of attributes that libcrypto calls otherwise */
static const char *attribute(const char *name)
{
	if (!strcasecmp(name, "E") || !strcasecmp(name, "email"))
		return "emailAddress";
	if (!strcasecmp(name, "S"))
		return "ST";
	if (!strncasecmp(name, "OID.", 4))
		return name + 4;
	return name;
}

static int add_rdn(X509_NAME *name, char *rdn)
{
	char *value = strchr(rdn, '='), *end;
	size_t len;

	if (!value || value == rdn)
		return -1;
	for (end = value; end > rdn && end[-1] == ' '; end--)
		;
	*end = '\0';
	value++;
	value += strspn(value, " ");
	len = strlen(value);
	while (len && value[len - 1] == ' ')
		len--;
	if (len > 1 && (*value == '"' || *value == '\'') && value[len - 1] == *value) {
		value++;
		len -= 2;
	}
	/* An asterisk is libreswan's wildcard, which would be any value */
	if (!len || (len == 1 && *value == '*'))
		return -1;
	return X509_NAME_add_entry_by_txt(name, attribute(rdn), MBSTRING_UTF8,
					  (unsigned char *)value, (int)len, -1, 0) == 1 ? 0 : -1;
}

/* One attribute up to a comma; a comma of the value is written twice or behind a '\' */
static const char *next_rdn(const char *p, char *rdn)
{
	size_t n = 0;

	while (*p && n < RDN_MAX && (*p != ',' || p[1] == ',')) {
		if ((*p == ',' || *p == '\\') && p[1])
			p++;
		rdn[n++] = *p++;
	}
	rdn[n] = '\0';
	if (*p == ',')
		return p + 1;
	return *p ? NULL : p;
}

static int parse(X509_NAME *name, const char *text)
{
	char rdn[RDN_MAX + 1];

	while (*text) {
		text = next_rdn(text + strspn(text, " "), rdn);
		if (!text || add_rdn(name, rdn))
			return -1;
	}
	return 0;
}

/**
 * conf_dn_parse - read a name such as "C=DE, O=Example, CN=vpn.example"
 * @text: the name
 * @der: set to its DER
 * @size: of @der
 * @len: set to the length
 *
 * Return: 0, or -1 where it is none, has a wildcard, or does not fit.
 */
int conf_dn_parse(const char *text, uint8_t *der, size_t size, size_t *len)
{
	X509_NAME *name = X509_NAME_new();
	unsigned char *p = NULL;
	int n, ret = -1;

	ERR_set_mark();
	if (name && *text && !parse(name, text)) {
		n = i2d_X509_NAME(name, &p);
		if (n > 0 && (size_t)n <= size) {
			memcpy(der, p, n);
			*len = n;
			ret = 0;
		}
	}
	OPENSSL_free(p);
	X509_NAME_free(name);
	ERR_pop_to_mark();
	return ret;
}
