// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ike/algo.h"
#include "ike/ke.h"
#include "ike/ke_names.h"
#include "ike/suite.h"
#include "ike/suite_names.h"

/* In our order of preference; what ike= and esp= leave out is taken from these */
#define DEFAULT_IKE \
	"aes_gcm-sha2_256+sha2_384,chacha20_poly1305-sha2_256,aes-sha2_256,aes-sha2_512"
#define DEFAULT_ESP	"aes_gcm,chacha20_poly1305,aes-sha2_256,aes-sha2_512"

#define VALUES_MAX	12
#define TEXT_MAX	512

static const char encr_known[] =
	"aes_gcm128, aes_gcm256, chacha20_poly1305, aes128, aes256, aes_ccm_a (and null in esp=)";
static const char prf_known[] = "sha2_256, sha2_384, sha2_512, sha1, aes_xcbc";
static const char integ_known[] = "sha2_256, sha2_384, sha2_512, sha1, aes_xcbc";

/* The values that one part of a proposal allows */
struct values {
	uint16_t v[VALUES_MAX];
	size_t n;
};

static const struct values all_prfs = {
	{ IKE_PRF_HMAC_SHA2_256, IKE_PRF_HMAC_SHA2_384, IKE_PRF_HMAC_SHA2_512 }, 3
};

static const struct values all_integs = {
	{ IKE_INTEG_HMAC_SHA2_256_128, IKE_INTEG_HMAC_SHA2_512_256 }, 2
};

static const struct values no_integ = { { IKE_INTEG_NONE }, 1 };
/* Without group 18: its arithmetic is dear, and anybody may ask for it */
static const struct values all_groups = {
	{ IKE_DH_ECP256, IKE_DH_X25519, IKE_DH_ECP384, IKE_DH_ECP521, IKE_DH_MODP2048,
	  IKE_DH_MODP3072, IKE_DH_MODP4096 }, 7
};

static const struct values no_group = { { IKE_DH_NONE }, 1 };
static const struct values no_prf = { { 0 }, 1 };
static const struct values both_esn = { { IKE_ESN_YES, IKE_ESN_NO }, 2 };
static const struct values no_esn = { { IKE_ESN_NO }, 1 };

/* One while it is read: "ENCR[+ENCR][-INTEG][-PRF[+PRF]][;DH[+DH]]{;addkeN=KE[+KE]}" */
struct part {
	bool ike;
	const char *key;		/* "ike" or "esp" */
	struct values encr, keylen;	/* side by side */
	struct values integ, prf, dh;
	struct values addke[IKE_ADDKE_MAX];	/* IKE_DH_NONE among them: may be left out */
	char *err;
	size_t errlen;
};

static void add(struct values *v, uint16_t value)
{
	if (v->n < VALUES_MAX)
		v->v[v->n++] = value;
}

static int unsupported(const struct part *p, const char *what, const char *text,
		       const char *known)
{
	snprintf(p->err, p->errlen, "%s=: %s algorithm '%s' is not supported; supported: %s",
		 p->key, what, text, known);
	return -1;
}

static int encr_add(struct part *p, uint16_t id, unsigned long bits, const char *text)
{
	const struct ike_encr *e = ike_encr_find(id);

	if (p->encr.n && ike_encr_aead(p->encr.v[0]) != e->aead) {
		snprintf(p->err, p->errlen,
			 "%s=: '%s': aes_gcm and aes cannot share a proposal; separate them by a comma",
			 p->key, text);
		return -1;
	}
	if (p->ike && id == IKE_ENCR_NULL)
		return unsupported(p, "encryption", text, encr_known);
	if (e->fixed) {
		add(&p->encr, id);
		add(&p->keylen, id == IKE_ENCR_NULL ? 0 : 256);
		return 0;
	}
	if (bits != 128 && bits != 256) {
		snprintf(p->err, p->errlen,
			 "%s=: '%s': a key of %lu bits is not supported; supported: 128, 256",
			 p->key, text, bits);
		return -1;
	}
	add(&p->encr, id);
	add(&p->keylen, (uint16_t)bits);
	return 0;
}

