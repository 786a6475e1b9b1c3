// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pre-shared keys and passphrases of ipsec.secrets(5). The words are taken in place from one
 * buffer, which is wiped at the end: a generated scanner would leave copies.
 * No message shows a word, since any one may be a misplaced secret.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>

#include "conf/raw.h"
#include "conf/value.h"

#define IDS_MAX		32		/* of one entry */
#define SECRETS_MAX	4096

struct secrets {
	struct conf_secret *list;
	struct conf_secret **end;
	size_t n, files;
	bool psk;			/* one was read */
	const char *from;		/* file that is read, for includes */
	int depth;
	struct conf_err *err;
};

struct word {
	const char *text;
	size_t len;
	bool quoted;
	bool margin;			/* begins an entry */
	int line;
};

struct scan {
	const char *start, *p, *end;
	const char *file;
	int line;
	struct word word;		/* the current one; len 0 and unquoted at the end */
	bool more;
	struct conf_err *err;
};

static int __printf(2, 3) fail(const struct scan *s, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return conf_fail(s->err, s->file, s->word.line, "%s", why);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool at_margin(const struct scan *s)
{
	return s->p == s->start || s->p[-1] == '\n';
}

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end) {
		if (*s->p == '#') {		/* only ever seen after a blank */
			while (s->p < s->end && *s->p != '\n')
				s->p++;
		} else if (blank(*s->p)) {
			s->line += *s->p++ == '\n';
		} else {
			break;
		}
	}
}

static int quoted_word(struct scan *s)
{
	char quote = *s->p++;
	struct word *w = &s->word;

	w->quoted = true;
	w->text = s->p;
	while (s->p < s->end && *s->p != quote && *s->p != '\n')
		s->p++;
	if (s->p == s->end || *s->p != quote)
		return fail(s, "a quote opens and does not close in this line");
	w->len = s->p++ - w->text;
	return 0;
}

/* "ID:" is an index and the colon; "::" ends an IPv6 address */
static void plain_word(struct scan *s)
{
	struct word *w = &s->word;

	w->text = s->p;
	while (s->p < s->end && !blank(*s->p))
		s->p++;
	w->len = s->p - w->text;
	if (w->len > 1 && s->p[-1] == ':' && s->p[-2] != ':') {
		w->len--;
		s->p--;
	}
}

/* The next word; s->more tells whether there was one */
static int next(struct scan *s)
{
	struct word *w = &s->word;

	skip_blanks(s);
	memset(w, 0, sizeof(*w));
	w->line = s->line;
	s->more = s->p < s->end;
	if (!s->more)
		return 0;
	w->margin = at_margin(s);
	if (*s->p == '"' || *s->p == '\'')
		return quoted_word(s);
	plain_word(s);
	return 0;
}

static bool is(const struct word *w, const char *text)
{
	return !w->quoted && w->len == strlen(text) && !strncasecmp(w->text, text, w->len);
}

static void secret_free(struct conf_secret *secret)
{
	if (!secret)
		return;
	OPENSSL_clear_free(secret->key, secret->len);
	free(secret->name);
	free(secret->ids);
	free(secret);
}

static int add_id(struct scan *s, struct conf_secret *secret)
{
	char text[sizeof(secret->ids->text)];
	struct conf_id *ids;

	if (is(&s->word, "PSK"))
		return fail(s, "':' is missing before PSK; an entry is ID ID : PSK \"SECRET\"");
	if (s->word.quoted || s->word.len >= sizeof(text))
		return fail(s, "not an identity; an entry is ID ID : PSK \"SECRET\"");
	if (secret->n_ids >= IDS_MAX)
		return fail(s, "more than %d identities in one entry", IDS_MAX);
	ids = reallocarray(secret->ids, secret->n_ids + 1, sizeof(*ids));
	if (!ids)
		return fail(s, "out of memory");
	secret->ids = ids;
	memcpy(text, s->word.text, s->word.len);
	text[s->word.len] = '\0';
	if (conf_id_parse(text, &ids[secret->n_ids]))
		return fail(s, "not an identity; write @NAME, USER@NAME, an address or %%any");
	secret->n_ids++;
	return 0;
}

static size_t decode_hex(const struct word *w, uint8_t *out)
{
	size_t size = w->len - 1, len;		/* without 0x, with a NUL */
	char *hex = OPENSSL_zalloc(size);

	if (!hex)
		return 0;
	memcpy(hex, w->text + 2, size - 1);
	len = conf_decode_hex(hex, out, w->len);
	OPENSSL_clear_free(hex, size);
	return len;
}

