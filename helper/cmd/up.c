// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp up: bring a connection up and keep it, in the foreground. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/config.h"
#include "ctl/ctl.h"
#include "net/addr.h"
#include "net/prefix.h"
#include "net/tcp.h"
#include "net/ulp.h"
#include "session/session.h"

static const char help_text[] =
	"Usage: espintcp up NAME [OPTION]...\n"
	"Bring the connection NAME up over TCP (RFC 9329) and keep it up until\n"
	"Ctrl-C, SIGTERM or `espintcp down NAME`, which delete its SAs at both ends.\n"
	"\n"
	"  -c, --config FILE   configuration (default " CMD_CONFIG_FILE ")\n"
	"  -s, --secrets FILE  secrets (default " CMD_SECRETS_FILE ")\n"
	"  -t, --timeout S     seconds for the TCP connection, and again for the IKE\n"
	"                      exchanges (default 20)\n"
	"  -r, --run-dir DIR   where the control socket is made (default " CTL_RUN_DIR ")\n"
	"  -h, --help          this text\n"
	"\n"
	"Needs CAP_NET_ADMIN. Each step is one line on stdout, with the milliseconds\n"
	"since the start.\n"
	"\n"
	CMD_EXIT_HELP
	"Status 0 is for a connection that was up and was closed from this side; the\n"
	"peer's DELETE, a reset or an answer that does not come are status 1.\n";

struct up {
	const char *who;
	const char *name;
	const char *config, *secrets, *run_dir;
	unsigned int timeout_ms;

	struct cmd_config files;
	struct conf_conn *conn;
	struct tcp_target target;
	struct loop *loop;
	struct session_world world;
	struct ctl *ctl;
	struct tcp_connect *connect;
	struct session *session;
	uint64_t start;
	bool was_up;
	bool stopping;
	enum cmd_exit status;
};

static void say(const struct up *u, const char *what, const char *detail)
{
	printf("%7llu ms  %s%s%s\n", (unsigned long long)(loop_now() - u->start), what,
	       *detail ? ": " : "", detail);
	fflush(stdout);
}

static void end(struct up *u, enum cmd_exit status, const char *reason)
{
	u->status = status;
	if (status == CMD_OK)
		say(u, "down", reason);
	else
		cmd_error(status, u->who, "%s: %s", u->name, reason);
	loop_stop(u->loop);
}

static const char *net_text(const struct conf_subnet *net, char *buf, size_t len)
{
	char addr[ADDR_TEXT_MAX];

	snprintf(buf, len, "%s/%u", addr_text(net, 0, addr, sizeof(addr)), net->prefix);
	return buf;
}

static void say_child(const struct up *u, const struct ike_child *child)
{
	char suite[96], local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX], detail[320];

	snprintf(detail, sizeof(detail), "%s, %s, %s === %s",
		 ike_suite_text(&child->suite, suite, sizeof(suite)),
		 child->transport ? "transport mode" : "tunnel mode",
		 net_text(&child->ts_local, local, sizeof(local)),
		 net_text(&child->ts_remote, remote, sizeof(remote)));
	say(u, "SAs installed", detail);
}

static void on_step(void *arg, enum ike_step step)
{
	struct up *u = arg;
	const struct ike_sa *sa = session_sa(u->session);
	const struct conf_id *id = ike_sa_peer_id(sa);
	char suite[96];

	switch (step) {
	case IKE_STEP_INIT_DONE:
		say(u, "IKE_SA_INIT done", ike_suite_text(ike_sa_suite(sa), suite, sizeof(suite)));
		break;
	case IKE_STEP_AUTH_DONE:
		say(u, "IKE_AUTH done", id ? id->text : "");
		break;
	case IKE_STEP_CHILD_UP:
		u->was_up = true;
		if (ike_sa_child(sa))
			say_child(u, ike_sa_child(sa));
		break;
	case IKE_STEP_CHILD_REKEYED:
		say(u, "child SA rekeyed", "");
		break;
	case IKE_STEP_CLOSED:
		break;
	}
}

