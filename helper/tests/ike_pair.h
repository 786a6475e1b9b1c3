/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two peers in one process: a wire between them that a test can bend, a clock that
 * stands still until a test moves it, and for each peer a kernel that remembers
 * (mock_kernel.h). For the tests that include this file alone.
 */
#ifndef ESPINTCP_TESTS_IKE_PAIR_H
#define ESPINTCP_TESTS_IKE_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "ike/ike.h"
#include "ike/sa.h"

#include "mock_kernel.h"

#define QUEUE_MAX 4096

struct message {
	uint8_t *data;			/* NULL: an ESP packet */
	size_t len;
	struct mock_esp esp;
	struct ike_addrs from;		/* the sender's, as it left */
};

struct peer {
	struct pair *pair;
	struct ike_sa *sa;
	struct conf_conn conn;
	struct conf_secret secret;
	struct cred_store *creds;	/* NULL: PSK alone */
	const struct conf_secret *ppks;
	const uint8_t *qcd_secret;	/* NULL: no tokens */
	struct ike_spis *table;		/* NULL: its SAs are in none */
	struct conf_subnet former[2];	/* initiator: asked for again */
	unsigned int pool[2];		/* responder: addresses that are free, IPv4 and IPv6 */
	struct conf_subnet wanted;	/* that was asked for last */
	unsigned int leases;		/* not given back */
	bool no_secret;
	bool sole;			/* initiator: it has no other SA with the peer */
	char gateway[256];		/* initiator: where it was sent last */
	unsigned int redirects;		/* that it got, and whether it obeys */
	bool stubborn;
	struct conf_subnet redirected_from, first_gateway;
	unsigned int contacts;		/* responder: such peers that came */
	const struct conf_conn *choices[3];	/* or the first one that the peer asks for */
	bool no_conn;
	int child_error;		/* what the kernel answers to child_add */
	bool over;			/* ike_sa_input() answered -1 */
	struct ike_addrs at;		/* where it sends from, and to */
	struct ike_addrs came;		/* the same of the message that is being read */
	unsigned int steps[IKE_STEP_CLOSED + 1];
	unsigned int replaced;		/* times that the IKE SA was rekeyed */
	struct mock_kernel kernel;
	unsigned int added, removed;	/* children with their policies */
	int spis;			/* reserved and not yet used or given back */
	struct ike_child child;		/* as it was installed last */
	char log[512];			/* the last line */
};

struct pair {
	struct peer i, r;
	char name[8];
	bool ipv6;			/* outside */
	bool udp;			/* what is said to carry it all */
	/* In flight, in order; to_r tells the direction */
	struct {
		struct message m;
		bool to_r;
	} queue[QUEUE_MAX];
	size_t head, tail;
	/* Called for each message before it is delivered; may change it or answer false */
	bool (*filter)(struct pair *pair, struct message *m, bool to_r, unsigned int nth);
	void *filter_arg;
	unsigned int nth;		/* messages so far */
	uint64_t now;			/* ms */
	bool traffic;			/* each end sends a packet after each message */
	unsigned int lost;		/* packets that met no SA */
	/* A wire that loses nothing and keeps order, unless told otherwise */
	uint32_t random;		/* seed; 0: such a wire */
	unsigned int loss, twice;	/* percent of the messages */
};

static inline struct ike_addrs pair_addrs(bool initiator)
{
	struct ike_addrs a = { .local_port = 40000, .remote_port = 4500 };

	a.local.family = AF_INET;
	a.remote.family = AF_INET;
	inet_pton(AF_INET, initiator ? "192.0.2.1" : "192.0.2.2", a.local.addr);
	inet_pton(AF_INET, initiator ? "192.0.2.2" : "192.0.2.1", a.remote.addr);
	if (!initiator) {
		a.local_port = 4500;
		a.remote_port = 40000;
	}
	return a;
}

/* A small generator with a seed of its own: a failure can be had again */
static inline uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static inline struct message *pair_push(struct peer *p)
{
	struct pair *pair = p->pair;

	assert_true(pair->tail < QUEUE_MAX);
	pair->queue[pair->tail].to_r = p == &pair->i;
	memset(&pair->queue[pair->tail].m, 0, sizeof(struct message));
	pair->queue[pair->tail].m.from = p->at;
	return &pair->queue[pair->tail++].m;
}

