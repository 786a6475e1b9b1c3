// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp serve: answer all connections of the configuration. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <openssl/crypto.h>

#include "cmd/cmd.h"
#include "cmd/config.h"
#include "info/info.h"
#include "log.h"
#include "net/addr.h"
#include "serve/serve.h"
#include "state/secret.h"

static const char help_text[] =
	"Usage: espintcp serve [OPTION]...\n"
	"Answer IKEv2 over TCP (RFC 9329) and UDP for every conn with auto=add, ondemand\n"
	"or start, until Ctrl-C or SIGTERM, which delete all SAs at both ends.\n"
	"\n"
	"  -c, --config FILE          configuration (default " CMD_CONFIG_FILE ")\n"
	"  -s, --secrets FILE         secrets (default " CMD_SECRETS_FILE ")\n"
	"  -l, --listen [ADDR:]PORT   listen here by TCP instead of where listen-tcp= says;\n"
	"                             may be given up to 16 times\n"
	"  -r, --run-dir DIR          where the control socket is made\n"
	"                             (default " CTL_RUN_DIR ")\n"
	"  -S, --state-dir DIR        what is kept across restarts (default " STATE_DIR ")\n"
	"  -v, --verbose              also each IKE message, not what is in it\n"
	"  -q, --quiet                warnings and errors alone\n"
	"  --log-level LEVEL          error, warning, info (default) or debug\n"
	"  -h, --help                 this text\n"
	"\n"
	"Needs CAP_NET_ADMIN, and CAP_NET_BIND_SERVICE for ports below 1024. Each event\n"
	"is one line on stderr. A peer that connects again replaces its older\n"
	"connection.\n"
	"\n"
	CMD_EXIT_HELP
	"Status 0 is for an end by Ctrl-C or SIGTERM.\n";

#define LISTEN_ARGS_MAX (SERVE_LISTEN_MAX / TCP_LISTEN_MAX)

struct options {
	const char *who;
	const char *config, *secrets, *run_dir, *state_dir;
	const char *listen[LISTEN_ARGS_MAX];
	size_t n_listen;
};

static void say(enum log_level level, const struct serve *serve, const char *peer,
		const char *fmt, va_list ap)
{
	char line[1280];

	vsnprintf(line, sizeof(line), fmt, ap);
	log_line(level, "%s: %s%s%s", serve->who, peer ? peer : "", peer ? ": " : "", line);
}

void serve_log(const struct serve *serve, const char *peer, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_LEVEL_INFO, serve, peer, fmt, ap);
	va_end(ap);
}

void serve_warn(const struct serve *serve, const char *peer, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_LEVEL_WARNING, serve, peer, fmt, ap);
	va_end(ap);
}

static void on_signal(void *arg, int signo)
{
	(void)signo;
	serve_stop(arg);
}

static void on_down(void *arg, const char *conn, struct ctl_client *client)
{
	serve_down(arg, conn, client);
}

static void on_redirect(void *arg, const char *conn, const char *host, struct ctl_client *client)
{
	serve_redirect(arg, conn, host, client);
}

static void on_status(void *arg, FILE *to)
{
	const struct serve *serve = arg;
	const struct client *c;

	LIST_FOREACH(c, &serve->clients, entry) {
		struct info_tunnel info = { .role = "serve" };

		if (!c->session || !session_info(c->session, &info))
			continue;
		snprintf(info.name, sizeof(info.name), "%s", c->conn->conn->name);
		info_write(to, &info);
	}
}

/* A connection that cannot be served is named; the others are not harmed by it */
static enum cmd_exit add_conns(struct serve *serve, struct cmd_config *files, const char *file)
{
	struct conf_conn *conn;
	char err[CMD_CONFIG_ERR];

	for (conn = files->conf->conns; conn; conn = conn->next) {
		if (conn->start == CONF_AUTO_IGNORE)
			continue;
		if (cmd_config_conn(files, conn, err, sizeof(err)) ||
		    serve_conn_add(serve, conn, err, sizeof(err)))
			serve_warn(serve, NULL, "conn %s is not served: %s", conn->name, err);
	}
	if (!STAILQ_EMPTY(&serve->conns))
		return CMD_OK;
	return cmd_error(CMD_CONFIG, serve->who,
			 "%s has no conn to serve: one with auto=add, ondemand or start is needed",
			 file);
}

