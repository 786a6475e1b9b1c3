// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/file.h>

#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/xfrmi.h>

#include "conf/conf.h"
#include "net/xfrmi.h"

#define PREFIX	"ipsec"
#define ALIAS	"espintcp"		/* tells the ones that we have made */

void xfrmi_name(uint32_t if_id, char *buf, size_t len)
{
	snprintf(buf, len, PREFIX "%u", if_id == CONF_IF_ID_0 ? 0 : if_id);
}

static uint32_t id_of(const char *dev)
{
	uint32_t id = 0;

	if (!strncmp(dev, PREFIX, strlen(PREFIX)))
		id = (uint32_t)strtoul(dev + strlen(PREFIX), NULL, 10);
	return id ? id : CONF_IF_ID_0;
}

static enum xfrmi_state state_of(struct rtnl_link *link, const char *dev)
{
	const char *alias = rtnl_link_get_ifalias(link);
	uint32_t id;

	if (!rtnl_link_is_xfrmi(link) || rtnl_link_xfrmi_get_if_id(link, &id) || id != id_of(dev))
		return XFRMI_WRONG;
	return alias && !strcmp(alias, ALIAS) ? XFRMI_OURS : XFRMI_FOREIGN;
}

/* *link is the caller's to put back, if it is there */
static int look(struct nl_sock *sk, const char *dev, struct rtnl_link **link)
{
	int rc = rtnl_link_get_kernel(sk, 0, dev, link);

	if (rc == -NLE_NODEV || rc == -NLE_OBJ_NOTFOUND)
		return XFRMI_NONE;
	return rc < 0 ? rc : (int)state_of(*link, dev);
}

int xfrmi_look(struct nl_sock *sk, const char *dev)
{
	struct rtnl_link *link = NULL;
	int rc = look(sk, dev, &link);

	rtnl_link_put(link);
	return rc;
}

static int add(struct nl_sock *sk, const char *dev)
{
	struct rtnl_link *link = rtnl_link_xfrmi_alloc();
	int rc;

	if (!link)
		return -NLE_NOMEM;
	rtnl_link_set_name(link, dev);
	/* What is below it counts for nothing but the MTU, and lo is always there */
	(void)rtnl_link_xfrmi_set_link(link, if_nametoindex("lo"));
	(void)rtnl_link_xfrmi_set_if_id(link, id_of(dev));
	rc = rtnl_link_add(sk, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(link);
	return rc;
}

/* The kernel takes an alias for an interface that is there alone */
static int set_up(struct nl_sock *sk, const char *dev)
{
	struct rtnl_link *old = rtnl_link_alloc(), *new = rtnl_link_alloc();
	int rc = -NLE_NOMEM;

	if (old && new) {
		rtnl_link_set_ifindex(old, (int)if_nametoindex(dev));
		rtnl_link_set_ifalias(new, ALIAS);
		rtnl_link_set_flags(new, IFF_UP);
		rc = rtnl_link_change(sk, old, new, 0);
	}
	rtnl_link_put(old);
	rtnl_link_put(new);
	return rc;
}

/* It does not say yet that it is ours */
static void remove_new(struct nl_sock *sk, const char *dev)
{
	struct rtnl_link *link = rtnl_link_alloc();

	if (!link)
		return;
	rtnl_link_set_name(link, dev);
	(void)rtnl_link_delete(sk, link);
	rtnl_link_put(link);
}

int xfrmi_make(struct nl_sock *sk, const char *dev)
{
	int rc = xfrmi_look(sk, dev);

	if (rc == XFRMI_OURS)
		return 0;
	if (rc != XFRMI_NONE)
		return rc < 0 ? rc : -NLE_EXIST;
	rc = add(sk, dev);
	if (rc)
		return rc;
	rc = set_up(sk, dev);
	if (rc)
		remove_new(sk, dev);
	return rc;
}

int xfrmi_delete(struct nl_sock *sk, const char *dev)
{
	struct rtnl_link *link = NULL;
	int rc = look(sk, dev, &link);

	if (rc == XFRMI_OURS)
		rc = rtnl_link_delete(sk, link);
	else if (rc >= 0)
		rc = rc == XFRMI_NONE ? -NLE_NODEV : -NLE_EXIST;
	rtnl_link_put(link);
	return rc;
}

int xfrmi_lock(int dir, const char *dev, bool alone)
{
	char name[IFNAMSIZ + 8];
	int fd;

	snprintf(name, sizeof(name), "%s.lock", dev);
	fd = openat(dir, name, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -1;
	/* Who has it alone has it for no longer than a deletion */
	if (!flock(fd, alone ? LOCK_EX | LOCK_NB : LOCK_SH))
		return fd;
	close(fd);
	return -1;
}