/* "aes_gcm", "aes_gcm256", "aes_gcm_256", "aes_gcm_16_256", "aes-256" */
static int read_encr(struct part *p, const char *text, const char *bits)
{
	char name[TEXT_MAX];
	size_t len = strlen(text);
	uint16_t id;

	if (ike_name_find(ike_encr_names, text, &id)) {
		if (bits)
			return encr_add(p, id, strtoul(bits, NULL, 10), text);
		/* Without a length any will do, the longer one first */
		if (encr_add(p, id, 256, text))
			return -1;
		return ike_encr_find(id)->fixed ? 0 : encr_add(p, id, 128, text);
	}

	snprintf(name, sizeof(name), "%s", text);
	while (len && isdigit((unsigned char)name[len - 1]))
		len--;
	if (len && !bits && text[len]) {
		bits = text + len;
		name[name[len - 1] == '_' ? len - 1 : len] = '\0';
		if (ike_name_find(ike_encr_names, name, &id))
			return encr_add(p, id, strtoul(bits, NULL, 10), text);
	}
	return unsupported(p, "encryption", text, encr_known);
}

static bool all_digits(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* Cut the next part off; *sep is the character that ended it */
static char *next_part(char **rest, const char *seps, char *sep)
{
	char *part = *rest, *end;

	if (!part)
		return NULL;
	end = strpbrk(part, seps);
	*sep = end ? *end : '\0';
	if (end)
		*end++ = '\0';
	*rest = end;
	return part;
}

static int read_encrs(struct part *p, char *list, const char *bits)
{
	char *text, sep;

	while ((text = next_part(&list, "+", &sep)))
		if (read_encr(p, text, list ? NULL : bits))
			return -1;
	return 0;
}

static int read_values(struct part *p, char *list, const struct ike_name *names,
		       const char *what, const char *known, struct values *out)
{
	char *text, sep;
	uint16_t id;

	while ((text = next_part(&list, "+", &sep))) {
		if (!ike_name_find(names, text, &id))
			return unsupported(p, what, text, known);
		add(out, id);
	}
	return 0;
}

/* Key exchange methods, each of which this libcrypto has to have; @none: "none" is one */
static int read_kes(struct part *p, char *list, bool none, struct values *out)
{
	char *text, sep;
	uint16_t id;

	while ((text = next_part(&list, "+", &sep))) {
		if (none && !strcasecmp(text, "none")) {
			add(out, IKE_DH_NONE);
			continue;
		}
		if (!ike_ke_find(text, &id))
			return unsupported(p, "key exchange", text, IKE_KE_KNOWN);
		if (!ike_ke_available(id)) {
			snprintf(p->err, p->errlen,
				 "%s=: '%s': the libcrypto of this system does not have it; OpenSSL 3.5 or later does",
				 p->key, text);
			return -1;
		}
		add(out, id);
	}
	return 0;
}

/* Is the first of "a+b" one of these? */
static bool starts_with(const char *list, const struct ike_name *names)
{
	char text[TEXT_MAX];
	uint16_t id;

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(list, "+"), list);
	return ike_name_find(names, text, &id);
}

static bool has_aead(const struct part *p)
{
	return ike_encr_aead(p->encr.v[0]);
}

static int read_esp_rest(struct part *p, char *integ, char *dh)
{
	if (integ && has_aead(p)) {
		if (read_values(p, integ, ike_none_names, "integrity (of an AEAD)", "none",
				&p->integ))
			return -1;
	} else if (integ) {
		if (read_values(p, integ, ike_integ_names, "integrity", integ_known, &p->integ))
			return -1;
	}
	if (dh && strcasecmp(dh, "none"))
		return read_kes(p, dh, false, &p->dh);
	return 0;
}

