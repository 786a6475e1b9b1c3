// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "sockets.h"
#include "stream.h"
#include "tunnel.h"

#define SERVER_PORT	4500
#define CLIENT_PORT	40000
#define DATAGRAM	900

bool tunnel_chacha;
static unsigned int corrupt;
static pthread_t traffic_thread;
static struct stream eastwards, westwards;
static bool stopping;

static bool load(const bool *b)
{
	return __atomic_load_n(b, __ATOMIC_SEQ_CST);
}

static void store(bool *b, bool v)
{
	__atomic_store_n(b, v, __ATOMIC_SEQ_CST);
}

const char *module_unload(void)
{
	double end = seconds() + PATIENCE;

	while (syscall(SYS_delete_module, "espintcp", O_NONBLOCK)) {
		if ((errno != EWOULDBLOCK && errno != EBUSY) || seconds() > end)
			return strerror(errno);
		sched_yield();
	}
	return NULL;
}

static void sa_add(FILE *ip, const struct host *src, const struct host *dst)
{
	bool out = src == &west;

	fprintf(ip, "xfrm state add src %s dst %s proto esp spi %s reqid 1 mode tunnel ",
		src->outer, dst->outer, src->spi);
	if (tunnel_chacha)
		fprintf(ip, "aead rfc7539esp(chacha20,poly1305) 0x%072x 128 ", 1);
	else
		fprintf(ip, "aead rfc4106(gcm(aes)) 0x%040x 128 ", 1);
	fprintf(ip, "replay-window 32 encap espintcp %d %d 0.0.0.0\n",
		out ? CLIENT_PORT : SERVER_PORT,
		out ? SERVER_PORT : CLIENT_PORT);
}

void sas_add(void)
{
	sa_add(west.ip, &west, &east);
	sa_add(west.ip, &east, &west);
	sa_add(east.ip, &west, &east);
	sa_add(east.ip, &east, &west);
}

static void policy_add(const struct host *h, const struct host *peer)
{
	fprintf(h->ip, "xfrm policy add src %s dst %s dir out tmpl src %s dst %s proto esp reqid 1 mode tunnel\n",
		h->net, peer->net, h->outer, peer->outer);
	fprintf(h->ip, "xfrm policy add src %s dst %s dir in tmpl src %s dst %s proto esp reqid 1 mode tunnel\n",
		peer->net, h->net, peer->outer, h->outer);
}

void policies_add(void)
{
	policy_add(&west, &east);
	policy_add(&east, &west);
}

void xfrm_flush(const char *what)
{
	fprintf(west.ip, "xfrm %s flush\n", what);
	fprintf(east.ip, "xfrm %s flush\n", what);
}

/* The same tuple each time: the last connection of it may take a moment to go */
static int connected(void)
{
	struct sockaddr_in sin = host_address(east.outer, SERVER_PORT);
	double end = seconds() + PATIENCE;
	int fd;

	for (;;) {
		fd = host_socket(&west, SOCK_STREAM, west.outer, CLIENT_PORT);
		if (!connect(fd, (struct sockaddr *)&sin, sizeof(sin)))
			return fd;
		close(fd);
		if (seconds() > end)
			bail_out("connect");
		usleep(2000);
	}
}

void conn_up(void)
{
	int lst = host_socket(&east, SOCK_STREAM, east.outer, SERVER_PORT);
	int e, w;

	listen(lst, 8);
	w = connected();
	do {
		struct sockaddr_in sin;
		socklen_t len = sizeof(sin);

		e = accept4(lst, NULL, NULL, SOCK_CLOEXEC);
		/* One that an earlier try left behind is dead */
		if (e >= 0 && !getpeername(e, (struct sockaddr *)&sin, &len) &&
		    !ulp_attach(e))
			break;
		close(e);
	} while (e >= 0);
	close(lst);
	if (e < 0 || ulp_attach(w))
		bail_out("attach");
	__atomic_store_n(&west.esp, w, __ATOMIC_SEQ_CST);
	__atomic_store_n(&east.esp, e, __ATOMIC_SEQ_CST);
}

