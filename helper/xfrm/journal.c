// SPDX-License-Identifier: GPL-2.0-or-later
/* What this process has in the kernel, for the one that comes after it. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/xfrm.h>
#include <openssl/crypto.h>

#include "macros.h"
#include "xfrm/journal.h"
#include "xfrm/policy.h"
#include "xfrm/sa.h"

#define LINE_MAX_LEN	512

struct journal {
	int dir;
	char *prefix;			/* "NAME.sa." */
};

struct record {
	struct ike_addrs addrs;
	struct ike_child child;
};

static int net_print(const struct conf_subnet *net, char *buf, size_t len)
{
	char ip[INET6_ADDRSTRLEN];

	if (!inet_ntop(net->family, net->addr, ip, sizeof(ip)))
		return -1;
	return snprintf(buf, len, " %s/%u", ip, net->prefix);
}

static int net_read(const char *text, struct conf_subnet *net)
{
	char ip[INET6_ADDRSTRLEN];
	unsigned int prefix;

	if (sscanf(text, "%45[0-9a-fA-F.:]/%u", ip, &prefix) != 2 || prefix > 128)
		return -1;
	memset(net, 0, sizeof(*net));
	net->family = strchr(ip, ':') ? AF_INET6 : AF_INET;
	net->prefix = prefix;
	return inet_pton(net->family, ip, net->addr) == 1 ? 0 : -1;
}

static int print(const struct record *r, char *buf, size_t len)
{
	const struct conf_subnet *const nets[] = {
		&r->addrs.local, &r->addrs.remote, &r->child.ts_local, &r->child.ts_remote,
	};
	int n = snprintf(buf, len, "%08x %08x %08x %d %u %u %u %u %x/%x %x/%x",
			 ntohl(r->child.spi_in), ntohl(r->child.spi_out), r->child.reqid,
			 r->child.transport, r->child.proto, r->child.port_local,
			 r->child.port_remote, r->child.if_id, r->child.mark_in.value,
			 r->child.mark_in.mask, r->child.mark_out.value, r->child.mark_out.mask);

	for (size_t i = 0; i < ARRAY_SIZE(nets); i++) {
		int more = net_print(nets[i], buf + n, len - n);

		if (more < 0 || (size_t)(n + more) >= len)
			return -1;
		n += more;
	}
	return n;
}

static int parse(const char *text, struct record *r)
{
	struct conf_subnet *const nets[] = {
		&r->addrs.local, &r->addrs.remote, &r->child.ts_local, &r->child.ts_remote,
	};
	char net[ARRAY_SIZE(nets)][64];
	unsigned int in, out, transport, proto, local, remote;

	memset(r, 0, sizeof(*r));
	if (sscanf(text, "%8x %8x %8x %1u %3u %5u %5u %10u %8x/%8x %8x/%8x %63s %63s %63s %63s",
		   &in, &out, &r->child.reqid, &transport, &proto, &local, &remote, &r->child.if_id,
		   &r->child.mark_in.value, &r->child.mark_in.mask, &r->child.mark_out.value,
		   &r->child.mark_out.mask, net[0], net[1], net[2], net[3]) != 16)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(nets); i++)
		if (net_read(net[i], nets[i]))
			return -1;
	r->child.spi_in = htonl(in);
	r->child.spi_out = htonl(out);
	r->child.transport = transport;
	r->child.proto = proto;
	r->child.port_local = local;
	r->child.port_remote = remote;
	return 0;
}

static void remove_from_kernel(struct xfrm *x, const struct record *r)
{
	static const int dirs[] = { XFRM_POLICY_IN, XFRM_POLICY_FWD, XFRM_POLICY_OUT };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		xfrm_policy_del_own(x, &r->child, dirs[i]);
	xfrm_sa_del(x, &r->addrs, r->child.spi_in, true);
	xfrm_sa_del(x, &r->addrs, r->child.spi_out, false);
}

static bool clean_one(struct xfrm *x, int dir, const char *file)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char line[LINE_MAX_LEN + 1];
	struct record r;
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, line, LINE_MAX_LEN);
	close(fd);
	unlinkat(dir, file, 0);
	if (n <= 0)
		return false;
	line[n] = '\0';
	if (parse(line, &r))
		return false;
	remove_from_kernel(x, &r);
	return true;
}

static unsigned int clean(struct xfrm *x, const struct journal *j)
{
	int fd = dup(j->dir);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned int n = 0;
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	rewinddir(d);
	while ((e = readdir(d)))
		if (!strncmp(e->d_name, j->prefix, strlen(j->prefix)))
			n += clean_one(x, j->dir, e->d_name);
	closedir(d);
	return n;
}

struct journal *journal_open(struct xfrm *x, const char *dir, const char *name,
			     unsigned int *cleaned)
{
	struct journal *j = calloc(1, sizeof(*j));

	*cleaned = 0;
	if (!j)
		return NULL;
	j->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir < 0 || asprintf(&j->prefix, "%s.sa.", name) < 0) {
		j->prefix = NULL;
		journal_close(j);
		return NULL;
	}
	*cleaned = clean(x, j);
	return j;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->dir >= 0)
		close(j->dir);
	free(j->prefix);
	free(j);
}

static void file_name(const struct journal *j, const struct ike_child *child, char *buf, size_t len)
{
	snprintf(buf, len, "%s%08x", j->prefix, ntohl(child->spi_in));
}

int journal_add(struct journal *j, const struct ike_addrs *addrs, const struct ike_child *child)
{
	struct record r = { .addrs = *addrs, .child = *child };
	char line[LINE_MAX_LEN], name[128];
	int fd, len, rc = 0;

	if (!j)
		return 0;
	len = print(&r, line, sizeof(line));
	OPENSSL_cleanse(&r, sizeof(r));
	if (len < 0)
		return -EINVAL;
	file_name(j, child, name, sizeof(name));
	fd = openat(j->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, line, len) != len)
		rc = -EIO;
	close(fd);
	return rc;
}

void journal_del(struct journal *j, const struct ike_child *child)
{
	char name[128];

	if (!j)
		return;
	file_name(j, child, name, sizeof(name));
	unlinkat(j->dir, name, 0);
}
