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
#include "info/info.h"
#include "log.h"
#include "up/up.h"

static const char help_text[] =
	"Usage: espintcp up NAME [OPTION]...\n"
	"Bring the connection NAME up, over UDP or TCP (RFC 9329) as enable-tcp= says,\n"
	"and keep it up until Ctrl-C, SIGTERM or `espintcp down NAME`, which delete its\n"
	"SAs at both ends.\n"
	"\n"
	"  -c, --config FILE   configuration (default " CMD_CONFIG_FILE ")\n"
	"  -s, --secrets FILE  secrets (default " CMD_SECRETS_FILE ")\n"
	"  -t, --timeout S     seconds for the TCP connection, and again for the IKE\n"
	"                      exchanges, of each way that is tried, and for the name\n"
	"                      of a gateway that the peer sends us to (default 20)\n"
	"  -r, --run-dir DIR   where the control socket is made (default " CTL_RUN_DIR ")\n"
	"  -v, --verbose       also each IKE message, not what is in it\n"
	"  -q, --quiet         warnings and errors alone\n"
	"  --log-level LEVEL   error, warning, info (default) or debug\n"
	"  -h, --help          this text\n"
	"\n"
	"Needs CAP_NET_ADMIN. Each step is one line on stdout, with the milliseconds\n"
	"since the start.\n"
	"\n"
	CMD_EXIT_HELP
	"A connection that breaks is made again, and the tunnel goes on over it; a peer\n"
	"that has lost the tunnel gets a new one. It is given up after dpdtimeout.\n"
	"Status 0 is for a connection that was up and was closed from this side; the\n"
	"peer's DELETE, or a peer that was given up, are status 1.\n";

struct command {
	struct up up;
	const char *config, *secrets, *run_dir;
	struct cmd_config files;
	struct loop *loop;
	struct ctl *ctl;
};

static void on_signal(void *arg, int signo)
{
	struct command *c = arg;

	(void)signo;
	up_stop(&c->up);
}

static void on_down(void *arg, const char *conn, struct ctl_client *client)
{
	struct command *c = arg;

	if (strcmp(conn, c->up.name))
		ctl_answer(client, "this process has another connection");
	else if (!c->up.stopping)
		up_stop(&c->up);
	/* Its answer is ctl_close()'s, when everything is gone */
}

static void on_status(void *arg, FILE *to)
{
	const struct command *c = arg;
	struct info_tunnel info = { .role = "up" };

	snprintf(info.name, sizeof(info.name), "%s", c->up.name);
	if (c->up.tunnel && session_info(c->up.tunnel->session, &info))
		info_write(to, &info);
}

static enum cmd_exit load(struct command *c)
{
	struct up *u = &c->up;
	struct conf_conn *conn;
	char err[CMD_CONFIG_ERR];

	if (cmd_config_load(c->config, c->secrets, &c->files, err, sizeof(err)))
		return cmd_error(CMD_CONFIG, u->who, "%s", err);
	conn = cmd_config_find(&c->files, c->config, u->name, err, sizeof(err));
	if (!conn)
		return cmd_error(CMD_CONFIG, u->who, "%s", err);
	if (conn->remote.any)
		return cmd_error(CMD_CONFIG, u->who,
				 "%s:%d: conn %s has no address to connect to; such a one is for serve",
				 conn->file, conn->line, u->name);
	if (conn->remote.modecfg_client)
		return cmd_error(CMD_CONFIG, u->who,
				 "%s:%d: conn %s gives addresses to its peer; such a one is for serve",
				 conn->file, conn->line, u->name);
	u->conn = conn;
	u->secrets = c->files.secrets;
	u->run_dir = c->run_dir;
	u->conf = c->files.conf;
	if (tcp_resolve(&u->target, conn->remote.host, conn->remote_port, err, sizeof(err)))
		return cmd_error(CMD_FAILED, u->who, "%s: %s", u->name, err);
	return CMD_OK;
}

static enum cmd_exit prepare(struct command *c)
{
	char socket_name[CTL_NAME_MAX + 8], err[512];
	struct ctl_user user = { .arg = c, .down = on_down, .status = on_status };
	struct up *u = &c->up;
	unsigned int cleaned, put_back;
	int rc;

