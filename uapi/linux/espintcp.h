/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/* Generated from
 * Documentation/netlink/specs/espintcp.yaml
 * by Documentation/netlink/generate: do not edit.
 */
#ifndef _UAPI_LINUX_ESPINTCP_H
#define _UAPI_LINUX_ESPINTCP_H

#define ESPINTCP_FAMILY_NAME		"espintcp"
#define ESPINTCP_FAMILY_VERSION		1
#define ESPINTCP_MCGRP_EVENTS		"events"

/* What setsockopt(TCP_ULP) is given */
#define ESPINTCP_ULP_NAME		"espintcp"

/* What SAs may have encap espintcp */
enum espintcp_feature {
	ESPINTCP_FEATURE_IPV4 = 1 << 0,
	ESPINTCP_FEATURE_IPV6 = 1 << 1,
};

/* Why a stream ended */
enum espintcp_end {
	/* It has not ended */
	ESPINTCP_END_NONE,
	/* The owner closed the socket */
	ESPINTCP_END_OWNER,
	/* The peer closed the connection */
	ESPINTCP_END_PEER,
	/* A reset or another error of the connection, with its errno */
	ESPINTCP_END_ERROR,
	/* The peer announced a message of length 0 or 1 */
	ESPINTCP_END_BAD_LENGTH,
	/* A message stayed incomplete for too long */
	ESPINTCP_END_TIMEOUT,
	/* By socket-close */
	ESPINTCP_END_ADMINISTRATOR,

	__ESPINTCP_END_MAX,
	ESPINTCP_END_MAX = __ESPINTCP_END_MAX - 1
};

/* How socket-close ends a connection */
enum espintcp_close {
	/* A reset for the peer, ECONNABORTED for the owner */
	ESPINTCP_CLOSE_ABORT,
	/* Nothing new is sent, what waits goes out, then a FIN */
	ESPINTCP_CLOSE_DRAIN,

	__ESPINTCP_CLOSE_MAX,
	ESPINTCP_CLOSE_MAX = __ESPINTCP_CLOSE_MAX - 1
};

/* What happened to a socket */
enum espintcp_event {
	/* It has the ULP */
	ESPINTCP_EVENT_ATTACHED,
	/* It was closed; the reason is that of the end of the stream */
	ESPINTCP_EVENT_DETACHED,
	/* More than three quarters of the ESP queue are in use */
	ESPINTCP_EVENT_CONGESTED,
	/* Less than a quarter of the ESP queue is in use again */
	ESPINTCP_EVENT_RESUMED,
	/* Messages were dropped; at most one event a second for a socket */
	ESPINTCP_EVENT_REFUSED,

	__ESPINTCP_EVENT_MAX,
	ESPINTCP_EVENT_MAX = __ESPINTCP_EVENT_MAX - 1
};

/* The module */
enum {
	ESPINTCP_A_INFO_UNSPEC,
	/* Version of the module */
	ESPINTCP_A_INFO_VERSION,
	ESPINTCP_A_INFO_FEATURES,
	/*
	 * Counters of the network namespace since it began or the module was
	 * loaded
	 */
	ESPINTCP_A_INFO_COUNTERS,

	__ESPINTCP_A_INFO_MAX,
	ESPINTCP_A_INFO_MAX = __ESPINTCP_A_INFO_MAX - 1
};

/* A socket with the ULP */
enum {
	ESPINTCP_A_SOCKET_UNSPEC,
	/* In a request, sockets of all network namespaces; needs CAP_NET_ADMIN */
	ESPINTCP_A_SOCKET_ALL_NETNS,
	/* Inode number of the network namespace, as in /proc/PID/ns/net */
	ESPINTCP_A_SOCKET_NETNS,
	/* Inode number of the socket, as ss -e shows it */
	ESPINTCP_A_SOCKET_INODE,
	/* AF_INET, for IPv4-mapped addresses too, or AF_INET6 */
	ESPINTCP_A_SOCKET_FAMILY,
	ESPINTCP_A_SOCKET_LOCAL,
	ESPINTCP_A_SOCKET_REMOTE,
	ESPINTCP_A_SOCKET_LPORT,
	ESPINTCP_A_SOCKET_RPORT,
	/* The device that the socket is bound to, 0 if none */
	ESPINTCP_A_SOCKET_IFINDEX,
	/* Bytes of ESP that wait for TCP or are being encrypted */
	ESPINTCP_A_SOCKET_TX_QUEUE,
	ESPINTCP_A_SOCKET_TX_LIMIT,
	/* Memory of IKE messages that wait for recv(), in bytes */
	ESPINTCP_A_SOCKET_IKE_QUEUE,
	ESPINTCP_A_SOCKET_IKE_LIMIT,
	ESPINTCP_A_SOCKET_COUNTERS,
	ESPINTCP_A_SOCKET_PAD,
	/*
	 * The socket's cookie, as ss -e shows it behind "sk:", in hexadecimal
	 * there
	 */
	ESPINTCP_A_SOCKET_COOKIE,
	/*
	 * The process that attached the ULP, where the asker can see it and it
	 * is still there
	 */
	ESPINTCP_A_SOCKET_PID,
	/* The most that tx-queue has been */
	ESPINTCP_A_SOCKET_TX_PEAK,
	/*
	 * Milliseconds since the last byte was read from TCP, or since the ULP
	 * was attached
	 */
	ESPINTCP_A_SOCKET_RX_IDLE,
	/*
	 * Milliseconds since TCP took a message last, or since the ULP was
	 * attached
	 */
	ESPINTCP_A_SOCKET_TX_IDLE,
	/* Why the stream ended, where the socket is not closed yet */
	ESPINTCP_A_SOCKET_END,
	/* The error of the connection, with the end "error" */
	ESPINTCP_A_SOCKET_END_ERRNO,
	ESPINTCP_A_SOCKET_TCP,
	/* In a request, how to end the connection */
	ESPINTCP_A_SOCKET_CLOSE,

