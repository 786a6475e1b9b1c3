/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Generic netlink interface of the espintcp module; the specification is
 * Documentation/netlink/specs/espintcp.yaml.
 */

#ifndef _UAPI_LINUX_ESPINTCP_H
#define _UAPI_LINUX_ESPINTCP_H

#define ESPINTCP_ULP_NAME		"espintcp"
#define ESPINTCP_FAMILY_NAME		"espintcp"
#define ESPINTCP_FAMILY_VERSION		1

/* Bits of ESPINTCP_A_INFO_FEATURES */
enum espintcp_feature {
	ESPINTCP_FEATURE_IPV4		= 1 << 0,
	ESPINTCP_FEATURE_IPV6		= 1 << 1,
};

enum {
	ESPINTCP_CMD_UNSPEC,
	ESPINTCP_CMD_INFO_GET,
	ESPINTCP_CMD_SOCKET_GET,

	__ESPINTCP_CMD_MAX,
	ESPINTCP_CMD_MAX = __ESPINTCP_CMD_MAX - 1
};

/* Request and reply of ESPINTCP_CMD_INFO_GET */
enum {
	ESPINTCP_A_INFO_UNSPEC,
	ESPINTCP_A_INFO_VERSION,	/* string */
	ESPINTCP_A_INFO_FEATURES,	/* u32, enum espintcp_feature */
	ESPINTCP_A_INFO_COUNTERS,	/* nest, of this network namespace */

	__ESPINTCP_A_INFO_MAX,
	ESPINTCP_A_INFO_MAX = __ESPINTCP_A_INFO_MAX - 1
};

/* Request (ALL_NETNS) and reply of ESPINTCP_CMD_SOCKET_GET, a dump */
enum {
	ESPINTCP_A_SOCKET_UNSPEC,
	ESPINTCP_A_SOCKET_ALL_NETNS,	/* flag; needs CAP_NET_ADMIN */
	ESPINTCP_A_SOCKET_NETNS,	/* u32, inode number of the netns */
	ESPINTCP_A_SOCKET_INODE,	/* u32, inode number of the socket */
	ESPINTCP_A_SOCKET_FAMILY,	/* u16, AF_INET or AF_INET6 */
	ESPINTCP_A_SOCKET_LOCAL,	/* binary, 4 or 16 bytes */
	ESPINTCP_A_SOCKET_REMOTE,	/* binary, 4 or 16 bytes */
	ESPINTCP_A_SOCKET_LPORT,	/* be16 */
	ESPINTCP_A_SOCKET_RPORT,	/* be16 */
	ESPINTCP_A_SOCKET_IFINDEX,	/* u32, the bound device, 0 if none */
	ESPINTCP_A_SOCKET_TX_QUEUE,	/* u32, bytes of ESP waiting for TCP */
	ESPINTCP_A_SOCKET_TX_LIMIT,	/* u32, the bound of the above */
	ESPINTCP_A_SOCKET_IKE_QUEUE,	/* u32, bytes of IKE not yet read */
	ESPINTCP_A_SOCKET_IKE_LIMIT,	/* u32, the bound of the above */
	ESPINTCP_A_SOCKET_COUNTERS,	/* nest */

	__ESPINTCP_A_SOCKET_MAX,
	ESPINTCP_A_SOCKET_MAX = __ESPINTCP_A_SOCKET_MAX - 1
};

/* Counters, all u64: of a socket, and of a network namespace since it began */
enum espintcp_counter {
	ESPINTCP_A_COUNTER_UNSPEC,
	ESPINTCP_A_COUNTER_PAD,
	ESPINTCP_A_COUNTER_RX_ESP,		/* messages handed to XFRM */
	ESPINTCP_A_COUNTER_RX_ESP_BYTES,
	ESPINTCP_A_COUNTER_RX_IKE,		/* messages queued for recv() */
	ESPINTCP_A_COUNTER_RX_IKE_BYTES,
	ESPINTCP_A_COUNTER_RX_KEEPALIVE,
	ESPINTCP_A_COUNTER_RX_SHORT,		/* dropped: too short for ESP or IKE */
	ESPINTCP_A_COUNTER_RX_BAD_LENGTH,	/* stream ended: length 0 or 1 */
	ESPINTCP_A_COUNTER_RX_IKE_FULL,		/* dropped: IKE queue full */
	ESPINTCP_A_COUNTER_RX_NO_MEMORY,	/* dropped */
	ESPINTCP_A_COUNTER_RX_NO_DEVICE,	/* dropped: ingress device gone */
	ESPINTCP_A_COUNTER_RX_TRUNCATED,	/* stream ended inside a message */
	ESPINTCP_A_COUNTER_RX_MEMORY_FULL,	/* dropped: bound of the netns */
	ESPINTCP_A_COUNTER_RX_CE,		/* dropped: congestion marked */
	ESPINTCP_A_COUNTER_RX_TIMEOUT,		/* stream ended: half a message */
	ESPINTCP_A_COUNTER_TX_ESP,		/* messages that TCP took */
	ESPINTCP_A_COUNTER_TX_ESP_BYTES,
	ESPINTCP_A_COUNTER_TX_IKE,
	ESPINTCP_A_COUNTER_TX_IKE_BYTES,
	ESPINTCP_A_COUNTER_TX_ASYNC,		/* encrypted by an async request */
	ESPINTCP_A_COUNTER_TX_QUEUE_FULL,	/* dropped: bound of the queue */
	ESPINTCP_A_COUNTER_TX_MEMORY_FULL,	/* dropped: bound of the netns */
	ESPINTCP_A_COUNTER_TX_NO_MEMORY,	/* dropped */
	ESPINTCP_A_COUNTER_TX_NO_SOCKET,	/* dropped: SA without a socket */
	ESPINTCP_A_COUNTER_TX_LOOP,		/* dropped: own outer packet */
	ESPINTCP_A_COUNTER_TX_CRYPTO,		/* dropped: encryption failed */
	ESPINTCP_A_COUNTER_TX_TOO_BIG,		/* dropped: over 65,535 bytes */
	ESPINTCP_A_COUNTER_TX_CLOSED,		/* dropped: connection ended */

	__ESPINTCP_A_COUNTER_MAX,
	ESPINTCP_A_COUNTER_MAX = __ESPINTCP_A_COUNTER_MAX - 1
};

#endif /* _UAPI_LINUX_ESPINTCP_H */
