/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connected TCP sockets for tests, and what a stream with messages looks like. */
#ifndef SELFTESTS_SOCKETS_H
#define SELFTESTS_SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* How the two ends of a pair see each other */
enum pair_kind { PAIR_IPV4, PAIR_IPV6, PAIR_MAPPED };

/* A user and network namespace of our own, with lo up. Aborts on error. */
void netns_enter(void);
/* fd[0] connected to fd[1]; fails the test on error */
void pair_make(enum pair_kind kind, int fd[2]);
int ulp_attach(int fd);
/* A pair with fd[0] attached and fd[1] as a plain stream */
void pair_attached(enum pair_kind kind, int fd[2]);
/* One message with its length field; returns the bytes put at buf */
size_t frame_put(uint8_t *buf, const void *body, size_t len);
/* An IKE message: the marker, then bytes made from seed */
void ike_fill(uint8_t *body, size_t len, unsigned int seed);
/* Write or read exactly len bytes; fails the test otherwise */
void write_all(int fd, const void *buf, size_t len);
void read_all(int fd, void *buf, size_t len);
/* Wait until the other end's TCP has all that was sent */
void stream_arrived(int from);
/* Waits until the owner of the socket @to has taken all that @from sent */
void stream_taken(int from, int to);
/* poll() for events with a deadline of ms; returns revents */
short poll_for(int fd, short events, int ms);

#endif
