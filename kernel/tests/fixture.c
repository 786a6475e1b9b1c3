// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites have in common, and where the sources get in that have no
 * suite of their own.
 *
 * A suite includes the source that it tests. So statics are in reach, nothing
 * is exported for tests, and what runs is a second copy with a table, a
 * workqueue and per-namespace data of its own: espintcp.ko may be loaded and in
 * use beside it.
 */

#include <linux/module.h>
#include <net/inet_sock.h>

#include "fixture.h"
#include "../ecn.c"
#include "../esp_in.c"
#include "../esp_msg.c"
#include "../event.c"
#include "../fair.c"
#include "../limits.c"
#include "../netns.c"
#include "../poll.c"
#include "../sock.c"
#include "../table.h"
#include "../wq.c"

/* Nobody listens to a family that is not registered */
struct genl_family espintcp_netlink_family = { .n_mcgrps = 1 };

/**
 * fixture_init - init() of the suites
 * @test: the case
 *
 * Return: 0 or a negative error.
 */
int fixture_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int err;

	if (!f)
		return -ENOMEM;

	memset(&fake_tcp, 0, sizeof(fake_tcp));
	fake_tcp.room = U32_MAX;
	fake_tcp.error = -EAGAIN;

	err = espintcp_wq_init();
	if (err)
		return err;
	err = espintcp_poll_init();
	if (err)
		goto free_wq;
	err = espintcp_esp_msg_init();
	if (err)
		goto free_poll;
	err = espintcp_table_init();
	if (err)
		goto free_esp_msg;
	err = espintcp_netns_init();
	if (err)
		goto free_table;

	test->priv = f;
	return 0;

free_table:
	espintcp_table_exit();
free_esp_msg:
	espintcp_esp_msg_exit();
free_poll:
	espintcp_poll_exit();
free_wq:
	espintcp_wq_exit();
	return err;
}

static void fixture_free(struct kunit *test, struct socket *sock,
			 struct espintcp_sock *es)
{
	struct sock *sk = sock->sk;

	/* An assertion that failed left it locked, and the work waits for it */
	if (test->status != KUNIT_FAILURE || !sock_owned_by_user_nocheck(sk))
		lock_sock(sk);
	espintcp_table_remove(es);
	release_sock(sk);

	espintcp_tx_stop(es);
	espintcp_tx_purge(es);
	espintcp_ike_purge(es);
	cancel_delayed_work_sync(&es->rx.watch);
	espintcp_poll_stop(&es->rx.poll);
	cancel_work_sync(&es->rx.abort);
	kfree_skb(es->rx.skb);
	espintcp_mem_uncharge(&es->en->mem, es->rx.charged);
	/* Messages that a case took out of the queue to look at them */
	espintcp_tx_release(es, atomic_read(&es->tx.bytes));
	__skb_queue_purge(&es->rx.batch);

	rcu_assign_pointer(inet_csk(sk)->icsk_ulp_data, NULL);
	sk->sk_shutdown = 0;
	sk->sk_state = TCP_CLOSE;
	sock_release(sock);
	espintcp_sock_put(es);
}

/**
 * fixture_exit - exit() of the suites
 * @test: the case
 */
void fixture_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	/* fixture_init() failed */
	if (!f)
		return;

	while (f->nr--)
		fixture_free(test, f->socks[f->nr], f->es[f->nr]);

	rcu_barrier();
	espintcp_netns_exit();
	espintcp_table_exit();
	espintcp_esp_msg_exit();
	espintcp_poll_exit();
	espintcp_wq_exit();
}

static struct espintcp_sock *make_sock(struct kunit *test, int family,
				       bool mapped)
{
	struct fixture *f = test->priv;
	struct espintcp_sock *es;
	struct socket *sock;
	struct sock *sk;

	KUNIT_ASSERT_LT(test, f->nr, FIXTURE_SOCKS);
	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, family,
						  SOCK_STREAM, IPPROTO_TCP,
						  &sock));
	sk = sock->sk;
	inet_sk(sk)->inet_saddr = htonl(0xc0000201);
	inet_sk(sk)->inet_daddr = htonl(0xc0000202);
	inet_sk(sk)->inet_sport = htons(4500);
	inet_sk(sk)->inet_dport = htons(40000);
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6 && mapped) {
		ipv6_addr_set_v4mapped(htonl(0xc0000201), &inet6_sk(sk)->saddr);
		ipv6_addr_set_v4mapped(htonl(0xc0000202), &sk->sk_v6_daddr);
	} else if (family == AF_INET6) {
		ipv6_addr_set(&inet6_sk(sk)->saddr, htonl(0x20010db8), 0, 0,
			      htonl(1));
		ipv6_addr_set(&sk->sk_v6_daddr, htonl(0x20010db8), 0, 0,
			      htonl(2));
	}
#endif

	/* The last espintcp_sock_put() gives it back */
	__module_get(THIS_MODULE);
	es = espintcp_sock_alloc(sk);
	if (!es) {
		module_put(THIS_MODULE);
		sock_release(sock);
	}
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, es);

	sk->sk_state = TCP_ESTABLISHED;
	rcu_assign_pointer(inet_csk(sk)->icsk_ulp_data, es);
	es->proto = sk->sk_prot;
	es->ops = sock->ops;
	es->data_ready = sk->sk_data_ready;
	es->write_space = sk->sk_write_space;
	es->state_change = sk->sk_state_change;

	f->socks[f->nr] = sock;
	f->es[f->nr++] = es;
	return es;
}

/**
 * fixture_sock - make a socket
 * @test: the case
 * @family: AF_INET (192.0.2.1:4500 to 192.0.2.2:40000) or AF_INET6
 *	(2001:db8::1 to 2001:db8::2, same ports)
 *
 * Return: its ULP data, not in the table.
 */
struct espintcp_sock *fixture_sock(struct kunit *test, int family)
{
	return make_sock(test, family, false);
}

/**
 * fixture_mapped - make an AF_INET6 socket whose connection is over IPv4
 * @test: the case
 *
 * Return: its ULP data, not in the table.
 */
struct espintcp_sock *fixture_mapped(struct kunit *test)
{
	return make_sock(test, AF_INET6, true);
}

/**
 * fixture_msg - make a linear message
 * @test: the case
 * @len: its length
 * @first: its first byte, each other one is one more than the one before
 *
 * Return: the message, its control block zeroed.
 */
struct sk_buff *fixture_msg(struct kunit *test, u32 len, u8 first)
{
	struct sk_buff *msg = alloc_skb(len, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	for (i = 0; i < len; i++)
		*(u8 *)skb_put(msg, 1) = first + i;
	return msg;
}

/**
 * fixture_count - read a counter of a socket
 * @es: the socket
 * @which: the counter
 *
 * Return: what both of its sets have.
 */
u64 fixture_count(const struct espintcp_sock *es, enum espintcp_counter which)
{
	struct espintcp_totals t = {};

	espintcp_counters_sum(&t, &es->rx.counters);
	espintcp_counters_sum(&t, &es->tx.counters);
	return t.v[which];
}
