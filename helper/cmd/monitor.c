// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp monitor: what happens to the sockets, as it happens. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "genl/genl.h"
#include "net/loop.h"

static const char help[] =
	"Usage: espintcp monitor [OPTION]...\n"
	"Show what happens to the sockets of this network namespace, a line each, until\n"
	"Ctrl-C: attached, detached with the reason, congested and resumed, refused.\n"
	"\n"
	"Options:\n"
	"  -a, --all-netns  also other network namespaces, those that have an id in this\n"
	"                   one (ip netns list-id); needs CAP_NET_BROADCAST there\n"
	"  -j, --json       one JSON object a line instead of text\n"
	"  -h, --help       this text\n"
	"\n"
	CMD_EXIT_HELP;

static const struct option options[] = {
	{ "all-netns", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

struct monitor {
	const char *who;
	struct loop *loop;
	struct genl *g;
	bool json;
	int status;
};

static void show(void *arg, const struct genl_event *ev)
{
	struct monitor *m = arg;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	genl_print_event(stdout, ev, now.tv_sec * 1000ULL + now.tv_nsec / 1000000, m->json);
}

static void ready(void *arg, uint32_t events)
{
	struct monitor *m = arg;
	char err[256];
	int rc;

	(void)events;
	rc = genl_events(m->g, show, m, err, sizeof(err));
	if (rc > 0)
		fprintf(stderr, "%s: the kernel had to drop events\n", m->who);
	if (rc < 0)
		m->status = cmd_error(CMD_FAILED, m->who, "%s", err);
	else
		m->status = cmd_flush(m->who);
	if (m->status != CMD_OK)
		loop_stop(m->loop);
}

static void end(void *arg, int signo)
{
	(void)signo;
	loop_stop(arg);
}

static int run(struct monitor *m)
{
	struct loop_fd w = { .fd = genl_fd(m->g), .ready = ready, .arg = m };
	int rc;

	m->loop = loop_new();
	if (!m->loop)
		return cmd_error(CMD_FAILED, m->who, "cannot wait for events: %s",
				 strerror(errno));
	rc = loop_signals(m->loop, end, m->loop);
	if (!rc)
		rc = loop_fd_add(m->loop, &w, EPOLLIN);
	if (!rc) {
		fprintf(stderr, "%s: listening\n", m->who);
		rc = loop_run(m->loop);
		loop_fd_del(m->loop, &w);
	}
	loop_free(m->loop);
	if (rc)
		return cmd_error(CMD_FAILED, m->who, "cannot wait for events: %s", strerror(-rc));
	return m->status;
}

/**
 * cmd_monitor - run "espintcp monitor"
 * @argc: as for main()
 * @argv: as for main(); argv[0] is the subcommand's full name
 *
 * Return: one of enum cmd_exit.
 */
int cmd_monitor(int argc, char **argv)
{
	struct monitor m = { .who = argv[0] };
	bool all = false;
	char err[256];
	int c, status;

	while ((c = getopt_long(argc, argv, "ajh", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			all = true;
			break;
		case 'j':
			m.json = true;
			break;
		case 'h':
			return cmd_help(argv[0], help);
		default:
			return CMD_USAGE;
		}
	}
	if (optind < argc)
		return cmd_usage_error(argv[0], "'%s' is one argument too many", argv[optind]);

	m.g = genl_open(err, sizeof(err));
	if (!m.g || genl_listen(m.g, all, err, sizeof(err)))
		status = cmd_error(CMD_FAILED, m.who, "%s", err);
	else
		status = run(&m);
	genl_close(m.g);
	return status;
}
