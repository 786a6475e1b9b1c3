// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp check: would `up` work, and if not, why? */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "cmd/cmd.h"
#include "cmd/config.h"
#include "ctl/ctl.h"
#include "up/up.h"

static const char help_text[] =
	"Usage: espintcp check NAME [OPTION]...\n"
	"Read the configuration and the secrets, resolve names, and ask the peer of the\n"
	"connection NAME for an IKE_SA_INIT by each way that `espintcp up NAME` would try.\n"
	"Tell what each way got, and which one would be used. Nothing is changed here, and\n"
	"the peer forgets it.\n"
	"\n"
	"  -c, --config FILE   configuration (default " CMD_CONFIG_FILE ")\n"
	"  -s, --secrets FILE  secrets (default " CMD_SECRETS_FILE ")\n"
	"  -t, --timeout S     seconds for each way; all are tried at once (default 5)\n"
	"  -r, --run-dir DIR   where `up` remembers what worked (default " CTL_RUN_DIR ")\n"
	"  -j, --json          one JSON object instead of text\n"
	"  -h, --help          this text\n"
	"\n"
	"Needs CAP_NET_ADMIN. Whether the peer authenticates us is not asked.\n"
	"\n"
	CMD_EXIT_HELP
	"Status 0: `up` would find a way to the peer, or NAME is for `serve`.\n";

struct command {
	const char *who, *run_dir;
	bool json;
	struct check_about about;
	struct check check;
	struct cmd_config files;
	struct tcp_target target;
	char serves[256];
	char err[CMD_CONFIG_ERR];
};

static enum cmd_exit found(struct command *c, enum cmd_exit status, const char *error)
{
	c->about.error = error;
	return status;
}

/* There is nobody to ask: the peer comes to us */
static enum cmd_exit serves(struct command *c, const struct conf_conn *conn)
{
	const struct conf *conf = c->files.conf;
	bool tcp = conf->listen_tcp && conn->tcp != CONF_TCP_NO;
	bool udp = conf->listen_udp && conn->tcp != CONF_TCP_YES;

	snprintf(c->serves, sizeof(c->serves), "%s%s%s%.200s",
		 udp ? "UDP 500 and 4500" : "", udp && tcp ? ", " : "", tcp ? "TCP " : "",
		 tcp ? conf->listen_tcp : "");
	c->about.serves = c->serves;
	if (tcp || udp)
		return CMD_OK;
	snprintf(c->err, sizeof(c->err),
		 "%s: conn %s has enable-tcp=%s, but listen-%s is not yes in config setup; add it",
		 c->about.config, conn->name, conn->tcp == CONF_TCP_YES ? "yes" : "no",
		 conn->tcp == CONF_TCP_YES ? "tcp" : "udp");
	return found(c, CMD_CONFIG, c->err);
}

static enum cmd_exit try_ways(struct command *c, const struct conf_conn *conn)
{
	struct up up = { .name = conn->name, .run_dir = c->run_dir };
	struct check *check = &c->check;
	int rc;

	if (tcp_resolve(&c->target, conn->remote.host, conn->remote_port, c->err, sizeof(c->err)))
		return found(c, CMD_FAILED, c->err);
	check->conn = conn;
	check->secrets = c->files.secrets;
	check->target = &c->target;
	check->tcp_helps = remember_tcp(&up);
	check->loop = loop_new();
	if (!check->loop)
		return found(c, CMD_FAILED, strerror(errno));
	rc = check_run(check);
	loop_free(check->loop);
	if (rc)
		return found(c, CMD_FAILED, strerror(-rc));
	for (size_t i = 0; i < check->n_ways; i++)
		if (check->way[i].result == CHECK_WRONG) {
			snprintf(c->err, sizeof(c->err), "%s: conn %s: %s", c->about.secrets,
				 conn->name, check->way[i].detail);
			return found(c, CMD_CONFIG, c->err);
		}
	return check_choice(check) ? CMD_OK : CMD_FAILED;
}

static enum cmd_exit find_out(struct command *c)
{
	const struct conf_conn *conn;

	if (cmd_config_load(c->about.config, c->about.secrets, &c->files, c->err, sizeof(c->err)))
		return found(c, CMD_CONFIG, c->err);
	conn = cmd_config_find(&c->files, c->about.config, c->about.name, c->err, sizeof(c->err));
	if (!conn)
		return found(c, CMD_CONFIG, c->err);
	return conn->remote.any ? serves(c, conn) : try_ways(c, conn);
}

static enum cmd_exit show(struct command *c, enum cmd_exit status)
{
	enum cmd_exit rc;

	if (c->json)
		check_print_json(stdout, &c->about, &c->check);
	else
		check_print_text(stdout, &c->about, &c->check);
	rc = cmd_flush(c->who);
	if (rc)
		return rc;
	if (c->about.error)
		cmd_error(status, c->who, "%s", c->about.error);
	return status;
}

/* -1: go on */
static int parse(struct command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "secrets", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "run-dir", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	unsigned long seconds;
	int opt;

	while ((opt = getopt_long(argc, argv, "c:s:t:r:jh", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			c->about.config = optarg;
			break;
		case 's':
			c->about.secrets = optarg;
			break;
		case 'r':
			c->run_dir = optarg;
			break;
		case 't':
			if (!cmd_number(optarg, 1, 60, &seconds))
				return cmd_usage_error(c->who, "--timeout takes 1 to 60 seconds, not '%s'",
						       optarg);
			c->check.timeout_ms = seconds * 1000;
			break;
		case 'j':
			c->json = true;
			break;
		case 'h':
			return cmd_help(c->who, help_text);
		default:
			return cmd_usage_error(c->who, "the options are wrong");
		}
	}
	if (argc - optind != 1)
		return cmd_usage_error(c->who, "the name of one connection is needed");
	c->about.name = argv[optind];
	if (!ctl_name_ok(c->about.name))
		return cmd_usage_error(c->who, "'%s' cannot be the name of a connection",
				       c->about.name);
	return -1;
}

int cmd_check(int argc, char **argv)
{
	struct command c = {
		.who = argv[0], .run_dir = CTL_RUN_DIR,
		.about = { .config = CMD_CONFIG_FILE, .secrets = CMD_SECRETS_FILE },
		.check = { .timeout_ms = 5000 },
	};
	int rc = parse(&c, argc, argv);

	if (rc >= 0)
		return rc;
	rc = show(&c, find_out(&c));
	tcp_target_free(&c.target);
	cmd_config_free(&c.files);
	return rc;
}
