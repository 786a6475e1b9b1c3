// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "state/secret.h"

static int open_dir(const char *dir, char *err, size_t errlen)
{
	struct stat st;
	int fd;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		snprintf(err, errlen, "cannot make the state directory %s: %s; see --state-dir",
			 dir, strerror(errno));
		return -1;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		snprintf(err, errlen, "cannot open the state directory %s: %s", dir,
			 strerror(errno));
	else if (st.st_uid != geteuid() || (st.st_mode & 022))
		snprintf(err, errlen, "the state directory %s must be ours, and nobody else may write to it",
			 dir);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Under a name that nobody looks for, till it is whole and on the disk */
static int make(int dirfd, const char *name)
{
	uint8_t secret[STATE_SECRET_LEN];
	char tmp[128];
	int fd, rc = -1;

	snprintf(tmp, sizeof(tmp), ".%.80s.%ld", name, (long)getpid());
	unlinkat(dirfd, tmp, 0);
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (RAND_bytes(secret, sizeof(secret)) == 1 &&
	    write(fd, secret, sizeof(secret)) == sizeof(secret) && !fsync(fd))
		rc = 0;
	OPENSSL_cleanse(secret, sizeof(secret));
	close(fd);
	/* Another process that was faster is as good */
	if (!rc && linkat(dirfd, tmp, dirfd, name, 0) && errno != EEXIST)
		rc = -1;
	unlinkat(dirfd, tmp, 0);
	return rc ? rc : fsync(dirfd);
}

static int take(int fd, uint8_t secret[STATE_SECRET_LEN], char *why, size_t len)
{
	struct stat st;

	if (fstat(fd, &st))
		snprintf(why, len, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		snprintf(why, len, "it must be a file of ours");
	else if (st.st_mode & 077)
		snprintf(why, len, "others can read it; remove it, a new one is made");
	else if (st.st_size != STATE_SECRET_LEN ||
		 read(fd, secret, STATE_SECRET_LEN) != STATE_SECRET_LEN)
		snprintf(why, len, "it has not %d bytes; remove it, a new one is made",
			 STATE_SECRET_LEN);
	else
		return 0;
	return -1;
}

int state_secret(const char *dir, const char *name, uint8_t secret[STATE_SECRET_LEN], char *err,
		 size_t errlen)
{
	int dirfd = open_dir(dir, err, errlen), fd, rc = -1;
	char why[160];

	if (dirfd < 0)
		return -1;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !make(dirfd, name))
		fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		snprintf(why, sizeof(why), "%s", strerror(errno));
	} else {
		rc = take(fd, secret, why, sizeof(why));
		close(fd);
	}
	close(dirfd);
	if (rc)
		snprintf(err, errlen, "the secret %s/%s is not used: %s", dir, name, why);
	return rc;
}
