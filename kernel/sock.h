/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_SOCK_H
#define ESPINTCP_SOCK_H

#include <linux/bvec.h>
#include <linux/cpumask.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <linux/espintcp_frame.h>

#include "counters.h"
#include "fair.h"
#include "poll.h"

struct espintcp_net;
struct pid;

/**
 * struct espintcp_key - what an SA knows of its connection
 * @net: network namespace; compared, never dereferenced
 * @laddr: local address, an IPv4 one in the first word
 * @raddr: remote address, likewise
 * @lport: local port
 * @rport: remote port
 * @family: AF_INET (IPv4-mapped addresses too) or AF_INET6
 * @pad: zero, the key is hashed as bytes
 */
struct espintcp_key {
	const struct net	*net;
	struct in6_addr		laddr;
	struct in6_addr		raddr;
	__be16			lport;
	__be16			rport;
	u16			family;
	u16			pad;
};

/**
 * struct espintcp_rx - parser of the received stream
 * @poll: who reads, in softirqs. Whom it calls has @batch and @counters to itself
 * @abort: tells TCP of @fatal
 * @batch: complete ESP messages on their way to XFRM
 * @skb: the message that is being received, NULL between messages
 * @need: bytes of the body still to come, also where @skb is NULL: skipped
 * @kind: kind of the message that is being received
 * @head_len: valid bytes of @head
 * @head: first bytes of a message, until its kind is known
 * @ce: a byte of the message that is being received was marked as congestion
 *	experienced
 * @fatal: error that the stream ends by, nothing more is read; 0 if none
 * @aborted: @abort was scheduled
 * @done: nothing more will come; set once by the reader with release semantics,
 *	recv() and poll() pair with it
 * @charged: memory of @skb that the namespace knows of, in bytes
 * @stamp: when the last byte came, in jiffies
 * @closing: neither @watch nor @abort is scheduled any more, and @poll does nothing
 * @watch: ends the stream where a message stays incomplete
 * @ecn: the connection had negotiated ECN; constant
 * @pin: clone of the last segment, see ecn.c; NULL without @ecn
 * @counters: what was received and what was dropped
 *
 * Fields without a word of their own are protected by the socket lock.
 */
struct espintcp_rx {
	struct espintcp_poll		poll;
	struct work_struct		abort;
	struct sk_buff_head		batch;
	struct sk_buff			*skb;
	u32				need;
	enum espintcp_frame_kind	kind;
	u8				head_len;
	u8				head[ESPINTCP_HEAD_SIZE];
	bool				ce;
	int				fatal;
	bool				aborted;
	bool				done;
	u32				charged;
	unsigned long			stamp;
	bool				closing;
	struct delayed_work		watch;
	bool				ecn;
	struct sk_buff			*pin;
	struct espintcp_counters	counters;
};

/**
 * struct espintcp_ike - IKE messages that wait for recv()
 * @queue: the messages, protected by its own lock
 * @bytes: their truesize, protected by the lock of @queue
 */
struct espintcp_ike {
	struct sk_buff_head	queue;
	u32			bytes;
};

/* Any message fits, and so do some more that are linear */
#define ESPINTCP_FEED_VECS	(MAX_SKB_FRAGS + 7)

/**
 * struct espintcp_feed - messages that go into TCP by one call
 * @bv: where their bytes are
 * @n: used entries of @bv
 * @len: bytes of all
 *
 * Not on the stack, which goes from here through TCP, a device and softirqs.
 */
struct espintcp_feed {
	struct bio_vec	bv[ESPINTCP_FEED_VECS];
	unsigned int	n;
	u32		len;
};

/**
 * struct espintcp_tx - messages on their way into TCP
 * @lock: protects @esp, @placed, @closed and @counters; taken with BH off,
 *	nothing is called under it
 * @esp: packets that wait for @work, in order
 * @placed: those of @esp that are not encrypted yet
 * @closed: nothing can be sent any more, and @work must not be scheduled
 * @bytes: ESP bytes accepted and not yet in TCP, requests under way included
 * @peak: the most that @bytes has been; written without a lock
 * @poll: feeds TCP in softirqs, once a batch waits
 * @work: the same for less than a batch, when its sender pauses
 * @bulk: the same as @poll, on another CPU
 * @sending: packets taken from @esp; socket lock
 * @ike: IKE messages that send() accepted, ahead of ESP; socket lock
 * @ike_bytes: their length; socket lock, read without it by poll()
 * @ike_nospace: somebody waits for room in @ike; set by poll() without a lock
 * @msg: the message that is being sent; socket lock
 * @off: bytes of @msg that TCP has; socket lock
 * @feed: what TCP gets just now; socket lock
 * @lowat: TCP_NOTSENT_LOWAT that we have set; socket lock
 * @blocked: TCP was full: sk_write_space() has to schedule @work; socket lock
 * @drain: a FIN follows what waits; socket lock
 * @stamp: when TCP took a message last, in jiffies; socket lock, read without it
 * @since: when the first of those that wait came after none had, in jiffies;
 *	without a lock
 * @delay: what the ESP message that TCP took last had waited, in jiffies;
 *	without a lock
 * @fair: shares of @esp and @sending
 * @counters: what was sent and what was dropped
 */