static inline void pair_push_copy(struct peer *p, const uint8_t *msg, size_t len)
{
	struct message *m = pair_push(p);

	m->data = malloc(len);
	assert_non_null(m->data);
	memcpy(m->data, msg, len);
	m->len = len;
}

static inline bool pair_chance(struct pair *pair, unsigned int percent)
{
	return pair->random && next_random(&pair->random) % 100 < percent;
}

/* Answers go back where the question came from */
static inline int pair_send(void *arg, const uint8_t *msg, size_t len)
{
	struct peer *p = arg;
	struct ike_addrs at = p->at;

	if (pair_chance(p->pair, p->pair->loss))
		return 0;
	if (msg[IKE_FLAGS_AT] & IKE_FLAG_RESPONSE)
		p->at = p->came;
	pair_push_copy(p, msg, len);
	if (pair_chance(p->pair, p->pair->twice))
		pair_push_copy(p, msg, len);
	p->at = at;
	return 0;
}

/* A packet for each of the peer's policies */
static inline void pair_send_esp(struct peer *p)
{
	for (size_t i = 0; i < p->kernel.n_policies; i++) {
		struct mock_esp esp;

		assert_true(mock_kernel_output(&p->kernel, i, &esp));
		pair_push(p)->esp = esp;
	}
}

static inline int pair_spi_alloc(void *arg, uint32_t *spi)
{
	struct peer *p = arg;

	p->spis++;
	*spi = htonl((p == &p->pair->i ? 0xc1000001 : 0xc2000002) + 0x10 * p->kernel.n_spis++);
	return 0;
}

static inline void pair_spi_free(void *arg, uint32_t spi)
{
	struct peer *p = arg;

	assert_int_not_equal(spi, 0);
	p->spis--;
}

static inline int pair_child_add(void *arg, const struct ike_child *child, unsigned int parts,
				 char *err, size_t errlen)
{
	struct peer *p = arg;

	if (p->child_error) {
		snprintf(err, errlen, "the kernel refused");
		return p->child_error;
	}
	if (!mock_kernel_add(&p->kernel, child, parts)) {
		snprintf(err, errlen, "a policy exists already");
		return -EEXIST;
	}
	if (parts & IKE_PART_IN) {
		p->child = *child;
		p->spis--;
	}
	if (parts & IKE_PART_POLICY)
		p->added++;
	return 0;
}

static inline void pair_child_del(void *arg, const struct ike_child *child, unsigned int parts)
{
	struct peer *p = arg;

	mock_kernel_del(&p->kernel, child, parts);
	if (parts & IKE_PART_POLICY)
		p->removed++;
}

static inline const struct conf_conn *pair_find_conn(void *arg, const struct conf_id *idi,
						     const struct conf_id *idr)
{
	struct peer *p = arg;

	(void)idi;
	(void)idr;
	for (size_t n = 0; n < ARRAY_SIZE(p->choices); n++)
		if (p->choices[n] && ike_sa_asks_for(p->sa, p->choices[n]))
			return p->choices[n];
	return p->no_conn ? NULL : &p->conn;
}

static inline const struct conf_secret *pair_find_secret(void *arg, const struct conf_id *local,
							 const struct conf_id *remote)
{
	struct peer *p = arg;

	assert_int_not_equal(local->type, CONF_ID_NONE);
	assert_int_not_equal(remote->type, CONF_ID_NONE);
	return p->no_secret ? NULL : &p->secret;
}

/* 10.9.0.N or fd09::N, where N is how many are left */
static inline int pair_lease(void *arg, bool v6, const struct conf_subnet *want,
			     struct conf_subnet *ip)
{
	struct peer *p = arg;

	p->wanted = *want;
	if (!p->pool[v6])
		return -ENOSPC;
	memset(ip, 0, sizeof(*ip));
	ip->family = v6 ? AF_INET6 : AF_INET;
	ip->prefix = v6 ? 128 : 32;
	assert_int_equal(inet_pton(ip->family, v6 ? "fd09::" : "10.9.0.0", ip->addr), 1);
	ip->addr[v6 ? 15 : 3] = p->pool[v6]--;
	p->leases++;
	return 0;
}

static inline void pair_unlease(void *arg, bool v6, const struct conf_subnet *ip)
{
	struct peer *p = arg;

	assert_int_equal(ip->family, v6 ? AF_INET6 : AF_INET);
	assert_true(p->leases > 0);
	p->leases--;
	p->pool[v6]++;
}