/* With AES-CBC one name gives the prf and the integrity algorithm at once */
static int read_hash(struct part *p, char *hash)
{
	char copy[TEXT_MAX];

	if (!has_aead(p) && !p->integ.n) {
		snprintf(copy, sizeof(copy), "%s", hash);
		if (read_values(p, copy, ike_integ_names, "integrity", integ_known, &p->integ))
			return -1;
	}
	return read_values(p, hash, ike_prf_names, "PRF", prf_known, &p->prf);
}

static int read_ike_rest(struct part *p, char **rest, char *hash, char sep)
{
	/* A name of an integrity algorithm alone: "aes_gcm-none-...", "aes-sha2_256_128-..." */
	if (hash && (has_aead(p) ? starts_with(hash, ike_none_names) :
	    starts_with(hash, ike_integ_names) && !starts_with(hash, ike_prf_names))) {
		if (read_values(p, hash, has_aead(p) ? ike_none_names : ike_integ_names, "integrity",
				has_aead(p) ? "none" : integ_known, &p->integ))
			return -1;
		hash = sep == '-' ? next_part(rest, "-;", &sep) : NULL;
	}
	if (hash && read_hash(p, hash))
		return -1;
	if (!*rest)
		return 0;
	hash = next_part(rest, "-;", &sep);
	return read_kes(p, hash, false, &p->dh);
}

/* ";addke1=ml_kem_768+none;addke2=dh20", cut off by the first semicolon */
static int read_addkes(struct part *p, char *list)
{
	char *text, *end, sep;

	while ((text = next_part(&list, ";", &sep))) {
		unsigned long n = 0;

		end = text;
		if (!strncasecmp(text, "addke", 5))
			n = strtoul(text + 5, &end, 10);
		if (!n || n > IKE_ADDKE_MAX || *end != '=') {
			snprintf(p->err, p->errlen,
				 "%s=: '%s' is not addke1= to addke%d= with key exchanges, as in addke1=ml_kem_768",
				 p->key, text, IKE_ADDKE_MAX);
			return -1;
		}
		if (read_kes(p, end + 1, true, &p->addke[n - 1]))
			return -1;
	}
	return 0;
}

/* The part with names for what they are ends where the first "addke1=" begins; NULL: nowhere */
static char *cut_addkes(char *text)
{
	char *equals = strchr(text, '='), *semi;

	if (!equals)
		return NULL;
	*equals = '\0';
	semi = strrchr(text, ';');
	*equals = '=';
	if (!semi)
		return NULL;
	*semi = '\0';
	return semi + 1;
}

static int read_part(struct part *p, char *text)
{
	char *rest = text, *encr, *bits = NULL, *part = NULL, sep = '\0';

	if (read_addkes(p, cut_addkes(text)))
		return -1;
	encr = next_part(&rest, "-;", &sep);
	if (sep == '-') {
		part = next_part(&rest, "-;", &sep);
		if (all_digits(part)) {
			bits = part;
			part = sep == '-' ? next_part(&rest, "-;", &sep) : NULL;
		}
	}
	if (read_encrs(p, encr, bits))
		return -1;

	if (p->ike) {
		if (read_ike_rest(p, &rest, part, sep))
			return -1;
	} else if (read_esp_rest(p, part, next_part(&rest, "-;", &sep))) {
		return -1;
	}
	if (rest) {
		snprintf(p->err, p->errlen, "%s=: '%s' is too much in a proposal", p->key, rest);
		return -1;
	}
	return 0;
}

static int too_many(const struct part *p)
{
	snprintf(p->err, p->errlen, "%s=: more than %d combinations of algorithms; name fewer",
		 p->key, IKE_SUITES_MAX);
	return -1;
}

/* How many combinations of additional key exchanges there are */
static size_t addke_count(const struct part *p)
{
	size_t i, n = 1;

	for (i = 0; i < IKE_ADDKE_MAX; i++)
		n *= p->addke[i].n;
	return n;
}

/* Those of the n-th one; the last list turns fastest */
static void addke_nth(const struct part *p, size_t n, struct ike_suite *s)
{
	size_t i;

	for (i = IKE_ADDKE_MAX; i--;) {
		s->addke[i] = p->addke[i].v[n % p->addke[i].n];
		n /= p->addke[i].n;
	}
}

