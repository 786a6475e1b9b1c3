// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp stats: counters of this network namespace, once or again and again. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "genl/genl.h"
#include "net/loop.h"

static const char help[] =
	"Usage: espintcp stats [OPTION]...\n"
	"Show the counters of this network namespace, how many sockets are attached and\n"
	"the memory that they hold. Counters that are zero are left out.\n"
	"\n"
	"Options:\n"
	"  -a, --all         counters that are zero, too\n"
	"  -i, --interval N  every N seconds what was added meanwhile, until Ctrl-C\n"
	"  -j, --json        one JSON object a line instead of text, with all counters\n"
	"  -h, --help        this text\n"
	"\n"
	CMD_EXIT_HELP;

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "interval", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

struct view {
	const char *who;
	struct genl *g;
	struct loop *loop;
	struct loop_timer timer;
	unsigned long interval;			/* seconds, 0: once */
	bool all, json;
	struct genl_counters last;
	int status;
};

static int show(struct view *v)
{
	struct genl_stats now, diff;
	char err[256];

	if (genl_get_stats(v->g, &now, err, sizeof(err)))
		return cmd_error(CMD_FAILED, v->who, "%s", err);
	diff = now;
	for (int i = 0; i <= ESPINTCP_A_COUNTER_MAX; i++)
		diff.counters.v[i] -= v->last.v[i];
	v->last = now.counters;
	genl_print_stats(stdout, &diff, v->all, v->json);
	if (v->interval && !v->json)
		fputc('\n', stdout);
	return cmd_flush(v->who);
}

static void again(void *arg)
{
	struct view *v = arg;

	v->status = show(v);
	if (v->status == CMD_OK)
		loop_timer_set(v->loop, &v->timer, v->interval * 1000, again, v);
	else
		loop_stop(v->loop);
}

static void end(void *arg, int signo)
{
	(void)signo;
	loop_stop(arg);
}

static int repeat(struct view *v)
{
	int rc;

	v->loop = loop_new();
	if (!v->loop)
		return cmd_error(CMD_FAILED, v->who, "cannot wait: %s", strerror(errno));
	rc = loop_signals(v->loop, end, v->loop);
	if (!rc) {
		loop_timer_set(v->loop, &v->timer, v->interval * 1000, again, v);
		rc = loop_run(v->loop);
		loop_timer_cancel(v->loop, &v->timer);
	}
	loop_free(v->loop);
	if (rc)
		return cmd_error(CMD_FAILED, v->who, "cannot wait: %s", strerror(-rc));
	return v->status;
}

static int run(struct view *v)
{
	char err[256];
	int status;

	v->g = genl_open(err, sizeof(err));
	if (!v->g)
		return cmd_error(CMD_FAILED, v->who, "%s", err);
	/* The first are all that was counted so far, and then what is new */
	status = show(v);
	if (status == CMD_OK && v->interval)
		status = repeat(v);
	genl_close(v->g);
	return status;
}

/**
 * cmd_stats - run "espintcp stats"
 * @argc: as for main()
 * @argv: as for main(); argv[0] is the subcommand's full name
 *
 * Return: one of enum cmd_exit.
 */
int cmd_stats(int argc, char **argv)
{
	struct view v = { .who = argv[0] };
	int c;

	while ((c = getopt_long(argc, argv, "ai:jh", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			v.all = true;
			break;
		case 'i':
			if (!cmd_number(optarg, 1, 86400, &v.interval))
				return cmd_usage_error(argv[0], "--interval is 1 to 86400 seconds, not '%s'",
						       optarg);
			break;
		case 'j':
			v.json = true;
			break;
		case 'h':
			return cmd_help(argv[0], help);
		default:
			return CMD_USAGE;
		}
	}
	if (optind < argc)
		return cmd_usage_error(argv[0], "'%s' is one argument too many", argv[optind]);
	return run(&v);
}