static int listen_one(struct serve *serve, const char *text, char *err, size_t errlen)
{
	char host[ADDR_HOST_MAX];
	uint16_t port;

	if (addr_listen(text, host, sizeof(host), &port)) {
		snprintf(err, errlen, "[ADDR:]PORT is expected, not '%s'", text);
		return -1;
	}
	return serve_listen(serve, *host ? host : NULL, port, err, errlen);
}

/* The places of listen-tcp= */
static int listen_conf(struct serve *serve, const char *places, char *err, size_t errlen)
{
	char *copy = strdup(places), *save = NULL, *word;
	int rc = copy ? 0 : -1;

	if (rc)
		snprintf(err, errlen, "out of memory");
	for (word = rc ? NULL : strtok_r(copy, " \t", &save); !rc && word;
	     word = strtok_r(NULL, " \t", &save))
		rc = listen_one(serve, word, err, errlen);
	free(copy);
	return rc;
}

/* Whether a connection that is served may come by TCP, by UDP */
static bool any_conn(const struct serve *serve, enum conf_tcp not_that)
{
	const struct serve_conn *sc;

	STAILQ_FOREACH(sc, &serve->conns, entry)
		if (sc->conn->tcp != not_that)
			return true;
	return false;
}

static enum cmd_exit open_listeners(struct serve *serve, const struct options *o,
				    const struct conf *conf)
{
	bool tcp = o->n_listen || conf->listen_tcp;
	bool udp = conf->listen_udp && any_conn(serve, CONF_TCP_YES);
	char err[512];
	int rc = 0;

	if (!tcp && any_conn(serve, CONF_TCP_NO))
		return cmd_error(CMD_CONFIG, o->who,
				 "%s: listen-tcp is not yes in config setup, and --listen is not given",
				 o->config);
	if (!tcp && !udp)
		return cmd_error(CMD_CONFIG, o->who, "%s: listen-udp and listen-tcp are both no",
				 o->config);
	if (!o->n_listen && conf->listen_tcp)
		rc = listen_conf(serve, conf->listen_tcp, err, sizeof(err));
	for (size_t i = 0; !rc && i < o->n_listen; i++)
		rc = listen_one(serve, o->listen[i], err, sizeof(err));
	if (!rc && udp)
		rc = serve_listen_udp(serve, err, sizeof(err));
	return rc ? cmd_error(CMD_FAILED, o->who, "%s", err) : CMD_OK;
}

static enum cmd_exit run(struct serve *serve)
{
	int rc;

	serve_log(serve, NULL, "ready");
	rc = loop_run(serve->world.loop);
	if (rc)
		return cmd_error(CMD_FAILED, serve->who, "the event loop failed: %s",
				 strerror(-rc));
	return CMD_OK;
}

static void free_clients(struct serve *serve)
{
	struct client *c, *next;

	for (c = LIST_FIRST(&serve->clients); c; c = next) {
		next = LIST_NEXT(c, entry);
		client_free(c);
	}
}

/* Behind a process that was killed */
static void clean_up_before(struct serve *serve, const struct options *o)
{
	unsigned int n;

	changes_home_keep(serve->world.changes, o->run_dir, CTL_SERVE);
	serve->world.journal = journal_open(serve->world.xfrm, o->run_dir, CTL_SERVE, &n);
	if (!n)
		return;
	serve_warn(serve, NULL, "removed SAs and policies of %u tunnels that a process before left",
		   n);
}

/*
 * What tokens are made of (RFC 6290): of this process alone, for it shows one for every SA that
 * it does not know. Without it, peers notice a restart by themselves.
 */
static void load_qcd(struct serve *serve, const struct options *o, uint8_t *secret)
{
	char err[512];

	if (state_secret(o->state_dir, CTL_SERVE ".qcd", secret, err, sizeof(err)))
		serve_warn(serve, NULL, "no quick crash detection: %s", err);
	else
		serve->world.qcd_secret = secret;
}

/* A connection by TCP is a descriptor, and the usual limit is less than what may come */
static void raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

