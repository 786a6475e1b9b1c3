// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random streams from a peer through the kernel's receive path, against a model
 * of RFC 9329, section 3: which IKE messages recv() must hand out, byte by
 * byte; what must be counted; when and how the connection must end.
 *
 * Environment: STREAMS (100000), SEED (a random one, printed).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "counters.h"
#include "sockets.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Streams under way at once, each on a connection of its own */
#define CONNS		8
#define MAX_FRAMES	16
#define MAX_MSG		65535
/* Unread IKE messages stay below the bound of the queue, overhead included */
#define MAX_STREAM	(128 << 10)
#define OVERHEAD	2048
#define POOL		131072
/* Streams between two looks at the counters */
#define CHECK_EVERY	5000

enum tally { ESP, IKE, KEEPALIVE, SHORT, BAD_LENGTH, TRUNCATED, TALLIES };
static const char *const counter_name[TALLIES] = {
	"rx_esp", "rx_ike", "rx_keepalive", "rx_short", "rx_bad_length",
	"rx_truncated",
};

/* None of these may ever count here */
static const char *const never[] = {
	"rx_ike_full", "rx_no_memory", "rx_no_device",
};

enum end { STAYS, BAD, CUT, FIN, RST };

struct message {
	size_t	off, len;
};

struct conn {
	int		fd[2];
	enum pair_kind	kind;
	uint8_t		buf[MAX_STREAM + 2 * MAX_MSG];
	size_t		len, sent;
	struct message	ike[MAX_FRAMES];
	unsigned int	ikes;
	bool		partial;
	enum end	end;
};

static struct conn conns[CONNS];
static uint8_t pool[POOL];
static uint64_t want[TALLIES], state, seed, bytes;

static uint64_t rnd(void)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static uint32_t below(uint32_t n)
{
	return (rnd() >> 32) * n >> 32;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s && *s ? strtoull(s, NULL, 0) : otherwise;
}

/* Small ones most of the time, but every power of two as likely as the next */
static uint32_t random_length(void)
{
	uint32_t bits = 3 + below(14);

	if (bits > 12 && !one_in(8))
		bits = 3 + below(10);
	return below(1U << bits) % (MAX_MSG + 1);
}

/*
 * One frame of announced length @len, and what RFC 9329 makes of it. @ike:
 * with a non-ESP marker where there is room for one.
 */
static void frame_add(struct conn *c, uint32_t len, bool ike)
{
	uint8_t *p = c->buf + c->len;
	uint32_t body = len - 2;

	p[0] = len >> 8;
	p[1] = len & 0xff;
	c->len += 2;
	if (len < 2) {
		want[BAD_LENGTH]++;
		return;
	}
	memcpy(p + 2, pool + below(POOL - MAX_MSG), body);
	c->len += body;
	if (body <= 4) {
		if (body == 1 && one_in(2))
			p[2] = 0xff;
		want[body == 1 && p[2] == 0xff ? KEEPALIVE : SHORT]++;
		return;
	}
	if (!ike) {
		/* Any SPI but the marker; nobody has an SA for it */
		p[2 + below(4)] |= 1 << below(8);
		want[ESP]++;
		return;
	}
	memset(p + 2, 0, 4);
	c->ike[c->ikes].off = p + 2 - c->buf;
	c->ike[c->ikes++].len = body;
	want[IKE]++;
}

/* What nobody may look at: it follows a fatal length */
static void junk_add(struct conn *c)
{
	uint32_t n = below(200);

	memcpy(c->buf + c->len, pool + below(POOL - 200), n);
	c->len += n;
}

/* The beginning of a frame whose rest never comes */
static void part_add(struct conn *c)
{
	uint32_t len = 3 + below(MAX_MSG - 2), n;
	uint8_t *p = c->buf + c->len;

	p[0] = len >> 8;
	p[1] = len & 0xff;
	n = 1 + (one_in(2) ? below(6) : below(len - 1));
	if (n >= len)
		n = len - 1;
	if (n > 2)
		memcpy(p + 2, pool + below(POOL - MAX_MSG), n - 2);
	c->len += n;
	c->partial = true;
	want[TRUNCATED]++;
}

