// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that a peer can make us hold: by messages that are announced and do
 * not come, and by IKE messages that nobody reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "counters.h"
#include "sockets.h"

#define PEERS		200
#define ANNOUNCED	65535
/* More of them, with this much each, than a bound of 1 MiB holds */
#define CROWD		60
#define HALF		40000
/*
 * What a message costs besides its bytes, at both ends: the sender is here, too, and so is what
 * a debug kernel keeps of each allocation. Far less than what is announced.
 */
#define OVERHEAD_KB	40

static long available_kb(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[100];
	long kb = -1;

	assert_non_null(f);
	while (kb < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "MemAvailable: %ld", &kb);
	fclose(f);
	assert_true(kb > 0);
	return kb;
}

static void half_messages(void **state)
{
	static uint8_t frame[ANNOUNCED] = { 0xff, 0xff };
	static int fd[PEERS][2];
	static const size_t sent[] = { 6, 40000, ANNOUNCED - 1 };
	long before, held, allowed;
	unsigned int i, k;
	size_t had = 0;

	(void)state;
	for (i = 0; i < PEERS; i++) {
		pair_attached(PAIR_IPV4, fd[i]);
		write_all(fd[i][1], "\0\3\377", 3);
		stream_taken(fd[i][1], fd[i][0]);
	}
	before = available_kb();
	for (k = 0; k < 3; k++) {
		for (i = 0; i < PEERS; i++) {
			write_all(fd[i][1], frame + had, sent[k] - had);
			stream_taken(fd[i][1], fd[i][0]);
		}
		had = sent[k];
		held = before - available_kb();
		allowed = PEERS * (long)((sent[k] + 1023) / 1024 + OVERHEAD_KB);
		printf("# %d peers sent %zu of %d bytes: %ld KB held, %ld allowed\n",
		       PEERS, sent[k], ANNOUNCED, held, allowed);
		assert_true(held <= allowed);
	}
	for (i = 0; i < PEERS; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
}

static void unread_ike(void **state)
{
	uint64_t limit, queue, full, esp;
	uint8_t body[1000], frame[1002];
	int fd[2], i;

	(void)state;
	pair_attached(PAIR_IPV4, fd);
	ike_fill(body, sizeof(body), 1);
	frame_put(frame, body, sizeof(body));
	for (i = 0; i < 2000; i++)
		write_all(fd[1], frame, sizeof(frame));
	stream_taken(fd[1], fd[0]);
	counters_read();
	limit = counter_of("ike_limit");
	queue = counter_of("ike_queue");
	full = counter_of("rx_ike_full");
	esp = counter_of("rx_esp");
	printf("# unread: %lu of %lu bytes, %lu messages dropped\n",
	       (unsigned long)queue, (unsigned long)limit,
	       (unsigned long)full);
	assert_in_range(queue, limit / 2, limit);
	assert_true(full > 0);
	assert_true(counter_of("rx_ike") + full == 2000);

	/* ESP is not held up by it */
	frame[2] = 0x20;
	for (i = 0; i < 100; i++)
		write_all(fd[1], frame, sizeof(frame));
	for (i = 0; i < 200; i++) {
		counters_read();
		if (counter_of("rx_esp") == esp + 100)
			break;
		usleep(50000);
	}
	assert_int_equal(counter_of("rx_esp"), esp + 100);
	close(fd[0]);
	close(fd[1]);
}

/* All sockets of a namespace together: beyond the bound messages are lost, counted, and skipped */
static void many_half_messages(void **state)
{
	static uint8_t frame[ANNOUNCED] = { 0xff, 0xff }, tail[102], got[ANNOUNCED];
	static int fd[CROWD][2];
	unsigned int i, lost = 0;
	uint64_t full;
	ssize_t n;

	(void)state;
	assert_int_equal(system("espintcp limits memory=1M"), 0);
	ike_fill(tail + 2, 100, 1);
	tail[1] = sizeof(tail);
	for (i = 0; i < CROWD; i++) {
		pair_attached(PAIR_IPV4, fd[i]);
		write_all(fd[i][1], "\0\3\377", 3);
		stream_taken(fd[i][1], fd[i][0]);
		write_all(fd[i][1], frame, HALF);
		stream_taken(fd[i][1], fd[i][0]);
	}
	counters_read();
	full = counter_of("rx_memory_full");
	printf("# %d peers sent %d bytes each of a message: %lu lost\n", CROWD, HALF,
	       (unsigned long)full);
	assert_in_range(full, CROWD - (1 << 20) / HALF, CROWD - 1);
	/* Some more may be lost when they go on, as long as others wait */
	for (i = 0; i < CROWD; i++) {
		write_all(fd[i][1], frame + HALF, ANNOUNCED - HALF);
		write_all(fd[i][1], tail, sizeof(tail));
		n = recv(fd[i][0], got, sizeof(got), 0);
		if (n == ANNOUNCED - 2)
			n = recv(fd[i][0], got, sizeof(got), 0);
		else
			lost++;
		assert_int_equal(n, sizeof(tail) - 2);
		close(fd[i][0]);
		close(fd[i][1]);
	}
	counters_read();
	assert_int_equal(counter_of("rx_memory_full"), lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_messages),
		cmocka_unit_test(unread_ike),
		cmocka_unit_test(many_half_messages),
	};
	struct rlimit files = { 2 * PEERS + 100, 2 * PEERS + 100 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