static void on_ended(void *arg, bool failed, const char *reason)
{
	struct up *u = arg;

	end(u, failed || !u->was_up ? CMD_FAILED : CMD_OK, reason);
}

static void on_log(void *arg, const char *line)
{
	struct up *u = arg;

	fprintf(stderr, "%s: %s: %s\n", u->who, u->name, line);
}

static const struct conf_secret *find_secret(void *arg, const struct conf_id *local,
					     const struct conf_id *remote)
{
	struct up *u = arg;

	return conf_secret_find(u->files.secrets, local, remote);
}

static enum cmd_exit start_connect(struct up *u);

static void on_reconnect(void *arg)
{
	struct up *u = arg;

	if (start_connect(u))
		end(u, CMD_FAILED, "out of memory");
}

static void start_ike(struct up *u, int fd)
{
	struct session_user user = {
		.arg = u, .step = on_step, .ended = on_ended, .log = on_log,
		.reconnect = on_reconnect, .find_secret = find_secret,
	};
	char err[256];
	int rc = prefix_send(fd);

	if (rc)
		snprintf(err, sizeof(err), "cannot send the stream prefix: %s", strerror(-rc));
	else
		rc = ulp_attach_new(fd, err, sizeof(err));
	if (rc) {
		close(fd);
		end(u, CMD_FAILED, err);
		return;
	}
	if (u->session)
		rc = session_reconnected(u->session, fd, err, sizeof(err));
	else
		u->session = session_initiate(&u->world, fd, u->conn, u->timeout_ms, &user, err,
					      sizeof(err));
	if (rc || !u->session)
		end(u, CMD_FAILED, err);
}

static void connected(void *arg, int fd, const char *err)
{
	struct up *u = arg;
	struct ike_addrs addrs;
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX], detail[2 * ADDR_TEXT_MAX + 8];

	u->connect = NULL;
	if (fd < 0) {
		end(u, CMD_FAILED, err);
		return;
	}
	detail[0] = '\0';
	if (!addr_of_socket(fd, &addrs))
		snprintf(detail, sizeof(detail), "%s to %s",
			 addr_text(&addrs.local, addrs.local_port, local, sizeof(local)),
			 addr_text(&addrs.remote, addrs.remote_port, remote, sizeof(remote)));
	say(u, u->session ? "TCP connected again, as the peer wants it" : "TCP connected", detail);
	start_ike(u, fd);
}

static enum cmd_exit start_connect(struct up *u)
{
	struct conf_subnet bind;

	u->connect = tcp_connect_start(u->loop, &u->target,
				       addr_parse(u->conn->local.host, &bind) ? &bind : NULL,
				       u->timeout_ms, connected, u);
	return u->connect ? CMD_OK : CMD_FAILED;
}

/* The first request closes in good order, the second one does not wait */
static void stop(struct up *u)
{
	if (u->session && !u->stopping) {
		u->stopping = true;
		session_close(u->session);
		return;
	}
	end(u, u->was_up ? CMD_OK : CMD_FAILED,
	    u->was_up ? "closed without waiting for the peer" : "stopped before it was up");
}

static void on_signal(void *arg, int signo)
{
	(void)signo;
	stop(arg);
}

static void on_down(void *arg, const char *conn, struct ctl_client *client)
{
	struct up *u = arg;

	if (strcmp(conn, u->name))
		ctl_answer(client, "this process has another connection");
	else if (!u->stopping)
		stop(u);
	/* Its answer is ctl_close()'s, when everything is gone */
}

static enum cmd_exit load(struct up *u)
{
	enum cmd_exit rc = cmd_config_load(u->who, u->config, u->secrets, &u->files);
	char err[CMD_CONFIG_ERR];