/*
 * The value of each list that the n-th combination has; the last list turns fastest. More key
 * exchanges are better than fewer, whatever else there is to choose from: they turn last.
 */
static int expand(const struct part *p, const struct values *esn, struct ike_suite_list *out)
{
	size_t each = p->encr.n * p->prf.n * p->integ.n * p->dh.n * esn->n;
	size_t n, addkes = addke_count(p);
	bool any = false;

	if (addkes > IKE_SUITES_MAX)
		return too_many(p);
	for (n = 0; n < addkes * each; n++) {
		struct ike_suite s = { 0 };
		size_t rest = n % each;

		addke_nth(p, n / each, &s);

		s.esn = esn->v[rest % esn->n];
		rest /= esn->n;
		s.dh = p->dh.v[rest % p->dh.n];
		rest /= p->dh.n;
		s.integ = p->integ.v[rest % p->integ.n];
		rest /= p->integ.n;
		s.prf = p->prf.v[rest % p->prf.n];
		rest /= p->prf.n;
		s.encr = p->encr.v[rest];
		s.keylen = p->keylen.v[rest];
		if (ike_suite_repeats_ke(&s))
			continue;
		any = true;
		if (ike_suites_add(out, &s))
			return too_many(p);
	}
	if (any)
		return 0;
	snprintf(p->err, p->errlen, "%s=: a proposal has the same key exchange twice", p->key);
	return -1;
}

/* libreswan ties the prf to the integrity algorithm, where there is one */
static struct values prfs_of(const struct values *integs)
{
	struct values prfs = { .n = 0 };

	for (size_t i = 0; i < integs->n; i++)
		add(&prfs, ike_integ_find(integs->v[i])->prf);
	return prfs;
}

/* What was left out */
static void fill(struct part *p)
{
	size_t i;

	for (i = 0; i < IKE_ADDKE_MAX; i++)
		if (!p->addke[i].n)
			p->addke[i] = no_group;
	if (!p->integ.n)
		p->integ = has_aead(p) ? no_integ : all_integs;
	if (!p->ike) {
		p->prf = no_prf;
		if (!p->dh.n)
			p->dh = no_group;
		return;
	}
	if (!p->prf.n)
		p->prf = has_aead(p) ? all_prfs : prfs_of(&p->integ);
	if (!p->dh.n)
		p->dh = all_groups;
}

static int parse(const char *text, bool ike, struct ike_suite_list *out, char *err, size_t errlen)
{
	const char *key = ike ? "ike" : "esp";
	char copy[TEXT_MAX], *rest = copy, *text_part, sep;

	memset(out, 0, sizeof(*out));
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy)) {
		snprintf(err, errlen, "%s=: longer than %d characters", key, TEXT_MAX - 1);
		return -1;
	}

	while ((text_part = next_part(&rest, ",", &sep))) {
		struct part p = { .ike = ike, .key = key, .err = err, .errlen = errlen };

		text_part += strspn(text_part, " \t");
		text_part[strcspn(text_part, " \t")] = '\0';
		if (!*text_part) {
			snprintf(err, errlen, "%s=: a proposal is empty", key);
			return -1;
		}
		if (read_part(&p, text_part))
			return -1;
		fill(&p);
		if (expand(&p, ike ? &no_esn : &both_esn, out))
			return -1;
	}
	return 0;
}

int ike_suite_parse_ike(const char *text, struct ike_suite_list *out, char *err, size_t errlen)
{
	return parse(text ? text : DEFAULT_IKE, true, out, err, errlen);
}

int ike_suite_parse_esp(const char *text, struct ike_suite_list *out, char *err, size_t errlen)
{
	return parse(text ? text : DEFAULT_ESP, false, out, err, errlen);
}

void ike_suites_set_esn(struct ike_suite_list *list, uint16_t esn)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->s[i].esn == esn)
			list->s[n++] = list->s[i];
	list->n = n;
}