static inline bool pair_sole(void *arg)
{
	struct peer *p = arg;

	return p->sole;
}

static inline void pair_initial_contact(void *arg)
{
	struct peer *p = arg;

	p->contacts++;
}

static inline bool pair_redirect(void *arg, const char *host)
{
	struct peer *p = arg;

	p->redirects++;
	snprintf(p->gateway, sizeof(p->gateway), "%s", host);
	return !p->stubborn;
}

static inline void pair_step(void *arg, enum ike_step step)
{
	struct peer *p = arg;

	p->steps[step]++;
}

static inline void pair_replaced(void *arg, struct ike_sa *sa)
{
	struct peer *p = arg;

	assert_ptr_not_equal(p->sa, sa);
	p->sa = sa;
	p->replaced++;
}

static inline void pair_came_by(void *arg, struct ike_addrs *addrs)
{
	struct peer *p = arg;

	*addrs = p->came;
}

static inline uint64_t pair_now(void *arg)
{
	struct peer *p = arg;

	return p->pair->now;
}

static inline void pair_log(void *arg, const char *line)
{
	struct peer *p = arg;

	assert_true(strlen(line) > 0 && !strchr(line, '\n'));
	snprintf(p->log, sizeof(p->log), "%s", line);
}

static inline struct conf_subnet subnet(const char *addr, uint8_t prefix)
{
	struct conf_subnet s = { .prefix = prefix };

	s.family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(s.family, addr, s.addr), 1);
	return s;
}

static inline void pair_suites(struct peer *p, const char *ike, const char *esp)
{
	char err[256];

	assert_int_equal(ike_suite_parse_ike(ike, &p->conn.ike, err, sizeof(err)), 0);
	assert_int_equal(ike_suite_parse_esp(esp, &p->conn.esp, err, sizeof(err)), 0);
}

static inline void peer_init(struct pair *pair, struct peer *p, bool initiator)
{
	p->pair = pair;
	p->conn.name = strcpy(pair->name, "test");
	p->conn.local.subnet = subnet(initiator ? "10.1.0.0" : "10.2.0.0", 16);
	p->conn.remote.subnet = subnet(initiator ? "10.2.0.0" : "10.1.0.0", 16);
	conf_id_parse(initiator ? "@west" : "@east", &p->conn.local.id);
	conf_id_parse(initiator ? "@east" : "@west", &p->conn.remote.id);
	p->conn.local.auth = CONF_AUTH_SECRET;
	p->conn.remote.auth = CONF_AUTH_SECRET;
	p->secret.key = (uint8_t *)"a shared secret";
	p->secret.len = strlen("a shared secret");
	pair_suites(p, NULL, NULL);
}

/* Configuration as it fits; a test changes it before pair_start() */
static inline void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->now = 1000;
	peer_init(pair, &pair->i, true);
	peer_init(pair, &pair->r, false);
}

static inline struct ike_env pair_env(struct peer *p)
{
	return (struct ike_env){
		.arg = p,
		.send = pair_send,
		.spi_alloc = pair_spi_alloc,
		.spi_free = pair_spi_free,
		.child_add = pair_child_add,
		.child_del = pair_child_del,
		.find_conn = pair_find_conn,
		.find_secret = pair_find_secret,
		.lease = pair_lease,
		.unlease = pair_unlease,
		.former = p->former,
		.creds = p->creds,
		.ppks = p->ppks,
		.qcd_secret = p->qcd_secret,
		.spis = p->table,
		.sole = pair_sole,
		.initial_contact = pair_initial_contact,
		.redirect = pair_redirect,
		.redirected_from = &p->redirected_from,
		.first_gateway = &p->first_gateway,
		.step = pair_step,
		.replaced = pair_replaced,
		.came_by = pair_came_by,
		.now = pair_now,
		.log = pair_log,
	};
}

static inline struct ike_addrs pair_seen(const struct ike_addrs *from)
{
	return (struct ike_addrs){
		.local = from->remote, .remote = from->local, .local_port = from->remote_port,
		.remote_port = from->local_port, .encap = from->encap,
	};
}

/* What a session does with an update: all that follows goes there */
static inline void pair_follow(struct peer *p, unsigned int before)
{
	if (p->over || ike_sa_updates(p->sa) == before)
		return;
	p->at = p->came;
	if (ike_sa_resend(p->sa))
		p->over = true;
}