	c->loop = loop_new();
	if (!c->loop)
		return cmd_error(CMD_FAILED, u->who, "no event loop: %s", strerror(errno));
	rc = loop_signals(c->loop, on_signal, c);
	if (rc)
		return cmd_error(CMD_FAILED, u->who, "no signals: %s", strerror(-rc));
	u->world.creds = c->files.creds;
	u->world.ppks = c->files.secrets;
	if (session_world_open(&u->world, c->loop, err, sizeof(err)))
		return cmd_error(CMD_FAILED, u->who, "%s", err);
	snprintf(socket_name, sizeof(socket_name), CTL_UP "%s", u->name);
	c->ctl = ctl_open(c->loop, c->run_dir, socket_name, &user, err, sizeof(err));
	if (!c->ctl)
		return cmd_error(CMD_FAILED, u->who, "%s", err);
	put_back = changes_home_keep(u->world.changes, c->run_dir, socket_name);
	u->world.journal = journal_open(u->world.xfrm, c->run_dir, socket_name, &cleaned);
	if (put_back)
		log_line(LOG_LEVEL_WARNING,
			 "%s: %s: put back addresses, routes or name servers that a process before left",
			 u->who, u->name);
	if (cleaned)
		log_line(LOG_LEVEL_WARNING, "%s: %s: removed SAs and policies that a process before left",
			 u->who, u->name);
	return CMD_OK;
}

static enum cmd_exit run(struct command *c)
{
	struct up *u = &c->up;
	int rc;

	up_start(u);
	rc = loop_run(c->loop);
	if (rc)
		return cmd_error(CMD_FAILED, u->who, "the event loop failed: %s", strerror(-rc));
	if (u->failed)
		return cmd_error(CMD_FAILED, u->who, "%s: %s", u->name, u->reason);
	up_say(u, "down", u->reason);
	return CMD_OK;
}

static void clean_up(struct command *c)
{
	if (c->loop)
		up_free(&c->up);
	journal_close(c->up.world.journal);
	ctl_close(c->ctl, NULL);
	session_world_close(&c->up.world);
	loop_free(c->loop);
	tcp_target_free(&c->up.target);
	cmd_config_free(&c->files);
}

/* -1: go on */
static int parse(struct command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "secrets", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "run-dir", required_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "log-level", required_argument, NULL, CMD_LOG_LEVEL },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	unsigned long seconds;
	int opt;

	while ((opt = getopt_long(argc, argv, "c:s:t:r:vqh", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			c->config = optarg;
			break;
		case 's':
			c->secrets = optarg;
			break;
		case 'r':
			c->run_dir = optarg;
			break;
		case 't':
			if (!cmd_number(optarg, 1, 3600, &seconds))
				return cmd_usage_error(c->up.who, "--timeout takes 1 to 3600 seconds, not '%s'",
						       optarg);
			c->up.timeout_ms = seconds * 1000;
			break;
		case 'v':
		case 'q':
		case CMD_LOG_LEVEL:
			if (cmd_log_option(c->up.who, opt, optarg))
				return CMD_USAGE;
			break;
		case 'h':
			return cmd_help(c->up.who, help_text);
		default:
			return cmd_usage_error(c->up.who, "the options are wrong");
		}
	}
	if (argc - optind != 1)
		return cmd_usage_error(c->up.who, "the name of one connection is needed");
	c->up.name = argv[optind];
	if (!ctl_name_ok(c->up.name))
		return cmd_usage_error(c->up.who, "'%s' cannot be the name of a connection",
				       c->up.name);
	return -1;
}

int cmd_up(int argc, char **argv)
{
	struct command c = {
		.up = { .who = argv[0], .timeout_ms = 20000 },
		.config = CMD_CONFIG_FILE, .secrets = CMD_SECRETS_FILE, .run_dir = CTL_RUN_DIR,
	};
	int rc = parse(&c, argc, argv);

	if (rc >= 0)
		return rc;
	rc = load(&c);
	if (!rc)
		rc = prepare(&c);
	if (!rc)
		rc = run(&c);
	clean_up(&c);
	return rc;
}
