// SPDX-License-Identifier: GPL-2.0-or-later
/* espintcp attach --pid: the ULP on a socket of another process. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "cmd/attach.h"
#include "net/ulp.h"
#include "xfrm/xfrm.h"

static void explain(const char *who, const char *call, pid_t pid, int fd)
{
	if (errno == ESRCH)
		cmd_error(CMD_FAILED, who, "there is no process %d", (int)pid);
	else if (errno == EBADF)
		cmd_error(CMD_FAILED, who, "process %d has no open descriptor %d", (int)pid, fd);
	else if (errno == EPERM)
		cmd_error(CMD_FAILED, who,
			  "not allowed to take a descriptor of process %d: ptrace rights are needed (CAP_SYS_PTRACE, or kernel.yama.ptrace_scope=0 and the same user)",
			  (int)pid);
	else if (errno == ENOSYS)
		cmd_error(CMD_FAILED, who, "the kernel has no %s(): Linux 5.6 is needed", call);
	else
		cmd_error(CMD_FAILED, who, "%s: %s", call, strerror(errno));
}

/* A descriptor for the same open socket, or -1 after a message */
static int take(const char *who, pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), ours;

	if (pidfd < 0) {
		explain(who, "pidfd_open", pid, fd);
		return -1;
	}
	ours = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (ours < 0)
		explain(who, "pidfd_getfd", pid, fd);
	close(pidfd);
	return ours;
}

/**
 * attach_other - attach the ULP to a connected socket of another process
 * @who: the subcommand
 * @pid: the process
 * @fd: its descriptor
 *
 * The process has exchanged the prefix; the socket gets its XFRM bypass here,
 * because the process may know nothing of IPsec.
 */
enum cmd_exit attach_other(const char *who, pid_t pid, int fd)
{
	enum cmd_exit status = CMD_OK;
	char err[256];
	int ours = take(who, pid, fd), rc;

	if (ours < 0)
		return CMD_FAILED;
	/* First the ULP: a descriptor that is no TCP socket is best explained by it */
	if (ulp_attach(ours, err, sizeof(err))) {
		status = cmd_error(CMD_FAILED, who, "process %d, descriptor %d: %s", (int)pid, fd,
				   err);
	} else {
		rc = xfrm_bypass(ours);
		if (rc)
			status = cmd_error(CMD_FAILED, who,
					   "attached, but the socket does not bypass IPsec policies: %s",
					   strerror(-rc));
		else
			printf("attached: process %d, descriptor %d\n", (int)pid, fd);
	}
	close(ours);
	return status;
}