	__ESPINTCP_A_SOCKET_MAX,
	ESPINTCP_A_SOCKET_MAX = __ESPINTCP_A_SOCKET_MAX - 1
};

/* What TCP knows of the connection, as struct tcp_info has it */
enum {
	ESPINTCP_A_TCP_UNSPEC,
	/* State of the connection, TCP_ESTABLISHED and so on */
	ESPINTCP_A_TCP_STATE,
	/* Smoothed round-trip time in microseconds */
	ESPINTCP_A_TCP_RTT,
	/* Its variance in microseconds */
	ESPINTCP_A_TCP_RTTVAR,
	/* Congestion window in segments */
	ESPINTCP_A_TCP_CWND,
	/* Payload of a segment in bytes */
	ESPINTCP_A_TCP_MSS,
	/* Segments under way */
	ESPINTCP_A_TCP_UNACKED,
	/* Segments that were sent again, since the connection was made */
	ESPINTCP_A_TCP_RETRANS,
	/* Bytes that TCP has and did not send yet */
	ESPINTCP_A_TCP_NOTSENT,

	__ESPINTCP_A_TCP_MAX,
	ESPINTCP_A_TCP_MAX = __ESPINTCP_A_TCP_MAX - 1
};

/* Bounds of the sockets of a network namespace */
enum {
	ESPINTCP_A_LIMITS_UNSPEC,
	ESPINTCP_A_LIMITS_PAD,
	/* Bytes that all sockets of the network namespace together may hold */
	ESPINTCP_A_LIMITS_MEMORY,
	/* Bytes of ESP of one socket that may wait for TCP */
	ESPINTCP_A_LIMITS_TX_QUEUE,
	/* Bytes of memory of one socket's IKE messages that were not read */
	ESPINTCP_A_LIMITS_IKE_QUEUE,
	/*
	 * Seconds that a message may stay incomplete without another byte, 0
	 * for ever
	 */
	ESPINTCP_A_LIMITS_RX_TIMEOUT,
	/* 1 where attaching needs no capability, else 0 */
	ESPINTCP_A_LIMITS_UNPRIVILEGED,

	__ESPINTCP_A_LIMITS_MAX,
	ESPINTCP_A_LIMITS_MAX = __ESPINTCP_A_LIMITS_MAX - 1
};

/* What the sockets of a network namespace did and hold */
enum {
	ESPINTCP_A_STATS_UNSPEC,
	ESPINTCP_A_STATS_PAD,
	/* Inode number of the network namespace */
	ESPINTCP_A_STATS_NETNS,
	/* Sockets that are attached */
	ESPINTCP_A_STATS_SOCKETS,
	/* Bytes that they hold */
	ESPINTCP_A_STATS_MEMORY,
	ESPINTCP_A_STATS_COUNTERS,

	__ESPINTCP_A_STATS_MAX,
	ESPINTCP_A_STATS_MAX = __ESPINTCP_A_STATS_MAX - 1
};

/* What happened, and to which socket */
enum {
	ESPINTCP_A_EVENT_UNSPEC,
	ESPINTCP_A_EVENT_PAD,
	ESPINTCP_A_EVENT_KIND,
	ESPINTCP_A_EVENT_NETNS,
	ESPINTCP_A_EVENT_COOKIE,
	ESPINTCP_A_EVENT_INODE,
	ESPINTCP_A_EVENT_FAMILY,
	ESPINTCP_A_EVENT_LOCAL,
	ESPINTCP_A_EVENT_REMOTE,
	ESPINTCP_A_EVENT_LPORT,
	ESPINTCP_A_EVENT_RPORT,
	/* Of "detached", the reason */
	ESPINTCP_A_EVENT_END,
	/* Of "detached", the error of the connection */
	ESPINTCP_A_EVENT_END_ERRNO,
	/* Of "congested" and "resumed", bytes of ESP that wait */
	ESPINTCP_A_EVENT_TX_QUEUE,
	/* Of "congested" and "resumed", the bound of these */
	ESPINTCP_A_EVENT_TX_LIMIT,
	/* Of "refused", the reason, an attribute of the set "counter" */
	ESPINTCP_A_EVENT_COUNTER,
	/*
	 * Of "refused", how many messages since the last such event of the
	 * socket
	 */
	ESPINTCP_A_EVENT_COUNT,

