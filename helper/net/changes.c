// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "conf/value.h"
#include "net/addr.h"
#include "net/changes.h"
#include "net/xfrmi.h"

#define MAGIC		"espintcp changes 1\n"
#define LINE_MAX_LEN	256
#define ENTRIES_MAX	512
#define FILE_MAX_LEN	(sizeof(MAGIC) + ENTRIES_MAX * LINE_MAX_LEN)

struct entry {
	TAILQ_ENTRY(entry) entry;
	uint32_t tag;
	struct change c;
};

TAILQ_HEAD(entries, entry);

struct changes_home {
	LIST_HEAD(, changes) lists;
	struct nl_sock *sk;
	int dir;			/* -1: no files are kept */
	char *prefix;			/* "NAME.net." */
	unsigned int next;		/* number of a file */
};

struct changes {
	LIST_ENTRY(changes) entry;
	struct changes_home *home;
	unsigned int number;
	struct entries entries;
	size_t n;
};

struct changes_home *changes_home_new(void)
{
	struct changes_home *home = calloc(1, sizeof(*home));

	if (!home)
		return NULL;
	LIST_INIT(&home->lists);
	home->dir = -1;
	home->sk = nl_socket_alloc();
	if (!home->sk) {
		free(home);
		return NULL;
	}
	return home;
}

void changes_home_free(struct changes_home *home)
{
	if (!home)
		return;
	if (home->dir >= 0)
		close(home->dir);
	nl_socket_free(home->sk);
	free(home->prefix);
	free(home);
}

static int connect_home(struct changes_home *home)
{
	return nl_socket_get_fd(home->sk) >= 0 ? 0 : nl_connect(home->sk, NETLINK_ROUTE);
}

struct nl_sock *changes_sock(struct changes_home *home)
{
	return connect_home(home) ? NULL : home->sk;
}

int changes_dir(const struct changes_home *home)
{
	return home->dir;
}

int changes_road(struct changes_home *home, const struct conf_subnet *peer, const char *but,
		 struct change *road)
{
	int rc = connect_home(home);

	return rc ? rc : change_road(home->sk, peer, but, road);
}

static void file_name(const struct changes_home *home, const char *what, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s", home->prefix, what);
}

static int write_all(int fd, const char *text, size_t len)
{
	int rc = write(fd, text, len) == (ssize_t)len ? 0 : -EIO;

	return close(fd) ? -errno : rc;
}

static size_t print_all(const struct changes *list, char *buf, size_t len)
{
	size_t at = (size_t)snprintf(buf, len, "%s", MAGIC);
	struct entry *e;

	TAILQ_FOREACH(e, &list->entries, entry) {
		int n = change_print(&e->c, buf + at, len - at - 1);

		if (n < 0)
			continue;
		at += (size_t)n;
		buf[at++] = '\n';
	}
	return at;
}

/* The file is as the list is, or as it was: never half of it */
static void save(const struct changes *list)
{
	const struct changes_home *home = list->home;
	char name[512], tmp[512], number[16], *text;
	int fd;

	if (home->dir < 0)
		return;
	snprintf(number, sizeof(number), "%u", list->number);
	file_name(home, number, name, sizeof(name));
	file_name(home, "tmp", tmp, sizeof(tmp));
	if (TAILQ_EMPTY(&list->entries)) {
		unlinkat(home->dir, name, 0);
		return;
	}
	text = malloc(FILE_MAX_LEN);
	fd = text ? openat(home->dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			   0600) : -1;
	/* Without it nobody can clean up behind a crash, and that is all */
	if (fd >= 0 && !write_all(fd, text, print_all(list, text, FILE_MAX_LEN)))
		renameat(home->dir, tmp, home->dir, name);
	free(text);
}

struct changes *changes_new(struct changes_home *home)
{
	struct changes *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->home = home;
	list->number = home->next++;
	TAILQ_INIT(&list->entries);
	LIST_INSERT_HEAD(&home->lists, list, entry);
	return list;
}

/* Of two such changes the host can have one */
static bool same_place(const struct change *a, const struct change *b)
{
	return a->kind == b->kind && (a->kind == CHANGE_ROUTE || !strcmp(a->dev, b->dev)) &&
	       addr_equal(&a->net, &b->net) && a->net.prefix == b->net.prefix;
}

/* What another tunnel of this process has in this place. NULL: nothing. */
static const struct change *elsewhere(const struct changes *list, const struct change *c)
{
	const struct changes *other;
	const struct entry *e;

	LIST_FOREACH(other, &list->home->lists, entry) {
		if (other == list)
			continue;
		TAILQ_FOREACH(e, &other->entries, entry)
			if (same_place(&e->c, c))
				return &e->c;
	}
	return NULL;
}

static struct entry *append(struct changes *list, uint32_t tag, const struct change *c)
{
	struct entry *e = list->n < ENTRIES_MAX ? calloc(1, sizeof(*e)) : NULL;

	if (!e)
		return NULL;
	e->tag = tag;
	e->c = *c;
	TAILQ_INSERT_TAIL(&list->entries, e, entry);
	list->n++;
	return e;
}

static void forget(struct changes *list, struct entry *e)
{
	TAILQ_REMOVE(&list->entries, e, entry);
	list->n--;
	free(e);
}

/* The newer tunnel has its way, without a gap; nothing of somebody else is touched */
static int make(struct changes *list, const struct change *c)
{
	int rc = change_make(list->home->sk, c);

	if (rc != -NLE_EXIST || !elsewhere(list, c))
		return rc;
	return c->kind == CHANGE_ROUTE ? change_replace(list->home->sk, c) : 0;
}