void end_close(struct host *h, bool rst)
{
	struct linger l = { .l_onoff = rst };

	setsockopt(h->esp, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(__atomic_exchange_n(&h->esp, -1, __ATOMIC_SEQ_CST));
}

void conn_down(void)
{
	end_close(&west, true);
	end_close(&east, true);
}

static void udp_pump(struct host *from, struct host *to, unsigned int seq)
{
	static uint8_t out[DATAGRAM], in[DATAGRAM];
	struct sockaddr_in sin = host_address(to->inner, 7000);
	int i;

	memset(out, seq, sizeof(out));
	/* It may well have no way at the moment */
	sendto(from->udp, out, sizeof(out), MSG_DONTWAIT,
	       (struct sockaddr *)&sin, sizeof(sin));
	while (recv(to->udp, in, sizeof(in), MSG_DONTWAIT) == sizeof(in)) {
		for (i = 1; i < DATAGRAM; i++)
			if (in[i] != in[0])
				break;
		corrupt += i < DATAGRAM;
		__atomic_add_fetch(&to->udp_got, 1, __ATOMIC_SEQ_CST);
	}
}

static void ike_pump(struct host *from, struct host *to, unsigned int seq)
{
	static uint8_t out[4096], in[4096], want[4096];
	size_t len = 5 + seq * 37 % (sizeof(out) - 5);
	ssize_t n;

	ike_fill(out, len, len);
	/* The kernel's own takes no other flag; SIGPIPE is ignored */
	send(from->esp, out, len, MSG_DONTWAIT);
	while ((n = recv(to->esp, in, sizeof(in), MSG_DONTWAIT)) > 0) {
		ike_fill(want, n, n);
		corrupt += memcmp(in, want, n) != 0;
		__atomic_add_fetch(&to->ike_got, 1, __ATOMIC_SEQ_CST);
	}
}

static void *traffic(void *arg)
{
	unsigned int seq;

	for (seq = 0; !load(&stopping); seq++) {
		udp_pump(&west, &east, seq);
		udp_pump(&east, &west, seq);
		/* Much to do for a slow kernel */
		if (!(seq & 7)) {
			stream_pump(&eastwards);
			stream_pump(&westwards);
		}
		if (!(seq & 3)) {
			ike_pump(&west, &east, seq);
			ike_pump(&east, &west, seq);
		}
		usleep(200);
	}
	return arg;
}

void traffic_start(void)
{
	west.udp = host_socket(&west, SOCK_DGRAM, west.inner, 7000);
	east.udp = host_socket(&east, SOCK_DGRAM, east.inner, 7000);
	stream_open(&eastwards, &west, &east);
	stream_open(&westwards, &east, &west);
	store(&stopping, false);
	if (pthread_create(&traffic_thread, NULL, traffic, NULL))
		bail_out("pthread_create");
}

void traffic_stop(void)
{
	store(&stopping, true);
	pthread_join(traffic_thread, NULL);
	close(west.udp);
	close(east.udp);
	stream_close(&eastwards);
	stream_close(&westwards);
}

static void more(const char *what, unsigned int *counter)
{
	unsigned int was = __atomic_load_n(counter, __ATOMIC_SEQ_CST);
	double end = seconds() + PATIENCE;

	while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) - was < 2) {
		if (seconds() > end) {
			errno = ETIMEDOUT;
			bail_out(what);
		}
		usleep(1000);
	}
}

/* Everything passes, each way */
void traffic_passes(void)
{
	more("ESP westwards", &west.udp_got);
	more("ESP eastwards", &east.udp_got);
	more("TCP westwards", &westwards.got);
	more("TCP eastwards", &eastwards.got);
	more("IKE westwards", &west.ike_got);
	more("IKE eastwards", &east.ike_got);
	assert_int_equal(corrupt + eastwards.corrupt + westwards.corrupt, 0);
}

void tunnel_up(void)
{
	conn_up();
	sas_add();
	policies_add();
	traffic_start();
	traffic_passes();
}

void tunnel_down(void)
{
	traffic_stop();
	conn_down();
	xfrm_flush("state");
	xfrm_flush("policy");
}
