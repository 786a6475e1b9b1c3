// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An SA in each of its states gets a message of any content: as it is, or
 * sealed with keys that are known here, so that the inside is reached.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>

#include "conf/value.h"
#include "cred/priv.h"
#include "ike/followup.h"
#include "ike/intermediate.h"
#include "ike/sa.h"

/* State and what is under way, exchange, flags, type of the first payload */
#define CHOICE_LEN 4

/* In the first of these: with additional key exchanges; and one of them comes next */
#define ADDKE	0x40
#define FOLLOW	0x80
#define LINK_LEN 8			/* all zero */

static int installed;
static uint64_t now;
static struct ike_sa *current;
static struct conf_secret ppk = {
	.kind = CONF_SECRET_PPK, .name = (char *)"ppk", .key = (uint8_t *)"secret", .len = 6,
};

static struct conf_conn conns[3];	/* by PSK, by signatures, with additional key exchanges */
static struct conf_conn *conn;
static struct cred_store store = { .dir = (char *)"/nonexistent" };
static struct cred_conn cred = { .store = &store };
static struct conf_secret secret = { .key = (uint8_t *)"secret", .len = 6 };

static int on_send(void *arg, const uint8_t *msg, size_t len)
{
	struct ike_hdr hdr;

	(void)arg;
	/* Whatever comes in, what goes out is a message */
	if (ike_hdr_parse(msg, len, &hdr))
		abort();
	return 0;
}

static int on_spi_alloc(void *arg, uint32_t *spi)
{
	(void)arg;
	*spi = htonl(0x12345678);
	return 0;
}

static void on_spi_free(void *arg, uint32_t spi)
{
	(void)arg;
	(void)spi;
}

/* Nobody here knows the PSK's AUTH: children come by CREATE_CHILD_SA alone */
static int on_child_add(void *arg, const struct ike_child *child, unsigned int parts, char *err,
			size_t errlen)
{
	(void)arg;
	(void)err;
	(void)errlen;
	if (!parts || child->key_len > sizeof(child->key_in))
		abort();
	installed += __builtin_popcount(parts);
	return 0;
}

static void on_child_del(void *arg, const struct ike_child *child, unsigned int parts)
{
	(void)arg;
	(void)child;
	installed -= __builtin_popcount(parts);
}

static const struct conf_conn *on_find_conn(void *arg, const struct conf_id *idi,
					    const struct conf_id *idr)
{
	(void)arg;
	(void)idi;
	(void)idr;
	return conn;
}

static const struct conf_secret *on_find_secret(void *arg, const struct conf_id *local,
						const struct conf_id *remote)
{
	(void)arg;
	(void)local;
	(void)remote;
	return &secret;
}

/* It becomes the name of a host that is looked up */
static bool on_redirect(void *arg, const char *host)
{
	struct conf_subnet addr;

	(void)arg;
	if (conf_value_addr(host, &addr) && !conf_value_hostname(host))
		abort();
	return true;
}

static void on_step(void *arg, enum ike_step step)
{
	(void)arg;
	if (step == IKE_STEP_AUTH_DONE)
		abort();
}

static void on_replaced(void *arg, struct ike_sa *sa)
{
	(void)arg;
	current = sa;
}

static void on_came_by(void *arg, struct ike_addrs *addrs)
{
	(void)arg;
	*addrs = (struct ike_addrs){ .local.family = AF_INET, .remote.family = AF_INET,
				     .remote_port = 4500, .encap = IKE_ENCAP_UDP };
}

static uint64_t on_now(void *arg)
{
	(void)arg;
	return now;
}

static void on_log(void *arg, const char *line)
{
	(void)arg;
	if (!*line)
		abort();
}

