// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The message stream, over a SOCK_SEQPACKET pair: like a socket with the ULP it
 * keeps messages apart.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <linux/espintcp_frame.h>

#include "net/stream.h"

static struct loop *loop;
static struct stream *stream;
static int peer;
static uint8_t got[ESPINTCP_MAX_BODY];
static size_t got_len;
static int n_messages, n_ended, end_err;

static void on_message(void *arg, const uint8_t *msg, size_t len)
{
	(void)arg;
	memcpy(got, msg, len);
	got_len = len;
	n_messages++;
	loop_stop(loop);
}

static void on_ended(void *arg, int err)
{
	(void)arg;
	n_ended++;
	end_err = err;
	/* The owner may let go of it at once */
	stream_free(stream);
	stream = NULL;
	loop_stop(loop);
}

static int setup(void **state)
{
	struct stream_user user = { .message = on_message, .ended = on_ended };
	int fds[2];

	(void)state;
	n_messages = 0;
	n_ended = 0;
	end_err = 0;
	signal(SIGPIPE, SIG_IGN);
	loop = loop_new();
	if (!loop || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds))
		return -1;
	peer = fds[1];
	stream = stream_new(loop, fds[0], &user);
	return stream ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	stream_free(stream);
	stream = NULL;
	close(peer);
	loop_free(loop);
	return 0;
}

static void deadline(void *arg)
{
	*(bool *)arg = true;
	loop_stop(loop);
}

/* Run until a callback stops the loop. False: none did. */
static bool run(unsigned int ms)
{
	struct loop_timer t = { 0 };
	bool late = false;

	loop_timer_set(loop, &t, ms, deadline, &late);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_cancel(loop, &t);
	return !late;
}

static void marker_is_added(void **state)
{
	uint8_t buf[16];

	(void)state;
	assert_int_equal(stream_send(stream, (const uint8_t *)"hello", 5), 0);
	assert_int_equal(read(peer, buf, sizeof(buf)), 9);
	assert_memory_equal(buf, "\0\0\0\0hello", 9);
}

static void marker_is_stripped(void **state)
{
	(void)state;
	assert_int_equal(write(peer, "\0\0\0\0hello", 9), 9);
	assert_true(run(5000));
	assert_int_equal(n_messages, 1);
	assert_int_equal(got_len, 5);
	assert_memory_equal(got, "hello", 5);
}

/* Only the message behind those that are none arrives */
static void no_message_is_skipped(void **state)
{
	(void)state;
	assert_int_equal(write(peer, "\0\0\0", 3), 3);
	assert_int_equal(write(peer, "\xff", 1), 1);
	assert_int_equal(write(peer, "\0\0\0\1esp", 7), 7);
	assert_int_equal(write(peer, "\0\0\0\0ike", 7), 7);
	assert_true(run(5000));
	assert_int_equal(n_messages, 1);
	assert_memory_equal(got, "ike", 3);
}

static void sizes_are_bounded(void **state)
{
	static uint8_t big[ESPINTCP_MAX_BODY];
	const size_t max = ESPINTCP_MAX_BODY - ESPINTCP_MARKER_SIZE;

	(void)state;
	assert_int_equal(stream_send(stream, big, max + 1), -EMSGSIZE);
	assert_int_equal(stream_send(stream, big, max), 0);
	assert_int_equal(read(peer, big, sizeof(big)), ESPINTCP_MAX_BODY);
}

/* Read what is there; again until nothing is queued any more, or the deadline */
static void drain(void *arg)
{
	static uint8_t buf[ESPINTCP_MAX_BODY];
	static struct loop_timer again;
	int *n = arg;

	while (recv(peer, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		(*n)++;
	if (stream_queued(stream))
		loop_timer_set(loop, &again, 1, drain, arg);
	else
		loop_stop(loop);
}

/* A peer that does not read costs a bounded queue, and gets all of it later */
static void queue_is_bounded_and_flushed(void **state)
{
	static uint8_t msg[60000];
	int sent = 0, read_back = 0, rc;

	(void)state;
	while (!(rc = stream_send(stream, msg, sizeof(msg)))) {
		sent++;
		assert_true(sent < 100);
	}
	assert_int_equal(rc, -ENOBUFS);
	assert_int_equal(stream_queued(stream), 8);

	drain(&read_back);
	assert_true(run(5000));
	drain(&read_back);
	assert_int_equal(stream_queued(stream), 0);
	assert_int_equal(read_back, sent);
}

static void end_is_told_once(void **state)
{
	(void)state;
	shutdown(peer, SHUT_WR);
	assert_true(run(5000));
	assert_int_equal(n_ended, 1);
	assert_int_equal(end_err, 0);
	assert_false(run(20));
	assert_int_equal(n_ended, 1);
}

static void message_before_the_end(void **state)
{
	(void)state;
	assert_int_equal(write(peer, "\0\0\0\0last", 8), 8);
	shutdown(peer, SHUT_WR);
	assert_true(run(5000));
	assert_int_equal(n_messages, 1);
	assert_int_equal(n_ended, 0);
	assert_true(run(5000));
	assert_int_equal(n_ended, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(marker_is_added, setup, teardown),
		cmocka_unit_test_setup_teardown(marker_is_stripped, setup, teardown),
		cmocka_unit_test_setup_teardown(no_message_is_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(queue_is_bounded_and_flushed, setup, teardown),
		cmocka_unit_test_setup_teardown(end_is_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(message_before_the_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
