// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file's pages in the sender's stream: what the receiver decrypts must not be
 * those pages (CVE-2026-43284, CVE-2026-46300).
 *
 * usage: pagecache WAY SENDER-NETNS RECEIVER-NETNS SENDER RECEIVER SPI ALGORITHM...
 *	WAY	splice, sendfile, vmsplice, or zerocopy
 *	SENDER, RECEIVER	addresses; the ports are those of lib/sa.sh
 *	ALGORITHM	as for "ip xfrm state add", of an SA in transport mode
 *			from sender to receiver that is there
 *
 * The file holds messages as they go on the wire: ESP with the right ICV and
 * with a wrong one, and IKE. All must be delivered as if they had been written,
 * and the file must stay what it was. Exit status: 0: so it is, 1: it is not,
 * 2: that could not be found out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/espintcp_frame.h>

#include "esp_frame.h"
#include "sockets.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define PORT_EAST	4500
#define PORT_WEST	40000
#define PORT_INNER	4242
#define UDP_SIZE	8
#define DEADLINE	20000
#define STREAM_MAX	65536
#define BODY_MAX	12000

enum what { GOOD, WRONG_ICV, IKE };

/*
 * Within a page and over several. That the last one has come tells that all before it,
 * which the receiver takes in order, have been dealt with.
 */
static const struct part {
	enum what what;
	size_t len;
} parts[] = {
	{ GOOD, 32 }, { GOOD, 1400 }, { WRONG_ICV, 48 }, { IKE, 300 },
	{ GOOD, 9000 }, { WRONG_ICV, 5000 }, { IKE, 6000 }, { GOOD, 200 },
};

struct place {
	const char *netns;
	struct sockaddr_storage addr;
	socklen_t len;
};

struct stream {
	uint8_t bytes[STREAM_MAX];	/* what was written to the file */
	size_t len;
	int fd;
	uint8_t *map;			/* the file's pages */
};

static struct place from, to;
static struct stream stream;

static void give_up(int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	exit(status);
}

static void die(const char *what)
{
	give_up(2, "%s: %s", what, strerror(errno));
}