static inline void pair_input(struct pair *pair, struct message *m, bool to_r)
{
	struct peer *p = to_r ? &pair->r : &pair->i;
	bool pass = !pair->filter || pair->filter(pair, m, to_r, pair->nth);
	unsigned int before = ike_sa_updates(p->sa);

	pair->nth++;
	if (!pass || p->over)
		return;
	p->came = pair_seen(&m->from);
	if (ike_sa_input(p->sa, m->data, m->len))
		p->over = true;
	pair_follow(p, before);
}

static inline void pair_deliver(struct pair *pair)
{
	size_t at = pair->head, left = pair->tail - pair->head;
	struct message m;
	bool to_r;

	/* Any of those that are under way */
	if (pair->random)
		at += next_random(&pair->random) % left;
	m = pair->queue[at].m;
	to_r = pair->queue[at].to_r;
	pair->queue[at] = pair->queue[pair->head++];
	if (m.data) {
		pair_input(pair, &m, to_r);
		if (pair->traffic) {
			pair_send_esp(&pair->i);
			pair_send_esp(&pair->r);
		}
	} else if (!mock_kernel_input(to_r ? &pair->r.kernel : &pair->i.kernel, &m.esp)) {
		pair->lost++;
	}
	free(m.data);
}

/* Deliver until the wire is silent */
static inline void pair_run(struct pair *pair)
{
	while (pair->head < pair->tail)
		pair_deliver(pair);
	pair->head = 0;
	pair->tail = 0;
}

static inline void pair_timeout(struct peer *p)
{
	if (!p->over && ike_sa_due(p->sa) <= p->pair->now && ike_sa_timeout(p->sa))
		p->over = true;
}

/* Let so much time pass, in which everything that is due happens, and all is delivered */
static inline void pair_pass(struct pair *pair, uint64_t ms)
{
	uint64_t end = pair->now + ms;

	for (;;) {
		uint64_t i, r, due;

		pair_run(pair);
		i = pair->i.over ? UINT64_MAX : ike_sa_due(pair->i.sa);
		r = pair->r.over ? UINT64_MAX : ike_sa_due(pair->r.sa);
		due = i < r ? i : r;
		if (due > end)
			break;
		/* Whatever is due is done: time goes on */
		assert_true(due >= pair->now || pair->random);
		if (due > pair->now)
			pair->now = due;
		pair_timeout(&pair->i);
		pair_timeout(&pair->r);
	}
	pair->now = end;
}

static inline void pair_new(struct pair *pair)
{
	struct ike_addrs ai = pair_addrs(true), ar = pair_addrs(false);
	struct ike_env ei = pair_env(&pair->i), er = pair_env(&pair->r);

	if (pair->ipv6) {
		ai.local = subnet("2001:db8::1", 0);
		ai.remote = subnet("2001:db8::2", 0);
		ar.local = ai.remote;
		ar.remote = ai.local;
	}

	if (pair->udp) {
		ai.encap = IKE_ENCAP_UDP;
		ar.encap = IKE_ENCAP_UDP;
	}
	pair->i.at = ai;
	pair->r.at = ar;
	pair->i.sa = ike_sa_new_initiator(&pair->i.conn, &ai, &ei);
	pair->r.sa = ike_sa_new_responder(&pair->r.conn.ike, &ar, &er);
	assert_non_null(pair->i.sa);
	assert_non_null(pair->r.sa);
}

static inline void pair_start(struct pair *pair)
{
	pair_new(pair);
	assert_int_equal(ike_sa_start(pair->i.sa), 0);
	pair_run(pair);
}

static inline void pair_free(struct pair *pair)
{
	for (; pair->head < pair->tail; pair->head++)
		free(pair->queue[pair->head].m.data);
	ike_sa_free(pair->i.sa);
	ike_sa_free(pair->r.sa);
	/* Whatever happened, nothing stays in the kernel */
	assert_int_equal(pair->i.added, pair->i.removed);
	assert_int_equal(pair->r.added, pair->r.removed);
	assert_int_equal(pair->i.spis, 0);
	assert_int_equal(pair->r.spis, 0);
	assert_int_equal(pair->r.leases, 0);
	assert_true(mock_kernel_empty(&pair->i.kernel));
	assert_true(mock_kernel_empty(&pair->r.kernel));
}

static inline bool pair_is_up(const struct pair *pair)
{
	return ike_sa_child(pair->i.sa) && ike_sa_child(pair->r.sa);
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not say '%s'", text, part);
}

#endif
