// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many road warriors in one process, for measuring responders: the helper's own IKE SAs over TCP
 * without the ULP, or UDP, and no kernel behind them. Each has an identity of its own, and a
 * certificate where the connection signs.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "cmd/config.h"
#include "net/addr.h"
#include "net/deframe.h"
#include "net/prefix.h"
#include "net/tcp.h"
#include "net/udp.h"

#define HEAP_EACH 20000			/* bytes of the heap that a warrior takes, or less */

struct crowd;

struct warrior {
	struct crowd *crowd;
	struct conf_conn conn;		/* a copy with an ID of its own */
	struct cred_conn cred;
	struct ike_sa *sa;
	struct ike_addrs addrs;
	struct loop_timer due;
	struct loop_fd w;		/* TCP */
	struct tcp_connect *connect;
	struct udp *udp;
	bool up, over;
	struct deframe in;		/* TCP; little of it is ever touched */
};

struct crowd {
	struct loop *loop;
	struct cmd_config files;
	const struct conf_conn *conn;
	struct tcp_target target;
	bool tcp;
	unsigned int n, parallel;
	unsigned int begun, up, failed;
	uint64_t start, end;
	X509 *ca;
	EVP_PKEY *ca_key, *key;		/* all share one, it is the certificates that count */
	struct warrior *all;
	char why[256];
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "crowd: %s: %s\n", what, why);
	exit(1);
}

static void begin_next(struct crowd *c);

static void settled(struct warrior *w, const char *why)
{
	struct crowd *c = w->crowd;

	if (w->up || w->over)
		return;
	w->up = !why;
	w->over = why;
	c->up += !why;
	c->failed += !!why;
	if (why)
		snprintf(c->why, sizeof(c->why), "%s", why);
	begin_next(c);
	if (c->up + c->failed < c->n)
		return;
	c->end = loop_now();
	printf("{ \"n\": %u, \"up\": %u, \"failed\": %u, \"seconds\": %.3f, \"why\": \"%s\" }\n",
	       c->n, c->up, c->failed, (c->end - c->start) / 1000.0, c->why);
	fflush(stdout);
}

static int env_send(void *arg, const uint8_t *msg, size_t len)
{
	struct warrior *w = arg;

	return w->udp ? udp_send(w->udp, &w->addrs, msg, len) : deframe_send(w->w.fd, msg, len);
}

static int env_spi_alloc(void *arg, uint32_t *spi)
{
	(void)arg;
	return RAND_bytes((unsigned char *)spi, sizeof(*spi)) == 1 ? 0 : -EIO;
}

static void env_spi_free(void *arg, uint32_t spi)
{
	(void)arg;
	(void)spi;
}

static int env_child_add(void *arg, const struct ike_child *child, unsigned int parts, char *err,
			 size_t errlen)
{
	(void)arg;
	(void)child;
	(void)parts;
	(void)err;
	(void)errlen;
	return 0;
}

static void env_child_del(void *arg, const struct ike_child *child, unsigned int parts)
{
	(void)arg;
	(void)child;
	(void)parts;
}

static const struct conf_secret *env_find_secret(void *arg, const struct conf_id *local,
						 const struct conf_id *remote)
{
	struct warrior *w = arg;

	return conf_secret_find(w->crowd->files.secrets, local, remote);
}

static void env_step(void *arg, enum ike_step step)
{
	if (step == IKE_STEP_CHILD_UP)
		settled(arg, NULL);
}

static void env_replaced(void *arg, struct ike_sa *sa)
{
	struct warrior *w = arg;

	w->sa = sa;
}

static void env_came_by(void *arg, struct ike_addrs *addrs)
{
	struct warrior *w = arg;

	*addrs = w->addrs;
}

static uint64_t env_now(void *arg)
{
	(void)arg;
	return loop_now();
}