static void conn_open(struct conn *c)
{
	struct timeval tv = { .tv_sec = 20 };

	c->kind = below(3);
	pair_attached(c->kind, c->fd);
	setsockopt(c->fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	c->end = STAYS;
}

static void conn_close(struct conn *c)
{
	close(c->fd[0]);
	if (c->fd[1] >= 0)
		close(c->fd[1]);
	c->fd[0] = -1;
}

static void stream_make(struct conn *c)
{
	unsigned int n = 1 + below(MAX_FRAMES - 1);
	size_t cost = 0;

	c->len = 0;
	c->sent = 0;
	c->ikes = 0;
	c->partial = false;
	c->end = one_in(24) ? BAD + below(4) : STAYS;
	while (n--) {
		uint32_t len = 2 + random_length();

		if (len > MAX_MSG)
			len = MAX_MSG;
		cost += len + OVERHEAD;
		if (cost > MAX_STREAM)
			break;
		frame_add(c, len, one_in(2));
	}
	if (c->end == BAD) {
		frame_add(c, below(2), false);
		junk_add(c);
	} else if (c->end == CUT || (c->end == RST && one_in(2))) {
		part_add(c);
	} else if (c->end == STAYS && !c->ikes) {
		/* Something to wait for: then all before it was parsed */
		frame_add(c, 2 + 5, true);
	}
}

/* The next piece of the stream; false when it was the last */
static bool stream_send(struct conn *c)
{
	size_t n = c->len - c->sent;
	ssize_t ret;

	if (!one_in(4))
		n = 1 + below(n < 64 || one_in(2) ? (n < 64 ? n : 64) : n);
	ret = send(c->fd[1], c->buf + c->sent, n, MSG_NOSIGNAL);
	if (ret < 0) {
		/* It may have seen the fatal length already */
		if (c->end != BAD)
			fail_msg("send: %s", strerror(errno));
		c->sent = c->len;
		return false;
	}
	c->sent += ret;
	bytes += ret;
	return c->sent < c->len;
}

static void messages_check(struct conn *c)
{
	static uint8_t buf[MAX_MSG];
	unsigned int i;
	ssize_t n;

	for (i = 0; i < c->ikes; i++) {
		n = recv(c->fd[0], buf, sizeof(buf), 0);
		if (n < 0)
			fail_msg("message %u of %u: %s", i, c->ikes,
				 strerror(errno));
		if ((size_t)n != c->ike[i].len)
			fail_msg("message %u of %u has %zd bytes, not %zu", i,
				 c->ikes, n, c->ike[i].len);
		if (memcmp(buf, c->buf + c->ike[i].off, n))
			fail_msg("message %u of %u has other bytes", i,
				 c->ikes);
	}
}

/* recv() at the end of the stream: @err once if it is not 0, then 0 */
static void end_check(struct conn *c, int err)
{
	uint8_t b;

	if (err) {
		assert_int_equal(recv(c->fd[0], &b, 1, 0), -1);
		assert_int_equal(errno, err);
	}
	assert_int_equal(recv(c->fd[0], &b, 1, 0), 0);
	assert_int_equal(recv(c->fd[0], &b, 1, MSG_DONTWAIT), 0);
}

/* Our end was reset, and not merely closed */
static void reset_check(struct conn *c)
{
	uint8_t b;
	ssize_t n = recv(c->fd[1], &b, 1, 0);

	/* What was sent into the dead connection has told it already */
	if (n < 0 && errno != ECONNRESET)
		fail_msg("the peer got: %s", strerror(errno));
	assert_true(n <= 0);
	assert_int_equal(send(c->fd[1], "x", 1, MSG_NOSIGNAL), -1);
}

static void stream_end(struct conn *c)
{
	struct linger reset = { .l_onoff = 1 };
	uint8_t b;

	if (c->end == RST) {
		/* It would take with it what TCP has not sent yet */
		stream_arrived(c->fd[1]);
		setsockopt(c->fd[1], SOL_SOCKET, SO_LINGER, &reset,
			   sizeof(reset));
	}
	switch (c->end) {
	case STAYS:
		messages_check(c);
		if (one_in(4)) {
			assert_int_equal(recv(c->fd[0], &b, 1, MSG_DONTWAIT),
					 -1);
			assert_int_equal(errno, EAGAIN);
		}
		return;
	case BAD:
		messages_check(c);
		end_check(c, EPROTO);
		reset_check(c);
		break;
	case RST:
	case CUT:
	case FIN:
		close(c->fd[1]);
		c->fd[1] = -1;
		messages_check(c);
		end_check(c, c->end == RST ? ECONNRESET : 0);
		break;
	}
	conn_close(c);
	conn_open(c);
}

static uint64_t xfrm_counter(const char *name)
{
	FILE *f = fopen("/proc/net/xfrm_stat", "r");
	uint64_t v, found = 0;
	char key[64];

	assert_non_null(f);
	while (fscanf(f, "%63s %" SCNu64, key, &v) == 2)
		if (!strcmp(key, name))
			found = v;
	fclose(f);
	return found;
}

/* ESP is counted after the messages behind it were queued: so wait, but only for what is less */
static void counters_check(void)
{
	unsigned int i, tries;
	uint64_t got;
	bool less;

	for (tries = 0; tries < 200; tries++) {
		counters_read();
		less = false;
		for (i = 0; i < TALLIES; i++) {
			got = counter_of(counter_name[i]);
			less |= got < want[i];
			if (got > want[i] || (less && tries == 199))
				fail_msg("%s is %" PRIu64 ", not %" PRIu64,
					 counter_name[i], got, want[i]);
		}
		if (!less)
			break;
		usleep(50000);
	}
	for (i = 0; i < ARRAY_SIZE(never); i++)
		if (counter_of(never[i]))
			fail_msg("%s is not 0", never[i]);
	/* XFRM saw each of them, and told it where its users look */
	assert_int_equal(xfrm_counter("XfrmInNoStates") +
			 xfrm_counter("XfrmInHdrError"), want[ESP]);
}

static void conns_open(void)
{
	unsigned int i;

	for (i = 0; i < CONNS; i++)
		conn_open(&conns[i]);
}

static void conns_close(void)
{
	unsigned int i;

	for (i = 0; i < CONNS; i++)
		conn_close(&conns[i]);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void every_length(void **s)
{
	struct conn *c = &conns[0];
	double began = seconds();
	uint32_t len;

	(void)s;
	conn_open(c);
	for (len = 2; len <= MAX_MSG; len++) {
		c->len = 0;
		c->sent = 0;
		c->ikes = 0;
		frame_add(c, len, one_in(2));
		write_all(c->fd[1], c->buf, c->len);
		messages_check(c);
	}
	conn_close(c);
	for (len = 0; len < 2; len++) {
		conn_open(c);
		c->len = 0;
		c->ikes = 0;
		c->end = BAD;
		frame_add(c, 2 + 100, true);
		frame_add(c, len, false);
		write_all(c->fd[1], c->buf, c->len);
		messages_check(c);
		end_check(c, EPROTO);
		reset_check(c);
		conn_close(c);
	}
	counters_check();
	printf("# every length: %.1f s\n", seconds() - began);
}

static void sample(struct conn *c)
{
	static const uint32_t lengths[] = {
		2, 3, 4, 5, 6, 7, 8, 30, 3, 44, 7, 2, 26
	};
	unsigned int i;

	c->len = 0;
	c->ikes = 0;
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		frame_add(c, lengths[i], i & 1);
	frame_add(c, 20, true);
}

static void split_at_each_byte(void **s)
{
	struct conn *c = &conns[0];
	size_t at = 1, i;

	(void)s;
	conn_open(c);
	do {
		sample(c);
		write_all(c->fd[1], c->buf, at);
		stream_taken(c->fd[1], c->fd[0]);
		write_all(c->fd[1], c->buf + at, c->len - at);
		messages_check(c);
	} while (++at < c->len);
	sample(c);
	for (i = 0; i < c->len; i++) {
		write_all(c->fd[1], c->buf + i, 1);
		stream_taken(c->fd[1], c->fd[0]);
	}
	messages_check(c);
	conn_close(c);
	counters_check();
}

static void random_streams(void **s)
{
	uint64_t streams = number("STREAMS", 100000), done = 0, checked = 0;
	double began = seconds();
	unsigned int i, live;

	(void)s;
	bytes = 0;
	conns_open();
	while (done < streams) {
		for (i = 0; i < CONNS; i++)
			stream_make(&conns[i]);
		for (live = (1 << CONNS) - 1; live;) {
			i = below(CONNS);
			if (live & 1 << i && !stream_send(&conns[i]))
				live &= ~(1 << i);
			if (one_in(8))
				sched_yield();
		}
		for (i = 0; i < CONNS; i++)
			stream_end(&conns[i]);
		done += CONNS;
		if (done - checked >= CHECK_EVERY) {
			counters_check();
			checked = done;
		}
	}
	conns_close();
	counters_check();
	began = seconds() - began;
	printf("# %" PRIu64 " streams, %" PRIu64 " MB, %.0f s, %.0f streams/s\n",
	       done, bytes >> 20, began, done / began);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_at_each_byte),
		cmocka_unit_test(random_streams),
		cmocka_unit_test(every_length),
	};
	uint64_t fresh = time(NULL);
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getrandom(&fresh, sizeof(fresh), GRND_NONBLOCK) < 0)
		fresh ^= getpid();
	seed = number("SEED", fresh);
	state = seed | 1;
	printf("# SEED=%" PRIu64 "\n", seed);
	for (i = 0; i < POOL / sizeof(uint64_t); i++)
		((uint64_t *)pool)[i] = rnd();
	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