static const struct ike_env env = {
	.send = on_send, .spi_alloc = on_spi_alloc, .spi_free = on_spi_free,
	.child_add = on_child_add, .child_del = on_child_del, .find_conn = on_find_conn,
	.find_secret = on_find_secret, .creds = &store, .ppks = &ppk, .step = on_step,
	.redirect = on_redirect,
	.replaced = on_replaced, .came_by = on_came_by, .now = on_now,
	.log = on_log,
};

static void set_up(void)
{
	static const char *const ikes[] = { NULL, NULL, "aes_gcm256-sha2_256-dh19;addke1=dh31" };
	static const char *const esps[] = {
		NULL, NULL, "aes_gcm256-none-dh19;addke1=dh31;addke3=dh20"
	};
	char err[128];

	if (conns[0].ike.n)
		return;
	for (int i = 0; i < 3; i++) {
		conns[i].local.auth = i == 1 ? CONF_AUTH_SIGNATURE : CONF_AUTH_SECRET;
		conns[i].remote.auth = conns[i].local.auth;
		conns[i].pfs = true;
		conns[i].mobike = true;
		conns[i].tcp = CONF_TCP_FALLBACK;
		conns[i].accept_redirect = true;
		conns[i].local.subnet.family = AF_INET;
		conns[i].remote.subnet.family = AF_INET;
		if (ike_suite_parse_ike(ikes[i], &conns[i].ike, err, sizeof(err)) ||
		    ike_suite_parse_esp(esps[i], &conns[i].esp, err, sizeof(err)))
			abort();
	}
	store.trusted = X509_STORE_new();
	cred.key = EVP_EC_gen("P-256");
	if (!store.trusted || !cred.key)
		abort();
	conns[1].cred = &cred;
}

/* As after IKE_SA_INIT, with keys that are all zero */
static void give_keys(struct ike_sa *sa, enum ike_state state, bool ppk_on)
{
	memset(sa->spi_i, 1, IKE_SPI_LEN);
	memset(sa->spi_r, 2, IKE_SPI_LEN);
	sa->suite = conn->ike.s[0];
	sa->conn = conn;
	sa->keys.i.encr = sa->suite.encr;
	sa->keys.i.keylen = sa->suite.keylen;
	sa->keys.r.encr = sa->suite.encr;
	sa->keys.r.keylen = sa->suite.keylen;
	sa->ni.len = 32;
	sa->nr.len = 32;
	sa->init_theirs = calloc(1, IKE_HDR_LEN);
	sa->init_theirs_len = IKE_HDR_LEN;
	sa->state = state;
	sa->ppk_agreed = ppk_on;
	sa->mobike.agreed = true;
	sa->nat_ours = true;
	sa->recv_id = sa->initiator ? 0 : 1;
	ike_intermediate_begin(sa);
	if (state != IKE_ST_UP && sa->initiator) {
		sa->waiting = true;
		sa->sent_exchange = IKE_AUTH;
		sa->send_id = 1;
	}
	if (state == IKE_ST_INTERMEDIATE_SENT) {
		sa->sent_exchange = IKE_INTERMEDIATE;
		if (ike_ke_begin(&sa->ke, sa->suite.addke[0]))
			abort();
	}
}

static void give_child(struct ike_sa *sa)
{
	struct ike_child_sa *child;
	char text[128];
	int err;

	child = ike_childlist_new(sa, &err);
	if (!child || ike_childlist_install(sa, child, IKE_PART_ALL, NULL, text, sizeof(text)))
		abort();
	child->c.spi_out = htonl(0x87654321);
	child->c.ts_local = conn->local.subnet;
	child->c.ts_remote = conn->remote.subnet;
	child->state = IKE_CHILD_UP;
}

/* What of ours is under way when the message comes */
static void ask(struct ike_sa *sa, uint8_t what)
{
	int ret;

	give_child(sa);
	switch (what & 7) {
	case 0:
		ret = ike_sa_liveness(sa);
		break;
	case 1:
		ret = ike_sa_rekey(sa);
		break;
	case 2:
		ret = ike_sa_rekey_children(sa);
		break;
	case 3:
		ret = ike_sa_delete_child(sa);
		break;
	case 4:
		ret = ike_sa_delete(sa);
		break;
	case 5:
		ret = ike_sa_announce(sa);
		break;
	case 6:
		sa->mobike.check_wanted = true;
		ret = ike_sa_resend(sa);
		break;
	default:
		ret = 0;
	}
	if (ret)
		abort();
}

