/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two IKE SAs that sign: west and east of one CA, in files of a directory of their own. */
#ifndef ESPINTCP_TESTS_CERT_PAIR_H
#define ESPINTCP_TESTS_CERT_PAIR_H

#include "ike_pair.h"
#include "cred/priv.h"
#include "tests/ca.h"

struct world {
	struct pair pair;
	struct ca_pair ca;
	struct ca_pair end[2];		/* west and east */
	bool crl_strict;
	struct conf_secret *secrets;
};

enum { WEST, EAST };

static const char *const end_names[] = { "west", "east" };

static const struct ca_wish good_ca = {
	.cn = "CA", .ca = true, .usage = "critical,keyCertSign,cRLSign",
};

static const struct ca_wish good_end[] = {
	{ .cn = "west", .san = "DNS:west" }, { .cn = "east", .san = "DNS:east" },
};

static inline struct peer *world_peer(struct world *w, int side)
{
	return side == WEST ? &w->pair.i : &w->pair.r;
}

static inline void world_file(char *path, size_t len, const char *dir, const char *name,
			      const char *suffix)
{
	snprintf(path, len, "%s/%s%s", dir, name, suffix);
}

static inline void world_write(struct world *w, int side)
{
	char path[64];

	world_file(path, sizeof(path), "certs", end_names[side], ".pem");
	ca_write_cert(path, w->end[side].cert);
	world_file(path, sizeof(path), "private", end_names[side], ".key");
	ca_write_key(path, w->end[side].key, 0600, NULL);
}

/* Another certificate for an end, its key with it */
static inline void world_end(struct world *w, int side, const struct ca_pair *issuer,
			     const struct ca_wish *wish)
{
	ca_free(&w->end[side]);
	w->end[side] = ca_make(issuer, wish);
	world_write(w, side);
}

static inline void world_conn(struct world *w, int side)
{
	struct conf_conn *conn = &world_peer(w, side)->conn;

	conn->file = "test.conf";
	conn->line = 1;
	conn->local.auth = CONF_AUTH_SIGNATURE;
	conn->remote.auth = CONF_AUTH_SIGNATURE;
	conn->local.cert = (char *)end_names[side];
}

/* A new directory, with the keys of both ends */
static inline void world_init(struct world *w)
{
	assert_int_equal(conf_files_begin(NULL), 0);
	ca_dirs();
	memset(w, 0, sizeof(*w));
	pair_init(&w->pair);
	w->ca = ca_make(NULL, &good_ca);
	ca_write_cert("cacerts/ca.pem", w->ca.cert);
	for (int side = WEST; side <= EAST; side++) {
		w->end[side] = ca_make(&w->ca, &good_end[side]);
		world_write(w, side);
		world_conn(w, side);
	}
}

/* Load what is in the files for one end: 0, or -1 with err set */
static inline int world_load(struct world *w, int side, char *err, size_t errlen)
{
	struct peer *p = world_peer(w, side);

	p->creds = cred_open(conf_dir, w->crl_strict, w->secrets, err, errlen);
	return p->creds ? cred_conn_add(p->creds, &p->conn, err, errlen) : -1;
}

static inline void world_ready(struct world *w)
{
	char err[1024] = "";

	for (int side = WEST; side <= EAST; side++)
		if (world_load(w, side, err, sizeof(err)))
			fail_msg("%s: %s", end_names[side], err);
}

/* An end that sends a certificate that it would not use itself */
static inline void world_pose(struct world *w, int side, const struct ca_pair *as)
{
	struct cred_conn *c = (struct cred_conn *)world_peer(w, side)->conn.cred;

	sk_X509_pop_free(c->chain, X509_free);
	c->chain = sk_X509_new_null();
	X509_up_ref(as->cert);
	sk_X509_push(c->chain, as->cert);
	EVP_PKEY_free(c->key);
	EVP_PKEY_up_ref(as->key);
	c->key = as->key;
}

static inline void world_free(struct world *w)
{
	if (w->pair.i.sa)
		pair_free(&w->pair);
	for (int side = WEST; side <= EAST; side++) {
		cred_close(world_peer(w, side)->creds);
		ca_free(&w->end[side]);
	}
	ca_free(&w->ca);
	conf_secrets_free(w->secrets);
	conf_files_end(NULL);
}

/* Load and run: it comes up */
static inline void world_up(struct world *w)
{
	world_ready(w);
	pair_start(&w->pair);
	if (!pair_is_up(&w->pair))
		fail_msg("west: '%s', east: '%s'", ike_sa_error(w->pair.i.sa),
			 ike_sa_error(w->pair.r.sa));
}

/* What was loaded does not come up, and the end that was deceived says why */
static inline void world_distrusts(struct world *w, int side, const char *why)
{
	pair_start(&w->pair);
	assert_false(pair_is_up(&w->pair));
	assert_has(ike_sa_error(world_peer(w, side)->sa), why);
	assert_int_equal(world_peer(w, side)->added, 0);
}

/* An end's own files are refused before anything is sent */
static inline void world_refused(struct world *w, int side, const char *why)
{
	struct peer *p = world_peer(w, side);
	char err[1024] = "";

	assert_int_equal(world_load(w, side, err, sizeof(err)), -1);
	assert_has(err, why);
	cred_close(p->creds);
	p->creds = NULL;
}

#endif