static void env_log(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static void watch(struct warrior *w);

static void ended(struct warrior *w)
{
	settled(w, ike_sa_error(w->sa));
	if (w->up)
		fprintf(stderr, "crowd: ended: %s\n", ike_sa_error(w->sa));
}

static void due(void *arg)
{
	struct warrior *w = arg;

	if (ike_sa_timeout(w->sa))
		ended(w);
	else
		watch(w);
}

static void watch(struct warrior *w)
{
	uint64_t at = ike_sa_due(w->sa), now = loop_now();

	if (at == UINT64_MAX)
		loop_timer_cancel(w->crowd->loop, &w->due);
	else
		loop_timer_set(w->crowd->loop, &w->due, at > now ? at - now : 0, due, w);
}

static void input(struct warrior *w, const uint8_t *msg, size_t len)
{
	if (ike_sa_input(w->sa, msg, len))
		ended(w);
	else
		watch(w);
}

static void start_ike(struct warrior *w)
{
	struct ike_env env = {
		.arg = w, .send = env_send, .spi_alloc = env_spi_alloc, .spi_free = env_spi_free,
		.child_add = env_child_add, .child_del = env_child_del,
		.find_secret = env_find_secret, .creds = w->crowd->files.creds, .step = env_step,
		.replaced = env_replaced, .came_by = env_came_by, .now = env_now, .log = env_log,
	};

	w->sa = ike_sa_new_initiator(&w->conn, &w->addrs, &env);
	if (!w->sa)
		die("IKE SA", "out of memory");
	ike_sa_reliable(w->sa, !w->udp);
	if (ike_sa_start(w->sa))
		ended(w);
	else
		watch(w);
}

static void readable(void *arg, uint32_t events)
{
	struct warrior *w = arg;
	const uint8_t *msg;
	uint8_t *room;
	size_t len;
	ssize_t n;

	(void)events;
	room = deframe_room(&w->in, &len);
	n = recv(w->w.fd, room, len, MSG_DONTWAIT);
	if (n <= 0) {
		if (n < 0 && errno == EAGAIN)
			return;
		loop_fd_del(w->crowd->loop, &w->w);
		settled(w, "the connection ended");
		return;
	}
	deframe_add(&w->in, (size_t)n);
	while (deframe_next(&w->in, &msg, &len) > 0)
		input(w, msg, len);
}

static void connected(void *arg, int fd, const char *err)
{
	struct warrior *w = arg;

	w->connect = NULL;
	if (fd < 0) {
		settled(w, err);
		return;
	}
	w->w = (struct loop_fd){ .fd = fd, .ready = readable, .arg = w };
	if (addr_of_socket(fd, &w->addrs) || prefix_send(fd) ||
	    loop_fd_add(w->crowd->loop, &w->w, EPOLLIN))
		die("TCP", strerror(errno));
	start_ike(w);
}

static void on_datagram(void *arg, const struct ike_addrs *addrs, const uint8_t *msg, size_t len)
{
	(void)addrs;
	input(arg, msg, len);
}

static void start_udp(struct warrior *w)
{
	struct udp_user user = { .arg = w, .message = on_datagram };
	struct sockaddr_storage sa;
	char err[256];

	memcpy(&sa, w->crowd->target.list->ai_addr, w->crowd->target.list->ai_addrlen);
	w->udp = udp_open(w->crowd->loop, NULL, (struct sockaddr *)&sa,
			  w->crowd->target.list->ai_addrlen, true, &user, err, sizeof(err));
	if (!w->udp)
		die("UDP", err);
	w->addrs = *udp_addrs(w->udp);
	w->addrs.encap = IKE_ENCAP_UDP;
	start_ike(w);
}

static void begin_next(struct crowd *c)
{
	struct warrior *w;

	while (c->begun < c->n && c->begun < c->up + c->failed + c->parallel) {
		w = &c->all[c->begun++];
		if (!c->tcp) {
			start_udp(w);
			continue;
		}
		w->connect = tcp_connect_start(c->loop, &c->target, NULL, 30000, connected, w);
		if (!w->connect)
			die("TCP", "out of memory");
	}
}

/* A certificate for DNS:NAME */
static X509 *make_cert(struct crowd *c, const char *name, long serial)
{
	X509_NAME *subject = X509_NAME_new();
	X509 *cert = X509_new();
	X509_EXTENSION *ext;
	char san[64];

	snprintf(san, sizeof(san), "DNS:%s", name);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	if (!subject || !cert || !ext || !X509_set_version(cert, 2) ||
	    !ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) ||
	    !X509_gmtime_adj(X509_getm_notBefore(cert), -3600) ||
	    !X509_gmtime_adj(X509_getm_notAfter(cert), 86400) ||
	    !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1,
					-1, 0) ||
	    !X509_set_subject_name(cert, subject) ||
	    !X509_set_issuer_name(cert, X509_get_subject_name(c->ca)) ||
	    !X509_set_pubkey(cert, c->key) || !X509_add_ext(cert, ext, -1) ||
	    !X509_sign(cert, c->ca_key, EVP_sha256()))
		die("certificate", "libcrypto refused");
	X509_NAME_free(subject);
	X509_EXTENSION_free(ext);
	return cert;
}