/* Ours has had its CREATE_CHILD_SA answered, and asks on */
static void follow_ours(struct ike_sa *sa)
{
	struct ike_create *cr = &sa->create;

	cr->s.suite = cr->ike ? sa->suite : conn->esp.s[0];
	cr->s.nr.len = 32;
	cr->s.link_len = LINK_LEN;
	if (cr->ike) {
		memset(cr->ike->spi_r, 3, IKE_SPI_LEN);
		cr->ike->suite = cr->s.suite;
	} else {
		cr->child->c.suite = cr->s.suite;
		cr->child->c.spi_out = htonl(0x87654322);
	}
	sa->waiting = false;
	sa->send_id++;
	if (ike_followup_send(sa))
		abort();
}

/* The peer's has an answer, and goes on; for the IKE SA or a child SA that has one already */
static void follow_theirs(struct ike_sa *sa, bool ike)
{
	static uint8_t raw[IKE_MSG_MAX];
	static const struct ike_hdr hdr;
	struct ike_series s = { .ni.len = 32, .nr.len = 32 };
	struct ike_child_sa *child = NULL;
	struct ike_sa *heir = NULL;
	struct ike_buf b;
	int err;

	s.suite = ike ? sa->suite : conn->esp.s[0];
	if (ike) {
		heir = ike_sa_new_successor(sa, false);
		if (!heir)
			abort();
		heir->suite = s.suite;
	} else {
		child = ike_childlist_new(sa, &err);
		if (!child)
			abort();
		child->c.suite = s.suite;
		child->c.spi_out = htonl(0x87654322);
		child->c.ts_local = conn->local.subnet;
		child->c.ts_remote = conn->remote.subnet;
	}
	ike_build_begin(&b, raw, sizeof(raw), &hdr);
	if (ike_followup_wait(sa, &s, child, ike ? NULL : TAILQ_FIRST(&sa->children), heir, &b))
		abort();
	memset(sa->pending.s.link, 0, LINK_LEN);
}

static void follow(struct ike_sa *sa, uint8_t what)
{
	if (sa->create.ike || sa->create.child)
		follow_ours(sa);
	else if (!sa->delete_wanted && sa->state == IKE_ST_UP)
		follow_theirs(sa, what & 1);
}

static struct ike_sa *make(uint8_t choice)
{
	struct ike_addrs addrs = { .local.family = AF_INET, .remote.family = AF_INET };
	bool initiator = choice & 1;
	struct ike_sa *sa;

	conn = choice & ADDKE ? &conns[2] : &conns[!!(choice & 8)];
	sa = initiator ? ike_sa_new_initiator(conn, &addrs, &env) :
	     ike_sa_new_responder(&conn->ike, &addrs, &env);
	if (!sa)
		abort();
	current = sa;
	if (choice & 2) {
		give_keys(sa, IKE_ST_UP, false);
		ask(sa, choice >> 3);
		if (choice & ADDKE && choice & FOLLOW)
			follow(sa, choice >> 3);
	} else if (choice & 4) {
		enum ike_state sent = choice & ADDKE ? IKE_ST_INTERMEDIATE_SENT : IKE_ST_AUTH_SENT;

		give_keys(sa, initiator ? sent : IKE_ST_AUTH_WAIT, choice & 16);
	} else if (initiator) {
		if (ike_sa_start(sa))
			abort();
		/* A REDIRECT has to show it */
		memset(sa->ni.data, 0, sizeof(sa->ni.data));
		sa->ni.len = IKE_NONCE_MIN;
	}
	return sa;
}

