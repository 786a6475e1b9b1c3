/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network namespace of a test's own, where it may do what it likes. */
#ifndef ESPINTCP_TESTS_NETNS_H
#define ESPINTCP_TESTS_NETNS_H

#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Enter a fresh one with lo up. False: not allowed, so the tests are skipped. */
static inline bool netns_enter(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP };
	bool up;
	int fd;

	if (unshare(CLONE_NEWNET))
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return false;
	strcpy(ifr.ifr_name, "lo");
	up = !ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return up;
}

#endif
