// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp attach: the smallest way to see that a path and a kernel work. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/attach.h"
#include "net/addr.h"
#include "net/prefix.h"
#include "net/tcp.h"
#include "net/ulp.h"

static const char help_text[] =
	"Usage: espintcp attach HOST[:PORT] [OPTION]...\n"
	"       espintcp attach --listen [ADDR:]PORT [OPTION]...\n"
	"       espintcp attach --pid P --fd N\n"
	"Connect (port 4500 if none is given; [V6]:PORT), send the stream prefix and\n"
	"attach the TCP ULP espintcp; or accept one connection and read the prefix.\n"
	"Then stay, and print each IKE message that arrives. With --pid the ULP is\n"
	"attached to a connected socket of another process, and nothing is read.\n"
	"\n"
	"  -l, --listen [ADDR:]PORT  be the other side: wait for one connection\n"
	"  -p, --pid P               a process\n"
	"  -f, --fd N                its file descriptor\n"
	"  -s, --send-hex HEX        send these bytes as one IKE message\n"
	"  -n, --count N             end after N messages\n"
	"  -t, --timeout S           seconds for the connection and the prefix\n"
	"                            (default 20; --listen waits for a connection as\n"
	"                            long as it takes)\n"
	"  -h, --help                this text\n"
	"\n"
	"Needs CAP_NET_ADMIN; --pid also the right to trace the process, and Linux 5.6.\n"
	"\n"
	CMD_EXIT_HELP
	"Status 0 is for Ctrl-C, SIGTERM, the end of --count, and an orderly end by the\n"
	"peer.\n";

/* Whatever way the connection came to be, it ends here */
void attach_end(struct attach *a, enum cmd_exit status, const char *reason)
{
	a->status = status;
	if (status)
		cmd_error(status, a->who, "%s", reason);
	else
		attach_say(a, reason, "");
	loop_stop(a->loop);
}

void attach_say(const struct attach *a, const char *what, const char *detail)
{
	printf("%7llu ms  %s%s%s\n", (unsigned long long)(loop_now() - a->start), what,
	       *detail ? ": " : "", detail);
	fflush(stdout);
}

static void on_signal(void *arg, int signo)
{
	(void)signo;
	attach_end(arg, CMD_OK, "stopped");
}

static enum cmd_exit run(struct attach *a)
{
	int rc;

	a->loop = loop_new();
	if (!a->loop)
		return cmd_error(CMD_FAILED, a->who, "no event loop: %s", strerror(errno));
	rc = loop_signals(a->loop, on_signal, a);
	if (rc)
		return cmd_error(CMD_FAILED, a->who, "no signals: %s", strerror(-rc));
	a->start = loop_now();
	rc = a->listen ? attach_listen(a) : attach_connect(a);
	if (rc)
		return rc;
	rc = loop_run(a->loop);
	if (rc)
		return cmd_error(CMD_FAILED, a->who, "the event loop failed: %s", strerror(-rc));
	return a->status;
}

static int parse_hex(struct attach *a, const char *text)
{
	size_t n = strlen(text) / 2;
	unsigned int byte;
	int used;

	a->send = malloc(n + 1);
	if (!a->send || strlen(text) % 2 || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (sscanf(text + 2 * i, "%2x%n", &byte, &used) != 1 || used != 2)
			return -1;
		a->send[i] = byte;
	}
	a->send_len = n;
	return 0;
}

static int parse_option(struct attach *a, int c)
{
	unsigned long n;

	switch (c) {
	case 'l':
		a->listen = optarg;
		return -1;
	case 's':
		if (!parse_hex(a, optarg))
			return -1;
		return cmd_usage_error(a->who, "--send-hex takes pairs of hexadecimal digits");
	case 'p':
		if (!cmd_number(optarg, 1, 4194304, &n))
			return cmd_usage_error(a->who, "--pid takes a process ID, not '%s'",
					       optarg);
		a->pid = n;
		return -1;
	case 'f':
		if (!cmd_number(optarg, 0, 1048576, &n))
			return cmd_usage_error(a->who, "--fd takes a descriptor, not '%s'", optarg);
		a->fd = n;
		return -1;
	case 'n':
		if (!cmd_number(optarg, 1, 1000000, &n))
			return cmd_usage_error(a->who, "--count takes 1 to 1000000, not '%s'",
					       optarg);
		a->count = n;
		return -1;
	case 't':
		if (!cmd_number(optarg, 1, 3600, &n))
			return cmd_usage_error(a->who, "--timeout takes 1 to 3600 seconds, not '%s'",
					       optarg);
		a->timeout_ms = n * 1000;
		return -1;
	case 'h':
		return cmd_help(a->who, help_text);
	default:
		return cmd_usage_error(a->who, "the options are wrong");
	}
}

/* -1: go on */
static int parse(struct attach *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "pid", required_argument, NULL, 'p' },
		{ "fd", required_argument, NULL, 'f' },
		{ "send-hex", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'n' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c, rc, ways;

	while ((c = getopt_long(argc, argv, "l:p:f:s:n:t:h", options, NULL)) != -1) {
		rc = parse_option(a, c);
		if (rc >= 0)
			return rc;
	}
	if (a->pid ? a->fd < 0 : a->fd >= 0)
		return cmd_usage_error(a->who, "--pid and --fd go together");
	ways = !!a->listen + !!a->pid + (argc - optind);
	if (ways != 1)
		return cmd_usage_error(a->who, "one of HOST[:PORT], --listen and --pid is needed");
	if (optind < argc &&
	    (addr_split(argv[optind], ADDR_PORT_IKE_TCP, a->host, sizeof(a->host), &a->port) ||
	     !a->host[0]))
		return cmd_usage_error(a->who, "'%s' is not HOST, HOST:PORT or [V6]:PORT",
				       argv[optind]);
	return -1;
}

int cmd_attach(int argc, char **argv)
{
	struct attach a = { .who = argv[0], .fd = -1 };
	int rc = parse(&a, argc, argv);

	if (rc < 0)
		rc = a.pid ? (int)attach_other(a.who, a.pid, a.fd) : (int)run(&a);
	attach_close(&a);
	loop_free(a.loop);
	free(a.send);
	return rc;
}
