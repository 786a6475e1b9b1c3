// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/loop.h"
#include "net/resolver.h"

#define PROGRAM_MS	5000
#define ARGS_MAX	(CONF_DNS_MAX + CONF_DOMAINS_MAX + 8)
#define STDIN_MAX	8192	/* less than a pipe holds */

/* What a program gets to know of us */
static int environment(char **env, char *path, size_t len)
{
	const char *ours = getenv("PATH");

	snprintf(path, len, "PATH=%s", ours ? ours : "/usr/sbin:/usr/bin:/sbin:/bin");
	env[0] = path;
	env[1] = NULL;
	return strlen(path) + 1 < len ? 0 : -1;
}

/* A pipe's end that holds the text; -1 with errno */
static int text_pipe(const char *text)
{
	size_t len = strlen(text);
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -1;
	if (write(fds[1], text, len) != (ssize_t)len) {
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	close(fds[1]);
	/* The program is to wait for the end of it */
	if (fcntl(fds[0], F_SETFL, 0))
		return -1;
	return fds[0];
}

static pid_t start(char *const *argv, int in)
{
	char path[4096], *env[2];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;
	int rc;

	if (environment(env, path, sizeof(path)) || posix_spawn_file_actions_init(&files))
		return -1;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&files);
		return -1;
	}
	/* Our loop blocks signals, which the program shall not inherit */
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	rc = posix_spawnp(&pid, argv[0], &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc ? -1 : pid;
}

/* Its exit status; -1: it took too long, or died */
static int wait_for(pid_t pid)
{
	int fd = pidfd_open(pid, 0), status;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0 || poll(&p, 1, PROGRAM_MS) != 1)
		kill(pid, SIGKILL);
	if (fd >= 0)
		close(fd);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A program of PATH, without a shell. 0: it said that all is well. */
static int run(const char *const *argv, const char *in)
{
	int fd = in ? text_pipe(in) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid = fd < 0 ? -1 : start((char *const *)argv, fd);
	int status;

	if (fd >= 0)
		close(fd);
	if (pid < 0)
		return -1;
	status = wait_for(pid);
	loop_waited();
	return status ? -1 : 0;
}

static int ask_resolved(const char *dev, const struct ike_cp *cp, bool all)
{
	char ip[CONF_DNS_MAX][ADDR_TEXT_MAX];
	const char *servers[ARGS_MAX] = { "resolvectl", "dns", dev };
	const char *domains[ARGS_MAX] = { "resolvectl", "domain", dev };
	size_t n = 3;

	for (size_t i = 0; i < cp->n_dns; i++)
		servers[3 + i] = addr_text(&cp->dns[i], 0, ip[i], sizeof(ip[i]));
	for (size_t i = 0; i < cp->n_domains; i++)
		domains[n++] = cp->domain[i];
	if (all || !cp->n_domains)
		domains[n++] = "~.";
	return run(servers, NULL) || run(domains, NULL) ? -1 : 0;
}

static int ask_resolvconf(const char *dev, const struct ike_cp *cp)
{
	const char *const argv[] = { "resolvconf", "-a", dev, NULL };
	char text[STDIN_MAX] = "", ip[ADDR_TEXT_MAX];
	size_t at = 0;

	for (size_t i = 0; i < cp->n_dns; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "nameserver %s\n",
				       addr_text(&cp->dns[i], 0, ip, sizeof(ip)));
	for (size_t i = 0; i < cp->n_domains; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
				       i ? " " : "search ", cp->domain[i]);
	if (cp->n_domains)
		snprintf(text + at, sizeof(text) - at, "\n");
	return run(argv, text);
}

/* To one of the two. 0, or -1 and nothing is noted. */
static int hand_to(struct changes *list, enum change_kind kind, const char *dev,
		   const struct ike_cp *cp, bool all)
{
	struct change c = { .kind = kind };
	const uint32_t tag = UINT32_MAX - 1;	/* of no child SA, and no other change */

	snprintf(c.dev, sizeof(c.dev), "%s", dev);
	if (changes_do(list, tag, &c))
		return -1;
	if (kind == CHANGE_RESOLVECTL ? !ask_resolved(dev, cp, all) : !ask_resolvconf(dev, cp))
		return 0;
	changes_undo(list, tag);
	return -1;
}

int resolver_hand_over(struct changes *list, const char *dev, bool there, const struct ike_cp *cp,
		       bool all)
{
	if (there && !hand_to(list, CHANGE_RESOLVECTL, dev, cp, all))
		return 0;
	return hand_to(list, CHANGE_RESOLVCONF, dev, cp, all);
}

void resolver_put_back(bool resolvectl, const char *dev)
{
	const char *const revert[] = { "resolvectl", "revert", dev, NULL };
	const char *const del[] = { "resolvconf", "-d", dev, NULL };

	(void)run(resolvectl ? revert : del, NULL);
}