static void recruit(struct crowd *c, struct warrior *w, unsigned int i)
{
	char id[32];

	snprintf(id, sizeof(id), "@c%u.road.test", i);
	w->crowd = c;
	w->w.fd = -1;
	w->conn = *c->conn;
	if (conf_id_parse(id, &w->conn.local.id))
		die("ID", id);
	if (!c->ca)
		return;
	w->cred = *c->conn->cred;
	w->cred.key = c->key;
	w->cred.chain = sk_X509_new_null();
	sk_X509_push(w->cred.chain, make_cert(c, id + 1, 1000 + i));
	w->conn.cred = &w->cred;
}

/*
 * The kernel gives pages when they are written to, which is dear in User Mode Linux: before the
 * clock runs, so that handshakes are measured, and not that.
 */
static void warm_up(const struct crowd *c)
{
	size_t len = (size_t)c->n * HEAP_EACH;
	void *p;

	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	p = malloc(len);
	if (!p)
		die("memory", strerror(errno));
	memset(p, 1, len);
	free(p);
}

static void load_ca(struct crowd *c, const char *cert, const char *key)
{
	FILE *f = fopen(cert, "r");

	c->ca = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	if (f)
		fclose(f);
	f = fopen(key, "r");
	c->ca_key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	if (f)
		fclose(f);
	c->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (!c->ca || !c->ca_key || !c->key)
		die(cert, "no CA");
}

static void on_signal(void *arg, int signo)
{
	struct crowd *c = arg;

	(void)signo;
	loop_stop(c->loop);
}

static void options(struct crowd *c, int argc, char **argv)
{
	const char *config = CMD_CONFIG_FILE, *secrets = CMD_SECRETS_FILE;
	const char *ca = NULL, *ca_key = NULL;
	char err[CMD_CONFIG_ERR];
	int o;

	c->n = 1000;
	c->parallel = 16;
	while ((o = getopt(argc, argv, "c:s:n:p:a:k:")) != -1) {
		switch (o) {
		case 'c':
			config = optarg;
			break;
		case 's':
			secrets = optarg;
			break;
		case 'n':
			c->n = (unsigned int)atoi(optarg);
			break;
		case 'p':
			c->parallel = (unsigned int)atoi(optarg);
			break;
		case 'a':
			ca = optarg;
			break;
		case 'k':
			ca_key = optarg;
			break;
		default:
			die("usage", "crowd -c FILE -s FILE [-n N] [-p PARALLEL] [-a CA -k CA-KEY] CONN");
		}
	}
	if (argc - optind != 1 || !c->n || !c->parallel)
		die("usage", "one connection is needed");
	if (cmd_config_load(config, secrets, &c->files, err, sizeof(err)))
		die(config, err);
	c->conn = cmd_config_find(&c->files, config, argv[optind], err, sizeof(err));
	if (!c->conn)
		die(config, err);
	c->tcp = c->conn->tcp == CONF_TCP_YES;
	if (ca)
		load_ca(c, ca, ca_key);
	if (tcp_resolve(&c->target, c->conn->remote.host, c->conn->remote_port, err, sizeof(err)))
		die(c->conn->remote.host, err);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	struct crowd c = { .why = "" };

	options(&c, argc, argv);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	c.loop = loop_new();
	c.all = calloc(c.n, sizeof(*c.all));
	if (!c.loop || !c.all || loop_signals(c.loop, on_signal, &c))
		die("loop", strerror(errno));
	for (unsigned int i = 0; i < c.n; i++)
		recruit(&c, &c.all[i], i);
	warm_up(&c);
	c.start = loop_now();
	begin_next(&c);
	/* They stay up, and answer, till somebody has looked at the other end */
	return loop_run(c.loop) || c.failed;
}