struct espintcp_tx {
	spinlock_t			lock; /* see above */
	struct sk_buff_head		esp;
	u32				placed;
	bool				closed;
	atomic_t			bytes;
	u32				peak;
	struct espintcp_poll		poll;
	struct delayed_work		work;
	struct work_struct		bulk;
	struct sk_buff_head		sending;
	struct sk_buff_head		ike;
	u32				ike_bytes;
	bool				ike_nospace;
	struct sk_buff			*msg;
	u32				off;
	struct espintcp_feed		feed;
	u32				lowat;
	bool				blocked;
	bool				drain;
	unsigned long			stamp;
	unsigned long			since;
	u32				delay;
	struct espintcp_fair		fair;
	struct espintcp_counters	counters;
};

/**
 * struct espintcp_news - what event.c remembers of a socket
 * @lock: protects all but @end; taken with BH off
 * @end: why the stream ended: &enum espintcp_end above the 16 bits of an errno.
 *	Set once, by cmpxchg()
 * @congested: "congested" was told, and "resumed" was not; read without @lock
 * @congested_next: "congested" may be told again, in jiffies
 * @refused_next: "refused" may be told again, in jiffies
 * @refused: drops that were not told yet
 */
struct espintcp_news {
	spinlock_t	lock; /* see above */
	u32		end;
	bool		congested;
	unsigned long	congested_next;
	unsigned long	refused_next;
	u32		refused;
};

/**
 * struct espintcp_sock - a TCP socket with the ULP attached
 * @sk: the socket
 * @en: its network namespace's part
 * @refcnt: one for the socket, one for each asynchronous encryption
 * @key: where the table has it; constant
 * @node: link in the table
 * @hashed: it is in the table; socket lock
 * @cookie: what TCP diagnostics call the socket, its index in
 *	&struct espintcp_net.socks; constant
 * @owner: the process that attached the ULP; constant
 * @rx: receiving
 * @ike: received IKE messages
 * @tx: sending
 * @news: what listeners are told
 * @inode: inode number of the socket, for people
 * @allocation: sk_allocation as it was
 * @task_frag: sk_use_task_frag as it was
 * @proto: sk_prot as it was
 * @ops: sk_socket->ops as they were
 * @data_ready: sk_data_ready as it was
 * @write_space: sk_write_space as it was
 * @state_change: sk_state_change as it was
 * @rcu: for freeing, readers of the table and of @en's sockets use RCU
 *
 * Lifetime: attach creates it with the module reference that
 * tcp_set_ulp() took. close() takes it out of the table and of @en, stops both
 * works and puts the callbacks back, then drops the socket's reference. What
 * an encryption still holds keeps the memory and the module, but not @sk:
 * @tx.closed tells it so. The last reference frees it after a grace period, and
 * the module reference goes then.
 */
struct espintcp_sock {
	struct sock			*sk;
	struct espintcp_net		*en;
	refcount_t			refcnt;
	struct espintcp_key		key;
	struct rhlist_head		node;
	bool				hashed;
	u64				cookie;
	struct pid			*owner;
	struct espintcp_rx		rx;
	struct espintcp_ike		ike;
	struct espintcp_tx		tx;
	struct espintcp_news		news;
	u32				inode;
	gfp_t				allocation;
	bool				task_frag;
	struct proto			*proto;
	const struct proto_ops		*ops;
	void				(*data_ready)(struct sock *sk);
	void				(*write_space)(struct sock *sk);
	void				(*state_change)(struct sock *sk);
	struct rcu_head			rcu;
};

/**
 * espintcp_sock_get - the ULP's data of a socket
 * @sk: a socket whose callbacks or protocol are ours
 *
 * Context: Any; the socket cannot be closed meanwhile.
 */
static inline struct espintcp_sock *espintcp_sock_get(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	return (__force struct espintcp_sock *)icsk->icsk_ulp_data;
}

/**
 * espintcp_sock_cpu - where the works of a socket run
 * @es: the socket, not yet closed
 *
 * Where its ACKs come in and let TCP send: what two CPUs send at a time may
 * overtake each other on the way.
 *
 * Context: Any.
 * Return: a CPU, or WORK_CPU_UNBOUND for the one that is as good as any.
 */
static inline int espintcp_sock_cpu(const struct espintcp_sock *es)
{
	/* SO_INCOMING_CPU takes any number */
	unsigned int cpu = READ_ONCE(es->sk->sk_incoming_cpu);

	return cpu < nr_cpu_ids && cpu_online(cpu) ? cpu : WORK_CPU_UNBOUND;
}

struct espintcp_sock *espintcp_sock_alloc(struct sock *sk);
void espintcp_sock_free(struct espintcp_sock *es);
void espintcp_sock_put(struct espintcp_sock *es);

#endif