static int decode(struct scan *s, struct conf_secret *secret)
{
	const struct word *w = &s->word;
	char base = w->len > 2 && w->text[0] == '0' ? w->text[1] | 0x20 : 0;

	secret->key = OPENSSL_zalloc(w->len + 1);
	if (!secret->key)
		return fail(s, "out of memory");
	secret->len = w->len;
	if (w->quoted) {
		memcpy(secret->key, w->text, w->len);
	} else if (base == 't') {
		secret->len -= 2;
		memcpy(secret->key, w->text + 2, secret->len);
	} else if (base == 'x') {
		secret->len = decode_hex(w, secret->key);
	} else if (base == 's') {
		secret->len = conf_decode_base64(w->text + 2, w->len - 2, secret->key);
	} else {
		return fail(s, "a secret stands in double quotes or begins with 0x, 0s or 0t");
	}
	if (!secret->len && (w->quoted || base == 't'))
		return fail(s, "the secret is empty");
	if (!secret->len)
		return fail(s, "the secret is not valid %s", base == 'x' ? "hex" : "base64");
	return 0;
}

/* Kinds that libreswan has and that are not for us: their words are skipped */
static bool other_kind(const struct word *w)
{
	return is(w, "XAUTH") || is(w, "PIN");
}

/* Kinds that may name a file of a private key and its passphrase */
static bool key_kind(const struct word *w)
{
	return is(w, "RSA") || is(w, "ECDSA") || is(w, "PKCS8") || is(w, "P12");
}

static int skip_entry(struct scan *s)
{
	do {
		if (next(s))
			return -1;
	} while (s->more && !s->word.margin);
	return 0;
}

static int read_ids(struct scan *s, struct conf_secret *secret)
{
	while (!is(&s->word, ":")) {
		if (add_id(s, secret) || next(s))
			return -1;
		if (!s->more || s->word.margin)
			return fail(s, "the entry above has no ': PSK'");
	}
	return next(s);
}

static int read_secret(struct scan *s, struct conf_secret *secret)
{
	if (next(s))
		return -1;
	if (!s->more || s->word.margin)
		return fail(s, "the entry above has no secret behind PSK or PPKS");
	if (decode(s, secret) || next(s))
		return -1;
	if (s->more && !s->word.margin)
		return fail(s, "too many words; a secret with blanks stands in double quotes");
	return 0;
}

/*
 * "FILE" or "FILE PASSPHRASE"; "{ Modulus: ..." is what old versions of libreswan kept here.
 * Answers 1 where there is no passphrase: keys without are found by themselves.
 */
static int read_pass(struct scan *s, struct conf_secret *secret)
{
	if (next(s))
		return -1;
	if (!s->more || s->word.margin)
		return 1;
	if (!s->word.quoted && s->word.text[0] == '{')
		return skip_entry(s) ? -1 : 1;
	secret->kind = CONF_SECRET_PASS;
	secret->name = strndup(s->word.text, s->word.len);
	if (!secret->name)
		return fail(s, "out of memory");
	if (next(s))
		return -1;
	if (!s->more || s->word.margin)
		return 1;
	if (decode(s, secret) || next(s))
		return -1;
	if (s->more && !s->word.margin)
		return fail(s, "too many words; a passphrase with blanks stands in double quotes");
	return 0;
}

/* "ID" SECRET */
static int read_ppk(struct scan *s, struct conf_secret *secret)
{
	if (next(s))
		return -1;
	if (!s->more || s->word.margin || !s->word.quoted || !s->word.len ||
	    s->word.len > CONF_PPK_ID_MAX)
		return fail(s, "an identity of %d characters at most stands in double quotes behind PPKS",
			    CONF_PPK_ID_MAX);
	secret->kind = CONF_SECRET_PPK;
	secret->name = strndup(s->word.text, s->word.len);
	if (!secret->name)
		return fail(s, "out of memory");
	return read_secret(s, secret);
}

static int read_kind(struct scan *s, struct conf_secret *secret)
{
	bool word = s->more && !s->word.margin;

	if (word && other_kind(&s->word))
		return skip_entry(s) ? -1 : 1;
	if (word && key_kind(&s->word))
		return read_pass(s, secret);
	if (word && is(&s->word, "PPKS"))
		return read_ppk(s, secret);
	if (!word || !is(&s->word, "PSK"))
		return fail(s, "PSK is expected behind ':'");
	return read_secret(s, secret);
}