	if (rc)
		return rc;
	u->conn = conf_find(u->files.conf, u->name);
	if (!u->conn)
		return cmd_error(CMD_CONFIG, u->who, "%s has no conn %s", u->config, u->name);
	if (cmd_config_conn(&u->files, u->conn, err, sizeof(err)))
		return cmd_error(CMD_CONFIG, u->who, "%s", err);
	if (u->conn->remote.any)
		return cmd_error(CMD_CONFIG, u->who,
				 "%s:%d: conn %s has no address to connect to; such a one is for serve",
				 u->conn->file, u->conn->line, u->name);
	if (tcp_resolve(&u->target, u->conn->remote.host, u->conn->remote_port, err, sizeof(err)))
		return cmd_error(CMD_FAILED, u->who, "%s: %s", u->name, err);
	return CMD_OK;
}

static enum cmd_exit prepare(struct up *u)
{
	char socket_name[CTL_NAME_MAX + 8], err[512];
	int rc;

	u->loop = loop_new();
	if (!u->loop)
		return cmd_error(CMD_FAILED, u->who, "no event loop: %s", strerror(errno));
	rc = loop_signals(u->loop, on_signal, u);
	if (rc)
		return cmd_error(CMD_FAILED, u->who, "no signals: %s", strerror(-rc));
	u->world.creds = u->files.creds;
	u->world.ppks = u->files.secrets;
	if (session_world_open(&u->world, u->loop, err, sizeof(err)))
		return cmd_error(CMD_FAILED, u->who, "%s", err);
	snprintf(socket_name, sizeof(socket_name), "up.%s", u->name);
	u->ctl = ctl_open(u->loop, u->run_dir, socket_name, on_down, u, err, sizeof(err));
	if (!u->ctl)
		return cmd_error(CMD_FAILED, u->who, "%s", err);
	return CMD_OK;
}

static enum cmd_exit run(struct up *u)
{
	int rc;

	u->start = loop_now();
	if (start_connect(u))
		return cmd_error(CMD_FAILED, u->who, "out of memory");
	rc = loop_run(u->loop);
	if (rc)
		return cmd_error(CMD_FAILED, u->who, "the event loop failed: %s", strerror(-rc));
	return u->status;
}

static void clean_up(struct up *u)
{
	tcp_connect_cancel(u->connect);
	session_free(u->session);
	ctl_close(u->ctl, NULL);
	session_world_close(&u->world);
	loop_free(u->loop);
	tcp_target_free(&u->target);
	cmd_config_free(&u->files);
}

/* -1: go on */
static int parse(struct up *u, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "secrets", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "run-dir", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	unsigned long seconds;
	int c;

	while ((c = getopt_long(argc, argv, "c:s:t:r:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			u->config = optarg;
			break;
		case 's':
			u->secrets = optarg;
			break;
		case 'r':
			u->run_dir = optarg;
			break;
		case 't':
			if (!cmd_number(optarg, 1, 3600, &seconds))
				return cmd_usage_error(u->who, "--timeout takes 1 to 3600 seconds, not '%s'",
						       optarg);
			u->timeout_ms = seconds * 1000;
			break;
		case 'h':
			return cmd_help(u->who, help_text);
		default:
			return cmd_usage_error(u->who, "the options are wrong");
		}
	}
	if (argc - optind != 1)
		return cmd_usage_error(u->who, "the name of one connection is needed");
	u->name = argv[optind];
	if (!ctl_name_ok(u->name))
		return cmd_usage_error(u->who, "'%s' cannot be the name of a connection", u->name);
	return -1;
}

int cmd_up(int argc, char **argv)
{
	struct up u = {
		.who = argv[0], .config = CMD_CONFIG_FILE, .secrets = CMD_SECRETS_FILE,
		.run_dir = CTL_RUN_DIR, .timeout_ms = 20000,
	};
	int rc = parse(&u, argc, argv);

	if (rc >= 0)
		return rc;
	rc = load(&u);
	if (!rc)
		rc = prepare(&u);
	if (!rc)
		rc = run(&u);
	clean_up(&u);
	return rc;
}
