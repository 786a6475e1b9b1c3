/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_TESTS_FIXTURE_H
#define ESPINTCP_TESTS_FIXTURE_H

#include <kunit/test.h>
#include <net/sock.h>

#include "../sock.h"

#define FIXTURE_SOCKS	8

/**
 * struct fixture - what a test case works on
 * @nr: number of sockets
 * @socks: TCP sockets that think to be connected, never sent or received on
 * @es: the ULP's data of each
 */
struct fixture {
	int			nr;
	struct socket		*socks[FIXTURE_SOCKS];
	struct espintcp_sock	*es[FIXTURE_SOCKS];
};

/**
 * struct fake_tcp - what stands in for tcp_sendmsg_locked() in tx.c
 * @room: bytes that it takes before it is full
 * @error: what it answers when it is full
 * @calls: how often it was called
 * @len: bytes of @stream
 * @stream: what it took
 */
struct fake_tcp {
	u32	room;
	int	error;
	u32	calls;
	u32	len;
	u8	stream[4096];
};

extern struct fake_tcp fake_tcp;

extern struct kunit_suite frame_suite, counters_suite, table_suite, tx_suite,
	ike_suite, rx_suite, esp_out_suite, esp_out_vectors_suite, esp_gso_suite,
	fair_suite, poll_suite;

int fixture_init(struct kunit *test);
void fixture_exit(struct kunit *test);
struct espintcp_sock *fixture_sock(struct kunit *test, int family);
struct espintcp_sock *fixture_mapped(struct kunit *test);
struct sk_buff *fixture_msg(struct kunit *test, u32 len, u8 first);
u64 fixture_count(const struct espintcp_sock *es, enum espintcp_counter which);

#endif