int changes_do(struct changes *list, uint32_t tag, const struct change *change)
{
	struct entry *e;
	int rc = connect_home(list->home);

	if (rc)
		return rc;
	e = append(list, tag, change);
	if (!e)
		return -NLE_NOMEM;
	save(list);
	rc = make(list, change);
	if (!rc)
		return 0;
	forget(list, e);
	save(list);
	return rc;
}

static void follow(struct changes *list, struct entry *e, const struct change *road)
{
	struct change before = e->c;

	change_lead(&e->c, road);
	/* The same: is there, or went away with its device, which is back */
	if (!memcmp(&e->c, &before, sizeof(before))) {
		(void)change_make(list->home->sk, &e->c);
		return;
	}
	save(list);
	if (!change_replace(list->home->sk, &e->c))
		return;
	e->c = before;
	save(list);
}

void changes_follow(struct changes *list, const char *but, const struct conf_subnet *peer)
{
	struct change road;
	struct entry *e;

	if (changes_road(list->home, peer, but, &road))
		return;
	TAILQ_FOREACH(e, &list->entries, entry)
		if (e->c.kind == CHANGE_ROUTE && (!but || strcmp(e->c.dev, but)))
			follow(list, e, &road);
}

bool changes_has(const struct changes *list, const struct change *c)
{
	struct entry *e;

	TAILQ_FOREACH(e, &list->entries, entry)
		if (e->c.kind == c->kind && !strcmp(e->c.dev, c->dev) &&
		    addr_equal(&e->c.net, &c->net) && e->c.net.prefix == c->net.prefix)
			return true;
	return false;
}

bool changes_cover(const struct changes *list, const struct conf_subnet *addr)
{
	struct conf_subnet host = addr_host(addr);
	struct entry *e;

	TAILQ_FOREACH(e, &list->entries, entry)
		if (e->c.kind == CHANGE_ROUTE && conf_subnet_contains(&e->c.net, &host))
			return true;
	return false;
}

/* An interface that other processes use stays: the last one takes it away */
static void undo_xfrmi(const struct changes_home *home, const struct change *c)
{
	int lock = home->dir < 0 ? -1 : xfrmi_lock(home->dir, c->dev, true);

	if (lock >= 0 || home->dir < 0)
		(void)change_undo(home->sk, c);
	if (lock >= 0)
		close(lock);
}

/* What is gone already is no error */
static void undo_one(struct changes *list, const struct change *c)
{
	const struct change *other = elsewhere(list, c);

	if (other && c->kind == CHANGE_ROUTE)
		(void)change_replace(list->home->sk, other);
	else if (!other && c->kind == CHANGE_XFRMI)
		undo_xfrmi(list->home, c);
	else if (!other)
		(void)change_undo(list->home->sk, c);
}

static void undo(struct changes *list, bool all, uint32_t tag)
{
	struct entry *e, *before;

	for (e = TAILQ_LAST(&list->entries, entries); e; e = before) {
		before = TAILQ_PREV(e, entries, entry);
		if (!all && e->tag != tag)
			continue;
		undo_one(list, &e->c);
		forget(list, e);
	}
	save(list);
}

int changes_keep_road(struct changes *list, uint32_t tag, const struct conf_subnet *peer,
		      const char *but)
{
	struct change road;
	int rc = changes_road(list->home, peer, but, &road);

	if (rc)
		return rc;
	road.net = addr_host(peer);
	rc = changes_do(list, tag, &road);
	/* There is one for this host alone, so nothing covers it */
	return rc == -NLE_EXIST ? 0 : rc;
}

void changes_undo(struct changes *list, uint32_t tag)
{
	undo(list, false, tag);
}

void changes_free(struct changes *list)
{
	if (!list)
		return;
	undo(list, true, 0);
	LIST_REMOVE(list, entry);
	free(list);
}

/* Lines of a file into a list; false: it is none of ours */
static bool load(struct changes *list, char *text)
{
	char *line, *rest = text + strlen(MAGIC);
	struct change c;

	if (strncmp(text, MAGIC, strlen(MAGIC)))
		return false;
	while ((line = strsep(&rest, "\n")))
		if (*line && !change_parse(line, &c))
			(void)append(list, 0, &c);
	return true;
}

static bool put_back(struct changes_home *home, const char *file)
{
	struct changes list = { .home = home };
	int fd = openat(home->dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text = fd < 0 ? NULL : malloc(FILE_MAX_LEN + 1);
	ssize_t n = text ? read(fd, text, FILE_MAX_LEN) : -1;
	bool ours = false;

	if (fd >= 0)
		close(fd);
	TAILQ_INIT(&list.entries);
	if (n > 0) {
		text[n] = '\0';
		list.number = (unsigned int)strtoul(file + strlen(home->prefix), NULL, 10);
		ours = load(&list, text);
		if (ours)
			undo(&list, true, 0);
	}
	if (ours)
		unlinkat(home->dir, file, 0);
	free(text);
	return ours;
}

static bool is_number(const char *text)
{
	size_t len = strlen(text);

	return len && len < 10 && strspn(text, "0123456789") == len;
}

unsigned int changes_home_keep(struct changes_home *home, const char *dir, const char *name)
{
	struct dirent *e;
	unsigned int n = 0;
	int fd;
	DIR *d;

	if (connect_home(home) || asprintf(&home->prefix, "%s.net.", name) < 0) {
		home->prefix = NULL;
		return 0;
	}
	home->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = home->dir < 0 ? -1 : dup(home->dir);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	rewinddir(d);
	while ((e = readdir(d)))
		if (!strncmp(e->d_name, home->prefix, strlen(home->prefix)) &&
		    is_number(e->d_name + strlen(home->prefix)))
			n += put_back(home, e->d_name);
	closedir(d);
	return n;
}