static void place_parse(struct place *p, const char *netns, const char *addr)
{
	struct sockaddr_in6 *sin6 = (void *)&p->addr;
	struct sockaddr_in *sin = (void *)&p->addr;

	p->netns = netns;
	if (inet_pton(AF_INET, addr, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		p->len = sizeof(*sin);
	} else if (inet_pton(AF_INET6, addr, &sin6->sin6_addr) == 1) {
		sin6->sin6_family = AF_INET6;
		p->len = sizeof(*sin6);
	} else {
		give_up(2, "not an address: %s", addr);
	}
}

/* A socket there, bound to the port */
static int socket_at(struct place *p, int type, uint16_t port)
{
	int ns, fd, one = 1;
	char path[256];

	snprintf(path, sizeof(path), "/run/netns/%s", p->netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		die(path);
	close(ns);

	/* The port is at the same place for both families */
	((struct sockaddr_in *)&p->addr)->sin_port = htons(port);
	fd = socket(p->addr.ss_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&p->addr, p->len))
		die("bind");
	return fd;
}

/* Returns the sender's end; *attached is the receiver's */
static int connect_pair(int *attached)
{
	struct linger reset = { .l_onoff = 1 };
	int lst = socket_at(&to, SOCK_STREAM, PORT_EAST);
	int fd = socket_at(&from, SOCK_STREAM, PORT_WEST);

	/* The same tuple again, without TIME_WAIT in between */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (listen(lst, 1) || connect(fd, (struct sockaddr *)&to.addr, to.len))
		die("connect");
	*attached = accept(lst, NULL, NULL);
	if (*attached < 0)
		die("accept");
	close(lst);
	if (ulp_attach(*attached))
		die("attach");
	return fd;
}

static uint32_t sum16(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	return sum;
}

/* The UDP checksum, which IPv6 insists on */
static uint16_t udp_sum(const uint8_t *udp, size_t len)
{
	uint32_t sum = sum16(IPPROTO_UDP + len, udp, len);
	struct place *p[2] = { &from, &to };
	int i;

	for (i = 0; i < 2; i++) {
		struct sockaddr_in6 *sin6 = (void *)&p[i]->addr;
		struct sockaddr_in *sin = (void *)&p[i]->addr;

		if (p[i]->addr.ss_family == AF_INET)
			sum = sum16(sum, &sin->sin_addr, 4);
		else
			sum = sum16(sum, &sin6->sin6_addr, 16);
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	return sum ? sum : 0xffff;
}

static void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

/* What the part carries: the datagram's payload, or the IKE message */
static void part_fill(uint8_t *body, unsigned int n)
{
	ike_fill(body, parts[n].len, n + 1);
}

static size_t part_seal(const struct esp_frame_sa *sa, uint32_t spi,
			unsigned int n, uint8_t *body)
{
	uint8_t udp[UDP_SIZE + BODY_MAX];
	size_t len = UDP_SIZE + parts[n].len;

	put_be16(udp, PORT_INNER);
	put_be16(udp + 2, PORT_INNER);
	put_be16(udp + 4, len);
	put_be16(udp + 6, 0);
	part_fill(udp + UDP_SIZE, n);
	put_be16(udp + 6, udp_sum(udp, len));

	len = esp_frame_seal(sa, spi, n + 1, IPPROTO_UDP, udp, len, body);
	if (!len)
		give_up(2, "libcrypto cannot encrypt");
	if (parts[n].what == WRONG_ICV)
		body[len - 1] ^= 1;
	return len;
}

static void stream_make(const struct esp_frame_sa *sa, uint32_t spi)
{
	char path[] = "pagecache.XXXXXX";
	const char *dir = getenv("TMPDIR");
	uint8_t body[BODY_MAX + UDP_SIZE + ESP_FRAME_OVERHEAD];
	unsigned int i;
	size_t len;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		len = parts[i].len;
		if (parts[i].what == IKE)
			part_fill(body, i);
		else
			len = part_seal(sa, spi, i, body);
		stream.len += frame_put(stream.bytes + stream.len, body, len);
	}

	if (chdir(dir ? dir : "/tmp"))
		die("chdir");
	stream.fd = mkstemp(path);
	if (stream.fd < 0)
		die(path);
	unlink(path);
	if (write(stream.fd, stream.bytes, stream.len) != (ssize_t)stream.len)
		die("write");
	stream.map = mmap(NULL, stream.len, PROT_READ, MAP_SHARED, stream.fd, 0);
	if (stream.map == MAP_FAILED)
		die("mmap");
}

static void pipe_to(int out, int sk, size_t len)
{
	ssize_t n;

	for (; len; len -= n) {
		n = splice(out, NULL, sk, NULL, len, 0);
		if (n <= 0)
			die("splice to the socket");
	}
}

static void send_splice(int sk)
{
	size_t done;
	int p[2];
	ssize_t n;

	if (pipe(p))
		die("pipe");
	if (lseek(stream.fd, 0, SEEK_SET))
		die("lseek");
	for (done = 0; done < stream.len; done += n) {
		n = splice(stream.fd, NULL, p[1], NULL, stream.len - done, 0);
		if (n <= 0)
			die("splice from the file");
		pipe_to(p[0], sk, n);
	}
	close(p[0]);
	close(p[1]);
}

static void send_sendfile(int sk)
{
	off_t off = 0;

	while (off < (off_t)stream.len)
		if (sendfile(sk, stream.fd, &off, stream.len - off) <= 0)
			die("sendfile");
}

static void send_vmsplice(int sk)
{
	size_t done;
	int p[2];
	ssize_t n;

	if (pipe(p))
		die("pipe");
	for (done = 0; done < stream.len; done += n) {
		struct iovec iov = { stream.map + done, stream.len - done };

		n = vmsplice(p[1], &iov, 1, 0);
		if (n <= 0)
			die("vmsplice");
		pipe_to(p[0], sk, n);
	}
	close(p[0]);
	close(p[1]);
}

static void send_zerocopy(int sk)
{
	size_t done;
	int one = 1;
	ssize_t n;

	if (setsockopt(sk, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		die("SO_ZEROCOPY");
	for (done = 0; done < stream.len; done += n) {
		n = send(sk, stream.map + done, stream.len - done, MSG_ZEROCOPY);
		if (n <= 0)
			die("send");
	}
}

static const struct {
	const char *name;
	void (*send)(int sk);
} ways[] = {
	{ "splice", send_splice },
	{ "sendfile", send_sendfile },
	{ "vmsplice", send_vmsplice },
	{ "zerocopy", send_zerocopy },
};

static void send_by(const char *way, int sk)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (strcmp(ways[i].name, way))
			continue;
		ways[i].send(sk);
		return;
	}
	give_up(2, "no such way: %s", way);
}

/* Which part of the kind that is, of those that are not there yet */
static unsigned int part_find(enum what what, const bool *had, const uint8_t *body, size_t len)
{
	uint8_t want[BODY_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].what != what || had[i] || parts[i].len != len)
			continue;
		part_fill(want, i);
		if (!memcmp(body, want, len))
			break;
	}
	return i;
}