/* Everything that needs the loop */
static enum cmd_exit serve_with(struct serve *serve, const struct options *o,
				struct cmd_config *files)
{
	struct ctl_user user = {
		.arg = serve, .down = on_down, .redirect = on_redirect, .status = on_status,
	};
	uint8_t qcd[STATE_SECRET_LEN];
	char err[512];
	enum cmd_exit rc;
	struct ctl *ctl;

	raise_limit();
	serve->world.creds = files->creds;
	serve->world.ppks = files->secrets;
	serve->redirect = files->conf->redirect;
	serve->redirect_to = files->conf->redirect_to;
	serve->n_redirect_to = files->conf->n_redirect_to;
	rc = add_conns(serve, files, o->config);
	if (rc)
		return rc;
	if (loop_signals(serve->world.loop, on_signal, serve))
		return cmd_error(CMD_FAILED, o->who, "no signals: %s", strerror(errno));
	if (session_world_open(&serve->world, serve->world.loop, err, sizeof(err)))
		return cmd_error(CMD_FAILED, o->who, "%s", err);
	ctl = ctl_open(serve->world.loop, o->run_dir, CTL_SERVE, &user, err, sizeof(err));
	if (ctl) {
		clean_up_before(serve, o);
		load_qcd(serve, o, qcd);
	}
	if (ctl)
		rc = open_listeners(serve, o, files->conf);
	else
		rc = cmd_error(CMD_FAILED, o->who, "%s", err);
	if (!rc)
		rc = run(serve);
	serve->stopping = true;
	serve_listen_close(serve);
	free_clients(serve);
	serve_udp_close(serve);
	journal_close(serve->world.journal);
	ctl_close(ctl, "the responder ends");
	session_world_close(&serve->world);
	OPENSSL_cleanse(qcd, sizeof(qcd));
	return rc;
}

/* -1: go on */
static int parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "secrets", required_argument, NULL, 's' },
		{ "listen", required_argument, NULL, 'l' },
		{ "run-dir", required_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 'S' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "log-level", required_argument, NULL, CMD_LOG_LEVEL },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:s:l:r:S:vqh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 's':
			o->secrets = optarg;
			break;
		case 'l':
			if (o->n_listen == LISTEN_ARGS_MAX)
				return cmd_usage_error(o->who, "--listen was given more than %zu times",
						       (size_t)LISTEN_ARGS_MAX);
			o->listen[o->n_listen++] = optarg;
			break;
		case 'r':
			o->run_dir = optarg;
			break;
		case 'S':
			o->state_dir = optarg;
			break;
		case 'v':
		case 'q':
		case CMD_LOG_LEVEL:
			if (cmd_log_option(o->who, c, optarg))
				return CMD_USAGE;
			break;
		case 'h':
			return cmd_help(o->who, help_text);
		default:
			return cmd_usage_error(o->who, "the options are wrong");
		}
	}
	if (argc != optind)
		return cmd_usage_error(o->who, "there is no argument '%s'", argv[optind]);
	return -1;
}

int cmd_serve(int argc, char **argv)
{
	struct options o = {
		.who = argv[0], .config = CMD_CONFIG_FILE, .secrets = CMD_SECRETS_FILE,
		.run_dir = CTL_RUN_DIR, .state_dir = STATE_DIR,
	};
	struct serve serve = { .who = argv[0] };
	struct cmd_config files;
	char err[CMD_CONFIG_ERR];
	int rc = parse(&o, argc, argv);

	if (rc >= 0)
		return rc;
	if (cmd_config_load(o.config, o.secrets, &files, err, sizeof(err)))
		return cmd_error(CMD_CONFIG, o.who, "%s", err);
	STAILQ_INIT(&serve.conns);
	LIST_INIT(&serve.pools);
	LIST_INIT(&serve.clients);
	serve.world.spis = &serve.spis;
	serve.secrets = files.secrets;
	serve.world.loop = loop_new();
	if (serve.world.loop)
		rc = serve_with(&serve, &o, &files);
	else
		rc = cmd_error(CMD_FAILED, o.who, "no event loop: %s", strerror(errno));
	serve_conns_free(&serve);
	loop_free(serve.world.loop);
	cmd_config_free(&files);
	return rc;
}