/* A message of the other end whose inside is the input */
static void feed_sealed(struct ike_sa *sa, const uint8_t *data, size_t size)
{
	struct ike_sk *sk = sa->initiator ? &sa->keys.r : &sa->keys.i;
	struct ike_hdr hdr = { .exchange = data[1], .initiator = !sa->initiator };
	static uint8_t msg[IKE_MSG_MAX];
	struct ike_buf b;
	size_t at;

	memcpy(hdr.spi_i, sa->spi_i, IKE_SPI_LEN);
	memcpy(hdr.spi_r, sa->spi_r, IKE_SPI_LEN);
	hdr.response = data[2] & 1;
	hdr.id = hdr.response ? sa->send_id : sa->recv_id;
	ike_build_begin(&b, msg, sizeof(msg), &hdr);
	if (data[2] & 2)
		at = ike_sk_begin_fragment(sk, &b, data[2] >> 2 & 7, data[2] >> 5);
	else
		at = ike_sk_begin(sk, &b);
	b.data[b.next] = data[3];
	ike_put_bytes(&b, data + CHOICE_LEN, size - CHOICE_LEN);
	if (!ike_sk_seal(sk, &b, at))
		ike_sa_input(sa, b.data, b.len);
}

/* The input as it is, but for the SPI that the initiator has made up just now */
static void feed_raw(struct ike_sa *sa, const uint8_t *data, size_t size)
{
	uint8_t *msg = malloc(size + 1);

	if (!msg)
		abort();
	memcpy(msg, data, size);
	if (sa->initiator && size >= IKE_SPI_LEN)
		memcpy(msg, sa->spi_i, IKE_SPI_LEN);
	ike_sa_input(sa, msg, size);
	free(msg);
}

/* Payloads that nothing protects, where only INVALID_IKE_SPI and a token mean something */
static void feed_open(struct ike_sa *sa, const uint8_t *data, size_t size)
{
	struct ike_hdr hdr = { .exchange = sa->sent_exchange, .initiator = !sa->initiator,
			       .response = true, .id = sa->send_id };
	static uint8_t msg[IKE_MSG_MAX];
	struct ike_buf b;

	memset(sa->qcd.token, 0, sizeof(sa->qcd.token));
	sa->qcd.len = IKE_QCD_LEN;
	memcpy(hdr.spi_i, sa->spi_i, IKE_SPI_LEN);
	memcpy(hdr.spi_r, sa->spi_r, IKE_SPI_LEN);
	ike_build_begin(&b, msg, sizeof(msg), &hdr);
	b.data[b.next] = data[3];
	ike_put_bytes(&b, data + CHOICE_LEN, size - CHOICE_LEN);
	if (!ike_build_end(&b))
		ike_sa_input(sa, b.data, b.len);
	/* Sixteen zeros in a row are the least that proves it */
	if (ike_sa_crashed(sa) && size < CHOICE_LEN + IKE_QCD_LEN)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_sa *sa;
	unsigned int n;

	if (size < CHOICE_LEN)
		return 0;
	set_up();
	sa = make(data[0]);
	if (sa->state == IKE_ST_UP && data[1] == 0xff)
		feed_open(sa, data, size);
	else if (sa->state == IKE_ST_UP || sa->keys.i.keylen)
		feed_sealed(sa, data, size);
	else
		feed_raw(sa, data + CHOICE_LEN, size - CHOICE_LEN);
	/* A day passes, in which all that is under way ends */
	for (n = 0; n < 64 && ike_sa_due(current) < UINT64_MAX; n++) {
		now = ike_sa_due(current) > now ? ike_sa_due(current) : now;
		/* As on a slow machine: two goes at a puzzle show all that many do */
		if (current->puzzle.solving)
			now += IKE_PUZZLE_MS / 2;
		if (ike_sa_timeout(current))
			break;
	}
	ike_sa_free(current);
	if (installed)
		abort();
	return 0;
}