	__ESPINTCP_A_EVENT_MAX,
	ESPINTCP_A_EVENT_MAX = __ESPINTCP_A_EVENT_MAX - 1
};

/* Counters of a socket, or of a network namespace since it began */
enum espintcp_counter {
	ESPINTCP_A_COUNTER_UNSPEC,
	ESPINTCP_A_COUNTER_PAD,
	/* ESP messages handed to XFRM */
	ESPINTCP_A_COUNTER_RX_ESP,
	ESPINTCP_A_COUNTER_RX_ESP_BYTES,
	/* IKE messages queued for recv() */
	ESPINTCP_A_COUNTER_RX_IKE,
	ESPINTCP_A_COUNTER_RX_IKE_BYTES,
	ESPINTCP_A_COUNTER_RX_KEEPALIVE,
	/* Messages too short for ESP or IKE, dropped */
	ESPINTCP_A_COUNTER_RX_SHORT,
	/* Streams that ended by a length of 0 or 1 */
	ESPINTCP_A_COUNTER_RX_BAD_LENGTH,
	/* IKE messages dropped, because too many were not read */
	ESPINTCP_A_COUNTER_RX_IKE_FULL,
	ESPINTCP_A_COUNTER_RX_NO_MEMORY,
	/* ESP messages dropped, because the device they came by is gone */
	ESPINTCP_A_COUNTER_RX_NO_DEVICE,
	/* Streams that ended inside a message */
	ESPINTCP_A_COUNTER_RX_TRUNCATED,
	/* Messages dropped at the memory bound of the network namespace */
	ESPINTCP_A_COUNTER_RX_MEMORY_FULL,
	/*
	 * ESP messages dropped, because an outer packet was marked as
	 * congestion experienced
	 */
	ESPINTCP_A_COUNTER_RX_CE,
	/* Streams ended, because a message stayed incomplete for too long */
	ESPINTCP_A_COUNTER_RX_TIMEOUT,
	/* ESP messages that TCP took */
	ESPINTCP_A_COUNTER_TX_ESP,
	ESPINTCP_A_COUNTER_TX_ESP_BYTES,
	/* IKE messages that TCP took */
	ESPINTCP_A_COUNTER_TX_IKE,
	ESPINTCP_A_COUNTER_TX_IKE_BYTES,
	/* ESP messages that an asynchronous request encrypted */
	ESPINTCP_A_COUNTER_TX_ASYNC,
	/* Packets dropped at the bound of the queue */
	ESPINTCP_A_COUNTER_TX_QUEUE_FULL,
	/* Packets dropped at the memory bound of the network namespace */
	ESPINTCP_A_COUNTER_TX_MEMORY_FULL,
	ESPINTCP_A_COUNTER_TX_NO_MEMORY,
	/* Packets dropped, because no attached socket fits their SA */
	ESPINTCP_A_COUNTER_TX_NO_SOCKET,
	/* Packets of the connection itself that a policy sent into it, dropped */
	ESPINTCP_A_COUNTER_TX_LOOP,
	/* Packets dropped, because encryption failed */
	ESPINTCP_A_COUNTER_TX_CRYPTO,
	/* Packets dropped, because the message would exceed 65,535 bytes */
	ESPINTCP_A_COUNTER_TX_TOO_BIG,
	/* Messages dropped, because the connection ended */
	ESPINTCP_A_COUNTER_TX_CLOSED,
	/*
	 * Forwarded packets dropped, because the queue lasts too long and their
	 * flow has more than its share
	 */
	ESPINTCP_A_COUNTER_TX_AQM,
	/* ESP messages handed to XFRM for which it has no SA, dropped */
	ESPINTCP_A_COUNTER_RX_UNKNOWN_SPI,
	/*
	 * ESP messages made from large packets of TCP in a tunnel, without XFRM
	 * cutting them first
	 */
	ESPINTCP_A_COUNTER_TX_GSO,

	__ESPINTCP_A_COUNTER_MAX,
	ESPINTCP_A_COUNTER_MAX = __ESPINTCP_A_COUNTER_MAX - 1
};

enum {
	ESPINTCP_CMD_UNSPEC,
	/* Version, features and counters of the requester's network namespace */
	ESPINTCP_CMD_INFO_GET,
	/*
	 * One attached socket of the requester's network namespace, by its
	 * cookie, or all
	 */
	ESPINTCP_CMD_SOCKET_GET,
	/* The bounds of the requester's network namespace */
	ESPINTCP_CMD_LIMITS_GET,
	/*
	 * Set bounds of the requester's network namespace, all that are given
	 * or none
	 */
	ESPINTCP_CMD_LIMITS_SET,
	/* What the sockets of the requester's network namespace did and hold */
	ESPINTCP_CMD_STATS_GET,
	/*
	 * End the connection of an attached socket of the requester's network
	 * namespace
	 */
	ESPINTCP_CMD_SOCKET_CLOSE,
	/* Something happened to a socket */
	ESPINTCP_CMD_EVENT_NTF,

	__ESPINTCP_CMD_MAX,
	ESPINTCP_CMD_MAX = __ESPINTCP_CMD_MAX - 1
};

#endif