/* Leaves the first word behind the entry in s->word */
static int read_entry(struct scan *s, struct secrets *all)
{
	struct conf_secret *secret = calloc(1, sizeof(*secret));
	int rc = -1;

	if (!secret)
		return fail(s, "out of memory");
	if (all->n >= SECRETS_MAX) {
		fail(s, "more than %d entries", SECRETS_MAX);
		goto out;
	}
	if (read_ids(s, secret))
		goto out;
	rc = read_kind(s, secret);
	if (rc)
		goto out;
	*all->end = secret;
	all->end = &secret->next;
	all->n++;
	all->psk |= secret->kind == CONF_SECRET_PSK;
	return 0;
out:
	secret_free(secret);
	return rc < 0 ? -1 : 0;
}

static int read_file(void *arg, const char *path);

static int read_include(struct scan *s, struct secrets *all)
{
	int line = s->word.line, rc;
	char *pattern;

	if (next(s))
		return -1;
	if (!s->more || s->word.line != line)
		return conf_fail(s->err, s->file, line, "include needs a file name");
	if (all->depth >= CONF_DEPTH_MAX)
		return fail(s, "includes are nested more than %d deep; does a file include itself?",
			    CONF_DEPTH_MAX);
	pattern = strndup(s->word.text, s->word.len);
	if (!pattern)
		return fail(s, "out of memory");
	all->from = s->file;
	all->depth++;
	rc = conf_file_glob(s->file, line, pattern, read_file, all, s->err);
	all->depth--;
	free(pattern);
	if (rc || next(s))
		return -1;
	if (s->more && !s->word.margin)
		return fail(s, "include takes one file name");
	return 0;
}

static int read_text(struct secrets *all, const char *file, const char *text, size_t len)
{
	struct scan s = {
		.start = text, .p = text, .end = text + len, .file = file, .line = 1,
		.err = all->err,
	};

	if (next(&s))
		return -1;
	while (s.more) {
		if (!s.word.margin)
			return fail(&s, "an entry begins at the margin");
		if (is(&s.word, "include") ? read_include(&s, all) : read_entry(&s, all))
			return -1;
	}
	return 0;
}

static int read_file(void *arg, const char *path)
{
	struct secrets *all = arg;
	size_t len;
	char *text;
	int rc;

	if (all->files++ >= CONF_FILES_MAX)
		return conf_fail(all->err, path, 0, "more than %d files; does one include itself?",
				 CONF_FILES_MAX);
	if (conf_file_read(path, true, &text, &len, all->err))
		return -1;
	rc = read_text(all, path, text, len);
	OPENSSL_cleanse(text, len);
	free(text);
	return rc;
}

static int finish(struct secrets *all, const char *file, int rc, bool psk,
		  struct conf_secret **out)
{
	*out = NULL;
	if (!rc && psk && !all->psk)
		rc = conf_fail(all->err, file, 0,
			       "no pre-shared key in it; add ID ID : PSK \"SECRET\"");
	if (rc)
		conf_secrets_free(all->list);
	else
		*out = all->list;
	return rc;
}

/**
 * conf_secrets_load - read the keys and passphrases of ipsec.secrets(5)
 * @path: the file; others than its owner must have no rights to it
 * @psk: whether one pre-shared key is needed at least
 * @out: set to what is in it; NULL may be an empty list
 * @err: "FILE:LINE: what is wrong; the remedy"
 * @errlen: size of @err
 *
 * Return: 0, or -1 with @err set.
 */
int conf_secrets_load(const char *path, bool psk, struct conf_secret **out, char *err,
		      size_t errlen)
{
	struct conf_err e = { .buf = err, .len = errlen };
	struct secrets all = { .err = &e };

	all.end = &all.list;
	return finish(&all, path, read_file(&all, path), psk, out);
}

/**
 * conf_secrets_text - the same from a text, without a file
 * @text: bytes that end with a newline
 * @len: their number
 * @psk: as above
 * @out: as above
 * @err: as above
 * @errlen: size of @err
 *
 * An include is refused: there is no directory that it could be in.
 *
 * Return: as above.
 */
int conf_secrets_text(const char *text, size_t len, bool psk, struct conf_secret **out,
		      char *err, size_t errlen)
{
	struct conf_err e = { .buf = err, .len = errlen };
	struct secrets all = { .err = &e, .depth = CONF_DEPTH_MAX };

	all.end = &all.list;
	return finish(&all, "secrets", read_text(&all, "secrets", text, len), psk, out);
}

/**
 * conf_secrets_free - wipe and free keys
 * @list: keys, may be NULL
 */
void conf_secrets_free(struct conf_secret *list)
{
	struct conf_secret *next_one;

	for (; list; list = next_one) {
		next_one = list->next;
		secret_free(list);
	}
}
