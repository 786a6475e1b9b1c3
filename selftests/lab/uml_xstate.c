// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into User Mode Linux: its ptrace() on a CPU with more registers than it knows.
 *
 * UML before 6.13 has room for 2,696 bytes of a process's extended state, and
 * Linux takes a new state only in the CPU's full length (11,008 bytes with AMX):
 * without this, the guest's first process dies of EFAULT. What UML does not know
 * goes back to its initial state; no guest process can have asked for it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Linux's own bound of a state is far below it */
static char state[64 << 10];

static long next(int request, pid_t pid, void *addr, void *data)
{
	static long (*real)(int request, ...);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ptrace");
	return real(request, pid, addr, data);
}

/* The length of the CPU's state; 0 where it cannot be told */
static size_t full_length(pid_t pid)
{
	static size_t full;
	struct iovec iov = { .iov_base = state, .iov_len = sizeof(state) };

	if (!full && !next(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &iov))
		full = iov.iov_len;
	return full;
}

long ptrace(enum __ptrace_request request, ...)
{
	struct iovec iov, *given;
	void *addr, *data;
	va_list ap;
	pid_t pid;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);

	given = data;
	if (request != PTRACE_SETREGSET || addr != (void *)NT_X86_XSTATE ||
	    given->iov_len >= full_length(pid))
		return next(request, pid, addr, data);

	iov.iov_base = state;
	iov.iov_len = full_length(pid);
	memset(state, 0, iov.iov_len);
	memcpy(state, given->iov_base, given->iov_len);
	return next(request, pid, addr, &iov);
}