/*
 * The messages of a kind, each as it was sent; IKE in order. XFRM hands packets of transport
 * mode on by a queue of each CPU, so they overtake each other where the sender changes its CPU.
 */
static int receive(int sk, enum what what, const char *name)
{
	bool had[ARRAY_SIZE(parts)] = { false };
	uint8_t got[BODY_MAX];
	unsigned int i, which;
	ssize_t n;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].what != what)
			continue;
		if (!(poll_for(sk, POLLIN, DEADLINE) & POLLIN)) {
			printf("%s of part %u does not arrive\n", name, i);
			return 1;
		}
		n = recv(sk, got, sizeof(got), MSG_DONTWAIT);
		which = part_find(what, had, got, n < 0 ? 0 : n);
		if (which == ARRAY_SIZE(parts) || (what == IKE && which != i)) {
			printf("instead of part %u comes %s of %zd bytes that was not sent, or later\n",
			       i, name, n);
			return 1;
		}
		had[which] = true;
	}
	if (poll_for(sk, POLLIN, 0) & POLLIN) {
		printf("one %s too many\n", name);
		return 1;
	}
	return 0;
}

static int compare(const char *by, const uint8_t *file)
{
	size_t i, first = stream.len, changed = 0;

	for (i = 0; i < stream.len; i++) {
		if (file[i] == stream.bytes[i])
			continue;
		if (!changed++)
			first = i;
	}
	if (changed)
		printf("%zu of the file's %zu bytes, seen by %s, are others, from %zu on\n",
		       changed, stream.len, by, first);
	return changed != 0;
}

static int file_is_unchanged(void)
{
	static uint8_t now[STREAM_MAX];

	if (pread(stream.fd, now, sizeof(now), 0) != (ssize_t)stream.len)
		give_up(1, "the file has another length");
	return compare("mmap", stream.map) | compare("read", now);
}

/* Were the messages not copied, recv() would see this */
static void overwrite_file(void)
{
	static uint8_t other[STREAM_MAX];

	memset(other, 0xa5, stream.len);
	if (pwrite(stream.fd, other, stream.len, 0) != (ssize_t)stream.len)
		die("pwrite");
}

int main(int argc, char **argv)
{
	struct esp_frame_sa sa;
	int sk, attached, inner, bad;

	if (argc < 8 || esp_frame_parse(&sa, argv + 7, argc - 7))
		give_up(2, "usage: pagecache WAY SENDER-NETNS RECEIVER-NETNS SENDER RECEIVER SPI ALGORITHM...");
	place_parse(&from, argv[2], argv[4]);
	place_parse(&to, argv[3], argv[5]);
	stream_make(&sa, strtoul(argv[6], NULL, 0));

	inner = socket_at(&to, SOCK_DGRAM, PORT_INNER);
	sk = connect_pair(&attached);
	send_by(argv[1], sk);

	bad = receive(inner, GOOD, "the datagram");
	bad |= file_is_unchanged();
	overwrite_file();
	bad |= receive(attached, IKE, "the IKE message");
	return bad;
}
